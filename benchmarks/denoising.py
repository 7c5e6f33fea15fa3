"""How many planted annotation errors `bert4ner audit --run` finds in the sample, with 3-fold cross-validation.

    python benchmarks/denoising.py [--data FILE] [--seed 0] [--folds 3] [--epochs 10] [--head crf]

10 % of all entities are dropped, shifted or relabelled; models are trained on the result, and rank what they doubt in
documents that they did not see. The target is 60 % of the errors among the first suggestions, twice as many as errors.
`docs/numbers.md` says what was measured with the defaults, which are kept.

A complete run in --work is not repeated.
"""

import argparse
import logging
from pathlib import Path

from figures import keep_rows
from planting import KINDS, count_found, plant_errors

import bert4ner
from bert4ner.cli.printing import percent, print_table
from bert4ner.combine.opinions import ask_runs
from bert4ner.scoring.agreement import agreed_changes, apply_changes
from bert4ner.scoring.suspicion import find_doubts

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Plant, train, rank, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=str(ROOT / "examples/data/leaflets.jsonl"))
    parser.add_argument("--pretrained", default=str(ROOT / "pretrained/tcm-mini"))
    parser.add_argument("--work", type=Path, default=Path("runs/denoising"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1, help="Models of each fold; three let them agree.")
    parser.add_argument("--head", default="crf")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    right = bert4ner.read_documents(given.data)
    wrong, planted = plant_errors(right, seed=given.seed)
    config = bert4ner.Config().replace(
        pretrained=given.pretrained, head=given.head, epochs=given.epochs, seeds=given.seeds
    )
    run = given.work / f"{given.head}-{given.epochs}-epochs-{given.seeds}-seeds-{given.folds}-folds-{given.seed}"
    scores = bert4ner.cross_validate(wrong, config, output=run, folds=given.folds)
    print(f"out-of-fold micro F1, on annotation with errors: {percent(scores.micro.f1)}")
    opinions = ask_runs([run], wrong)
    doubts = find_doubts(opinions)
    total = {kind: sum(each.kind == kind for each in planted) for kind in KINDS}
    rows: list[list[object]] = [["planted", len(planted), None, *total.values()]]
    kept: dict[str, dict[str, float]] = {"planted errors": {"errors": len(planted), "share": 1.0}}
    for times, words in ((1, "as many"), (2, "twice as many"), (3, "three times as many")):
        found = count_found(planted, doubts[: times * len(planted)])
        share = percent(found.total() / len(planted))
        kept[f"among {words} suggestions"] = {"share": found.total() / len(planted)}
        rows.append([f"in the first {times * len(planted)}", found.total(), share, *(found[kind] for kind in KINDS)])
    print_table("Planted errors that doubts point at", ["", "all", "%", *KINDS], [rows])
    if vars(given) == vars(parser.parse_args([])) | {"work": given.work}:
        keep_rows("unlabelled", "denoising", kept)
    if given.seeds > 1:
        changes = agreed_changes(opinions, least_models=given.seeds)
        for name, documents in (("as planted", wrong), ("as agreed", apply_changes(wrong, changes))):
            score = bert4ner.evaluate(right, documents).micro
            print(
                f"{name}: precision {percent(score.precision)}, recall {percent(score.recall)} of the right annotation"
            )


if __name__ == "__main__":
    main()
