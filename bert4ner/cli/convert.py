"""``bert4ner convert``: one data format to another."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, OutputFormat
from bert4ner.cli.outputs import Overwrite, check_output, replacing, written_format
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.streams import is_stdout
from bert4ner.errors import ConfigError
from bert4ner.network_options import SchemeName
from bert4ner.options import describe


def convert(
    input: Annotated[Path, describe("Documents: a file, a brat folder, or - for stdin.", metavar="IN")],
    output: Annotated[Path, describe("The file to write, or - for stdout; a folder for brat.", metavar="OUT")],
    *,
    format: OutputFormat = None,
    input_format: InputFormat = "auto",
    scheme: Annotated[
        SchemeName | None, describe("bio, bios or bioes: the tags to write with --format bio.", metavar="SCHEME")
    ] = None,
    overwrite: Overwrite = False,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Convert documents from one format to another; counts what was repaired and what the format cannot hold.

    e.g.  bert4ner convert train.json train.bio --format bio --scheme bioes
    """
    from bert4ner.cli.printing import print_note
    from bert4ner.data.documents import read_with_report, warn_of_no_entities, write_with_report

    format, remark = written_format(output, format)
    if scheme is not None and format != "bio":
        raise ConfigError(f"--scheme is for --format bio; the format {format} has no tags")
    check_output(output, input, overwrite=overwrite, brat=format == "brat")
    result = read_with_report(input, input_format, **reading.given())
    warn_of_no_entities(input, result)
    more: dict[str, object] = {} if scheme is None else {"scheme": scheme}
    written = write_with_report(result.documents, output, format, **more, **replacing(format, overwrite=overwrite))
    repairs = result.repairs
    for line in (
        f"{input}: {result.describe()}",
        *repairs.describe(called=True),
        *(f"  {line}" for line in repairs.listed()),
        f"{output}: written as {format}{remark}: {written.written}",
    ):
        print_note(line, aside=is_stdout(output))
