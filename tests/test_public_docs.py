"""Every public name has a docstring that answers what a user asks, an example that runs, and a place on an API page."""

import ast
import doctest
import importlib
import re
import shutil

import pytest

import bert4ner
from bert4ner import bundled
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.registry import EXECUTORS
from bert4ner.train.executors.in_process import InProcessExecutor
from tests.conftest import ROOT
from tests.public_names import PLACES, WITH_NETWORKS

NAMES = [name for name in bert4ner.__all__ if name != "__version__"]
MODULES = {"callbacks", "compat"}
FROM_LITERATURE = set(
    "ViterbiDecoder NamedEntityRecognizer CombineOptions combine_runs evaluate pretrain pseudo_label PseudoOptions "
    "self_train tune".split()
)
"""Names that do what somebody published."""
RAISE_NOTHING = {"merge_readings", "MoreText", "Scores", "LocalExecutor"}
ARRAYS = {"ViterbiDecoder": "(tags_from, tags_to)", "build_model": "(batch, length, tags)"}
MAIN_ERRORS = {"CheckpointError", "RunError", "EnvironmentProblem"}  # the example of their base serves


def defined(name: str) -> ast.AST:
    """The class, function or module that a public name is, as source: nothing is imported."""
    module, _, attribute = PLACES[name].partition(":")
    path = ROOT / (module.replace(".", "/") + ".py")
    tree = ast.parse((path if path.is_file() else path.with_suffix("") / "__init__.py").read_text(encoding="utf-8"))
    named = [node for node in tree.body if getattr(node, "name", None) == attribute]
    return named[-1] if named else tree  # the last one: overloads stand before it


def docstring(name: str) -> str:
    return ast.get_docstring(defined(name)) or ""


def section(text: str, title: str) -> str:
    """What stands below `Title:` at the left edge of a docstring, up to the next such line."""
    found = re.search(rf"^{title}:\n((?:[ ]+.*\n?|\n)+)", text, flags=re.MULTILINE)
    return found[1] if found else ""


def missing(name: str, text: str) -> list[str]:
    """Sections that the docstring of this name should have and lacks."""
    error = name.endswith(("Error", "Problem"))
    wanted = ["Example"] if name not in MAIN_ERRORS else []
    if not error and name not in MODULES:
        arguments = [] if name == "sample_documents" else ["Args"]
        wanted += [*arguments, *([] if name in RAISE_NOTHING else ["Raises"])]
    wanted += ["References"] if name in FROM_LITERATURE else []
    return [title for title in wanted if not section(text, title)]


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_has_every_section(name):
    text = docstring(name)
    assert text and missing(name, text) == []
    example = section(text, "Example")
    assert not example or (">>> " in example and "+SKIP" not in example)
    assert ARRAYS.get(name, "") in text


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(defined(name), ast.FunctionDef)])
def test_every_argument_is_described_and_no_other(name):
    arguments = defined(name).args
    given = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    given += [each.arg for each in (arguments.kwarg,) if each]
    described = re.findall(r"^ {4}(\w+): ", section(docstring(name), "Args"), flags=re.MULTILINE)
    assert described == given


def test_what_is_missing_is_said():
    assert missing("evaluate", "Scores.\n\nArgs:\n    gold: documents.\n") == ["Example", "Raises", "References"]


def test_every_public_name_is_on_one_api_page():
    pages = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/api").glob("*.md")}
    shown = [name for text in pages.values() for name in re.findall(r"^::: bert4ner\.(\w+)$", text, flags=re.MULTILINE)]
    assert sorted(shown) == sorted(NAMES)
    linked = set(re.findall(r"\]\((\w+\.md)\)", pages["index.md"]))
    assert linked == set(pages) - {"index.md"}


def examples(name: str) -> list[doctest.DocTest]:
    """The examples of a public name as a user has them: nothing is imported that they do not import."""
    module, _, attribute = PLACES[name].partition(":")
    home = importlib.import_module(module)
    finder = doctest.DocTestFinder(recurse=False)
    found = finder.find(getattr(home, attribute) if attribute else home, name, module=home, globs={})
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {*WITH_NETWORKS, *MAIN_ERRORS}])
def test_the_example_runs_by_itself(name):
    (test,) = examples(name)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


@pytest.fixture
def small(shallow_encoder, tmp_path, monkeypatch):
    """A folder to work in; the bundled sample and encoder are smaller, and folds train in this process."""
    sample = tmp_path / "examples/data/leaflets.jsonl"
    sample.parent.mkdir(parents=True)
    write_documents(read_documents(ROOT / "examples/data/leaflets.jsonl")[:12], sample, "jsonl")
    shutil.copytree(shallow_encoder, tmp_path / "pretrained/tcm-mini")
    monkeypatch.setattr(bundled, "_PACKAGE", tmp_path / "bert4ner")
    monkeypatch.setitem(EXECUTORS._loaded, "local", InProcessExecutor)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_examples_that_train_run_one_after_the_other(small, eagerly):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for name in WITH_NETWORKS:
        if name == "combine_runs":
            shutil.copytree(small / "runs/sample", small / "runs/bios")
        (test,) = examples(name)
        assert runner.run(test).failed == 0, name
