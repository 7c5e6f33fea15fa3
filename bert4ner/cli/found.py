"""Examples of predicted entities, each in its sentence, in colour on a terminal."""

import re
import sys
import zlib
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bert4ner.entities import Document, Entity

_SENTENCE_END = re.compile(r"[。！？；\n]")
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")
_AROUND = 16  # characters on either side of an entity

Example = tuple[Document, Entity]


def print_found(documents: Sequence[Document], number: int = 10) -> None:
    """Print examples of entities on stdout: of as many labels as possible, the surest, each from another text."""
    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    examples = choose(documents, number)
    console.print(Text("\nSome of what was found", style="bold"))
    width = max((len(entity.label) for _, entity in examples), default=0)
    for document, entity in examples:
        before, mention, after = context(document, entity)
        style = f"bold {_COLOURS[zlib.crc32(entity.label.encode()) % len(_COLOURS)]}"
        marked = mention if terminal else f"【{mention}】"
        score = "" if entity.score is None else f"{entity.score:.2f}"
        line = Text.assemble((entity.label.ljust(width), style), f"  {score:4}  ", before, (marked, style), after)
        console.print(line)


def choose(documents: Sequence[Document], number: int) -> list[Example]:
    """So many entities, one by one from the label and the text chosen least often so far, the most probable first."""
    left = sorted(
        ((document, entity) for document in documents for entity in document.entities),
        key=lambda example: -(example[1].score or 0),
    )
    chosen: list[Example] = []
    while left and len(chosen) < number:
        labels = [entity.label for _, entity in chosen]
        texts = [document.id for document, _ in chosen]
        best = min(left, key=lambda example: (labels.count(example[1].label), texts.count(example[0].id)))
        left.remove(best)
        chosen.append(best)
    return sorted(chosen, key=lambda example: example[1].label)


def context(document: Document, entity: Entity) -> tuple[str, str, str]:
    """The text before an entity in its sentence, the entity, and the text after it, in one line."""
    text = document.text
    start = max((match.end() for match in _SENTENCE_END.finditer(text, 0, entity.start)), default=0)
    end = _SENTENCE_END.search(text, entity.end)
    before, after = text[start : entity.start], text[entity.end : len(text) if end is None else end.end()]
    if len(before) > _AROUND:
        before = f"…{before[-_AROUND:]}"
    if len(after) > _AROUND:
        after = f"{after[:_AROUND]}…"
    parts = before, text[entity.start : entity.end], after
    one, two, three = (re.sub(r"\s+", " ", part) for part in parts)
    return one, two, three.rstrip()
