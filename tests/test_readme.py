"""Both READMEs are run: every command and Python block, in a folder with what they name, on a path with a space."""

import json
import re
import shlex
import shutil

import pytest

from bert4ner import bundled
from bert4ner.cli.main import main
from bert4ner.combine.options import CombineOptions
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.registry import COMMANDS, EXECUTORS, FORMATS
from bert4ner.train.executors.in_process import InProcessExecutor
from tests.conftest import ROOT

READMES = ("README.md", "README.zh-CN.md")
SHORT = 48  # documents of the sample: that the commands work is tested here, what they find on all of it by `make demo`
CHECKPOINT = "chinese_roberta_wwm_ext_L-12_H-768_A-12"
SMALL = {
    "vocab_size": 5261,
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}


def blocks(readme, language):
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(readme):
    return [line for block in blocks(readme, "bash") for line in block.splitlines() if line.strip()]


def stand_in(folder, layers):
    """Describe a small RoBERTa of so many layers: fewer are traced in less time."""
    described = json.dumps({**SMALL, "num_hidden_layers": layers})
    (folder / CHECKPOINT / "bert_config.json").write_text(described, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(shallow_encoder, tmp_path_factory):
    """What the READMEs find: some of the sample, half of the encoder, the user's data and a stand-in for RoBERTa."""
    folder = tmp_path_factory.mktemp("a user's folder")
    shutil.copytree(shallow_encoder, folder / "pretrained/tcm-mini")
    shutil.copytree(ROOT / "examples", folder / "examples")
    sample = folder / "examples/data/leaflets.jsonl"
    write_documents(read_documents(sample)[:SHORT], sample, "jsonl")
    documents = read_documents(sample)[:12]
    write_documents(documents, folder / "train.json", "deepner")
    write_documents(documents[:3], folder / "test.txt", "text")
    (folder / CHECKPOINT).mkdir()
    shutil.copy(ROOT / "pretrained/tcm-mini/vocab.txt", folder / CHECKPOINT)
    return folder


def test_both_languages_show_the_same_commands_and_code():
    assert commands(READMES[0]) == commands(READMES[1])
    assert blocks(READMES[0], "python") == blocks(READMES[1], "python")
    assert len(blocks(READMES[0], "python")) == 1


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_in_the_table(readme):
    rows = re.findall(r"^\| `([\w-]+)", (ROOT / readme).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [row for row in rows if row in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize("readme", READMES)
def test_every_local_link_leads_somewhere(readme):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / readme).read_text(encoding="utf-8"))
    assert links and [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_the_file_of_a_combination_can_be_read(readme, tmp_path):
    (text,) = blocks(readme, "toml")
    (tmp_path / "combine.toml").write_text(text, encoding="utf-8")
    assert CombineOptions.load(tmp_path / "combine.toml").rules.longest == {"*": 30}


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_commands_and_the_python_block_work(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    # That folds train in processes of their own is tested elsewhere: each of these nine would cost some seconds.
    monkeypatch.setitem(EXECUTORS._loaded, "local", InProcessExecutor)
    monkeypatch.setattr(bundled, "_PACKAGE", folder / "bert4ner")  # the sample and the encoder of this folder
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands(READMES[0]):
        program, *arguments = shlex.split(line)
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE)
        elif program == "source":
            assert arguments == [".venv/bin/activate"]
        else:
            assert program == "bert4ner"
            stand_in(folder, layers=4 if "--fusion" in arguments else 1)
            assert main(arguments) == 0, f"{line}\n{capsys.readouterr().err}"
    assert len(read_documents(folder / "runs/found.jsonl")) == 66
    assert len(read_documents(folder / "found", "brat")) == 3
    capsys.readouterr()
    exec(blocks(READMES[0], "python")[0], {})
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("Scores(micro precision ") and "labels)" in shown[0]
    assert all(re.fullmatch(r"[A-Z_]+ \S+ [01]\.\d\d", line) for line in shown[1:])


@pytest.mark.parametrize("readme", READMES)
def test_every_format_is_named_and_what_holds_fragments_and_weights(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    (formats,) = (part for part in text.split("\n\n") if "`doccano`" in part)
    named = re.findall(r"`(\w+)`", formats)
    fragments, weights = (
        [name for name in FORMATS.own() if getattr(FORMATS.get(name).holds, what)] for what in ("fragments", "weights")
    )
    assert named == [*FORMATS.own(), *fragments, *weights]
