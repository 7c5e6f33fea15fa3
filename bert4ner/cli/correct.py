"""``bert4ner correct``: a new data file with corrected annotation, by people or by models that agree."""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from bert4ner.cli.options import Data, InputFormat, check_run, input_formats
from bert4ner.cli.outputs import Overwrite, check_output
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.streams import is_stdout
from bert4ner.errors import ConfigError
from bert4ner.options import Options, describe, option

if TYPE_CHECKING:
    from bert4ner.entities import Document, Entity
    from bert4ner.scoring.agreement import Change
    from bert4ner.scoring.suspicion import Opinions

logger = logging.getLogger(__name__)

ACTIONS = ("added", "removed", "changed")


@dataclass(frozen=True)
class ReviewOptions(Options):
    """Documents that people corrected."""

    reviewed: str | None = option(None, "Corrected documents of DATA, e.g. a tool's export.", metavar="FILE")
    reviewed_format: str = option("auto", "Their format; `auto` detects it.", choices=input_formats)


@dataclass(frozen=True)
class AgreementOptions(Options):
    """Changes on which models agree."""

    run: tuple[str, ...] = option((), "Runs made from DATA; their models must agree on a change.", metavar="RUN")
    models: int = option(3, "Least number of models that did not see a document, for --run to change it.", low=2)


def correct(
    data: Data,
    *,
    output: Annotated[Path, describe("File for all documents, as jsonl; never DATA itself.", metavar="FILE")],
    diff: Annotated[Path | None, describe("File for every change, one line of JSON each.", metavar="FILE")] = None,
    overwrite: Overwrite = False,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    review: ReviewOptions = ReviewOptions(),
    agreement: AgreementOptions = AgreementOptions(),
) -> None:
    """Write annotated data with corrections.

    --reviewed puts back documents that were corrected in an annotation tool; it finds them by their text, which must
    not have changed. --run looks at all models that did not learn from a document: it adds an entity that each of them
    finds, and removes one that none of them finds. Folds alone give one such model: train with --seeds 3, or name
    several runs.

    e.g.  bert4ner correct train.json --run runs/seeds --output corrected.jsonl
    """
    if (review.reviewed is None) != bool(agreement.run):
        raise ConfigError("expected either --reviewed or --run, which define the corrections")
    reviewed = None if review.reviewed is None else Path(review.reviewed)
    _check_places([data, reviewed], [output, diff], overwrite=overwrite)
    runs = [Path(run) for run in agreement.run]
    for run in runs:
        check_run(run)
    from bert4ner.cli.printing import print_note
    from bert4ner.data.documents import write_documents

    documents = reading.read(data, format)
    if reviewed is not None:
        new, lines = _put_back(documents, reviewed, review.reviewed_format)
    else:
        new, lines = _agreed(documents, runs, agreement.models)
    write_documents(new, output, "jsonl")
    if diff is not None:
        _write(lines, diff)
    aside = any(each is not None and is_stdout(each) for each in (output, diff))
    print_note(f"{output}: {len(new)} documents, {_summary(lines)}", aside=aside)


def _summary(lines: Sequence[dict[str, object]]) -> str:
    actions = Counter(str(line["action"]) for line in lines)
    counts = ", ".join(f"{actions[action]} {action}" for action in ACTIONS)
    return f"{len({line['id'] for line in lines})} with changes; entities: {counts}"


def _check_places(sources: Iterable[Path | None], targets: Sequence[Path | None], *, overwrite: bool) -> None:
    """Refuse to overwrite the input, an existing file unless that is allowed, or one output with the other."""
    if len({target.resolve() for target in targets if target}) < sum(target is not None for target in targets):
        raise ConfigError("--output and --diff are the same file; name two")
    for target in targets:
        if target is not None:
            check_output(target, *sources, overwrite=overwrite)


def _check_models(opinions: Sequence["Opinions"], least: int) -> None:
    """Refuse if too few models could agree; warn if only some documents have enough.

    Raises:
        ConfigError: no document has enough models.
    """
    most = max(len(each.scores) for each in opinions)
    if most < least:
        raise ConfigError(
            f"at most {most} of the models did not see a document, {least} are asked for (--models); "
            "train with --seeds or --bootstrap, or name several runs made from the same documents"
        )
    fewer = sum(len(each.scores) < least for each in opinions)
    if fewer:
        logger.warning(
            "%d of %d documents stay as they are: fewer than %d models did not see them", fewer, len(opinions), least
        )


def _put_back(
    documents: Sequence["Document"], reviewed: Path, format: str
) -> tuple[list["Document"], list[dict[str, object]]]:
    """The corrected documents; an entity that replaces an overlapping one counts as changed, others as added."""
    from bert4ner.data.corrections import put_back
    from bert4ner.data.documents import read_documents
    from bert4ner.scoring.errors import collect_errors

    new = put_back(documents, read_documents(reviewed, format, annotated=False))
    lines: list[dict[str, object]] = [
        {
            "id": document.id,
            "action": {"missed": "removed", "spurious": "added"}.get(error.kind, "changed"),
            "before": None if error.gold is None else _values(document, error.gold),
            "entity": None if error.predicted is None else _values(document, error.predicted),
            "evidence": {"reviewed": str(reviewed)},
        }
        for document, error in collect_errors(zip(documents, new, strict=True))
    ]
    return new, lines


def _agreed(
    documents: Sequence["Document"], runs: Sequence[Path], least_models: int
) -> tuple[list["Document"], list[dict[str, object]]]:
    """The documents with the changes on which models agree."""
    from bert4ner.combine.opinions import ask_runs  # deferred: mistakes are reported without TensorFlow
    from bert4ner.scoring.agreement import agreed_changes, apply_changes

    opinions = ask_runs(runs, documents, nbest=1)
    _check_models(opinions, least_models)
    changes = agreed_changes(opinions, least_models=least_models)
    return apply_changes(documents, changes), _agreed_lines(documents, changes, runs)


def _agreed_lines(
    documents: Sequence["Document"], changes: Iterable["Change"], runs: Sequence[Path]
) -> list[dict[str, object]]:
    by_id = {document.id: document for document in documents}
    return [
        {
            "id": change.id,
            "action": change.action,
            "entity": _values(by_id[change.id], change.entity),
            "evidence": {
                "votes": change.votes,
                "models": change.models,
                "probability": change.probability,
                "runs": [str(run) for run in runs],
            },
        }
        for change in changes
    ]


def _values(document: "Document", entity: "Entity") -> dict[str, object]:
    values = {"start": entity.start, "end": entity.end, "label": entity.label, "mention": document.mention(entity)}
    return {**values, "fragments": [list(each) for each in entity.fragments]} if entity.fragments else values


def _write(lines: Iterable[dict[str, object]], path: Path) -> None:
    from bert4ner.data.writing import atomic_write

    with atomic_write(path) as handle:
        for line in lines:
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
