"""Task: find entities that may be nested or discontinuous, by relations between tokens, with K-fold W2NER.

An epoch takes about twice as long as a CRF's; no other head learns discontinuous entities (brat's `;`).
Data: the bundled sample of 129 leaflets (or annotated documents of your own, in any format that bert4ner reads).
Score: out-of-fold micro F1 81.83 (3 folds, 10 epochs, seed 42, tcm-mini).

    python examples/w2ner_baseline.py
    python examples/w2ner_baseline.py train.json --pretrained chinese_roberta_wwm_ext_L-12_H-768_A-12 --folds 5
"""

from baseline import run

run(
    __doc__,
    head="w2ner",
    head_size=64,  # width of the tokens' vectors; the grid of their pairs has half as many channels
)
