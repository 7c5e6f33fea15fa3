"""Puts a run on one HTML page: what was trained, how well it does, where it errs. Needs no network and no script."""

import os
import shlex
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bert4ner.config import Config
from bert4ner.data.audit import audit
from bert4ner.data.files import atomic_write
from bert4ner.entities import Document
from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import ORDER, Mistakes, choose_examples, count_mistakes
from bert4ner.report.plots import curve_limits, draw_curves, draw_reliability, draw_tradeoff
from bert4ner.report.run_record import RunRecord, load_run, match_gold
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.scoring.reliability import Reliability, score_reliability
from bert4ner.text.windows import SPECIAL_TOKENS
from bert4ner.version import VERSION

PAGE = "report.html"
TEMPLATE = "report.html.jinja"
_MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class GoldView:
    """What only the annotated documents can tell."""

    documents: list[Document]
    same_annotation: bool
    """Whether the run was scored on this very annotation."""
    mistakes: Mistakes
    examples: dict[str, list[Any]]
    reliability: Reliability | None
    audit: list[str]
    """Sentences of `audit` on all given documents of the run."""


def write_report(run: str | Path, *, gold: Sequence[Document] | None = None, output: str | Path | None = None) -> Path:
    """Write the report of a complete run; returns where it is.

    Args:
        gold: the annotated documents that the run was made from (others among them are ignored); without them the
            page has no errors and no calibration.
        output: the file; by default report.html in the run's folder.

    Raises:
        RunError, ConfigError: the run is incomplete or damaged.
        DataError: gold lacks documents of the run, or `output` cannot be written.
    """
    record = load_run(run)
    path = Path(output) if output is not None else record.path / PAGE
    page = render(record, gold)
    with atomic_write(path) as aside:
        aside.write(page)
    return path


def render(record: RunRecord, gold: Sequence[Document] | None = None) -> str:
    """The page as text; arguments and errors as for `write_report`."""
    view = None if gold is None else _look(record, gold)
    mistakes, reliability = (view.mistakes, view.reliability) if view else (None, None)
    scores = record.scores
    options = [] if record.config is None else _options(record.config)
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share, digits=2: f"{100 * share:.{digits}f}"
    return environment.get_template(TEMPLATE).render(
        record=record,
        version=VERSION,
        name=record.path.resolve().name,
        command=_command(record.environment),
        again=["bert4ner", "report", shlex.quote(str(record.path)), "--gold", "DATA"],
        options=options,
        changed=[option for option in options if option["changed"]],
        scores=scores,
        interval=record.summary["bootstrap_f1"],
        labels=sorted(scores.counts.items(), key=lambda item: (-item[1].gold, item[0])),
        folds=_folds(record),
        spread=_spread(record),
        curves=_curves(record),
        tradeoffs=_tradeoffs(record),
        speed=_speed(record),
        total_seconds=sum(_seconds(line) for history in record.histories for line in history),
        characters=[len(document.text) for document in record.predicted],
        held_out=len(record.predicted),
        gold=view,
        kinds=ORDER,
        confusion_labels=_confused_labels(scores, mistakes),
        reliability_plot=draw_reliability(reliability, name="reliability") if reliability else "",
        findings=find_findings(record, mistakes, reliability),
    )


def _look(record: RunRecord, documents: Sequence[Document]) -> GoldView:
    gold = match_gold(record, documents)
    pairs = list(zip(gold, record.predicted, strict=True))
    annotated = [document for document in documents if document.id in record.held_out_in]
    window_size = (record.config or Config()).windows.max_length - SPECIAL_TOKENS
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


def _folds(record: RunRecord) -> list[dict[str, Any]]:
    if record.combination is not None:
        return list(record.summary["folds"])
    held_out = Counter(record.held_out_in.values())
    return [
        {**fold, "documents": held_out[fold["fold"]], "epochs": len(history)}
        for fold, history in zip(record.summary["folds"], record.histories, strict=True)
    ]


def _spread(record: RunRecord) -> dict[str, dict[str, float]]:
    """Mean and standard deviation over folds; empty for a single one."""
    columns = {name: [fold[name] for fold in record.summary["folds"]] for name in _MEASURES}
    if record.num_folds < 2:
        return {}
    return {
        "mean": {name: statistics.fmean(values) for name, values in columns.items()},
        "std": {name: statistics.stdev(values) for name, values in columns.items()},
    }


def _curves(record: RunRecord) -> list[str]:
    if not record.histories:
        return []
    limits = curve_limits(record.histories)
    return [
        draw_curves(history, best_epoch=fold["best_epoch"], limits=limits, name=f"fold-{fold['fold']}")
        for fold, history in zip(record.summary["folds"], record.histories, strict=True)
    ]


def _tradeoffs(record: RunRecord) -> dict[str, str]:
    """A plot for each label of a combined run, the most frequent first."""
    counts = record.scores.counts
    known = [label for label in record.tradeoffs if label in counts]
    return {
        label: draw_tradeoff(
            record.tradeoffs[label],
            selected=(counts[label].precision, counts[label].recall),
            name=f"tradeoff-{number}",
        )
        for number, label in enumerate(sorted(known, key=lambda label: (-counts[label].gold, label)))
    }


def _seconds(line: dict[str, Any]) -> float:
    return line["seconds"] + line.get("evaluation_seconds", 0.0)


def _speed(record: RunRecord) -> list[dict[str, float]]:
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
        for history in record.histories
    ]


def _confused_labels(scores: Scores, mistakes: Mistakes | None) -> list[str]:
    """Labels of the confusion table: all that occur, the most frequent first."""
    if mistakes is None:
        return []
    support = {label: counts.gold for label, counts in scores.counts.items()}
    return sorted(mistakes.outcomes, key=lambda label: (-support.get(label, 0), label))
