"""Task: find entities that may lie inside others, with K-fold biaffine spans.

A bilinear form of each label over a span's first and last token, and a term of its size.
Data: the bundled sample of 129 leaflets (or annotated documents of your own, in any format that bert4ner reads).
Score: out-of-fold micro F1 68.91 (3 folds, 10 epochs, seed 42, tcm-mini).

    python examples/biaffine_baseline.py
    python examples/biaffine_baseline.py train.json --pretrained chinese_roberta_wwm_ext_L-12_H-768_A-12 --folds 5
"""

from baseline import run

run(
    __doc__,
    head="biaffine",
    head_size=64,  # width of the vectors of a first and of a last token
)
