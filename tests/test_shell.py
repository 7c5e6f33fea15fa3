"""The papers around the code name targets, files, commands and versions that exist; the release check can fail."""

import importlib.util
import re
import sys
from types import ModuleType

import pytest

import bert4ner
from bert4ner.registry import COMMANDS, FORMATS, HEADS, MODIFIERS
from tests.conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / ".github").rglob("*") if path.is_file())
PAPERS = ["CONTRIBUTING.md", "SECURITY.md", *FORMS]
DOCUMENTS = [*PAPERS, "README.md", "README.zh-CN.md"]
DOCUMENTS += sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def load(path: str) -> ModuleType:
    """A module that is in no package."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_").removesuffix(".py"), ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_that_is_named_exists(name):
    named = set(re.findall(r"(?:`|^\s*(?:- run: )?)make (?:\w+=\S+ )?([a-z-]+)", read(name), flags=re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("name", PAPERS)
def test_every_command_that_is_named_exists(name):
    assert set(re.findall(r"`bert4ner ([a-z-]+)", read(name))) <= set(COMMANDS)


def test_every_file_that_the_contributing_guide_names_exists():
    named = re.findall(r"`((?:\.github|bert4ner|tests|docs|pretrained|examples)/[\w./-]*)`", read("CONTRIBUTING.md"))
    files = set(named)
    assert len(files) > 30
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_each_checklist_starts_from_the_file_of_the_plugin():
    named = set(re.findall(r"`(tests/plugin/bert4ner_plugin/\w+\.py)`", read("CONTRIBUTING.md")))
    helpers = {"__init__", "commands"}
    plugin = (ROOT / "tests/plugin/bert4ner_plugin").glob("*.py")
    assert named == {path.relative_to(ROOT).as_posix() for path in plugin if path.stem not in helpers}
    headings = re.findall(r"^### An? (?:training )?(\w+)", read("CONTRIBUTING.md"), flags=re.MULTILINE)
    groups = tomllib.loads(read("tests/plugin/pyproject.toml"))["project"]["entry-points"]
    kinds = {group.removeprefix("bert4ner.").removesuffix("s").replace("familie", "family") for group in groups}
    assert set(headings) - {"pull", "release"} == kinds


@pytest.mark.parametrize("name", [*(name for name in FORMS if name.endswith(".yml")), "CITATION.cff", "mkdocs.yml"])
def test_yaml_can_be_read(name):
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(read(name))


def test_ci_has_every_python_and_every_tensorflow():
    rows = re.findall(r'\{python: "([\d.]+)", tensorflow: "([\d.]+)"\}', WORKFLOW)
    supported = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d", text)]
    assert {python for python, _ in rows} == set(supported)
    assert {tensorflow for _, tensorflow in rows} == {f"2.{minor}" for minor in range(18, 22)}
    assert "tensorflow>=2.18,<2.22" in PROJECT["dependencies"]


def test_ci_tests_folders_that_exist():
    (line,) = (line for line in WORKFLOW.splitlines() if "-m pytest" in line)
    named = re.findall(r"tests/[\w./]+", line)
    assert len(named) > 5 and all((ROOT / name).exists() for name in named)


@pytest.fixture(scope="module")
def hooks():
    return load("docs/hooks.py")


def test_every_page_is_in_the_navigation_once(hooks):
    listed = [page for section in hooks.navigation() for pages in section.values() for page in pages]
    written = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert len(listed) == len(set(listed))
    assert set(listed) == written | set(hooks.FROM_ROOT.values())


@pytest.mark.parametrize("folder", ["", "zh"])
def test_guides_are_shown_in_an_order_that_names_each(hooks, folder):
    assert hooks.pages(folder) == hooks.GUIDES  # one that is not named would come last


def test_api_pages_show_every_option_with_its_range_and_help(hooks):
    shown = hooks.directive(hooks.DIRECTIVE.search("::: bert4ner.Config"))
    assert shown.startswith("::: bert4ner.config.Config\n    options:\n      heading: bert4ner.Config\n")
    assert all(f"| `{name}` |" in shown for name in bert4ner.Config().options())
    assert "| `max_length` | `256` | a whole number, in \\[8, 100000] | Tokens in one window" in shown
    with pytest.raises(ValueError, match=r"docs/api names bert4ner\.recognise, which is not in"):
        hooks.directive(hooks.DIRECTIVE.search("::: bert4ner.recognise"))


def test_links_out_of_the_documents_become_paths_or_pages(hooks):
    def resolved(text: str, source: str) -> str:
        return hooks.LINK.sub(lambda match: hooks.link_out_of_docs(match, source), text)

    assert resolved("[loop](../../examples/competition.py)", "zh/recipe.md") == "loop (`examples/competition.py`)"
    assert resolved("[how](../../CONTRIBUTING.md#tests)", "zh/recipe.md") == "[how](../contributing.md#tests)"
    assert resolved("[gone](../examples/gone.py)", "recipe.md") == "[gone](../examples/gone.py)"  # mkdocs refuses it


def test_the_versions_agree():
    assert f"version: {bert4ner.__version__}\n" in read("CITATION.cff")


@pytest.fixture(scope="module")
def release():
    return load(".ci/release_check.py")


def test_the_version_is_in_the_changelog_with_its_date(release):
    citation = "version: 0.2.0\ndate-released: 2027-01-31\n"
    assert release.check_version("0.2.0", "# Changelog\n\n## [0.2.0] - 2027-01-31\n", citation) == "0.2.0 of 2027-01-31"
    with pytest.raises(release.Failed, match=r"expected a heading '## \[0\.2\.0\] - YYYY-MM-DD'"):
        release.check_version("0.2.0", "## [Unreleased]\n\n## [0.2.01] - 2027-01-31\n", citation)
    with pytest.raises(release.Failed, match=r"CITATION\.cff: expected the line 'date-released: 2027-02-01'"):
        release.check_version("0.2.0", "## [0.2.0] - 2027-02-01", citation)


def test_the_changelog_names_every_command_format_head_and_modifier():
    text = read("CHANGELOG.md")
    names = [name for table in (COMMANDS, FORMATS, HEADS, MODIFIERS) for name in table.own()]
    assert [name for name in names if not re.search(rf"`(?:bert4ner )?{name}\b", text)] == []


WHEEL = """
    bert4ner/__init__.py bert4ner/py.typed bert4ner/report/report.css bert4ner/report/report.html.jinja
    bert4ner/_vendor/bert4keras/layers.py bert4ner/_vendor/bert4keras/LICENSE bert4ner/_vendor/bert4keras/METADATA
    bert4ner/_bundled/tcm-mini/vocab.txt bert4ner/_bundled/tcm-mini/README.md bert4ner/_bundled/leaflets.jsonl
    bert4ner/_bundled/leaflets-unlabelled.txt
    bert4ner-0.1.0.dist-info/METADATA bert4ner-0.1.0.dist-info/licenses/LICENSE bert4ner-0.1.0.dist-info/licenses/NOTICE
""".split()


def test_what_the_wheel_carries_is_listed_with_its_licence(release):
    assert "bert4ner/_vendor/bert4keras" in release.check_notices(WHEEL, read("NOTICE"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([*WHEEL, "bert4ner/report/jquery.min.js"], "jquery.min.js: in the wheel, but neither ours nor listed"),
        ([*WHEEL, "bert4ner/_bundled/other.jsonl"], "other.jsonl: in the wheel, but neither ours nor listed"),
        ([name for name in WHEEL if not name.endswith("bert4keras/LICENSE")], "bert4keras/LICENSE: not in the wheel"),
        ([name for name in WHEEL if "dist-info/licenses/NOTICE" not in name], "NOTICE: not in the wheel's metadata"),
    ],
)
def test_what_lacks_a_licence_is_refused(release, names, message):
    with pytest.raises(release.Failed, match=re.escape(message)):
        release.check_notices(names, read("NOTICE"))


def test_what_notice_does_not_name_is_refused(release):
    with pytest.raises(release.Failed, match="NOTICE: expected bert4ner/_bundled/tcm-mini"):
        release.check_notices(WHEEL, read("NOTICE").replace("tcm-mini", "tcm"))
