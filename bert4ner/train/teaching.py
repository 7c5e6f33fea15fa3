"""Which fold may learn from which pseudo-labelled documents: those whose teachers never saw what the fold holds out.

Documents without labels, which have weight 0, have no teachers; every fold learns from all of them.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.runs.folds import Folds
from bert4ner.runs.pseudo_labels import ELSEWHERE, TAUGHT_BY, PseudoLabelled, Teachers, fingerprint_of_pseudo
from bert4ner.train.division import Division

logger = logging.getLogger(__name__)


def with_pseudo_labels(division: Division, labelled: Sequence[PseudoLabelled], *, strict: bool) -> Division:
    """The division with further documents for each fold to learn from.

    A fold learns from a document if no teacher of the document was trained on what the fold holds out, and if the fold
    does not hold out the same text. Every fold learns from documents without labels (weight 0), even if it holds out
    their text: they contain no annotation.

    Args:
        division: gold documents in folds.
        labelled: pseudo-labelled ones, or without labels.
        strict: refuse documents that no fold may learn from. Otherwise learn from them with a warning; the scores of
            the only fold then serve to choose an epoch, not as an estimate.

    Raises:
        DataError: such documents; or a label that no gold document has.
    """
    if not labelled:
        return division
    _check_labels(division, labelled)
    labelled = [each if each.document.weight else replace(each, teachers=ELSEWHERE) for each in labelled]
    folds = division.described()
    held_out = [{id for id, where in folds.held_out_in.items() if fold in where} for fold in range(folds.number)]
    objections = [_objection(each.teachers, folds, held_out) for each in labelled]
    _report_objections(labelled, objections, strict=strict)
    places = [
        range(folds.number) if why or not isinstance(each.teachers, Teachers) else _safe(each.teachers, held_out)
        for each, why in zip(labelled, objections, strict=True)
    ]
    chosen = [
        [each.document for each, may in zip(labelled, places, strict=True) if fold in may]
        for fold in range(folds.number)
    ]
    taught = _without_held_out(division, chosen)
    if not all(taught):
        without = ", ".join(str(fold) for fold, documents in enumerate(taught) if not documents)
        logger.warning("fold %s learns from no pseudo-labelled document", without)
    return replace(division, taught=taught, fingerprint_of_taught=fingerprint_of_pseudo(labelled))


def _without_held_out(division: Division, chosen: Sequence[Sequence[Document]]) -> list[list[Document]]:
    """The documents chosen for each fold, without labels for a text that the fold holds out."""
    taught, same, seen = [], 0, 0
    for fold, documents in enumerate(chosen):
        texts = {document.text for document in division.held_out(fold)}
        taught.append([document for document in documents if not document.weight or document.text not in texts])
        same += len(documents) - len(taught[fold])
        seen += sum(document.text in texts for document in taught[fold])
    if same:
        logger.warning("%d times a fold skips a pseudo-labelled text because it holds out the same text", same)
    if seen:
        logger.info("%d times a fold learns, without labels, from a text that it holds out", seen)
    counts = [sum(document.weight > 0 for document in documents) for documents in taught]
    if any(counts):
        logger.info("pseudo-labelled documents to learn from, by fold: %s", ", ".join(map(str, counts)))
    return taught


def _safe(teachers: Teachers, held_out: Sequence[set[str]]) -> list[int]:
    """The folds whose held-out documents were not used to train any of these models."""
    return [fold for fold, ids in enumerate(held_out) if all(ids <= held_out[other] for other in teachers.folds)]


def _objection(teachers: object, folds: Folds, held_out: Sequence[set[str]]) -> str:
    """The reason why no fold may learn from a document, or why that is unknown; empty if one may."""
    if teachers == ELSEWHERE:
        return ""
    if not isinstance(teachers, Teachers):
        return (
            "does not say what its teachers were trained on, which may be what is to be held out; if its labels are "
            f'of no model trained on these documents, say so in its record: "{TAUGHT_BY}": "{ELSEWHERE}" (jsonl)'
        )
    if teachers.division != folds.division:
        return (
            "was labelled by a run of other documents or other folds, which may have been trained on what is to be "
            "held out; label with a run of the same documents, --folds and --seed, by bert4ner pseudo --by-fold"
        )
    if max(teachers.folds) >= folds.number:
        return f"was labelled by fold {max(teachers.folds)} of a run that has {folds.number}; label it again"
    if not _safe(teachers, held_out):
        return (
            f"was labelled by the models of fold {', '.join(map(str, teachers.folds))}, and whatever a fold holds out, "
            "one of them was trained on; write what each fold's own models find by bert4ner pseudo --by-fold"
        )
    return ""


def _report_objections(labelled: Sequence[PseudoLabelled], objections: Sequence[str], *, strict: bool) -> None:
    refused = [(each, why) for each, why in zip(labelled, objections, strict=True) if why]
    if not refused:
        return
    labels, why = refused[0]
    example = f"the pseudo-labelled document {labels.document.id!r} {why}"
    if strict:
        raise DataError(example)
    logger.warning(
        "%d of %d pseudo-labelled documents may make the scores of the held-out documents too good, e.g. %s",
        len(refused),
        len(labelled),
        example,
    )


def _check_labels(division: Division, labelled: Sequence[PseudoLabelled]) -> None:
    known = set(division.labels)
    for each in labelled:
        for span in (*each.document.entities, *each.document.unsure):
            if span.label not in known:
                raise DataError(
                    f"the pseudo-labelled document {each.document.id!r} has the label {span.label!r}, which no "
                    f"document of the data has; those are {', '.join(division.labels)}"
                )
