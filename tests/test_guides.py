"""Every page of the documentation: links, twins, commands and options, samples of data, and blocks that run.

Commands that read files run; what trains or recognizes (two seconds and more each) is held against the command line's
parser, and a small run stands in for what it makes: that these commands work is tested with the READMEs.
"""

import ast
import inspect
import re
import shutil
import subprocess
import sys

import pytest

import bert4ner
from bert4ner import bundled
from bert4ner.cli.main import main
from bert4ner.combine.options import CombineOptions
from bert4ner.config import Config
from bert4ner.data.documents import read_documents, read_with_report, write_documents
from bert4ner.errors import ConfigError
from bert4ner.registry import COMMANDS, FORMATS
from bert4ner.train.executors.in_process import InProcessExecutor
from tests import guides
from tests.conftest import ROOT

WITHOUT_TWIN = ("docs/decisions.md", "docs/decisions/", "docs/api/")
"""Pages in English only."""


def pages(folder):
    found = (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / folder).rglob("*.md")))
    return [page for page in found if not page.startswith(WITHOUT_TWIN)]


CHINESE = pages("docs/zh")
GUIDES = [page for page in pages("docs") if page not in CHINESE]
LINKED = ["README.md", "README.zh-CN.md", *GUIDES, *CHINESE]
RUN = ("audit", "convert", "correct", "evaluate")
"""Commands that take less than two seconds; not so with models that are asked (``--run``)."""
MAKE_A_RUN = ("train", "crossval", "self-train", "combine")
TRIALS = ("trial-1", "trial-7")
"""Which runs of a search a page may name: the first, and one that is taken for the best."""
MAKE_DOCUMENTS = ("predict", "pseudo")
OTHER_PROGRAMS = ("make", "source", "python", "pip", "git", "jupyter", "cat", "head", "ls", "df", "du", "nvidia-smi")
PYTHONS_OWN = "module 'bert4ner' has no attribute 'NamedEntityRecognizer'"
"""What is explained among the errors and is no message of the library."""
SHORT_NAMES = {"docs/zh/legacy.md": "旧脚本"}
"""How links call a page by words that are not in its title."""
MOST_NOT_RUN = 8
"""Blocks that say why they are not run; each is a promise that nothing holds."""
FILES = {
    "train.csv": ("train.json", "csv"),
    "dev.json": ("train.json", "deepner"),
    "unlabelled.txt": ("train.json", "text"),
    "exported.jsonl": ("train.json", "doccano"),
}
"""What pages name of the user's own: made of a file that is there, in a format."""


def test_every_page_has_its_twin():
    assert [page.replace("docs/zh/", "docs/") for page in CHINESE] == GUIDES


@pytest.mark.parametrize("page", GUIDES)
def test_both_languages_show_the_same_commands_code_and_data(page):
    shown, twin = (
        [(each.language, _without_comments(each)) for each in guides.all_blocks(path) if each.language != "text"]
        for path in (page, page.replace("docs/", "docs/zh/"))
    )
    assert shown == twin


def _without_comments(block):
    return re.sub(r"(?m)\s*#.*$", "", block.text) if block.language in ("python", "bash", "toml") else block.text


@pytest.mark.parametrize("page", LINKED)
def test_every_local_link_leads_somewhere(page):
    broken = []
    for link in guides.links(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in guides.anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", LINKED)
def test_links_call_a_page_by_words_of_its_headings(page):
    strange = []
    for name, link in re.findall(r"(?<!!)\[([^\]\n]*)\]\((?!https?:)([^)\s#]+\.md)\)", guides.text_of(page)):
        path = ((ROOT / page).parent / link).resolve().relative_to(ROOT).as_posix()
        if path in CHINESE and page in (*CHINESE, "README.zh-CN.md"):
            headings = "".join(re.findall(r"^#+ .*$", guides.text_of(path), re.MULTILINE)) + SHORT_NAMES.get(path, "")
            strange += [(name, path)] if name.lower() not in headings.lower() else []
    assert strange == []


@pytest.mark.parametrize("page", LINKED)
def test_every_command_and_option_named_exists(page):
    assert [(code, unknown) for code in guides.inline_code(page) if code and (unknown := guides.unknown_in(code))] == []


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("bert4ner trian DATA --folds K", ["trian"]),
        ("bert4ner train DATA --output RUN --folds K", ["--folds"]),
        ("bert4ner crossval DATA --folds K --lr 1e-5", []),
        ("bert4ner legacy SCRIPT --whatever", []),
        ("--neck idcnn", []),
        ("--no-such 3", ["--no-such"]),
        ("pip install --no-deps", []),
    ],
)
def test_what_there_is_not_is_found(code, unknown):
    assert guides.unknown_in(code) == unknown


