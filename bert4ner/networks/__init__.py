"""What bert4keras has, mended, and the families that it lacks, in its idiom.

Whatever is imported from here, bert4keras is mended by then: its classes are patched when this package is imported.
"""

from bert4ner.networks.mending import mend_bert4keras

mend_bert4keras()
