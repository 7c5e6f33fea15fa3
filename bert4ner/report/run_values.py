"""Values of the template that do not need the annotated documents."""

import os
import shlex
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bert4ner.config import Config
from bert4ner.report.findings import about_encoder
from bert4ner.report.plots import curve_limits, draw_curves, draw_tradeoff
from bert4ner.runs.history import History
from bert4ner.runs.layout import fold_name
from bert4ner.runs.left_out import left_out_of_run
from bert4ner.runs.record import CombinedRun, RunRecord, TrainedRun
from bert4ner.version import VERSION


def about_run(record: TrainedRun | CombinedRun) -> dict[str, Any]:
    """The run as a whole: its name, its command, how to make the page again."""
    held_out = len(record.predicted)
    num_documents = len(record.held_out_in) + (record.folds.further if isinstance(record, TrainedRun) else 0)
    return {
        "record": record,
        "version": VERSION,
        "title": record.name,
        "command": _command(record.environment),
        "left_out": left_out_of_run(record),
        "again": ["bert4ner", "report", shlex.quote(str(record.path)), "--gold", "DATA"],
        "characters": [len(document.text) for document in record.predicted],
        "held_out": held_out,
        "num_documents": num_documents,
        "learned": num_documents - held_out if record.num_folds == 1 else 0,  # several models learn from all
    }


def about_setup(record: TrainedRun | CombinedRun) -> dict[str, Any]:
    """How a run was made: its options, those that differ from the defaults, advice; or its combination."""
    options = _options(record.config) if isinstance(record, TrainedRun) else []
    return {
        "combination": record.combination if isinstance(record, CombinedRun) else None,
        "options": options,
        "changed": [option for option in options if option["changed"]],
        "advice_on_encoder": list(about_encoder(record)),
    }


def about_scores(record: TrainedRun | CombinedRun) -> dict[str, Any]:
    """The scores of a run, of its labels and of its documents."""
    scores = record.scores
    return {
        "scores": scores,
        "labels": sorted(scores.counts.items(), key=lambda item: (-item[1].gold, item[0])),
        "documents": _documents(record),
        "spread": record.sheet.spread(),
        "seed_spread": record.sheet.seed_spread(),
        "several": len(record.sheet.folds) > 1,
        "tradeoffs": _tradeoffs(record) if isinstance(record, CombinedRun) else {},
    }


def about_training(record: RunRecord) -> dict[str, Any]:
    """The results and the duration of every epoch."""
    histories = record.histories if isinstance(record, TrainedRun) else []
    return {
        "histories": histories,
        "curves": _curves(record) if isinstance(record, TrainedRun) else [],
        "speed": _speed(histories),
        "total_seconds": sum(_seconds(line) for history in histories for line in history),
    }


def _command(environment: dict[str, Any]) -> list[str]:
    """The command that started the run, ready to type again; empty if it was started from Python."""
    program, *arguments = environment.get("command") or [""]
    if os.path.basename(program) not in ("bert4ner", "__main__.py"):
        return []
    return ["bert4ner", *map(shlex.quote, arguments)]


def _options(config: Config) -> list[dict[str, Any]]:
    defaults = Config().options()
    return [
        {"name": name, "value": value, "default": defaults[name], "changed": value != defaults[name]}
        for name, value in config.options().items()
    ]


def _documents(record: TrainedRun | CombinedRun) -> dict[int, int]:
    """The number of documents that each fold held out."""
    if isinstance(record, CombinedRun):
        return {fold.fold: fold.documents or 0 for fold in record.sheet.folds}
    return dict(Counter(fold for folds in record.held_out_in.values() for fold in folds))


def _curves(record: TrainedRun) -> list[str]:
    limits = curve_limits(record.histories)
    return [
        draw_curves(history, best_epoch=fold.best_epoch or 0, limits=limits, name=fold_name(fold.fold, fold.seed))
        for fold, history in zip(record.sheet.folds, record.histories, strict=True)
    ]


def _tradeoffs(record: CombinedRun) -> dict[str, str]:
    """A plot for each label of a combined run, the most frequent first."""
    counts = record.scores.counts
    known = [label for label in record.curves if label in counts]
    return {
        label: draw_tradeoff(
            record.curves[label],
            selected=(counts[label].precision, counts[label].recall),
            name=f"tradeoff-{number}",
        )
        for number, label in enumerate(sorted(known, key=lambda label: (-counts[label].gold, label)))
    }


def _seconds(line: dict[str, Any]) -> float:
    return float(line["seconds"] + line.get("evaluation_seconds", 0.0))


def _speed(histories: Sequence[History]) -> list[dict[str, float]]:
    """The median epoch of each fold, which the slow first one (compilation) hardly changes."""
    return [
        {
            "epochs": len(history),
            "first": history[0]["seconds"],
            "seconds": statistics.median(line["seconds"] for line in history),
            "evaluation": statistics.median(line.get("evaluation_seconds", 0.0) for line in history),
            "tokens_per_second": statistics.median(line["tokens_per_second"] for line in history),
            "total": sum(map(_seconds, history)),
        }
        for history in histories
    ]
