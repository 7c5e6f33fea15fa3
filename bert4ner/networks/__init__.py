"""bert4keras' networks, repaired, and model families that bert4keras lacks, written in its style.

Importing anything from here repairs bert4keras: its classes are patched when this package is imported.
"""

import bert4ner.backend.frameworks  # noqa: F401  # before bert4keras, which imports whatever Keras there is
from bert4ner.networks.mending import mend_bert4keras

mend_bert4keras()
