"""``bert4ner audit``: the content of an annotated data set, and everything suspicious in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.doubting import DoubtOptions, ask, check_doubts, doubts_as_values, print_doubts
from bert4ner.cli.options import Data, InputFormat, Json
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import WindowConfig
from bert4ner.encoder_names import named_folder
from bert4ner.options import Options, describe, option
from bert4ner.text.windows import SPECIAL_TOKENS

if TYPE_CHECKING:
    from bert4ner.data.audit_places import Place
    from bert4ner.data.audit_report import AuditReport
    from bert4ner.entities import Document
    from bert4ner.text.tokenizer import CharacterTokenizer

SHOWN = 5  # examples of each kind; --json has all
WIDEST_CELL = 40  # characters, of two columns each

Other = Annotated[Path | None, describe("A second data set, e.g. held out: shows what the two share.", metavar="DATA")]


@dataclass(frozen=True)
class TrainingToCome(Options):
    """The training that the documents are meant for."""

    max_length: int = option(
        WindowConfig.max_length, "Tokens in one window, including [CLS] and [SEP]: longer documents will be cut.", low=8
    )
    folds: int = option(5, "Folds of the cross-validation: reports labels in fewer documents.", low=2)
    pretrained: str | None = option(
        None, "Pretrained encoder: reports the characters that its vocabulary lacks.", metavar="DIR"
    )


def audit(
    data: Data,
    *,
    other: Other = None,
    json: Json = False,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    training: TrainingToCome = TrainingToCome(),
    doubts: DoubtOptions = DoubtOptions(),  # noqa: B008  (frozen)
) -> None:
    """Statistics of annotated data, and everything in it that looks like a mistake.

    Reports repeated texts and those annotated in different ways, mentions annotated here and not there, mentions with
    several labels, overlaps, odd characters, documents longer than a window, annotation left out, and repairs during
    reading. With --run it adds what models predict differently in documents that they did not see; --review writes a
    file to correct this in.

    e.g.  bert4ner audit train.json --pretrained tcm-mini
    """
    from bert4ner.cli.printing import one_line, print_json  # deferred, as everywhere in cli: --help must not wait
    from bert4ner.data.audit import audit as audit_documents
    from bert4ner.data.documents import read_documents, read_with_report

    check_doubts(data, doubts)
    tokenizer = None if training.pretrained is None else _tokenizer(training.pretrained)
    result = read_with_report(data, format, **reading.given())
    report = audit_documents(
        result.documents,
        window_size=training.max_length - SPECIAL_TOKENS,
        num_folds=training.folds,
        vocabulary=None if tokenizer is None else _known(result.documents, tokenizer),
        other=None if other is None else read_documents(other),
        check_ends=result.repairs.offsets_alone >= sum(len(each.entities) for each in result.documents),
    )
    repairs, opinions = result.repairs.describe(), ask(result.documents, doubts)
    left_out = result.repairs.findings(report.sizes.entities)
    if json:
        values = {**report.to_dict(), **doubts_as_values(opinions, doubts)}
        origin = {"path": str(data), "format": result.format, "shape": result.shape}
        print_json({**origin, "repairs": repairs, "left_out": left_out, "places": result.repairs.places, **values})
    else:
        print(one_line(f"{data}: {result.describe()}"))
        _print_report(report, [*repairs, *result.repairs.listed()], left_out)
        print_doubts(data, opinions, doubts)


def _tokenizer(pretrained: str) -> "CharacterTokenizer":
    """What cuts text for this encoder with `--tokens characters`."""
    from bert4ner.text.pieces import open_vocabulary
    from bert4ner.text.tokenizer import CharacterTokenizer

    folder = named_folder(pretrained)
    if folder is None:
        from bert4ner.models.pretrained.hub import hub_folder  # loads TensorFlow, which audit rarely needs

        folder = hub_folder(pretrained)
    return CharacterTokenizer(open_vocabulary(folder)[0])


def _known(documents: Sequence["Document"], tokenizer: "CharacterTokenizer") -> Collection[str]:
    """The characters in some documents that the tokenizer has a token for."""
    return tokenizer.known(sorted({character for document in documents for character in document.text}))


def _print_report(report: "AuditReport", repairs: list[str], left_out: list[str]) -> None:
    from bert4ner.cli.printing import print_table

    sizes = report.sizes
    print(f"{sizes.characters:,} characters")
    if sizes.mention_lengths:
        quantiles = [["document", *sizes.lengths.values()], ["mention", *sizes.mention_lengths.values()]]
        print_table("Lengths in characters", ["", *sizes.lengths], [quantiles])
        rows = [[label, count, _commonest(report.commonest[label])] for label, count in report.labels.items()]
        print_table("Entities of each label", ["label", "entities", "commonest mentions"], [rows])
    overlaps = report.overlaps
    if overlaps.lost_by_flat_tags:
        _print_sentences(
            "Nesting",
            [
                f"entities inside another: {overlaps.nested}, at most {overlaps.depth} deep",
                f"entities that cross another's end: {overlaps.crossing}",
                f"entities whose span has another label, too: {overlaps.same_span}",
                f"discontinuous entities: {overlaps.discontinuous}",
                f"entities that one layer of tags cannot hold: {overlaps.lost_by_flat_tags}; "
                "heads that score spans can",
            ],
        )
    _print_sentences("Repairs while reading", repairs)
    _print_sentences("Suspicious", [*left_out, *report.findings()] or ["nothing"])
    _print_examples(report)
    if report.leakage is not None:
        found = report.leakage
        _print_sentences(
            "Shared with the second set",
            [
                f"{found.shared_texts} of its {found.num_documents} texts",
                f"{found.shared_clauses} of its {found.num_clauses} clauses",
                f"{found.known_entities} of its {found.num_entities} entities, by mention and label",
            ],
        )


def _print_examples(report: "AuditReport") -> None:
    from bert4ner.cli.printing import print_table

    consistency = report.consistency
    if consistency.bare_examples:
        rows = [[each.surface, each.annotated, each.bare] for each in consistency.bare_examples[:SHOWN]]
        print_table("Annotated here and not there, e.g.", ["mention", "annotated", "not annotated"], [rows])
    if consistency.ambiguous_examples:
        pairs = [[each.surface, _join(each.labels)] for each in consistency.ambiguous_examples[:SHOWN]]
        print_table("Several labels, e.g.", ["mention", "labels"], [pairs])
    examples = []
    if report.oddities.characters:
        examples.append(f"odd characters: {_join(report.oddities.characters)}")
    if report.vocabulary is not None and report.vocabulary.lacking:
        examples.append(f"not in the vocabulary: {_join(dict(report.vocabulary.most_frequent))}")
    _print_sentences("Characters", examples)
    for kind, places in report.places_by_kind().items():
        more = [f"and {len(places) - SHOWN} more: --json has all"] if len(places) > SHOWN else []
        _print_sentences(f"Where: {kind}", [*map(_in_words, places[:SHOWN]), *more])


def _in_words(place: "Place") -> str:
    """Document, offsets, the text with what it is about in marks, and a note."""
    from bert4ner.cli.printing import shortened

    offsets = f"[{place.start}, {place.end})" if place.text else f"at {place.start}"
    text = f"{place.before}«{shortened(place.text)}»{place.after}" if place.text else place.before + place.after
    return f"{place.id} {offsets}: {text}" + (f"  ({place.note})" if place.note else "")


def _commonest(mentions: Sequence[tuple[str, int]]) -> str:
    """As many of them as fit into a cell, at least one."""
    from bert4ner.cli.printing import shortened

    words = [f"{shortened(mention)} {count}" for mention, count in mentions]
    fitting = next(n for n in range(len(words), 0, -1) if n == 1 or len(", ".join(words[:n])) <= WIDEST_CELL)
    return ", ".join(words[:fitting])


def _join(counts: dict[str, int]) -> str:
    shown = [f"{name} {count}" for name, count in list(counts.items())[: 4 * SHOWN]]
    return ", ".join(shown) + (f" and {len(counts) - len(shown)} more" if len(counts) > len(shown) else "")


def _print_sentences(title: str, sentences: Sequence[str]) -> None:
    from bert4ner.cli.printing import one_line

    if sentences:
        print(f"\n{one_line(title)}")
        for sentence in sentences:
            print(f"  {one_line(sentence)}")
