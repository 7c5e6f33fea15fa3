"""``bert4ner info``: what is recognised in an encoder's folder, and whether a run's files are what was written."""

import json
import shutil

import pytest

from bert4ner.models.pretrained.recognised import recognise
from bert4ner.runs.manifest import write_run_manifest
from tests.made_runs import gold, make_run, predicted, run

__all__ = ["gold", "make_run", "predicted", "run"]  # fixtures


@pytest.fixture
def folder(tiny_checkpoint, tmp_path):
    """A copy of the checkpoint with more to say in its configuration."""
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "encoder")
    path = folder / "bert_config.json"
    described = {**json.loads(path.read_text(encoding="utf-8")), "frobnicate": 1, "layer_norm_eps": 1e-5}
    path.write_text(json.dumps(described), encoding="utf-8")
    return folder


def test_what_is_recognised_is_printed(bert4ner, folder):
    code, out, _ = bert4ner("info", "--pretrained", folder)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0 and lines[0].startswith(f"{folder}: bert (Google BERT, ")
    for line in (
        "layers, width, heads 2, 16, 2",
        "width within blocks, of embeddings 32, 16",
        "activation, epsilon gelu, 1e-05",
        "positions 64",
        "dropout of hidden states, of attention 0.0, 0.0",
        "weights bert_model.ckpt (tensorflow)",
        "parameters, memory 7,248, 0.0 MiB as float32",
        "vocabulary word pieces: 107 tokens, 107 rows",
        "first token [CLS] (3)",
        "last token [SEP] (4)",
        "padding token [PAD] (0)",
        "space token [unused1] (1)",
        "without effect, of training from nothing: initializer_range",
        "not known and not heeded: frobnicate",
    ):
        assert line in lines, out


def test_as_json_and_from_python_it_is_the_same(bert4ner, folder):
    found = json.loads(bert4ner("info", "--pretrained", folder, "--json").out)
    assert found == json.loads(json.dumps(recognise(folder)))
    assert found["family"] == "bert" and found["weights"]["left_out"] == [] and found["unknown_keys"] == ["frobnicate"]


def test_what_is_none_is_one_line(refused, tmp_path):
    assert refused("info", "--pretrained", tmp_path).startswith(f"{tmp_path}: no bert_config.json; ")


def test_the_files_of_a_run_are_verified(bert4ner, refused, run):
    assert bert4ner("info", run, "--verify").out == (
        f"{run}: has no manifest, as it is of an older version or not complete; not compared\n"
        f"{run}: 0 files are what was written\n"
    )
    write_run_manifest(run)
    code, out, _ = bert4ner("info", run, "--verify")
    assert (code, out) == (0, f"{run}: 10 files are what was written\n")

    with (run / "scores.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    (run / "fold-1" / "predictions.jsonl").unlink()
    code, out, err = bert4ner("info", run, "--verify")
    assert code == 2 and err == f"bert4ner: error: {run}: 2 of 10 files are not what was written\n"
    size = (run / "scores.json").stat().st_size
    assert out.splitlines() == [
        f"{run}/fold-1/predictions.jsonl: missing",
        f"{run}/scores.json: has {size:,} bytes, expected {size - 1:,}",
    ]
    code, out, _ = bert4ner("info", run, "--verify", "--json")
    found = json.loads(out)
    assert code == 2 and found["files"] == 10 and found["without_manifest"] == []
    assert [each["what"] for each in found["differing"]][:1] == ["missing"]


def test_what_cannot_be_verified_is_one_line(refused, run, tmp_path):
    assert refused("info", "--verify").startswith("--verify compares the files of a run; name it")
    assert refused("info", run) == f"add --verify to compare all files of {run} with its manifests"
    assert refused("info", tmp_path / "none", "--verify").endswith("nothing is there")
