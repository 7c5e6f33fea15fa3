"""The doubtful annotation of ``bert4ner audit --run``: asks the runs, prints the gravest, writes a review file."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bert4ner.cli.options import check_run
from bert4ner.cli.outputs import check_output
from bert4ner.options import Options, option

if TYPE_CHECKING:
    from bert4ner.entities import Document, Entity
    from bert4ner.scoring.suspicion import Doubt, Opinions

SHOWN = 20  # doubts in the table; --json and --review have --first
CONTEXT = 8  # characters on each side
_GRAVE = 0.5


def _a_review_is_by_runs(options: "DoubtOptions") -> str | None:
    if options.run or options.review is None:
        return None
    return "a review file holds doubts of runs; name a run with --run"


@dataclass(frozen=True)
class DoubtOptions(Options):
    """Doubtful annotation, according to models that did not learn from the documents."""

    run: tuple[str, ...] = option(
        (), "Runs made from DATA; their models are asked about documents that they did not see.", metavar="RUN"
    )
    review: str | None = option(None, "File for the most doubtful documents, for an annotation tool.", metavar="FILE")
    review_format: Literal["doccano", "labelstudio", "jsonl"] = option("doccano", "The tool to write the file for.")
    first: int = option(100, "Number of documents in the review file, and of doubts with --json, the gravest.", low=1)
    nbest: int = option(5, "Number of best paths of every model that give candidates.", low=1)
    overwrite: bool = option(False, "Replace an existing review file.")

    relations = (_a_review_is_by_runs,)


def check_doubts(data: Path, options: DoubtOptions) -> None:
    """Refuse at once a path that is not a run, and a review file in the place of the data."""
    for run in options.run:
        check_run(Path(run))
    if options.review is not None:
        check_output(Path(options.review), data, overwrite=options.overwrite)


def ask(documents: Sequence["Document"], options: DoubtOptions) -> list["Opinions"]:
    """The opinions of the models; also writes the review file if one is wanted. Empty without runs."""
    if not options.run:
        return []
    from bert4ner.combine.opinions import ask_runs  # deferred: audit without runs needs no TensorFlow
    from bert4ner.scoring.review import most_doubtful, write_review

    opinions = ask_runs(options.run, documents, nbest=options.nbest)
    if options.review is not None:
        write_review(most_doubtful(opinions, options.first), Path(options.review), options.review_format)
    return opinions


def doubts_as_values(opinions: Sequence["Opinions"], options: DoubtOptions) -> dict[str, object]:
    """The gravest doubts for JSON; empty without runs."""
    if not options.run:
        return {}
    from bert4ner.scoring.suspicion import find_doubts

    doubts = find_doubts(opinions)[: options.first]
    return {"doubts": [{"id": document.id, **asdict(doubt)} for document, doubt in doubts]}


def print_doubts(data: Path, opinions: Sequence["Opinions"], options: DoubtOptions) -> None:
    """Print the number of doubts of each kind, the gravest doubts, and the next command."""
    if not opinions:
        return
    from bert4ner.cli.printing import print_table
    from bert4ner.scoring.suspicion import KINDS, find_doubts

    doubts = find_doubts(opinions)
    models = sorted({len(each.scores) for each in opinions})
    number = f"{models[0]} to {models[-1]}" if len(models) > 1 else str(models[0])
    noun = "model" if models == [1] else "models"
    print(f"\n{len(opinions)} documents, each checked by {number} {noun} that did not learn from it")
    counts = [[kind, sum(d.kind == kind and d.suspicion > _GRAVE for _, d in doubts)] for kind in KINDS]
    print_table("Doubtful annotation, suspicion above 0.5", ["kind", "entities"], [counts])
    rows = [_row(document, doubt) for document, doubt in doubts[:SHOWN]]
    columns = ["suspicion", "kind", "document", "annotated", "suggested", "context"]
    print_table("Most doubtful", columns, [rows])
    if options.review is not None:
        print(f"review:  {options.review}, to be corrected in {options.review_format}")
        print(f"next:    bert4ner correct {shlex.quote(str(data))} --reviewed EXPORT --output NEW.jsonl")


def _row(document: "Document", doubt: "Doubt") -> list[object]:
    involved = [each for each in (doubt.annotated, doubt.suggested) if each is not None]
    start = max(0, min(each.start for each in involved) - CONTEXT)
    context = document.text[start : max(each.end for each in involved) + CONTEXT]
    sides = [_in_words(document, each) for each in (doubt.annotated, doubt.suggested)]
    return [f"{doubt.suspicion:.3f}", doubt.kind, document.id, *sides, context]


def _in_words(document: "Document", entity: "Entity | None") -> str:
    return "" if entity is None else f"{document.mention(entity)} {entity.label} {entity.score:.3f}"
