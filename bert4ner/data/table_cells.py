"""The content of a table's cell: an offset, a list of entities in JSON or Python syntax, tags."""

import ast
import json
import re
import unicodedata
from collections.abc import Mapping

from bert4ner.data.headers import find_roles
from bert4ner.data.records import Span
from bert4ner.errors import DataError, shown

PYTHON = re.compile(
    r"""\s+|[\[\](){},:]|-?\d+(?:\.\d+)?|None|True|False|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL
)
IN_JSON = {"(": "[", ")": "]", "None": "null", "True": "true", "False": "false"}


def is_list(cell: str) -> bool:
    """Whether a cell looks like a list or an object."""
    cell = cell.strip()
    return (cell[:1], cell[-1:]) in (("[", "]"), ("{", "}"))


def list_cell(cell: str, where: str) -> list[object]:
    """The list in a cell, empty if the cell is; a single object is a list of one.

    Raises:
        DataError: the cell is not a list in JSON or Python syntax.
    """
    if not cell.strip():
        return []
    try:
        found = _parsed(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list | tuple):
        raise DataError(f"{where}: expected a list of entities as JSON, found {shown(cell)}; correct the cell")
    return list(found)


def _parsed(cell: str) -> object:
    try:
        return json.loads(cell)
    except ValueError:
        return json.loads(_as_json(cell))


def _as_json(cell: str) -> str:
    """A list in Python syntax, which pandas leaves in a cell, as JSON.

    Raises:
        ValueError: it contains more than lists, tuples, dicts, strings, numbers, None, True and False.
    """
    parts, reached = [], 0
    for match in PYTHON.finditer(cell):
        if match.start() != reached:
            break
        reached = match.end()
        part = match.group()
        parts.append(json.dumps(ast.literal_eval(part)) if part[0] in "'\"" else IN_JSON.get(part, part))
    if reached < len(cell):
        raise ValueError(shown(cell[reached:]))
    return re.sub(r",\s*\]", "]", "".join(parts)) if "(" in cell else "".join(parts)


def spans_of(item: object, where: str) -> list[Span]:
    """The span of one entity in a list: an object, or [start, end, label] with or without its mention.

    Raises:
        DataError: it is neither.
    """
    if isinstance(item, Mapping):
        names = [str(name) for name in item]
        columns = find_roles(names, ("start", "end", "label", "mention"))
        values = list(item.values())
        found = {role: values[column] for role, column in columns.items()}
    else:
        found = (
            dict(zip(("start", "end", "label", "mention"), item, strict=False))
            if isinstance(item, list | tuple)
            else {}
        )
    if not {"start", "end", "label"} <= found.keys():
        raise DataError(f"{where}: expected an entity with start, end and label, found {shown(item)}")
    span = entity_of({role: "" if value is None else str(value) for role, value in found.items()}, where)
    return [] if span is None else [span]


def entity_of(cells: Mapping[str, str], where: str) -> Span | None:
    """The span that `start`, `end`, `label` and optional `mention` and `score` define; None if start and end are empty.

    Raises:
        DataError: some of them are missing, an offset is not a whole number, or the score is not a probability.
    """
    start, end, label = (cells.get(role, "").strip() for role in ("start", "end", "label"))
    if not start and not end:
        if label:
            raise DataError(f"{where}: expected start and end of {shown(label)}, found none; fill in the offsets")
        return None
    mention = cells.get("mention", "")
    score = _probability(cells.get("score", "").strip(), where)
    return Span(_whole(start, where), _whole(end, where), label, mention or None, score, where)


def _probability(cell: str, where: str) -> float | None:
    try:
        score = float(cell) if cell else None
    except ValueError:
        score = -1.0
    if score is not None and not 0 <= score <= 1:
        raise DataError(f"{where}: expected a probability from 0 to 1 as score, found {shown(cell)}; correct the cell")
    return score


def _whole(cell: str, where: str) -> int:
    digits = cell.removesuffix(".0")  # spreadsheets and pandas write whole numbers so in a column with gaps
    if not (digits.isascii() and digits.removeprefix("-").isdecimal() and len(digits) < 16):
        plain = unicodedata.normalize("NFKC", digits[:16])
        wide = plain != digits and plain.isascii() and plain.removeprefix("-").isdecimal()
        cure = f"full-width digits: write {plain}" if wide else "correct the cell"
        raise DataError(f"{where}: expected a whole number as offset, found {shown(cell)}; {cure}")
    return int(digits)


def tags_cell(text: str, cell: str, where: str) -> list[tuple[str, str]]:
    """Tokens and tags of one row, the tags as a list or divided by blanks or commas; without `where`, tags alone.

    Raises:
        DataError: their numbers differ.
    """
    tags = [str(tag) for tag in list_cell(cell, where)] if is_list(cell) else cell.replace(",", " ").split()
    if not where:
        return [("", tag) for tag in tags]
    tokens = [str(token) for token in list_cell(text, where)] if is_list(text) else text.split()
    found = next((found for found in (tokens, list(text)) if len(found) == len(tags)), None)
    if found is None:
        raise DataError(
            f"{where}: expected a tag for each of {len(tokens)} tokens, found {len(tags)} tags; correct the row"
        )
    return list(zip(found, tags, strict=True))
