"""The pages show the table of families that docs/table_of_families.py writes, and each row has tests."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

from bert4ner.registry import FAMILIES
from tests.conftest import ROOT

_spec = spec_from_file_location("table_of_families", ROOT / "docs/table_of_families.py")
table_of_families = module_from_spec(_spec)
_spec.loader.exec_module(table_of_families)


@pytest.mark.parametrize("page", table_of_families.PAGES)
def test_the_table_of_a_page_is_that_of_the_registry(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert table_of_families.written(text) == text, "run: make docs-index"


def test_some_page_of_each_language_has_the_table():
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in table_of_families.PAGES]
    assert all(any(head in text for text in texts) for head in table_of_families.HEADS.values())


@pytest.mark.parametrize("language", table_of_families.HEADS)
def test_every_family_has_a_row_and_tests(language):
    rows = table_of_families.rows(language)
    assert sorted(row.split("|")[2].strip(" `") for row in rows) == sorted(FAMILIES.own())
    assert all("[" in row or "test_" in row for row in rows)
