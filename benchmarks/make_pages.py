"""Make `docs/numbers.md`, `docs/zh/numbers.md` and the marked tables of READMEs and guides from `measured/*.jsonl`.

    python benchmarks/make_pages.py             # or `make numbers`
    python benchmarks/make_pages.py --check     # write nothing, fail if something is out of date

A table that stands between `<!-- numbers: heads -->` (or `measured`) and `<!-- /numbers -->` is replaced. Needs no
TensorFlow.
"""

import argparse
import re
import sys
from pathlib import Path

import ablation
import heads
from figures import lines_of
from lanes import Kept
from page_lanes import head_tables, trick_tables
from page_sections import SECTIONS, Section
from page_tables import render, rows_of
from page_words import say
from provenance import ROOT
from readme_tables import heads_table, measured_table

PAGES = {"en": ROOT / "docs/numbers.md", "zh": ROOT / "docs/zh/numbers.md"}
MARKED = {"en": ("README.md", "docs/heads.md"), "zh": ("README.zh-CN.md", "docs/zh/heads.md")}
BLOCKS = {"heads": heads_table, "measured": measured_table}
INTRODUCTION = {
    "en": "[中文](zh/numbers.md)\n\nEvery figure that the guides and the README quote, with the command that measures it and, as far as it was recorded, commit, date and machine. `make numbers` makes this page from `benchmarks/measured/*.jsonl`; nothing here is typed by hand. Scores are strict: start, end and label must agree.",
    "zh": "[English](../numbers.md)\n\n各篇指南和 README 引用的全部数字，以及测量它们的命令；代码版本（commit）、日期和机器凡有记录的都列出。本页由 `make numbers` 从 `benchmarks/measured/*.jsonl` 生成，没有手写的数字。评分是严格的：起点、终点、标签都要一致。",
}
NEXT = {
    "en": "What to try on your own data: [the training recipe](recipe.md).",
    "zh": "在自己的数据上该试什么：[训练配方](recipe.md)。",
}


def page(language: str) -> str:
    """The whole page in one language."""
    parts = [say(language, "# Measured results"), INTRODUCTION[language]]
    for section in SECTIONS:
        tables = _tables(section, language)
        if tables:
            parts += [f"## {say(language, section.title)}", *tables]
    return "\n\n".join([*parts, NEXT[language]]) + "\n"


def _tables(section: Section, language: str) -> list[str]:
    found: list[str] = []
    if section.lanes == "heads":
        found += [text for name in heads.SETS for text in head_tables(Kept(heads.KEPT), name, language)]
    elif section.lanes == "tricks":
        found += trick_tables(Kept(ablation.KEPT), language)
    for table in section.tables:
        lines = lines_of(table.topic, table.name)
        if lines:
            found.append(render(table, rows_of(table, lines, language), language))
    return found


def with_blocks(text: str, language: str, of_root: bool = True) -> str:
    """A page with its marked tables as they are now; the links in them are the root's, or those of a guide."""
    kept = Kept(heads.KEPT), Kept(ablation.KEPT)

    def block(found: re.Match[str]) -> str:
        made = BLOCKS[found[1]](*kept, language)
        made = made if of_root else re.sub(r"\]\(docs/(zh/)?", "](", made)
        return f"<!-- numbers: {found[1]} -->\n{made}\n<!-- /numbers -->"

    names = "|".join(BLOCKS)
    return re.sub(rf"<!-- numbers: ({names}) -->\n.*?<!-- /numbers -->", block, text, flags=re.DOTALL)


def files() -> dict[Path, str]:
    """What every page and README should hold."""
    pages = {path: page(language) for language, path in PAGES.items()}
    marked = {
        ROOT / name: with_blocks((ROOT / name).read_text(encoding="utf-8"), language, "/" not in name)
        for language, names in MARKED.items()
        for name in names
        if (ROOT / name).is_file()
    }
    return {**pages, **marked}


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is out of date")
    options = parser.parse_args()
    stale = {
        path: text for path, text in files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    if options.check and stale:
        names = ", ".join(path.relative_to(ROOT).as_posix() for path in stale)
        sys.exit(f"{names}: not what benchmarks/measured says; run `make numbers` and commit")
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
