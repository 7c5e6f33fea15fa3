"""Which format a file is in, by looking at its content; names and endings are asked only where content cannot tell.

Looks at the first lines alone and checks nothing: the reader of the format does.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.bio import TAG
from bert4ner.data.cmeee import DIVIDER, PIECE
from bert4ner.data.files import BOM, Repairs, decode, existing, first_character, open_bytes, parse_json, read_text
from bert4ner.errors import DataError

LINES = 1000
SHARE = 0.9  # of the lines that must look alike: one broken line is the reader's to report, not ours to trip over


def detect_format(path: str | Path) -> str:
    """The name of the format.

    Raises:
        DataError: nothing there, nothing in it, no UTF-8, or JSON of a shape that no format has.
    """
    path = existing(path)
    if path.is_dir():
        if not any(path.glob("*.txt")):
            raise DataError(f"{path}: expected a brat folder, found no .txt file in it; name a file to read")
        return "brat"
    if path.suffix in (".ann", ".txt") and path.with_suffix(".ann").exists():
        return "brat"
    lines = list(_head(path))
    if not lines:
        raise DataError(f"{path}: empty data set; expected at least one document, found no text")
    opening = first_character(path)
    records = list(_first_records(path, lines, opening))
    if records:
        return _by_records(path, records, opening)
    if opening == "{" or path.suffix in (".json", ".jsonl"):
        _refuse_json(path, lines, opening)
    if _share(lines, _is_cmeee) >= SHARE:
        return "cmeee"
    if _share(lines, _is_tagged) >= SHARE:
        return "bio"
    return "text"


def _head(path: Path) -> Iterator[str]:
    """The first lines that are not blank."""
    count = 0
    with open_bytes(path) as handle:
        for number, data in enumerate(handle, start=1):
            if number == 1:
                decode(data if data[:2] in (b"\xff\xfe", b"\xfe\xff") else b"", where=f"{path}:1", repairs=Repairs())
            line = data.decode("utf-8", "replace").removeprefix(BOM).rstrip("\r\n")
            if line.strip():
                yield line
                count += 1
            if count == LINES:
                return


def _first_records(path: Path, lines: list[str], opening: str) -> Iterator[dict[str, Any]]:
    """The first JSON objects, none where the file is no JSON."""
    if opening == "{":
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                return
            if isinstance(record, dict):
                yield record
    elif opening == "[" and (path.suffix == ".json" or _opens_list(lines)):
        records = parse_json(read_text(path, Repairs()), path=path)
        yield from (record for record in records[:LINES] if isinstance(record, dict))


def _opens_list(lines: list[str]) -> bool:
    """Does a JSON list begin here, or just a text such as "[1] ..."?"""
    rest = "".join(lines[:2]).lstrip().removeprefix("[").lstrip()
    return rest[:1] == "{"


def _by_records(path: Path, records: list[dict[str, Any]], opening: str) -> str:
    """The format of the first record that tells; of records with text alone, deepner is a list and jsonl lines."""
    for record in records:
        format = _by_keys(record)
        if format:
            return format
    if not any("text" in record for record in records):
        keys = ", ".join(sorted(records[0])) or "(none)"
        raise DataError(f"{path}: expected JSON records with a text, found the keys {keys}; name the format to read")
    return "deepner" if opening == "[" else "jsonl"


def _by_keys(record: dict[str, Any]) -> str:
    if isinstance(record.get("data"), dict):
        return "labelstudio"
    if "entity_list" in record or isinstance(record.get("label"), dict):
        return "cluener"
    for key in ("label", "labels", "annotations", "entities"):
        items = record.get(key)
        if isinstance(items, list) and items:
            return _by_item(items[0])
    return "doccano" if isinstance(record.get("label"), list) else ""


def _by_item(item: Any) -> str:
    if isinstance(item, list):
        return "deepner" if len(item) == 5 else "doccano"
    keys = item.keys() if isinstance(item, dict) else set()
    for key, format in (
        ("start_idx", "cmeee"),
        ("start_offset", "doccano"),
        ("labels", "labelstudio"),
        ("start", "jsonl"),
    ):
        if key in keys:
            return format
    return ""


def _refuse_json(path: Path, lines: list[str], opening: str) -> None:
    """Say where JSON breaks; returns where it does not, so that a list of nothing is called empty."""
    if opening == "{":
        try:
            json.loads(read_text(path, Repairs()))
        except ValueError:
            pass
        else:
            raise DataError(f"{path}: expected one JSON object per line or a list of them, found a single large object")
        parse_json(lines[0], path=path)
    if opening == "[":
        raise DataError(f"{path}: empty data set; expected a list of JSON objects, found none")
    raise DataError(f"{path}:1: expected JSON, found {lines[0][:20]!r}; name the format if this is no JSON")


def _share(lines: list[str], test: Any) -> float:
    return sum(map(test, lines)) / len(lines)


def _is_cmeee(line: str) -> bool:
    pieces = line.split(DIVIDER)
    return len(pieces) > 1 and (not pieces[-1].strip() or PIECE.fullmatch(pieces[-1]) is not None)


def _is_tagged(line: str) -> bool:
    front, _, tag = line.replace("\t", " ").rstrip(" ").rpartition(" ")
    return TAG.fullmatch(tag) is not None and (bool(front) or line[:1] in " \t")
