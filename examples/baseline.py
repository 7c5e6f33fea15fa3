"""The loop that all example scripts share: read, cross-validate, score out of fold, recognize with all folds.

Each script beside this one chooses a head and suitable options, and states the score that its command gave.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import bert4ner

ROOT = Path(__file__).resolve().parent.parent
TEXT = "本品用于气血两亏引起的月经量少、行经腹痛，孕妇忌服，忌食生冷。"


def run(description: str | None, *, head: str, epochs: int = 10, **chosen: Any) -> None:
    """Cross-validate one head on annotated documents, by default the bundled sample, and print its scores.

    Args:
        description: the script's docstring, for its `--help`.
        head: turns token vectors into entities.
        epochs: unless the command line sets them.
        chosen: more options of `bert4ner.Config`.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=str(ROOT / "examples/data/leaflets.jsonl"))
    parser.add_argument("--pretrained", default=str(ROOT / "pretrained/tcm-mini"))
    parser.add_argument("--output", default=f"runs/{head}-baseline")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=epochs)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # the library logs, scripts choose where to

    documents = bert4ner.read_documents(given.data)
    config = bert4ner.Config().replace(pretrained=given.pretrained, epochs=given.epochs, head=head, **chosen)
    scores = bert4ner.cross_validate(documents, config, output=given.output, folds=given.folds)
    micro = scores.micro
    print(f"out of fold: precision {micro.precision:.4f}, recall {micro.recall:.4f}, F1 {micro.f1:.4f}")
    if scores.nested.gold:
        print(f"of {scores.nested.gold} entities that share characters with another: recall {scores.nested.recall:.4f}")

    recognizer = bert4ner.NamedEntityRecognizer.load(given.output)  # all folds, averaged
    for entity in recognizer.recognize(TEXT):
        print(f"{TEXT[entity.start : entity.end]}\t{entity.label}\t{entity.score:.3f}")
