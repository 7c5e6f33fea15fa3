"""The first steps, in a Jupyter kernel: lines appear while it trains, scores and entities are shown as HTML."""

import os
import re
import time

import pytest

from tests.conftest import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def shortened(shallow_encoder):
    """The notebook with a fifth of the sample, one layer of the encoder and two epochs."""
    text = (ROOT / "examples/first_steps.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    for long, short in (
        ("sample_documents()", "sample_documents()[:24]"),
        ('"tcm-mini"', repr(str(shallow_encoder))),
        ("epochs=4", "epochs=2"),
    ):
        (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and long in cell.source]
        cell.source = cell.source.replace(long, short)
    return notebook


class Watching(nbclient.NotebookClient):
    """Runs a notebook and remembers when which line was shown."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.shown = []

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "stream":
            now = time.monotonic()
            self.shown += [(msg["content"]["name"], line, now) for line in msg["content"]["text"].splitlines()]
        return super().process_message(msg, cell, cell_index)


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_first_steps_show_themselves_in_a_notebook(shallow_encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = shortened(shallow_encoder)
    client = Watching(notebook, timeout=150, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    epochs = [(name, line, when) for name, line, when in client.shown if re.match(r"epoch \d: loss", line)]
    assert [(name, line[:7]) for name, line, _ in epochs] == [("stdout", "epoch 1"), ("stdout", "epoch 2")]
    assert epochs[1][2] - epochs[0][2] > 0.05  # not both when all is over
    assert not [line for _, line, _ in client.shown if "\x1b" in line]
    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    html = {id: cell.outputs[-1].get("data", {}).get("text/html", "") for id, cell in cells.items() if cell.outputs}
    assert "<mark" in html["data"] and "<table" in html["train"] and "本品用于" in html["show"]
    assert cells["train"].outputs[-1].data["text/plain"].startswith("Scores(micro precision ")
