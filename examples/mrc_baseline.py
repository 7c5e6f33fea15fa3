"""Task: find entities by asking the encoder for each label, after its description, with K-fold reading comprehension.

One pass of the last layers for each label: slow, and useful if labels explain themselves and examples are few.
Data: the bundled sample of 129 leaflets (or annotated documents of your own, in any format that bert4ner reads).
Score: out-of-fold micro F1 73.97 (3 folds, 10 epochs, seed 42, tcm-mini).

    python examples/mrc_baseline.py
    python examples/mrc_baseline.py train.json --pretrained chinese_roberta_wwm_ext_L-12_H-768_A-12 --folds 5
"""

from baseline import ROOT, run

run(
    __doc__,
    head="mrc",
    label_descriptions=str(ROOT / "examples/data/leaflets-labels.tsv"),  # label<TAB>description
)
