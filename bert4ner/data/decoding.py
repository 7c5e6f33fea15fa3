"""UTF-8 bytes to text: repairs emoji cut into two surrogates, refuses other encodings and names the likely one."""

import re
import shlex
from pathlib import Path

from bert4ner.data.repairs import Repairs
from bert4ner.data.streams import is_copy
from bert4ner.errors import DataError

BOM = "\ufeff"
SURROGATE = re.compile("[\ud800-\udfff]")
TWO_BYTE_MARKS = (b"\xff\xfe", b"\xfe\xff")
SHOWN_PATH = 120  # characters; of a longer path, the command in a message has the name alone
TABLES = (".csv", ".tsv", ".xls")


def decode(data: bytes, path: Path, line: int | None, repairs: Repairs) -> str:
    """UTF-8 bytes of a file or of one line; surrogates encoded one by one (CESU-8) are joined and counted.

    A surrogate without its other half stays in the result: only the caller knows whether the next line holds it.

    Raises:
        DataError: the bytes are not UTF-8; names the likely encoding, with the command that converts it.
    """
    where = str(path) if line is None else f"{path}:{line}"
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = error
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise DataError(
            f"{where}: expected UTF-8, found byte 0x{data[problem.start]:02x} at {problem.start}; "
            f"{likely_encoding(data, path)}"
        ) from None
    joined = join_surrogates(text)
    repairs.note("emoji encoded as two surrogates (CESU-8) read as one character", where, count=len(text) - len(joined))
    return joined


def join_surrogates(text: str) -> str:
    """Every high surrogate followed by a low one becomes the character that the pair stands for."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def likely_encoding(data: bytes, path: Path) -> str:
    """What to do with bytes that are not UTF-8."""
    if data[:2] in TWO_BYTE_MARKS:
        return f"the file is UTF-16: {_conversion('UTF-16', path)}"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "export the file again as UTF-8"
    return f"it reads as GB18030 (GBK): {_conversion('GB18030', path)}"


def _conversion(encoding: str, path: Path) -> str:
    """The whole command that writes the file again as UTF-8, ready for a shell."""
    command = f"iconv -f {encoding} -t UTF-8"
    if is_copy(path):
        return f"convert it with {command} before the pipe"
    old = path if len(str(path)) <= SHOWN_PATH else Path(path.name)
    new = old.with_name(f"{old.stem[:SHOWN_PATH]}.utf8{old.suffix}")
    place = "" if old == path else "in its folder "
    again = ", or save it as CSV UTF-8 in Excel" if path.suffix.lower() in TABLES else ""
    return f"convert it {place}with {command} {shlex.quote(str(old))} > {shlex.quote(str(new))}{again}"


def guard_bom(text: str) -> str:
    """`text` as the start of a file: a byte order mark that belongs to it survives, because readers remove only one."""
    return BOM + text if text.startswith(BOM) else text
