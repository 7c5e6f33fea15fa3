"""Task: find entities that may lie inside others (in CMeEE, body parts inside symptoms), with K-fold GlobalPointer.

Data: annotated documents of your own, or CMeEE; without any, the bundled sample, which is flat.
Score: micro F1 65.26 on the first of 3 folds of the sample (20 epochs, seed 42, tcm-mini); being flat, it is better
served by `flat=True` or a CRF.

    python examples/nested_baseline.py train_data.txt --epochs 20
    python examples/nested_baseline.py train_data.txt --pretrained chinese_roberta_wwm_ext_L-12_H-768_A-12
"""

import argparse
import logging
from pathlib import Path

import bert4ner

ROOT = Path(__file__).resolve().parent.parent

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("data", nargs="?", default=str(ROOT / "examples/data/leaflets.jsonl"))
parser.add_argument("--pretrained", default=str(ROOT / "pretrained/tcm-mini"))
parser.add_argument("--head", default="global_pointer")        # or efficient_global_pointer, biaffine, w2ner, mrc
parser.add_argument("--output", default="runs/nested-baseline")
parser.add_argument("--folds", type=int, default=3)
parser.add_argument("--epochs", type=int, default=20)
options = parser.parse_args()

logging.basicConfig(level=logging.INFO, format="%(message)s")              # the library logs, scripts decide where to

documents = bert4ner.read_documents(options.data)
config = bert4ner.Config().replace(
    pretrained=options.pretrained,
    epochs=options.epochs,
    head=options.head,
    flat=False,                 # True: of entities that overlap, the choice with the greatest sum of scores
)
scores = bert4ner.cross_validate(documents, config, output=options.output, folds=options.folds)
micro = scores.micro
print(f"out of fold: precision {micro.precision:.4f}, recall {micro.recall:.4f}, F1 {micro.f1:.4f}")
if scores.nested.gold:
    print(f"of {scores.nested.gold} entities that share characters with another: recall {scores.nested.recall:.4f}")

recognizer = bert4ner.NamedEntityRecognizer.load(options.output)           # all folds, averaged
text = "本品用于气血两亏引起的月经量少、行经腹痛，孕妇忌服，忌食生冷。"
for entity in recognizer.recognize(text):
    print(f"{text[entity.start:entity.end]}\t{entity.label}\t{entity.score:.3f}")
