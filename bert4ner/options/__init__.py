"""Options: fields of frozen dataclasses that carry their help, range and choices, defined once and used everywhere.

Objects of options validate themselves, can be changed by the names of options, and are read from and written to TOML.
Commands make their flags from the same fields (see `cli.parameters`). This package does not know any option's meaning.

Example:
    >>> from dataclasses import dataclass
    >>> from bert4ner.options import Options, option
    >>> @dataclass(frozen=True)
    ... class TuneOptions(Options):
    ...     trials: int = option(20, "Number of configurations to try.", low=1)
    >>> TuneOptions().replace(trials=5)
    TuneOptions(trials=5)
    >>> TuneOptions(trials=0)
    Traceback (most recent call last):
    bert4ner.errors.ConfigError: trials must be at least 1, got 0
"""

from bert4ner.options.fields import About, Option, Text, describe, option
from bert4ner.options.layout import Group
from bert4ner.options.objects import Options
from bert4ner.options.toml import read_toml, refusals_name
from bert4ner.options.versions import Migration
from bert4ner.schema import Range

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
