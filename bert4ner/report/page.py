"""Shows a run on one HTML page: the training, the scores, the errors. Needs no network.

In English and Chinese: the browser's language decides, a button changes it; without a script it is English.
"""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bert4ner.data.visible import visible
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.phrases import known
from bert4ner.report.gold_values import about_gold, look_at_gold
from bert4ner.report.run_values import about_run, about_scores, about_setup, about_training
from bert4ner.report.speech import data, name, say
from bert4ner.runs.layout import REPORT
from bert4ner.runs.record import CombinedRun, TrainedRun, open_run

TEMPLATE = "report.html.jinja"
PLACES = 100  # of each kind that `audit` finds


def write_report(run: str | Path, *, gold: Sequence[Document] | None = None, output: str | Path | None = None) -> Path:
    """Write the report of a complete run; returns its path.

    Args:
        run: the folder of the run.
        gold: the annotated documents that the run was made from (others among them are ignored); without them the
            page has no errors and no calibration.
        output: the file; by default report.html in the run's folder.

    Raises:
        RunError, ConfigError: the run is incomplete or damaged.
        DataError: gold lacks documents of the run, or `output` cannot be written.
    """
    record = open_run(run)
    path = Path(output) if output is not None else record.path / REPORT
    page = render(record, gold)
    with atomic_write(path) as aside:
        aside.write(page.encode("utf-8", "backslashreplace").decode())  # a command may not be UTF-8
    return path


def render(record: TrainedRun | CombinedRun, gold: Sequence[Document] | None = None) -> str:
    """The page as text; arguments and errors as for `write_report`."""
    view = None if gold is None else look_at_gold(record, gold)
    values = {**about_run(record), **about_setup(record), **about_scores(record), **about_training(record)}
    return _template().render(**values, **about_gold(record, view))


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share, digits=2: f"{100 * share:.{digits}f}"
    environment.filters.update(visible=visible, data=data)
    environment.globals.update(PLACES=PLACES, say=say, name=name, known=known)
    return environment.get_template(TEMPLATE)
