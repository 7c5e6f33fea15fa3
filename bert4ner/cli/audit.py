"""``bert4ner audit``: what an annotated data set holds and everything suspicious in it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.bundled import or_bundled
from bert4ner.cli.doubting import DoubtOptions, ask, check_doubts, doubts_as_values, print_doubts
from bert4ner.cli.options import Data, Json
from bert4ner.cli.reading import DataOptions
from bert4ner.config import WindowConfig
from bert4ner.options import Options, describe, option
from bert4ner.text.windows import SPECIAL_TOKENS

if TYPE_CHECKING:
    from bert4ner.data.audit_places import Place
    from bert4ner.data.audit_report import AuditReport

SHOWN = 5  # examples of each kind; --json has all

Other = Annotated[Path | None, describe("A second data set, e.g. held out: tells what the two share.", metavar="DATA")]


@dataclass(frozen=True)
class TrainingToCome(Options):
    """The training that the documents are for."""

    max_length: int = option(
        WindowConfig.max_length, "Tokens in one window, [CLS] and [SEP] counted: longer documents will be cut.", low=8
    )
    folds: int = option(5, "Folds of the cross-validation: labels in fewer documents are told.", low=2)
    pretrained: str | None = option(
        None, "Pretrained encoder: tells which characters its vocabulary lacks.", metavar="DIR"
    )


def audit(
    data: Data,
    *,
    other: Other = None,
    json: Json = False,
    data_options: DataOptions = DataOptions(),  # noqa: B008  (frozen)
    training: TrainingToCome = TrainingToCome(),
    doubts: DoubtOptions = DoubtOptions(),  # noqa: B008  (frozen)
) -> None:
    """Statistics of annotated data, and everything in it that looks like a mistake.

    Repeated texts and those annotated in different ways, mentions annotated here and not there, mentions with several
    labels, overlaps, odd characters, documents longer than a window, repairs that reading needed. --run adds what
    models would have otherwise in documents that they did not see, --review a file to correct it in.

    e.g.  bert4ner audit examples/data/leaflets.jsonl --pretrained pretrained/tcm-mini
    """
    from bert4ner.cli.printing import one_line, print_json  # deferred, as everywhere in cli: --help must not wait
    from bert4ner.data.audit import audit as audit_documents
    from bert4ner.data.documents import read_documents, read_with_report

    check_doubts(data, doubts)
    result = read_with_report(data, data_options.format, **data_options.given())
    report = audit_documents(
        result.documents,
        window_size=training.max_length - SPECIAL_TOKENS,
        num_folds=training.folds,
        vocabulary=None if training.pretrained is None else _tokens(Path(training.pretrained)),
        other=None if other is None else read_documents(other),
    )
    repairs, opinions = result.repairs.describe(), ask(result.documents, doubts)
    if json:
        values = {**report.to_dict(), **doubts_as_values(opinions, doubts)}
        origin = {"path": str(data), "format": result.format, "shape": result.shape}
        print_json({**origin, "repairs": repairs, "places": result.repairs.places, **values})
    else:
        print(one_line(f"{data}: {result.describe()}"))
        _print_report(report, [*repairs, *result.repairs.listed()])
        print_doubts(data, opinions, doubts)


def _tokens(pretrained: Path) -> Collection[str]:
    """All that an encoder's vocabulary has."""
    from bert4ner.text.pieces import open_vocabulary

    return open_vocabulary(_folder(pretrained))[0].ids


def _folder(pretrained: Path) -> Path:
    """The folder itself, or if there is none the one of a name on the hub."""
    pretrained = or_bundled(pretrained)
    if pretrained.is_dir() or len(pretrained.parts) != 2:
        return pretrained
    from bert4ner.models.pretrained.hub import hub_folder, is_hub_name  # loads TensorFlow, which audit does without

    return hub_folder(str(pretrained)) if is_hub_name(str(pretrained)) else pretrained


def _print_report(report: "AuditReport", repairs: list[str]) -> None:
    from bert4ner.cli.printing import print_table

    sizes = report.sizes
    print(f"{sizes.characters:,} characters")
    if sizes.mention_lengths:
        quantiles = [["document", *sizes.lengths.values()], ["mention", *sizes.mention_lengths.values()]]
        print_table("Lengths in characters", ["", *sizes.lengths], [quantiles])
        print_table("Entities of each label", ["label", "entities"], [report.labels.items()])
    overlaps = report.overlaps
    if overlaps.lost_by_flat_tags:
        _print_sentences(
            "Nesting",
            [
                f"entities inside another: {overlaps.nested}, at most {overlaps.depth} deep",
                f"entities that cross another's end: {overlaps.crossing}",
                f"entities whose span has another label, too: {overlaps.same_span}",
                f"entities in several pieces: {overlaps.discontinuous}",
                f"entities that one layer of tags cannot hold: {overlaps.lost_by_flat_tags}; "
                "heads that score spans can",
            ],
        )
    _print_sentences("Repairs while reading", repairs)
    _print_sentences("Suspicious", report.findings() or ["nothing"])
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
        _print_sentences(f"Where: {kind}", [*map(_told, places[:SHOWN]), *more])


def _told(place: "Place") -> str:
    """Document, offsets, the text with what it is about in marks, and a note."""
    offsets = f"[{place.start}, {place.end})" if place.text else f"at {place.start}"
    told = f"{place.before}«{place.text}»{place.after}" if place.text else place.before + place.after
    return f"{place.id} {offsets}: {told}" + (f"  ({place.note})" if place.note else "")


def _join(counts: dict[str, int]) -> str:
    shown = [f"{name} {count}" for name, count in list(counts.items())[: 4 * SHOWN]]
    return ", ".join(shown) + (f" and {len(counts) - len(shown)} more" if len(counts) > len(shown) else "")


def _print_sentences(title: str, sentences: list[str]) -> None:
    from bert4ner.cli.printing import one_line

    if sentences:
        print(f"\n{one_line(title)}")
        for sentence in sentences:
            print(f"  {one_line(sentence)}")
