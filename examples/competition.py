"""Task: the steps of a competition team, from annotated leaflets to the files to submit.

Audit the annotation, let the encoder read all texts first (with --pretrain), cross-validate two different networks with
the recipe, ask them which annotation is doubtful (and, with --denoise, train again where all of them agree against it),
let every fold label the new texts and train again with these pseudo-labels, keep the better run of each network by its
out-of-fold F1, combine them with a threshold for every label, chosen on out-of-fold predictions, and write the entities
of the new texts.
Data: the bundled sample of 129 leaflets, and 66 texts without annotation (or documents of your own).
Score: none here: so few epochs only show the steps. `combine` prints honest scores for your data.

    python examples/competition.py --epochs 3
    python examples/competition.py train.json test.txt --pretrained ENCODER --pretrain 10 --folds 5
"""

import argparse
import logging
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from baseline import ROOT

import bert4ner
from bert4ner.combine.opinions import ask_runs
from bert4ner.runs.pseudo_labels import PseudoLabelled
from bert4ner.scoring.agreement import agreed_changes, apply_changes
from bert4ner.scoring.review import most_doubtful, write_review
from bert4ner.scoring.suspicion import find_doubts

HEADS = ("crf", "global_pointer")  # different heads make different mistakes
RECIPE = {"modifiers": "ema"}
WAYS = {  # all with a threshold for every label that gives the best F1, because annotation is given
    "averaged": bert4ner.CombineOptions(),
    "averaged-candidates": bert4ner.CombineOptions(nbest=5),
    "rescored": bert4ner.CombineOptions(method="rescoring", nbest=8),  # also by the rest of the document
}


def pretrained(given: argparse.Namespace) -> str:
    """The encoder, after so many epochs as a language model on the annotated and the new texts, if requested."""
    if not given.pretrain:
        return str(given.pretrained)
    options = bert4ner.PretrainingOptions().replace(pretrained=given.pretrained, epochs=given.pretrain)
    output = given.output / "encoder"
    history = bert4ner.pretrain([given.data, given.test], options, output=output)
    print(f"perplexity of held-out texts: {history[0]['perplexity']:.2f} before, {history[-1]['perplexity']:.2f} after")
    return str(output)


def cross_validated(
    documents: Sequence[bert4ner.Document],
    given: argparse.Namespace,
    folder: Path,
    pseudo: Mapping[str, Sequence[PseudoLabelled]] | None = None,
) -> dict[str, tuple[float, Path]]:
    """Out-of-fold F1 and folder of a run with each head; complete runs are not trained again."""
    runs = {}
    for head in given.heads:
        config = bert4ner.Config().replace(pretrained=given.pretrained, epochs=given.epochs, head=head, **RECIPE)
        output, more = folder / head, bert4ner.MoreText(pseudo=pseudo[head] if pseudo else ())
        scores = bert4ner.cross_validate(documents, config, output=output, folds=given.folds, more=more)
        print(f"{folder.name}, {head}: out-of-fold F1 {scores.micro.f1:.4f}")
        runs[head] = (scores.micro.f1, output)
    return runs


def denoised(documents: Sequence[bert4ner.Document], runs: Sequence[Path], output: Path) -> list[bert4ner.Document]:
    """The documents as all heads (at least two) agree on them; doubtful ones go to a file for doccano."""
    opinions = ask_runs(runs, documents)
    doubts = Counter(doubt.kind for _, doubt in find_doubts(opinions) if doubt.suspicion > 0.5)
    print(f"doubtful annotation: {', '.join(f'{count} {kind}' for kind, count in doubts.most_common()) or 'none'}")
    write_review(most_doubtful(opinions, 50), output / "review.jsonl", "doccano")
    changes = agreed_changes(opinions, least_models=max(2, len(runs)))
    changed = apply_changes(documents, changes)
    bert4ner.write_documents(changed, output / "agreed.jsonl", "jsonl")
    actions = Counter(change.action for change in changes)
    print(f"all models agree against it: {actions['added']} entities to add, {actions['removed']} to remove")
    return changed


def labelled(documents: Sequence[bert4ner.Document], run: Path, output: Path) -> list[PseudoLabelled]:
    """Pseudo-labels for new texts from each fold's models, for that fold alone, which never saw what it holds out."""
    lessons = bert4ner.pseudo_label(run, documents, by_fold=True)
    found = [each for lesson in lessons for each in lesson.labelled]
    bert4ner.write_pseudo_labels(found, output)
    print(f"{run.name}: {sum(len(each.document.entities) for each in found)} pseudo-labels")
    return found


def best_combined(runs: Sequence[Path], documents: Sequence[bert4ner.Document], folder: Path) -> Path:
    """Combine runs in all ways; the folder of the best one by F1 on folds to which nothing was fitted."""
    found = []
    for name, options in WAYS.items():
        output = folder / name
        shutil.rmtree(output, ignore_errors=True)
        scores = bert4ner.combine_runs(runs, output=output, gold=documents, options=options)
        print(f"{name}, fitted to the other folds: out-of-fold F1 {scores.micro.f1:.4f}")
        found.append((scores.micro.f1, output))
    score, output = max(found)
    print(f"best: {output}, out-of-fold F1 {score:.4f}")
    return output


def arguments() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=str(ROOT / "examples/data/leaflets.jsonl"))
    parser.add_argument("test", nargs="?", default=str(ROOT / "examples/data/leaflets-unlabelled.txt"))
    parser.add_argument("--pretrained", default=str(ROOT / "pretrained/tcm-mini"))
    parser.add_argument("--output", type=Path, default=Path("runs/competition"))
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pretrain", type=int, default=0, metavar="EPOCHS", help="Epochs on the texts alone, first.")
    parser.add_argument("--heads", nargs="+", default=HEADS)
    parser.add_argument("--denoise", action="store_true", help="Train again on annotation that all models agree on.")
    parser.add_argument("--no-pseudo", action="store_true", help="Learn nothing from the new texts.")
    given = parser.parse_args()
    if given.denoise and len(given.heads) < 2:
        parser.error("--denoise needs at least two --heads: one alone agrees with itself")
    return given


def main() -> None:
    """Run all steps."""
    given = arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    documents = bert4ner.read_documents(given.data)
    for finding in bert4ner.audit(documents, num_folds=given.folds).findings():
        print(f"suspicious: {finding}")

    given.pretrained = pretrained(given)
    runs = cross_validated(documents, given, given.output / "first")
    learned = denoised(documents, [run for _, run in runs.values()], given.output)
    if given.denoise:
        runs = cross_validated(learned, given, given.output / "denoised")
    else:
        learned = documents
    if not given.no_pseudo:
        new = bert4ner.read_documents(given.test)
        pseudo = {head: labelled(new, run, given.output / f"pseudo-{head}.jsonl") for head, (_, run) in runs.items()}
        taught = cross_validated(learned, given, given.output / "taught", pseudo)
        runs = {head: max(runs[head], taught[head]) for head in runs}

    combined = best_combined([run for _, run in runs.values()], documents, given.output)  # the original annotation
    recognizer = bert4ner.load_recognizer(combined)
    found = recognizer.predict(bert4ner.iterate_documents(given.test))
    submission = given.output / "submission"
    shutil.rmtree(submission, ignore_errors=True)
    bert4ner.write_documents(found, submission, "brat")  # a .txt and an .ann for each text, as contests require
    print(f"submission: {shutil.make_archive(str(submission), 'zip', submission)}")


if __name__ == "__main__":
    main()
