"""Words that the glossary replaces by the field's own: none of them comes back."""

import re

import pytest

from tests.conftest import ROOT

REPLACED = (
    "told",
    "judge",
    "judges",
    "unlike",
    "wish",
    "wished",
    "tells",
    "invented",
    "overlooked",
    "chance",
    "kin",
    "in its idiom",
    "as it likes",
    "takes no notice",
    "table of positions",
    "in several pieces",
    "shares that are right",
)
KINDS = {".py", ".md", ".json", ".jinja"}
TEXTS = sorted(
    path.relative_to(ROOT)
    for part in ("README.md", "bert4ner", "docs")
    for path in [ROOT / part, *(ROOT / part).rglob("*")]
    if path.suffix in KINDS and "_vendor" not in path.parts
)


@pytest.mark.parametrize("word", REPLACED)
def test_a_replaced_word_stands_only_in_the_glossary(word):
    pattern = re.compile(rf"\b{word}\b", re.IGNORECASE)
    assert len(TEXTS) > 400
    found = [
        f"{path}:{number}"
        for path in TEXTS
        if path.name != "glossary.md"
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == [], f"docs/glossary.md has the term to write instead of {word!r}"
