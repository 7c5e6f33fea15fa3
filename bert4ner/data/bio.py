"""The `bio` format: one character and its tag per line, a blank line between sentences; see `columns`, `tagged_lines`.

One file may mix tagging schemes. Ids are the file's name and the number of the sentence.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from pathlib import Path

from bert4ner.data.columns import find_layout
from bert4ner.data.decoding import SURROGATE, guard_bom, join_surrogates
from bert4ner.data.format import WITHOUT_SPACE, Format, Holds
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_runs import UNENDED, runs_of
from bert4ner.data.tagged_lines import Sentence, Survey, read_sentences, survey_file
from bert4ner.data.writing import atomic_write
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

LONG = 1000  # rows: those of a longer sentence are released one by one, which takes time
_TAG_OF_ROW = itemgetter(slice(1, None))
SCHEMES = ("bio", "bios", "bioes")


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Sentences in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`: a line has no tag, or a tag of an unknown scheme.
    """
    survey = survey_file(path)
    repairs.shape = survey.describe()
    repairs.note("further columns of tags left out", f"{path}:1", count=survey.layout.further_tags)
    for number, sentence in enumerate(read_sentences(path, survey, repairs), start=1):
        yield tagged_document(NumberedId(path.stem, number), sentence, survey, repairs, path=path)


def tagged_document(id: NumberedId, sentence: Sentence, survey: Survey, repairs: Repairs, *, path: Path) -> Document:
    """One sentence, which is used up: its tokens joined, with spaces between words, and the entities of its tags."""
    sentence = _join_halves(sentence, repairs, path=path)
    rows = sentence.rows
    words = survey.words * 2 > survey.tokens and not survey.digits
    where = sentence.where(path, 0)
    if words:
        repairs.note("spaces put between tokens that are words", where, count=len(rows) - 1)
    text = (" " if words else "").join([row.token for row in rows])
    single = len(text) == len(rows)  # characters rather than words
    lengths = (len(row.token) + words for row in rows)
    starts = range(len(text) + 1) if single else array("q", accumulate(lengths, initial=0))
    spans = [
        Span(starts[first], starts[last + 1] - words, label)
        for first, last, label in _runs(sentence, survey, repairs, path=path)
    ]
    return make_document(Record(where, id, text, spans), repairs)


def _join_halves(sentence: Sentence, repairs: Repairs, *, path: Path) -> Sentence:
    """Joins an emoji whose two surrogates are on two lines into one token with the first one's tag."""
    if not SURROGATE.search("".join([row.token for row in sentence.rows])):
        return sentence
    joined = Sentence(unit=sentence.unit)
    for index, (row, line) in enumerate(zip(sentence.rows, sentence.lines, strict=True)):
        before = joined.rows[-1] if joined.rows else None
        both = join_surrogates(before.token + row.token) if before else ""
        if before and SURROGATE.search(before.token) and len(both) < len(before.token) + len(row.token):
            joined.rows[-1] = before._replace(token=both)
            repairs.note("emoji cut over two lines read as one character", sentence.where(path, index))
        else:
            joined.rows.append(row)
            joined.lines.append(line)
    return joined


def _runs(sentence: Sentence, survey: Survey, repairs: Repairs, *, path: Path) -> Iterator[tuple[int, int, str]]:
    """(first row, last row, label) of every entity; violations of the tagging scheme are counted."""

    def mended(kind: str, index: int) -> None:
        if survey.ends if kind == UNENDED else not survey.iob1:
            repairs.note(kind, sentence.where(path, index))

    rows = released(sentence.rows) if len(sentence.rows) > LONG else sentence.rows
    return runs_of(map(_TAG_OF_ROW, rows), mended)


def write(documents: Iterable[Document], path: Path, losses: Repairs, *, scheme: str = "bio") -> None:
    """One character, a tab and its tag per line, in `scheme` (bio, bios or bioes).

    Raises:
        DataError: the scheme is unknown.
    """
    if scheme not in SCHEMES:
        raise DataError(f"expected one of the schemes {', '.join(SCHEMES)}, found {scheme!r}")
    with atomic_write(path) as handle:
        for number, document in enumerate(documents):
            tags = _tags(len(document.text), document.entities, scheme)
            block = "".join(f"{character}\t{tag}\n" for character, tag in zip(document.text, tags, strict=True))
            handle.write("\n" + block if number else guard_bom(block))


def _tags(length: int, entities: Iterable[Entity], scheme: str) -> list[str]:
    tags = ["O"] * length
    for entity in entities:
        prefixes = ["B"] + ["I"] * (entity.end - entity.start - 1)
        if scheme == "bioes" and len(prefixes) > 1:
            prefixes[-1] = "E"
        if scheme != "bio" and len(prefixes) == 1:
            prefixes = ["S"]
        tags[entity.start : entity.end] = [f"{prefix}-{entity.label}" for prefix in prefixes]
    return tags


def sniff(seen: Peek) -> float:
    """Nearly all lines have a tag in the same column."""
    return 0.8 * (seen.kind == "lines" and find_layout(Counter(seen.lines), seen.lines) is not None)


FORMAT = Format(
    "bio",
    read,
    write,
    sniff,
    Holds(ids=False, nested=False, line_breaks=False, empty_texts=False, labels=WITHOUT_SPACE),
)
