"""Tables of the trainings that are kept line by line: heads side by side, and what tricks are worth."""

from collections.abc import Callable
from typing import Any

import ablation
import heads
import numpy as np
from figures import spread
from lanes import Kept
from page_tables import Line, Row, Table, number, percent, render
from page_words import say

from bert4ner.scoring.significance import bootstrap_difference

SEEDS = (42, 43, 44)
SCORES = (("P", "precision", percent), ("R", "recall", percent), ("micro F1", "f1", percent))
SPEEDS = (
    ("training, s / epoch", "seconds_per_epoch", number(1)),
    ("recognition, characters / s", "characters_per_second", number(0)),
    ("peak MiB", "peak_mib", number(0)),
    ("training step, ms", "step_ms", number(1)),
    ("head's share of it, ms", "head_ms", number(1)),
)


def figure(lines: list[Line], name: str) -> Any:
    """Mean and deviation of a figure over several lines."""
    return spread([line["figures"][name] for line in lines])


def scored_heads(kept: Kept, name: str) -> dict[str, list[Line]]:
    """The latest line of each seed, by head."""
    found = {
        head: [lines[-1] for seed in SEEDS if (lines := kept.lines_of(heads.Job(name, head, seed)))]
        for head in heads.HEADS
    }
    return {head: lines for head, lines in found.items() if lines}


def timed_heads(kept: Kept, name: str) -> dict[str, dict[str, list[Line]]]:
    """The rounds of speed by device and head."""
    found: dict[str, dict[str, list[Line]]] = {}
    for head in heads.HEADS:
        for line in kept.lines_of(heads.Job(name, head, None)):
            figures = line["figures"]
            device = figures["gpu"] or f"{figures['cores']} CPU cores"
            found.setdefault(device, {}).setdefault(head, []).append(line)
    return dict(sorted(found.items()))


def _device(name: str, language: str) -> str:
    """A GPU by its name, cores by their number."""
    cores, _, rest = name.partition(" ")
    return say(language, "{} CPU cores").format(cores) if rest == "CPU cores" else name


def median(lines: list[Line], name: str) -> float:
    """The median of a figure over rounds."""
    return float(np.median([line["figures"][name] for line in lines]))


def head_tables(kept: Kept, name: str, language: str) -> list[str]:
    """Scores of all heads on one set, and their speed on each device."""
    found = scored_heads(kept, name)
    nested = any(line["figures"]["nested_gold"] for lines in found.values() for line in lines)
    columns = (*SCORES, *((("nested recall", "nested_recall", percent),) if nested else ()))
    shown = (("seeds", "", str), *columns)
    table = Table("heads", name, f"{name}: all heads", "make bench-heads", shown, f"heads on {name}", "head")
    rows = [
        Row([f"`{head}`", str(len(lines)), *(write(figure(lines, part)) for _, part, write in columns)], lines)
        for head, lines in found.items()
    ]
    parts = [render(table, rows, language)] if rows else []
    for device, timed in timed_heads(kept, name).items():
        title = say(language, "{}: speed of heads on {}").format(name, _device(device, language))
        table = Table("heads", name, title, "make bench-heads", SPEEDS, "note on speed of heads", "head")
        rows = [
            Row([f"`{head}`", *(write(median(lines, part)) for _, part, write in SPEEDS)], lines)
            for head, lines in timed.items()
        ]
        parts.append(render(table, rows, language))
    return parts


TRICK_COLUMNS: tuple[tuple[str, str, Callable[..., str]], ...] = (
    *SCORES,
    ("weighted F1", "weighted_f1", percent),
    ("held out", "held_out_f1", percent),
    ("s / epoch", "seconds_per_epoch", number(0)),
)


def tricks(kept: Kept, name: str, encoder: str) -> dict[str, dict[int, Line]]:
    """The latest line of each trick and seed."""
    found = {
        trick: {seed: lines[-1] for seed in SEEDS if (lines := kept.lines_of(ablation.Job(name, encoder, trick, seed)))}
        for trick in ablation.TRICKS
    }
    return {trick: lines for trick, lines in found.items() if lines}


def trick_tables(kept: Kept, language: str) -> list[str]:
    """A table for each set and encoder."""
    encoders = dict.fromkeys(line["job"]["encoder"] for line in kept.lines)
    return [
        _trick_table(found, name, encoder, language)
        for name in ablation.SETS
        for encoder in encoders
        if (found := tricks(kept, name, encoder))
    ]


def _trick_table(found: dict[str, dict[int, Line]], name: str, encoder: str, language: str) -> str:
    unseen = (("rows not in train", "unseen_f1", percent),) if name == "weibo" else ()
    columns = (*TRICK_COLUMNS, *unseen)
    title = say(language, "{}: tricks with {}").format(name, say(language, encoder))
    shown = (("seeds", "", str), *columns, ("gain", "", str), ("p", "", str))
    other = "" if encoder == "tcm-mini" else f" --pretrained DIR --encoder '{encoder}'"
    command = f"python benchmarks/ablation.py --sets {name}{other}"
    table = Table("ablation", name, title, command, shown, "note on tricks", "trick")
    plain = found.get(ablation.PLAIN, {})
    rows = []
    for trick, by_seed in found.items():
        lines = list(by_seed.values())
        cells = [write(_figure(part, lines)) for _, part, write in columns]
        pairs = [] if trick == ablation.PLAIN else [(by_seed[seed], plain[seed]) for seed in by_seed if seed in plain]
        rows.append(Row([say(language, trick), str(len(lines)), *cells, *_against(pairs)], lines))
    return render(table, rows, language)


def _against(pairs: list[tuple[Line, Line]]) -> tuple[str, str]:
    """Gain on the documents that choose the epoch, and p-value on those that are scored, from pairs of one seed."""
    if not pairs:
        return "–", "–"
    gains = [one["figures"]["held_out_f1"] - other["figures"]["held_out_f1"] for one, other in pairs]
    return percent(spread(gains)), f"{np.median([_p_value(*pair) for pair in pairs]):.3f}"


def _figure(part: str, lines: list[Line]) -> Any:
    return median(lines, part) if part == "seconds_per_epoch" else figure(lines, part)


def _p_value(one: Line, other: Line) -> float:
    """Of hits, gold and predicted entities of each document."""
    tables = [
        np.array([(hits, gold + predicted) for hits, gold, predicted in line["figures"]["counts"]])
        for line in (one, other)
    ]
    return bootstrap_difference(*tables).p_value
