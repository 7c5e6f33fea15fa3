"""Both READMEs are short, and run: every command and Python block, in a folder whose path has a space.

That their links lead somewhere and that the command line takes their commands is tested with the guides.
"""

import re
import shlex

import pytest

from bert4ner import bundled
from bert4ner.cli.main import main
from bert4ner.data.documents import read_documents, read_with_report
from bert4ner.registry import COMMANDS, EXECUTORS, FAMILIES, FORMATS, HEADS
from bert4ner.train.executors.in_process import InProcessExecutor
from tests.guides import blocks, commands, flags_of, signature_of, stand_in, text_of, users_folder

READMES = ("README.md", "README.zh-CN.md")
MOST_LINES = 200
FEW_EPOCHS = ("--epochs", "2")
"""That the commands work is tested here; what they reach with all epochs is what `make demo` shows."""


@pytest.fixture(scope="module")
def folder(shallow_encoder, tmp_path_factory):
    """What the READMEs find: some of the sample, part of the encoder, the user's data and a stand-in for RoBERTa."""
    return users_folder(tmp_path_factory.mktemp("a user's folder"), shallow_encoder)


@pytest.mark.parametrize("readme", READMES)
def test_ten_minutes_are_enough_to_read_it(readme):
    assert len(text_of(readme).splitlines()) < MOST_LINES


def test_both_languages_show_the_same_commands_code_and_data():
    assert commands(READMES[0]) == commands(READMES[1])
    for language in ("python", "json", "csv", "text"):
        assert blocks(READMES[0], language) == blocks(READMES[1], language)
    assert len(blocks(READMES[0], "python")) == 1


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_in_the_table(readme):
    rows = re.findall(r"^\| `([\w-]+)", text_of(readme), flags=re.MULTILINE)
    assert [row for row in rows if row in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize("readme", READMES)
def test_the_lines_of_each_format_are_read(readme, tmp_path):
    (lines,) = blocks(readme, "json")
    (table,) = blocks(readme, "csv")
    (columns,) = (block for block in blocks(readme, "text") if re.search(r"^\S B-", block, re.MULTILINE))
    for text, format, found in (
        (lines, "jsonl", ["孕妇", "味甘", "辛辣", "肝肾阴虚", "耳鸣"]),
        (columns, "bio", ["孕妇"]),
        (table, "csv", ["孕妇", "味甘", "辛辣"]),
    ):
        (tmp_path / format).write_text(text, encoding="utf-8")
        result = read_with_report(tmp_path / format)
        assert result.format == format
        assert [each.text[e.start : e.end] for each in result.documents for e in each.entities] == found


@pytest.mark.parametrize("readme", READMES)
def test_every_format_is_named(readme):
    (formats,) = (part for part in text_of(readme).split("\n\n") if "`doccano`" in part)
    assert re.findall(r"`(\w+)`", formats) == list(FORMATS.own())


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_that_write_documents_with_format_are_named(readme):
    (said,) = (line for line in text_of(readme).splitlines() if "`--input-format`" in line)
    (sentence,) = (part for part in re.split(r"(?<=[.。]) ?", said) if "`--input-format`" in part)
    reading = [name for name in COMMANDS.own() if "--input-format" in flags_of(name)]
    writing = [name for name in reading if "--format" in flags_of(name)]
    named = [name for name in re.findall(r"`([a-z-]+)`", sentence) if name in COMMANDS]
    assert named[: len(writing)] == writing and sorted(named) == sorted(reading) and len(writing) == 2
    for name in COMMANDS.own():
        for each in signature_of(name).all():
            assert "--format" not in each.flags or (each.option.default != "auto") == (name in writing), name


@pytest.mark.parametrize(
    ("folder", "duration"), [("", r"\d+ min(?: \d+ s)?|\d+ minutes"), ("zh", r"\d+ 分钟?(?: \d+ 秒)?")]
)
def test_the_demo_takes_the_same_time_on_every_page(folder, duration):
    pages = ("README.zh-CN.md", "docs/zh/first-steps.md") if folder else ("README.md", "docs/first-steps.md")
    lines = [line for page in pages for line in text_of(page).splitlines() if re.match(r"(\| )?`make demo`", line)]
    assert len(lines) == 3
    assert all(len(re.findall(duration, line)) == 2 and "bfloat16" in line for line in lines)  # with it, and without
    assert len({tuple(re.findall(duration, line)) for line in lines}) == 1


@pytest.mark.parametrize("page", ["docs/formats.md", "docs/zh/formats.md"])
def test_what_holds_fragments_and_weights_is_named(page):
    for sample, held in (('"fragments"', "fragments"), ('"weight"', "weights"), ('"unsure"', "unsure")):
        (line,) = (line for line in text_of(page).splitlines() if line.startswith("- ") and sample in line)
        named = [name for name in re.findall(r"`(\w+)`", line.partition(sample)[0]) if name in FORMATS]
        assert list(dict.fromkeys(named)) == [name for name in FORMATS.own() if getattr(FORMATS.get(name).holds, held)]


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
def test_every_head_and_family_is_in_its_guide(folder):
    heads = re.findall(
        r"^\| `(\w+)`", text_of(f"{folder}/heads.md").partition("<!-- numbers: heads -->")[2], re.MULTILINE
    )
    families = re.findall(
        r"^\| [^|]+ \| `(\w+)` \| TensorFlow", text_of(f"{folder}/pretrained-encoders.md"), re.MULTILINE
    )
    assert set(heads) == set(HEADS.own()) and sorted(families) == sorted(FAMILIES.own())


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_commands_and_the_python_block_work(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    # That folds train in processes of their own is tested elsewhere: each of these eight would cost some seconds.
    monkeypatch.setitem(EXECUTORS._loaded, "local", InProcessExecutor)
    monkeypatch.setattr(bundled, "_PACKAGE", folder / "bert4ner")  # the sample and the encoder of this folder
    stand_in(folder, layers=1)
    for line in commands(READMES[0]):
        program, *arguments = shlex.split(line)
        if line == "make demo":  # as the Makefile says
            arguments = ["demo", "--output", "runs/demo", *FEW_EPOCHS]
        elif program == "bert4ner" and arguments[0] == "crossval":
            arguments += FEW_EPOCHS
        elif program != "bert4ner":
            continue
        assert main(arguments) == 0, f"{line}\n{capsys.readouterr().err}"
    assert len(read_documents(folder / "found", "brat")) == 3
    capsys.readouterr()
    exec(blocks(READMES[0], "python")[0], {})
    shown = capsys.readouterr().out.splitlines()
    assert all(re.fullmatch(r"[A-Z_]+ \S+ [01]\.\d\d", line) for line in shown)


def test_make_demo_is_the_command_that_the_readmes_take_it_for():
    makefile = text_of("Makefile")
    assert "DEMO := runs/demo\n" in makefile and "python -m bert4ner demo --output $(DEMO)\n" in makefile
    assert not re.search(r"rm .*\$\(DEMO\)|rm .*runs", makefile)  # it may be the user's own
