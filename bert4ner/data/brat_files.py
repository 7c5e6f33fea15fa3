"""Pairs the texts and annotations of a brat folder, whatever the case of the suffix, and finds other files.

Reads names only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError

SUFFIXES = (".txt", ".ann")
TABLES_AND_JSON = (".csv", ".tsv", ".xlsx", ".xls", ".json", ".jsonl", ".conll", ".bio", ".parquet")
"""Suffixes of files that may hold the annotation that someone meant; settings and notes are usual in a folder."""
SHOWN = 5


@dataclass(frozen=True)
class Pair:
    """A text and its annotation, if any."""

    text: Path
    annotation: Path | None


def find_pairs(path: Path, repairs: Repairs) -> list[Pair]:
    """The pairs of a folder in the natural order of their names (9 before 10), or the pair of a file.

    Raises:
        DataError: an annotation has no text; or there is no text except in subfolders.
    """
    if not path.is_dir():
        return [_pair_of(path)]
    visible = _visible(path)
    hidden = sum(each.name.startswith(".") and each.suffix.lower() in SUFFIXES for each in path.iterdir())
    repairs.note("hidden files left out", str(path), count=hidden)
    others = sorted(each.name for each in visible if each.suffix.lower() in TABLES_AND_JSON)
    repairs.remark(f"files that are no part of a brat folder left out ({_shown(others)})", str(path), count=len(others))
    texts, annotations = (_by_stem(visible, suffix) for suffix in SUFFIXES)
    for stem in sorted(annotations.keys() - texts.keys()):
        raise DataError(f"{annotations[stem]}: expected {stem}.txt beside it, found none; add the text")
    below = subfolders(path)
    if below and not texts:
        raise DataError(
            f"{path}: expected .txt files, found them only in the subfolders {_shown(below)}; name one of these"
        )
    repairs.note(f"subfolders left out ({_shown(below)})", str(path), count=len(below))
    if annotations:
        bare = sorted(texts.keys() - annotations.keys())
        where = str(texts[bare[0]]) if bare else ""
        repairs.note("texts without an .ann file read as documents without entities", where, count=len(bare))
    return [Pair(texts[stem], annotations.get(stem)) for stem in sorted(texts, key=_natural)]


def subfolders(path: Path) -> list[str]:
    """Names of the subfolders with texts."""
    below = [each for each in sorted(path.iterdir()) if each.is_dir() and not each.name.startswith(".")]
    return [each.name for each in below if any(is_text(name.name) for name in each.iterdir())]


def is_text(name: str) -> bool:
    """Whether a file name is that of a brat text."""
    return name.lower().endswith(".txt") and not name.startswith(".")


def _visible(path: Path) -> list[Path]:
    return [each for each in path.iterdir() if not each.name.startswith(".") and each.is_file()]


def _by_stem(files: Iterable[Path], suffix: str) -> dict[str, Path]:
    return {each.stem: each for each in files if each.suffix.lower() == suffix}


def _pair_of(path: Path) -> Pair:
    beside = _visible(path.parent) if path.parent.is_dir() else []
    text, annotation = (_by_stem(beside, suffix).get(path.stem) for suffix in SUFFIXES)
    if text is None:
        raise DataError(
            f"{path.with_suffix('.txt')}: no such file; an .ann file needs the .txt file it annotates beside it"
        )
    return Pair(text, annotation)


def _shown(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]
