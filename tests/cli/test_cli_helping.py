"""Help pages fit terminals of any width and say all that there is to an option."""

import re
import sys

import pytest

from bert4ner.cli.parameters import read_signature
from bert4ner.registry import COMMANDS


def page(bert4ner, monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = bert4ner(name, "--help")
    assert (code, err) == (0, "")
    return out


@pytest.mark.parametrize(("width", "widest"), [(20, 40), (40, 40), (80, 80), (100, 100), (300, 100)])
@pytest.mark.parametrize("name", COMMANDS.own())
def test_lines_are_as_wide_as_the_terminal(name, width, widest, bert4ner, monkeypatch):
    *lines, example = page(bert4ner, monkeypatch, name, width).rstrip("\n").splitlines()
    assert example.startswith("e.g.  ") and len(example) <= 80
    assert name == "demo" or "runs/demo" not in example  # which is that of `make demo`
    longer = [line for line in lines if len(line) > widest]
    assert [line for line in longer if len(line.split()) > 1] == []  # one word that cannot be broken may stick out
    assert not longer or widest == 40


def test_options_stand_in_the_groups_of_the_configuration(bert4ner, monkeypatch):
    out = page(bert4ner, monkeypatch, "train", 80)
    titles = re.findall(r"^(\w+(?: options)?|used most):", out, re.MULTILINE)
    configured = "windows model spans words losses optimization rates step regularization sampling pseudo run"
    groups = f"reading execution text {configured}".split()
    assert titles == ["usage", "arguments", "used most", "more options", *(f"{group} options" for group in groups)]
    assert out.startswith("usage: bert4ner train [OPTIONS] DATA\n\nTrain one model and keep")
    flat = " ".join(out.split())
    assert "--output RUN Folder for the run; the same command continues where it stopped. (required)" in flat
    assert "--seed INT Determines everything random. (default: 42)" in flat
    assert "--learning-rate FLOAT|auto Peak rate" in flat
    assert "--head HEAD What turns" in flat and "One of crf, softmax, global_pointer" in flat
    assert "--scheme {bio,bios,bioes} Tagging scheme of the heads that tag tokens. (default: bios)" in flat
    assert "(default: None)" not in flat and "(default: )" not in flat


@pytest.mark.parametrize("name", COMMANDS.own())
def test_a_page_opens_with_the_six_options_used_most(name, bert4ner, monkeypatch):
    out = page(bert4ner, monkeypatch, name, 100)
    flags = re.findall(r"^  (?:-h, )?(--[\w-]+)", out, re.MULTILINE)
    assert len(flags) == len(set(flags)) and flags.count("--help") == 1
    if len(flags) <= 7:
        assert "used most:" not in out and "\noptions:" in out
        return
    first, _, rest = out.partition("used most:\n")
    assert len(first.splitlines()) < 20 and not re.search("^  -", first, re.MULTILINE)
    assert flags[:6] == [f"--{each}" for each in COMMANDS.get(name).often.split()]
    assert "required" not in rest.partition("more options:")[2]


def test_options_of_combining_are_those_of_the_library(bert4ner, monkeypatch):
    flat = " ".join(page(bert4ner, monkeypatch, "combine", 80).split())
    assert "usage: bert4ner combine [OPTIONS] RUN [RUN ...] " in flat
    assert "--label-quorum LABEL=INT ... Quorums of single labels" in flat
    assert "--by-kind, --no-by-kind Average runs with the same head first" in flat
    assert "(default: auto)" in flat and "rules options: Rules for the mentions of entities" in flat
    assert "--forbid LABEL=CHARACTERS ... Characters that a mention must not contain." in flat


def test_arguments_that_may_be_left_out_are_in_brackets(bert4ner, monkeypatch):
    assert "usage: bert4ner legacy [OPTIONS] SCRIPT [ARGS ...]\n" in page(bert4ner, monkeypatch, "legacy", 80)


@pytest.mark.parametrize("name", COMMANDS.own())
def test_other_options_are_named_as_they_are_typed(name):
    options = [each.option for each in read_signature(COMMANDS.get(name).load()).all()]
    words = {word for each in options for word in each.words()}
    names = {form for each in options for form in (each.name, each.flag.lstrip("-"))} - words
    bare = [each.name for each in options if names & set(re.findall("`([^`]+)`", each.about.help))]
    assert bare == []


@pytest.mark.parametrize("name", ["train", "crossval", "find-rate", "self-train", "tune"])
def test_a_pretrained_encoder_is_required_and_that_is_said_before_tensorflow(
    name, refused, data, tmp_path, monkeypatch
):
    for module in ("models.backbone", "train.rate_search", "unlabelled.self_training", "tuning.tune"):
        monkeypatch.setitem(sys.modules, f"bert4ner.{module}", None)  # its import fails
    (pretrained,) = (each for each in read_signature(COMMANDS.get(name).load()).all() if each.label == "--pretrained")
    assert "tcm-mini" in pretrained.option.about.help and pretrained.option.about.help.endswith("; required.")
    new = [data] if name == "self-train" else []
    assert refused(name, data, *new, "--output", tmp_path / "run") == (
        "no pretrained encoder: --pretrained DIR, or --pretrained tcm-mini, the small one that comes along"
    )