@pytest.mark.parametrize("page", LINKED)
def test_the_command_line_takes_every_command(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in guides.commands(page):
        program, *words = guides.words_of(line)
        if program == "bert4ner":
            _check_line(line)
        else:
            assert program in OTHER_PROGRAMS, f"{page}: what is {program}?"
            assert program != "make" or re.search(rf"^{words[0]}:", makefile, flags=re.MULTILINE), line


def _check_line(line):
    words = guides.words_of(line)
    if words[-1] not in ("--help", "--version"):
        guides.parsed(line)
    else:
        assert words[1] in (*COMMANDS, words[-1])


@pytest.mark.parametrize("page", GUIDES)
def test_every_sample_of_data_is_read(page, tmp_path):
    for block in guides.all_blocks(page):
        if block.language not in (*FORMATS, "json") or block.language == "text" or block.not_run:
            continue
        path = tmp_path / (block.file or "sample.txt")
        path.write_text(block.text, encoding="utf-8")
        result = read_with_report(path)
        assert block.language in ("json", result.format), block.text
        assert any(each.entities for each in result.documents), block.text


@pytest.mark.parametrize("page", GUIDES)
def test_every_file_of_options_can_be_read(page, tmp_path):
    for text in guides.blocks(page, "toml"):
        (tmp_path / "options.toml").write_text(text, encoding="utf-8")
        assert any(_loads(each, tmp_path / "options.toml") for each in (Config, CombineOptions)), text


def _loads(options, path):
    try:
        return options.load(path) is not None
    except ConfigError:
        return False


def test_few_blocks_are_not_run_and_each_says_why():
    excused = [each for page in GUIDES for each in guides.all_blocks(page) if each.not_run]
    assert len(excused) <= MOST_NOT_RUN and all(len(each.not_run.split()) > 3 for each in excused)


@pytest.fixture(scope="module")
def prepared(shallow_encoder, tmp_path_factory):
    """A user's folder, and a small run that stands in for whatever a page trains."""
    home = guides.users_folder(tmp_path_factory.mktemp("a user's folder"), shallow_encoder, documents=12)
    annotated, others = (
        read_documents(home / "train.json"),
        read_documents(ROOT / "examples/data/leaflets.jsonl")[12:20],
    )
    for name, (source, format) in FILES.items():
        write_documents(read_documents(home / source), home / name, format)
    config = Config(pretrained=str(shallow_encoder), epochs=1)
    run = home.parent / "a run"
    scores = bert4ner.train_model(others, config, output=run, valid=annotated, executor=InProcessExecutor(), verbose=0)
    return home, run, scores


@pytest.fixture
def home(prepared, tmp_path, monkeypatch):
    """A copy of the folder, where the process is; training functions give the run that is there."""
    source, run, scores = prepared
    home = tmp_path / "a user's folder"
    shutil.copytree(source, home)
    for name in ("demo", "first"):  # as `make demo` and the first steps leave them
        shutil.copytree(run, home / "runs" / name)
    monkeypatch.chdir(home)
    monkeypatch.setattr(bundled, "_PACKAGE", home / "bert4ner")
    for name in ("cross_validate", "train_model"):
        monkeypatch.setattr(bert4ner, name, _standing_in(getattr(bert4ner, name), run, scores))
    return home


def _standing_in(function, run, scores):
    def trained(*arguments, **options):
        given = inspect.signature(function).bind(*arguments, **options).arguments
        shutil.copytree(run, given["output"], dirs_exist_ok=True)
        return scores

    return trained


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("page", GUIDES)
def test_the_blocks_run(page, prepared, home, capsys):
    names = {}
    for block in guides.all_blocks(page):
        if block.file:
            (home / block.file).write_text(block.text, encoding="utf-8")
        elif block.not_run:
            continue
        elif block.language == "bash":
            for line in guides.commands_of(block.text):
                _run(line, prepared[1], 2 if block.comment == "fails" else 0, capsys)
        elif block.language == "python":
            exec(block.text, names)


def _run(line, run, code, capsys):
    words = guides.words_of(line)
    if words[0] != "bert4ner" or words[-1] in ("--help", "--version"):
        return
    name, values = guides.parsed(line)
    if name in RUN and "ENCODER" not in words and "--run" not in words:
        assert main(words[1:]) == code, f"{line}\n{capsys.readouterr().err}"
    elif name in MAKE_A_RUN:
        shutil.copytree(run, values["output"], dirs_exist_ok=True)
    elif name == "tune":
        for trial in TRIALS:
            shutil.copytree(run, values["output"] / trial, dirs_exist_ok=True)
    elif name in MAKE_DOCUMENTS:
        values["output"].parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("train.json", values["output"])


def _messages():
    """Every text in the library's source, values left out, as a message may hold it."""
    for path in sorted((ROOT / "bert4ner").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    yield (ROOT / "bert4ner/phrases.json").read_text(encoding="utf-8")
    yield PYTHONS_OWN


def test_beside_the_clone_another_python_takes_its_folder_for_the_package(tmp_path):
    shutil.copytree(ROOT / "bert4ner", tmp_path / "bert4ner/bert4ner", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "script.py").write_text("import bert4ner\nbert4ner.NamedEntityRecognizer\n", encoding="utf-8")
    # -S and -E: without the packages of the environment, as the system's Python is
    ran = subprocess.run([sys.executable, "-S", "-E", "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stderr.splitlines()[-1] == f"AttributeError: {PYTHONS_OWN}"


@pytest.mark.parametrize("page", ["docs/errors.md", "docs/zh/errors.md"])
def test_the_messages_explained_are_those_of_the_library(page):
    messages = "\n".join(_messages())
    explained = re.findall(r"^\*\*`([^`]+)`\*\*", guides.text_of(page), re.MULTILINE)
    parts = [part.strip(" '\"") for message in explained for part in message.split("…")]
    assert len(explained) > 10 and [part for part in parts if part not in messages] == []
