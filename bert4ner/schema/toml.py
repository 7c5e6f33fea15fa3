"""TOML within bounds."""

import re
import sys

from bert4ner.errors import said
from bert4ner.schema.content import Unreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){20}""")
"""A dotted name of so many parts; the parser takes the square of their number."""


def parse_toml(text: str) -> dict[str, object]:
    """What TOML says.

    Raises:
        Unreadable: it is none, is nested too deeply, or has a number of thousands of digits; says where.
    """
    if _DEEP.search(text):
        raise Unreadable("nested too deeply to read")
    try:
        table: dict[str, object] = tomllib.loads(text)
    except ValueError as error:
        raise Unreadable(said(error)) from None
    except RecursionError:
        raise Unreadable("nested too deeply to read") from None
    return table
