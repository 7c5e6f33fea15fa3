"""UTF-8 bytes to text: emoji cut into two surrogates are mended, other encodings are refused with the likely one."""

import re

from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError

BOM = "\ufeff"
SURROGATE = re.compile("[\ud800-\udfff]")
TWO_BYTE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, *, where: str, repairs: Repairs) -> str:
    """UTF-8 bytes as text; surrogates that were encoded one by one (CESU-8) are joined again and counted.

    A surrogate without its other half stays in the result: only the caller knows whether the next line holds it.

    Raises:
        DataError: the bytes are no UTF-8, with the likely encoding.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = error
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise DataError(
            f"{where}: expected UTF-8, found byte 0x{data[problem.start]:02x} at {problem.start}; "
            f"{likely_encoding(data)}"
        ) from None
    joined = join_surrogates(text)
    repairs.note("emoji encoded as two surrogates (CESU-8) read as one character", where, count=len(text) - len(joined))
    return joined


def join_surrogates(text: str) -> str:
    """Every high surrogate followed by a low one becomes the character that the pair stands for."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def likely_encoding(data: bytes) -> str:
    """The cure for bytes that are no UTF-8."""
    if data[:2] in TWO_BYTE_MARKS:
        return "the file is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "export the file again as UTF-8"
    return "it reads as GB18030 (GBK): convert it with iconv -f GB18030 -t UTF-8"


def guard_bom(text: str) -> str:
    """`text` as the start of a file: a byte order mark that belongs to it survives, since readers remove only one."""
    return BOM + text if text.startswith(BOM) else text
