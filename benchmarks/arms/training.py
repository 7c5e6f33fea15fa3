"""One training, asked by `ablation.py` and `heads.py`: its scores on documents that nothing was chosen on."""

import json
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from worker import answer_calls

import bert4ner
from bert4ner import Config, Document
from bert4ner.scoring.bootstrap import document_counts


def training(task: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What answers every call with the scores of one training, those of the documents that it never saw, too."""
    documents, gold = bert4ner.read_documents(task["training"]), bert4ner.read_documents(task["gold"])
    documents, gold = documents[: task["limit"]], gold[: task["limit"]]
    valid = None
    if task["valid"]:
        valid = [
            Document(f"valid-{each.id}", each.text, each.entities) for each in bert4ner.read_documents(task["valid"])
        ]
    config = Config().replace(**task["config"])
    known = {document.text for document in [*documents, *(valid or [])]}

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        figures, predicted = score(config, documents, gold, Path(task["run"]), valid=valid)
        unseen = [place for place, document in enumerate(gold) if document.text not in known]
        scores = bert4ner.evaluate([gold[place] for place in unseen], [predicted[place] for place in unseen])
        counts = [[each.hits, each.gold, each.predicted] for each in document_counts(gold, predicted)]
        return {**figures, "unseen_f1": scores.micro.f1, "unseen": len(unseen), "counts": counts}

    return answer


def score(
    config: Config,
    documents: Sequence[Document],
    gold: Sequence[Document],
    run: Path,
    *,
    valid: Sequence[Document] | None = None,
) -> tuple[dict[str, Any], list[Document]]:
    """Train, or take the run that is complete, and score it, shares between 0 and 1; and what it finds in `gold`."""
    trained = (run / "scores.json").exists()
    held_out = bert4ner.train_model(list(documents), config, output=run, valid=valid)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # it is trained in a process of its own
    history = [json.loads(line) for line in (run / "fold-0/history.jsonl").read_text(encoding="utf-8").splitlines()]
    predicted = list(bert4ner.NamedEntityRecognizer.load(run).predict(gold))
    scores = bert4ner.evaluate(gold, predicted)
    return {
        "precision": scores.micro.precision,
        "recall": scores.micro.recall,
        "f1": scores.micro.f1,
        "weighted_f1": scores.weighted.f1,
        "nested_recall": scores.nested.recall,
        "nested_gold": scores.nested.gold,
        "held_out_f1": held_out.micro.f1,
        "best_epoch": max(history, key=lambda line: line["f1"])["epoch"],
        "epochs": len(history),
        "seconds_per_epoch": sum(line["seconds"] for line in history) / len(history),
        "peak_mib": None if trained else peak,
    }, predicted


if __name__ == "__main__":
    answer_calls(training)
