"""``bert4ner convert``: from one data format to another."""

from pathlib import Path
from typing import Annotated

from bert4ner.cli.options import InputFormat, OutputFormat
from bert4ner.cli.outputs import Overwrite, check_output, folder_replaced
from bert4ner.cli.reading import ReadingOptions
from bert4ner.data.streams import is_stdout
from bert4ner.errors import ConfigError
from bert4ner.network_options import SchemeName
from bert4ner.options import describe


def convert(
    input: Annotated[Path, describe("Documents: a file, a folder as brat has it, or - for stdin.", metavar="IN")],
    output: Annotated[Path, describe("The file to write, - for stdout; for brat a folder.", metavar="OUT")],
    *,
    format: OutputFormat,
    input_format: InputFormat = "auto",
    scheme: Annotated[
        SchemeName | None, describe("bio, bios or bioes: the tags to write with --format bio.", metavar="SCHEME")
    ] = None,
    overwrite: Overwrite = False,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008  (frozen)
) -> None:
    """Convert documents from one format to another; whatever had to be repaired or could not be kept is counted.

    e.g.  bert4ner convert examples/data/leaflets.jsonl leaflets.bio --format bio --scheme bioes
    """
    from bert4ner.cli.printing import tell
    from bert4ner.data.documents import read_with_report, warn_of_no_entities, what_is_written, write_documents

    if scheme is not None and format != "bio":
        raise ConfigError(f"--scheme is for --format bio, the format {format} has no tags")
    check_output(output, input, overwrite=overwrite, brat=format == "brat")
    result = read_with_report(input, input_format, **reading.given())
    warn_of_no_entities(input, result)
    with folder_replaced(output, overwrite=overwrite and format == "brat") as place:
        write_documents(result.documents, place, format, **({} if scheme is None else {"scheme": scheme}))
    repairs = result.repairs
    for line in (
        f"{input}: {result.describe()}",
        *(f"repaired: {line}" for line in repairs.describe()),
        *(f"  {line}" for line in repairs.listed()),
        f"{output}: written as {format}: {what_is_written(result.documents, format)}",
    ):
        tell(line, aside=is_stdout(output))
