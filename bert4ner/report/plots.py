"""The plots of the report as SVG for a page, which sets their colours and fonts.

The browser draws their text: no font is needed here, so text can be Chinese, and the page's dark scheme reaches the
lines by CSS variables.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bert4ner.phrases import CHINESE, ENGLISH, Phrase, known, phrase
from bert4ner.report.speech import name as name_of
from bert4ner.scoring.reliability import Reliability

# matplotlib does not know CSS variables: each has a colour of its own in the figure, replaced in the SVG.
_VARIABLES = ("ink", "muted", "line", "precision", "recall", "f1", "loss", "right")
_STAND_INS = {name: f"#0101{number:02x}" for number, name in enumerate(_VARIABLES, start=1)}
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bert4ner",  # the same run gives the same page
    "font.size": 9,
    "text.color": _STAND_INS["ink"],
    "axes.edgecolor": _STAND_INS["line"],
    "axes.labelcolor": _STAND_INS["muted"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _STAND_INS["line"],
    "grid.linewidth": 0.6,
    "xtick.color": _STAND_INS["line"],
    "ytick.color": _STAND_INS["line"],
    "xtick.labelcolor": _STAND_INS["muted"],
    "ytick.labelcolor": _STAND_INS["muted"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_WORD = re.compile(r"<text( [^>]*)>([^<]*)</text>")
_SERIES: dict[str, dict[str, Any]] = {  # distinguishable without colours, too
    "precision": {"linestyle": (0, (4, 1.5)), "linewidth": 1.3},
    "recall": {"linestyle": (0, (1, 1.2)), "linewidth": 1.7},
    "f1": {"linestyle": "-", "linewidth": 2.0},
}


def curve_limits(histories: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, tuple[float, float]]:
    """Ranges of the axes for all folds, so that their plots can be compared: `score` in percent, `loss`."""
    scores = [100 * line[name] for history in histories for line in history for name in _SERIES]
    losses = [line["loss"] for history in histories for line in history]
    return {"score": _padded(scores, low=-2.0, high=102.0), "loss": _padded([0.0, *losses])}


def _padded(values: Sequence[float], *, low: float = float("-inf"), high: float = float("inf")) -> tuple[float, float]:
    room = 0.07 * (max(values) - min(values)) or 1.0
    return max(low, min(values) - room), min(high, max(values) + room)


def draw_curves(
    history: Sequence[Mapping[str, Any]], *, best_epoch: int, limits: Mapping[str, tuple[float, float]], name: str
) -> str:
    """Precision, recall and F1 of every epoch, the best one marked, and below them the loss.

    Args:
        history: a line of scores and loss for each epoch.
        best_epoch: the epoch to mark.
        limits: ranges of the axes, from `curve_limits`.
        name: prefix of the ids in the SVG, which must differ between the plots of a page.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(3.6, 2.7), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2.4, 1))
        epochs = [line["epoch"] for line in history]
        for series, style in _SERIES.items():
            values = [100 * line[series] for line in history]
            _line(top, epochs, values, {"color": _STAND_INS[series], **style})
        _line(bottom, epochs, [line["loss"] for line in history], {"color": _STAND_INS["loss"], "linewidth": 1.3})
        best = next((100 * line["f1"] for line in history if line["epoch"] == best_epoch), None)
        if best is not None:
            top.plot([best_epoch], [best], "o", markersize=6.5, color=_STAND_INS["f1"], clip_on=False)
            for axes in (top, bottom):
                axes.axvline(best_epoch, color=_STAND_INS["muted"], linewidth=0.8, alpha=0.6, zorder=1)
        top.set(ylabel=phrase("plot.percent"), ylim=limits["score"])
        bottom.set(
            ylabel=phrase("plot.loss"),
            xlabel=phrase("plot.epoch"),
            ylim=limits["loss"],
            xlim=(min(epochs) - 0.3, max(epochs) + 0.3),
        )
        bottom.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        bottom.yaxis.set_major_locator(MaxNLocator(nbins=3))
        return _to_svg(figure, name, says="says.curves")


