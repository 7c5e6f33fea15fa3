"""The tables: every name leads to a thing of its kind, which bears it."""

import re

import pytest

from bert4ner import registry
from bert4ner.command import Command
from bert4ner.entry_points import Registry
from bert4ner.errors import EnvironmentProblem
from bert4ner.registry import COMMANDS, FORMATS

TABLES = [table for table in vars(registry).values() if isinstance(table, Registry)]
LIGHT = (COMMANDS, FORMATS)
PLACES = [
    pytest.param(table, name, id=f"{table.kind}-{name}", marks=[] if table in LIGHT else [pytest.mark.tensorflow])
    for table in TABLES
    for name in table.own()
]


def test_every_kind_has_a_group_of_entry_points_of_its_own():
    assert len({table.group for table in TABLES}) == len(TABLES)
    assert all(table.group == f"bert4ner.{table.kind}s".replace("familys", "families") for table in TABLES)


@pytest.mark.parametrize(("table", "name"), PLACES)
def test_every_name_leads_to_what_it_names(table, name):
    table._check(name, table.get(name))


def test_a_command_is_loaded_from_its_place():
    assert COMMANDS.get("convert").load().__name__ == "convert"
    assert Command("json:dumps", "write").load()(1) == "1"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("no_such_module:count", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:count", "AttributeError: module 'json' has no attribute 'count'"),
        ("json", "AttributeError: module 'json' has no attribute ''"),
        ("exiting:count", "SystemExit: no licence"),
        ("needing:count", None),
    ],
)
def test_a_command_that_cannot_be_loaded_is_reported(place, message, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "exiting.py").write_text("import sys\nsys.exit('no licence')\n", encoding="utf-8")
    text = "from bert4ner.errors import EnvironmentProblem\nraise EnvironmentProblem('install it')\n"
    (tmp_path / "needing.py").write_text(text, encoding="utf-8")
    cure = "repair or uninstall the package that provides it"
    expected = "install it" if message is None else f"the command at {place} cannot be loaded ({message}); {cure}"
    with pytest.raises(EnvironmentProblem, match=f"^{re.escape(expected)}$"):
        Command(place, "count").load()


def test_formats_know_their_names():
    assert [format.name for _, format in FORMATS.items()] == list(FORMATS.own())
