"""What `report` refuses; that it writes a page, test_cli_loop shows, on a run that was trained."""

import json

import pytest


@pytest.fixture
def half(tmp_path, documents):
    """A run of two folds of which one is trained."""
    run = tmp_path / "half"
    (run / "fold-0").mkdir(parents=True)
    (run / "fold-0" / "predictions.jsonl").write_text("", encoding="utf-8")
    folds = {"folds": 2, "fingerprint": "", "documents": {each.id: 0 for each in documents}}
    (run / "folds.json").write_text(json.dumps(folds), encoding="utf-8")
    return run


def test_an_incomplete_run_is_named(refused, half, data):
    for arguments in ((), ("--gold", data), ("--output", half / "page.html")):
        message = refused("report", half, *arguments)
        assert message.startswith(f"{half}: the run is incomplete, fold-1 is not complete (1 of 2)")
    assert not list(half.glob("*.html"))


def test_what_is_no_run_is_refused(refused, half, data, tmp_path):
    assert "nothing is there" in refused("report", tmp_path / "nowhere")
    assert "it is not a folder" in refused("report", data)
    (half / "fold-0" / "model").mkdir()
    assert "not a run, folds.json is missing" in refused("report", half / "fold-0")


def test_the_page_does_not_replace_the_data(refused, half, data):
    before = data.read_bytes()
    assert "is the input itself" in refused("report", half, "--gold", data, "--output", data)
    assert data.read_bytes() == before
