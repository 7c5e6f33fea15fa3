"""The plot of a search for learning rates, as a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from bert4ner.data.writing import atomic_write


def write_rate_plot(path: Path, values: Mapping[str, Sequence[float]], *, suggested: float) -> None:
    """Loss of each batch by the encoder's rate, and the smoothed one; the suggested rate is marked. PNG.

    Args:
        path: the file, written whole or not at all.
        values: `rates`, `losses` and `smoothed`, of one length.
        suggested: the rate to mark.
    """
    figure = Figure(figsize=(6.4, 4.0), layout="constrained", dpi=150)
    axes = figure.subplots()
    axes.plot(values["rates"], values["losses"], color="0.7", linewidth=0.8, label="loss of a batch")
    axes.plot(values["rates"], values["smoothed"], color="tab:blue", linewidth=1.8, label="smoothed")
    axes.axvline(suggested, color="tab:red", linewidth=1.0, linestyle="--", label=f"suggested: {suggested:.2g}")
    low, start = min(values["smoothed"]), max(values["smoothed"][:1])
    axes.set(xscale="log", xlabel="learning rate of the encoder", ylabel="loss")
    axes.set_ylim(bottom=max(0.0, low - 0.1 * start), top=1.5 * start)
    axes.legend(frameon=False)
    with atomic_write(path, binary=True) as aside:
        figure.savefig(aside, format="png", metadata={"Software": None})
