"""``bert4ner find-rate``: suitable learning rates."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import Data, InputFormat
from bert4ner.cli.reading import ReadingOptions
from bert4ner.config import Config
from bert4ner.errors import DataError
from bert4ner.options import describe


def find_rate(
    data: Data,
    *,
    output: Annotated[Path, describe("Folder for the plot rates.png and for rates.json.", metavar="DIR")],
    steps: Annotated[int, describe("Batches in which the rates rise.", low=20)] = 200,
    lowest: Annotated[float, describe("The encoder's rate at the first batch.", low=1e-9)] = 1e-6,
    highest: Annotated[float, describe("The encoder's rate at the last batch.", low=1e-9)] = 1.0,
    format: InputFormat = "auto",
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
    options: Config = Config(),  # noqa: B008  (frozen)
) -> None:
    """Find learning rates: run a short training with rising rates until it diverges. Keeps no model.

    The suggested rate is a tenth of the rate with the lowest loss. The rates of the head and of lower layers rise in
    their configured proportion.

    e.g.  bert4ner find-rate train.json --pretrained tcm-mini --output rates
    """
    from bert4ner.cli.printing import print_note

    if output.exists() and not output.is_dir():
        raise DataError(f"{output}: expected a folder for the plot and the numbers, found a file; name another")
    options.model.named_encoder()  # before a large file is read
    documents = reading.read(data, format)
    from bert4ner.report.rate_plot import write_rate_plot  # deferred: bad data is reported without TensorFlow
    from bert4ner.runs.files import to_json, write_text
    from bert4ner.train.rate_search import search_rate

    found = search_rate(documents, options, steps=steps, lowest=lowest, highest=highest)
    values = found.to_dict()
    write_text(output / "rates.json", to_json(values))
    write_rate_plot(output / "rates.png", values, suggested=found.suggested)
    print_note(f"lowest loss at {found.lowest:.2g}, of {len(found.rates)} batches up to {found.rates[-1]:.2g}")
    print_note(f"plot:  {output / 'rates.png'}")
    print_note(
        f"try:   --learning-rate {found.suggested:.2g} --head-learning-rate {found.suggested * found.on_top:.2g}"
    )
