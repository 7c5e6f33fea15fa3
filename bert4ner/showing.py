"""HTML for notebooks: a table, and a text with its entities highlighted. Knows only strings and numbers."""

import zlib
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

Mark = tuple[Sequence[tuple[int, int]], str]
"""The fragments of an entity, each (start, end), and its label."""


def table_html(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a caption; the first column is aligned left, the others right."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(str(cell), left=not place) for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: str, *, left: bool) -> str:
    return f'<td style="text-align:{"left" if left else "right"}"><bdi>{escape(cell)}</bdi></td>'


def marked_html(text: str, marks: Sequence[Mark]) -> str:
    """A text in which entities have their label's colour as background, with the label at their end.

    Where entities share characters, the shortest one's colour is used.
    """
    pieces = [(start, end, label) for fragments, label in marks for start, end in fragments]
    edges = sorted({0, len(text), *(edge for start, end, _ in pieces for edge in (start, end))})
    ends: dict[int, list[str]] = {}
    for fragments, label in marks:
        ends.setdefault(fragments[-1][1], []).append(label)
    parts = []
    for start, end in pairwise(edges):
        covering = [(stop - begin, label) for begin, stop, label in pieces if begin <= start and end <= stop]
        if covering:
            style = f"background:{_colour(min(covering)[1])};color:#000;border-radius:.2em"
            last = _labelled(text[end - 1], ends.get(end, ()))
            parts.append(f'<mark style="{style}">{escape(text[start : end - 1])}{last}</mark>')
        else:
            parts.append(escape(text[start:end]))
    return f'<div lang="zh" style="white-space:pre-wrap;line-height:1.8">{"".join(parts)}</div>'


def _labelled(character: str, labels: Sequence[str]) -> str:
    """The last character of entities and their labels, on one line."""
    names = "".join(f'<sub style="color:#444;font-size:.7em;margin:0 .2em">{escape(label)}</sub>' for label in labels)
    return f'<span style="white-space:nowrap">{escape(character)}{names}</span>' if labels else escape(character)


def _colour(label: str) -> str:
    """The colour of a label, the same in every process; light, for black letters.

    One of 45 hues and 3 lightnesses, so that labels that share a hue may still differ; the labels of TCM, CLUENER,
    CMeEE and the usual PER, ORG and LOC all do.
    """
    number = zlib.crc32(label.encode("utf-8", "replace"))
    return f"hsl({8 * number % 360},85%,{(74, 82, 90)[number // 1009 % 3]}%)"