def _line(axes: Axes, epochs: Sequence[float], values: Sequence[float], style: Mapping[str, Any]) -> None:
    """A line; for a single epoch, which makes no line, a short stroke."""
    if len(epochs) == 1:
        epochs, values = [epochs[0] - 0.1, epochs[0] + 0.1], [values[0], values[0]]
    axes.plot(epochs, values, solid_capstyle="round", **style)


def draw_reliability(found: Reliability, *, name: str) -> str:
    """The share right in each bin of scores against the diagonal, and below it the entities in each bin."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.4, 3.9), layout="constrained")
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        left = [100 * each.low for each in found.bins]
        width = [100 * (each.high - each.low) - 1 for each in found.bins]
        right = [100 * each.share_right for each in found.bins]
        top.bar(left, right, width, align="edge", color=_STAND_INS["right"], alpha=0.45)
        top.plot([0, 100], [0, 100], color=_STAND_INS["ink"], linewidth=1, linestyle=(0, (4, 3)))
        reach = [
            [100 * (each.share_right - each.interval[0]) for each in found.bins],
            [100 * (each.interval[1] - each.share_right) for each in found.bins],
        ]
        centre = [100 * each.mean_score for each in found.bins]
        top.errorbar(centre, right, yerr=reach, fmt="o", markersize=4, color=_STAND_INS["right"], linewidth=1.2)
        bottom.bar(left, [each.count for each in found.bins], width, align="edge", color=_STAND_INS["muted"], alpha=0.6)
        top.set(ylabel=phrase("plot.right"), xlim=(0, 100), ylim=(0, 104))
        top.xaxis.set_major_locator(MaxNLocator(nbins=10))
        bottom.set(ylabel=phrase("plot.entities"), xlabel=phrase("plot.score"))
        bottom.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
        return _to_svg(figure, name, says="says.reliability")


def draw_tradeoff(curve: Mapping[str, Sequence[float]], *, selected: tuple[float, float], name: str) -> str:
    """Precision against recall over all thresholds of a label.

    Args:
        curve: `precision` and `recall`, from the highest threshold on.
        selected: the precision and recall of the selected threshold, marked by a dot.
        name: prefix of the ids in the SVG.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(2.6, 2.3), layout="constrained")
        axes = figure.subplots()
        precision, recall = ([100 * value for value in curve[name]] for name in ("precision", "recall"))
        _line(axes, recall, precision, {"color": _STAND_INS["f1"], "linewidth": 1.6})
        dot = [100 * value for value in selected]
        axes.plot([dot[1]], [dot[0]], "o", markersize=6.5, color=_STAND_INS["precision"], clip_on=False)
        axes.set(xlabel=phrase("plot.recall"), ylabel=phrase("plot.precision"), xlim=(0, 102), ylim=(0, 102))
        return _to_svg(figure, name, says="says.tradeoff")


def _to_svg(figure: Figure, name: str, *, says: str) -> str:
    """The figure as an element for a page: scales with it, uses its colours and fonts, shares no id with others."""
    written = io.StringIO()
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    nothing_said = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(written, format="svg", metadata=nothing_said)
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"| xmlns(?::\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for variable, stand_in in _STAND_INS.items():
        svg = svg.replace(stand_in, f"var(--{variable})")
    svg = _WORD.sub(_in_both_languages, svg)
    return svg.replace("<svg", f'<svg role="img" {name_of(says)}', 1)


def _in_both_languages(word: re.Match[str]) -> str:
    """A text of the plot twice, at the same place; the page shows one of them."""
    attributes, english = word.groups()
    said = known(english)
    if not isinstance(said, Phrase):
        return word[0]
    texts = (("en", ENGLISH, said), ("zh", CHINESE, said.chinese))
    return "".join(f'<text class="{name}" lang="{lang}"{attributes}>{text}</text>' for name, lang, text in texts)
