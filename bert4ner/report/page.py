"""Puts a run on one HTML page: what was trained, how well it does, where it errs. Needs no network and no script."""

import os
import shlex
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bert4ner.config import Config
from bert4ner.data.audit import audit
from bert4ner.data.files import atomic_write
from bert4ner.entities import Document
from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import ORDER, Example, Mistakes, choose_examples, count_mistakes
from bert4ner.report.plots import curve_limits, draw_curves, draw_reliability, draw_tradeoff
from bert4ner.runs.gold import match_gold
from bert4ner.runs.history import History
from bert4ner.runs.layout import REPORT, fold_name
from bert4ner.runs.record import CombinedRun, RunRecord, TrainedRun, open_run
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.scoring.reliability import Reliability, score_reliability
from bert4ner.text.windows import SPECIAL_TOKENS
from bert4ner.version import VERSION

TEMPLATE = "report.html.jinja"
_MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class GoldView:
    """What only the annotated documents can tell."""

    documents: list[Document]
    same_annotation: bool
    """Whether the run was scored on this very annotation."""
    mistakes: Mistakes
    examples: dict[str, list[Example]]
    reliability: Reliability | None
    audit: list[str]
    """Sentences of `audit` on all given documents of the run."""


def write_report(run: str | Path, *, gold: Sequence[Document] | None = None, output: str | Path | None = None) -> Path:
    """Write the report of a complete run; returns where it is.

    Args:
        run: the folder of the run.
        gold: the annotated documents that the run was made from (others among them are ignored); without them the
            page has no errors and no calibration.
        output: the file; by default report.html in the run's folder.

    Raises:
        RunError, ConfigError: the run is incomplete or damaged.
        DataError: gold lacks documents of the run, or `output` cannot be written.
    """
    record = open_run(run)
    path = Path(output) if output is not None else record.path / REPORT
    page = render(record, gold)
    with atomic_write(path) as aside:
        aside.write(page)
    return path


def render(record: TrainedRun | CombinedRun, gold: Sequence[Document] | None = None) -> str:
    """The page as text; arguments and errors as for `write_report`."""
    view = None if gold is None else _look(record, gold)
    values = {**_about_run(record), **_about_setup(record), **_about_scores(record), **_about_training(record)}
    return _template().render(**values, **_about_gold(record, view))


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share, digits=2: f"{100 * share:.{digits}f}"
    return environment.get_template(TEMPLATE)


def _about_run(record: RunRecord) -> dict[str, Any]:
    return {
        "record": record,
        "version": VERSION,
        "name": record.name,
        "command": _command(record.environment),
        "again": ["bert4ner", "report", shlex.quote(str(record.path)), "--gold", "DATA"],
        "characters": [len(document.text) for document in record.predicted],
        "held_out": len(record.predicted),
    }


def _about_setup(record: TrainedRun | CombinedRun) -> dict[str, Any]:
    options = _options(record.config) if isinstance(record, TrainedRun) else []
    return {
        "combination": record.combination if isinstance(record, CombinedRun) else None,
        "options": options,
        "changed": [option for option in options if option["changed"]],
    }


def _about_scores(record: TrainedRun | CombinedRun) -> dict[str, Any]:
    scores = record.scores
    return {
        "scores": scores,
        "labels": sorted(scores.counts.items(), key=lambda item: (-item[1].gold, item[0])),
        "documents": _documents(record),
        "spread": record.sheet.spread(),
        "tradeoffs": _tradeoffs(record) if isinstance(record, CombinedRun) else {},
    }


def _about_training(record: RunRecord) -> dict[str, Any]:
    histories = record.histories if isinstance(record, TrainedRun) else []
    return {
        "histories": histories,
        "curves": _curves(record) if isinstance(record, TrainedRun) else [],
        "speed": _speed(histories),
        "total_seconds": sum(_seconds(line) for history in histories for line in history),
    }


def _about_gold(record: RunRecord, view: GoldView | None) -> dict[str, Any]:
    mistakes, reliability = (view.mistakes, view.reliability) if view else (None, None)
    return {
        "gold": view,
        "kinds": ORDER,
        "confusion_labels": _confused_labels(record.scores, mistakes),
        "reliability_plot": draw_reliability(reliability, name="reliability") if reliability else "",
        "findings": find_findings(record, mistakes, reliability),
    }


def _look(record: RunRecord, documents: Sequence[Document]) -> GoldView:
    gold = match_gold(record, documents)
    pairs = list(zip(gold, record.predicted, strict=True))
    annotated = [document for document in documents if document.id in record.held_out_in]
    config = record.config if isinstance(record, TrainedRun) else Config()
    window_size = config.windows.max_length - SPECIAL_TOKENS
    return GoldView(
        documents=gold,
        same_annotation=evaluate(gold, record.predicted).counts == record.scores.counts,
        mistakes=count_mistakes(pairs),
        examples=choose_examples(pairs),
        reliability=score_reliability(pairs),
        audit=audit(annotated, window_size=window_size, num_folds=max(2, record.num_folds)).findings(),
    )


def _command(environment: dict[str, Any]) -> list[str]:
    """How the run was started, in words that can be typed again; none where that was from Python."""
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
    """How many documents each fold held out."""
    if isinstance(record, CombinedRun):
        return {fold.fold: fold.documents or 0 for fold in record.sheet.folds}
    return dict(Counter(record.held_out_in.values()))


def _curves(record: TrainedRun) -> list[str]:
    limits = curve_limits(record.histories)
    return [
        draw_curves(history, best_epoch=fold.best_epoch or 0, limits=limits, name=fold_name(fold.fold))
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
    """For each fold the median epoch, which the slow first one (compilation) hardly moves."""
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


def _confused_labels(scores: Scores, mistakes: Mistakes | None) -> list[str]:
    """Labels of the confusion table: all that occur, the most frequent first."""
    if mistakes is None:
        return []
    support = {label: counts.gold for label, counts in scores.counts.items()}
    return sorted(mistakes.outcomes, key=lambda label: (-support.get(label, 0), label))
