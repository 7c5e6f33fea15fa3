"""Options: fields of frozen dataclasses that carry their help, range and choices, said once and used everywhere.

Objects of options check themselves, change by the names of options, and are read from and written to TOML; commands
make their flags of the same fields (see `cli.parameters`). What any option means is not known here.

Example:
    >>> from dataclasses import dataclass
    >>> from bert4ner.options import Options, option
    >>> @dataclass(frozen=True)
    ... class TuneOptions(Options):
    ...     trials: int = option(20, "How many configurations are tried.", low=1)
    >>> TuneOptions().replace(trials=5)
    TuneOptions(trials=5)
    >>> TuneOptions(trials=0)
    Traceback (most recent call last):
    bert4ner.errors.ConfigError: trials must be at least 1, got 0
"""

from bert4ner.options.fields import About, Option, Range, Text, describe, option
from bert4ner.options.layout import Group
from bert4ner.options.objects import Options
from bert4ner.options.toml import read_toml, refusals_name
from bert4ner.options.versions import Migration

__all__ = [
    "About",
    "Group",
    "Migration",
    "Option",
    "Options",
    "Range",
    "Text",
    "describe",
    "option",
    "read_toml",
    "refusals_name",
]
