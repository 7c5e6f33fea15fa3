"""The `mentions` format: texts with labelled mentions without offsets, such as language models give.

`{"text", "entities": [["王小明", "PER"]]}`, the other forms of `stated_mentions`, and instruction data whose answer is
such JSON in a string: `instruction`/`input`/`output`, `messages`, `conversations`. `alignment` finds them in the text.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.data.alignment import Align
from bert4ner.data.format import Format, Holds
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of
from bert4ner.data.mention_places import SHAPES, place
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import Record, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown_keys
from bert4ner.data.stated_mentions import Pair, pairs_of
from bert4ner.data.unread import refuse_unread
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

TEXTS = ("text", "content", "sentence", "input", "instruction", "query", "prompt")
ANSWERS = (
    "entities", "labels", "label", "ner", "annotations", "entity_list", "mentions",
    "output", "response", "answer", "completion", "target", "result",
)  # fmt: skip
DIALOGUES = ("messages", "conversations")
ASKING, ANSWERING = ("user", "human"), ("assistant", "gpt", "model")


@dataclass(frozen=True)
class Stated:
    """The content of a record: a text, the key of its annotation, and that annotation."""

    text: str
    key: str
    answer: object


def _stated(record: dict[str, Any]) -> Stated | None:
    """The text and the annotation of a record; None if either is missing."""
    for key in DIALOGUES:
        if isinstance(record.get(key), list):
            return _of_dialogue(key, record[key])
    text = next((key for key in TEXTS if isinstance(record.get(key), str) and record[key]), None)
    answers = [key for key in ANSWERS if key in record and record[key] is not None and key != text]
    filled = [key for key in answers if record[key] not in ([], {}, "")]
    if text is None or not answers:
        return None
    key = (filled or answers)[0]
    return Stated(record[text], key, record[key])


def _of_dialogue(key: str, turns: list[Any]) -> Stated | None:
    """The last question, as the text, and its answer."""
    question, answer = None, None
    for turn in turns:
        if not isinstance(turn, dict):
            return None
        role, said = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        if isinstance(said, str) and role in ASKING:
            question, answer = said, None
        elif isinstance(said, str) and role in ANSWERING:
            answer = said
    return None if question is None or answer is None else Stated(question, key, answer)


def read(path: Path, repairs: Repairs, *, align: Align = "all") -> Iterator[Document]:
    """Documents in file order; mentions that are missing or repeated in their text are counted and listed.

    Raises:
        DataError: with `path:line`, or the number of the record in a JSON list.
    """
    found: list[tuple[Record, list[Pair]]] = []
    for number, (where, record) in enumerate(json_records(path, repairs), start=1):
        stated = _stated(record)
        refuse_unread(record, () if stated is None else (stated.key,), where)
        id = id_of(record, where, default=f"{path.stem}-{number}")
        found.append(_pairs(record, stated, Record(where, id, ""), repairs))
    swapped = _labels_come_first(found)
    repairs.shape = SHAPES[align]
    for statement, pairs in released(found):
        mentions = [pair[::-1] for pair in pairs] if swapped else pairs
        place(statement, mentions, align, repairs)
        yield make_document(statement, repairs)


def _pairs(record: dict[str, Any], stated: Stated | None, found: Record, repairs: Repairs) -> tuple[Record, list[Pair]]:
    if stated is None:
        text = next((record[key] for key in TEXTS if isinstance(record.get(key), str)), None)
        if text is None:
            raise DataError(f"{found.where}: expected a text and mentions in it, found {shown_keys(record)}")
        repairs.note("records without annotation read as documents without entities", found.where)
        found.text = text
        return found, []
    pairs = pairs_of(stated.answer)
    if pairs is None:
        raise DataError(
            f'{found.where}: expected mentions under {stated.key!r} as [["mention", "LABEL"]], '
            f'{{"LABEL": ["mention"]}} or [{{"text", "label"}}] or JSON of these as text, found {shown(stated.answer)}'
        )
    found.text = stated.text
    return found, pairs


def _labels_come_first(found: list[tuple[Record, list[Pair]]]) -> bool:
    """Whether the second item of each pair is the mention: more of them occur in their texts."""
    first = sum(pair[0] in record.text for record, pairs in found for pair in pairs)
    second = sum(pair[1] in record.text for record, pairs in found for pair in pairs)
    return second > first


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One line of JSON per document, with a pair of mention and label for each entity, in order."""
    with atomic_write(path) as handle:
        for document in documents:
            pairs = [(document.mention(entity), entity.label) for entity in document.entities]
            record = {"id": document.id, "text": document.text, "entities": pairs}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")


def _fits(record: dict[str, Any]) -> bool:
    stated = _stated(record)
    return stated is not None and bool(pairs_of(stated.answer))


def sniff(seen: Peek) -> float:
    """Most records with annotation have mentions without offsets."""
    annotated = [record for record in seen.records if _is_annotated(record)]
    return 0.75 * share(annotated, _fits)


def _is_annotated(record: dict[str, Any]) -> bool:
    stated = _stated(record)
    return stated is not None and stated.answer not in ([], {}, "")


FORMAT = Format("mentions", read, write, sniff, Holds(places=False), ("align",))
