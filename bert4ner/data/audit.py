"""The audit of an annotated data set: its content, and everything that looks like a mistake.

Counts and examples only. The readers refuse what is invalid rather than suspicious.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from bert4ner.data.audit_mentions import ShortEnds, commonest_mentions, find_short_ends
from bert4ner.data.audit_places import Suspicions, find_places
from bert4ner.data.audit_report import AuditReport, Duplicates, Oddities, Overlaps, Sizes, VocabularyGaps
from bert4ner.data.examples import first_of_each
from bert4ner.data.oddities import alike, is_suspicious, odd_about, spread_of_labels, what_is_lacked
from bert4ner.data.records import flat_entities
from bert4ner.data.surfaces import find_leakage, surface_consistency
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.given import check_sequence

QUANTILES = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p99": 0.99, "max": 1.0}
EXAMPLES = 20


def audit(
    documents: Sequence[Document],
    *,
    window_size: int = 254,
    num_folds: int = 5,
    vocabulary: Collection[str] | None = None,
    other: Sequence[Document] | None = None,
    check_ends: bool = True,
) -> AuditReport:
    """Statistics of `documents` and everything suspicious in them.

    Args:
        documents: the data set.
        window_size: characters in one window of the encoder.
        num_folds: folds of the planned cross-validation.
        vocabulary: characters that the encoder knows, or its tokens; a character is known if it, or its lower case, is
            one of them. The command asks the encoder's own tokenizer, which knows more forms.
        other: a second set, e.g. held out, to compare with.
        check_ends: whether to look for ends that are one character short, which mentions in the file would rule out.

    Raises:
        DataError: there are no documents, or an item is not a document.

    Example:
        >>> import bert4ner
        >>> report = bert4ner.audit(bert4ner.sample_documents())
        >>> report.sizes.documents, report.sizes.entities
        (129, 2791)
    """
    check_sequence(documents, Document, "documents", cure="read the file first: bert4ner.read_documents(path)")
    if not documents:
        raise DataError("empty data set; expected at least one document to audit, found none")
    labels = Counter(entity.label for document in documents for entity in document.entities)
    spread = spread_of_labels(documents)
    return AuditReport(
        sizes=_sizes(documents, window_size),
        labels=dict(sorted(labels.items(), key=lambda item: (-item[1], item[0]))),
        commonest=commonest_mentions(documents),
        short_ends=find_short_ends(documents) if check_ends else ShortEnds(),
        rare_labels={label: spread[label] for label in sorted(spread) if spread[label] < num_folds},
        alike_labels=alike(labels),
        duplicates=_duplicates(documents),
        consistency=surface_consistency(documents, num_examples=EXAMPLES),
        overlaps=_overlaps(documents),
        oddities=_oddities(documents),
        vocabulary=None if vocabulary is None else vocabulary_gaps(documents, vocabulary),
        leakage=None if other is None else find_leakage(documents, other),
        places=find_places(documents, Suspicions(window_size, num_folds, vocabulary, other)),
    )


def _sizes(documents: Sequence[Document], window_size: int) -> Sizes:
    lengths = [len(document.text) for document in documents]
    mentions = [entity.end - entity.start for document in documents for entity in document.entities]
    return Sizes(
        documents=len(documents),
        entities=len(mentions),
        characters=sum(lengths),
        lengths=_quantiles(lengths),
        mention_lengths=_quantiles(mentions),
        window_size=window_size,
        longer_than_window=sum(length > window_size for length in lengths),
    )


def _quantiles(values: list[int]) -> dict[str, int]:
    if not values:
        return {}
    found = np.quantile(values, list(QUANTILES.values()), method="nearest")  # (quantiles,)
    return dict(zip(QUANTILES, map(int, found), strict=True))


def _duplicates(documents: Iterable[Document]) -> Duplicates:
    same_text: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        same_text[document.text].append(document)
    groups = [group for group in same_text.values() if len(group) > 1]
    conflicting = [group for group in groups if len({document.entities for document in group}) > 1]
    return Duplicates(
        repeats=sum(len(group) - 1 for group in groups),
        conflicting=len(conflicting),
        conflicting_examples=[[document.id for document in group] for group in conflicting[:EXAMPLES]],
    )


def _overlaps(documents: Sequence[Document]) -> Overlaps:
    nested = crossing = same_span = depth = lost = 0
    for document in documents:
        lost += len(flat_entities(document.entities)[1])
        spans = Counter((entity.start, entity.end) for entity in document.entities)
        same_span += sum(count for count in spans.values() if count > 1)
        open_spans: list[tuple[int, int, int]] = []  # start, end, depth
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            open_spans = [span for span in open_spans if span[1] > start]
            around = [span[2] for span in open_spans if span[1] >= end]
            crossed = len(around) < len(open_spans)
            own_depth = max(around) + 1 if around else 0
            nested += bool(around) * spans[start, end]
            crossing += crossed * spans[start, end]
            depth = max(depth, own_depth)
            open_spans.append((start, end, own_depth))
    pieces = sum(bool(entity.fragments) for document in documents for entity in document.entities)
    return Overlaps(nested, crossing, same_span, depth, lost, pieces)


def _oddities(documents: Iterable[Document]) -> Oddities:
    characters: Counter[str] = Counter()
    mentions: list[tuple[str, str]] = []  # what is odd, and the place
    for document in documents:
        for character, count in Counter(document.text).items():
            if is_suspicious(character):
                characters[f"U+{ord(character):04X}"] += count
        for entity in document.entities:
            shown = f"{document.id}: {document.mention(entity)!r}"
            mentions += [(what, shown) for what in odd_about(document, entity)]
    counts = Counter(what for what, _ in mentions)
    return Oddities(dict(counts), first_of_each(mentions, limit=EXAMPLES), dict(characters.most_common()))


def vocabulary_gaps(documents: Iterable[Document], vocabulary: Collection[str]) -> VocabularyGaps:
    """The characters in `documents` that `vocabulary` lacks."""
    lacks = what_is_lacked(vocabulary)
    counts: Counter[str] = Counter()
    touched = 0
    for document in documents:
        counts.update(document.text)
        here = set(filter(lacks, set(document.text)))
        if here:
            touched += sum(not here.isdisjoint(document.mention(entity)) for entity in document.entities)
    white_space = sum(count for character, count in counts.items() if character.isspace())
    lacking = Counter({character: count for character, count in counts.items() if lacks(character)})
    return VocabularyGaps(
        characters=counts.total() - white_space,
        white_space=white_space,
        lacking=lacking.total(),
        entities_touched=touched,
        most_frequent=lacking.most_common(EXAMPLES),
    )
