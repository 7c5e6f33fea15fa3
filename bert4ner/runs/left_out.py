"""What annotation was left out when the data of a run was read: of a combined run, when that of its members was."""

from bert4ner.data.left_out import LeftOut
from bert4ner.runs.folds import read_folds
from bert4ner.runs.layout import is_trained
from bert4ner.runs.record import CombinedRun, TrainedRun


def left_out_of_run(record: TrainedRun | CombinedRun) -> tuple[LeftOut, ...]:
    """The kinds of annotation left out, each once; none of runs of earlier versions, which did not record it."""
    if isinstance(record, TrainedRun):
        return record.folds.left_out
    members = (record.path / name for names in record.combination.folders() for name in names)
    kinds = (each for member in members if is_trained(member) for each in read_folds(member).left_out)
    return tuple(dict.fromkeys(kinds))
