"""From a command's function and its arguments to the values it is to be called with; wrong ones become one line.

tyro reads the options off the function's signature and off `Config`; it tells mistakes in boxes, which are unpacked
here. Runs no command.
"""

import difflib
import inspect
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import tyro

from bert4ner.config import Config
from bert4ner.errors import ConfigError

Quiet = Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help="Tell of warnings and errors only.")]
ConfigFile = Annotated[
    Path | None,
    tyro.conf.arg(metavar="FILE", help="TOML file with any of the options below; options on the command line win."),
]


def parse(function: Callable[..., None], arguments: Sequence[str], *, prog: str) -> dict[str, Any] | None:
    """The keyword arguments for `function`, and `quiet`; None when help was asked for, which is then printed.

    A parameter whose default is a `Config` becomes its options and ``--config FILE``, whose values are their defaults.
    The function's docstring is its help; its last paragraph, the example, is printed last.

    Raises:
        ConfigError: a mistake in the arguments, in one line.
    """
    signature = _signature(function, arguments)
    helped, told = _Terminal(), _Terminal()
    try:
        with redirect_stdout(helped), redirect_stderr(told), _wide(unless="-h" in arguments or "--help" in arguments):
            values = tyro.cli(_collector(signature), args=arguments, prog=prog, description="")
    except SystemExit as end:
        if not end.code:
            print(_help(helped.getvalue(), inspect.cleandoc(function.__doc__ or "")))
            return None
        raise ConfigError(f"{unboxed(told.getvalue(), known=_option_names(signature))} (see {prog} --help)") from None
    if "config" not in inspect.signature(function).parameters:  # then it was read before, see `_base`
        values.pop("config", None)
    return values


def _signature(function: Callable[..., None], arguments: Sequence[str]) -> inspect.Signature:
    """The function's own, the configuration file's values as defaults, with the options that every command has."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if isinstance(parameter.default, Config):
            parameters.append(inspect.Parameter("config", keyword, default=None, annotation=ConfigFile))
            parameter = parameter.replace(default=_base(parameter.default, arguments), kind=keyword)
        parameters.append(parameter)
    parameters.append(inspect.Parameter("quiet", keyword, default=False, annotation=Quiet))
    return inspect.Signature(parameters)


def _base(default: Config, arguments: Sequence[str]) -> Config:
    """The configuration that ``--config`` names; it must be known before the other options can be read."""
    path = None
    for argument, following in zip_longest(arguments, arguments[1:]):
        if argument == "--config":
            path = following
        elif argument.startswith("--config="):
            path = argument.removeprefix("--config=")
    return default if path is None else Config.load(path)


def _collector(signature: inspect.Signature) -> Callable[..., dict[str, Any]]:
    """A function of this signature, for tyro, that returns what it was called with."""

    def collect(*args: Any, **kwargs: Any) -> dict[str, Any]:
        return signature.bind(*args, **kwargs).arguments

    collect.__signature__ = signature  # type: ignore[attr-defined]
    collect.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
    return collect


class _Terminal(io.StringIO):
    """Catches what tyro prints, and has it drawn as for the real output."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return bool(sys.__stdout__ and sys.__stdout__.isatty())


def _help(drawn: str, docstring: str) -> str:
    """tyro's usage and options; between them the description, wrapped; below them the example."""
    usage, _, options = drawn.partition("\n")
    *description, example = docstring.split("\n\n")
    width = max(40, min(80, shutil.get_terminal_size().columns))
    paragraphs = [textwrap.fill(" ".join(paragraph.split()), width) for paragraph in description]
    return "\n\n".join([usage, *paragraphs, options.strip("\n"), example])


def _option_names(signature: inspect.Signature) -> set[str]:
    names = {*signature.parameters, "help"}
    for parameter in signature.parameters.values():
        if isinstance(parameter.default, Config):
            names |= parameter.default.options().keys()
    return {"--" + name.replace("_", "-") for name in names}


@contextmanager
def _wide(*, unless: bool) -> Iterator[None]:
    """Have boxes drawn so wide that nothing in them is wrapped."""
    before = os.environ.get("COLUMNS")
    if not unless:
        os.environ["COLUMNS"] = "100000"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("COLUMNS", None)
        else:
            os.environ["COLUMNS"] = before


_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_RULE = re.compile(r"[─-]+")
_KINDS = {"INT": "a whole number", "FLOAT": "a number"}
_VALUE_ERRORS = (  # what tyro says after "Error parsing NAME: ", what was expected, what was found
    (re.compile(r"invalid literal for int\(\) with base 10: (?P<found>.*)"), "INT"),
    (re.compile(r"could not convert string to float: (?P<found>.*)"), "FLOAT"),
    (re.compile(r"no type matching (?P<expected>\S+) could be instantiated from \[(?P<found>.*?)\]\."), None),
)


def unboxed(box: str, *, known: Collection[str]) -> str:
    """The one line that says what a box of tyro's says.

    Args:
        known: all options, to name the one that was perhaps meant.
    """
    lines = [_ANSI.sub("", line).strip("╭╮╰╯│").rstrip() for line in box.splitlines()]
    lines = [line for line in lines if line.strip()][1:]  # without the title
    lines = [" " if _RULE.fullmatch(line.strip()) else line for line in lines]
    paragraphs = textwrap.dedent("\n".join(lines)).strip("\n").split("\n\n")
    first, *details = paragraphs[0].splitlines() or [""]
    if first.startswith("Missing from "):
        names = [_invocation(line) for line in details if _indent(line) == 4]
        unknown = [
            line.strip()
            for paragraph in paragraphs[1:]
            if paragraph.startswith("Unrecognized options:")
            for line in paragraph.splitlines()[1:]
        ]
        return "; ".join([f"missing: {', '.join(names)}", *_unknown(unknown, known)])
    if first.startswith("Unrecognized options: "):
        return "; ".join(_unknown(first.partition(": ")[2].split(", "), known))
    if match := re.match(r"invalid choice '(.*)' for argument '(.*)'\. Expected one of (\(.*\))\.", first):
        return _bad_choice(*match.groups())
    if match := re.match(r"Missing value for argument '(.*)'\.", first):
        return f"{match[1]}: expected a value, found none"
    if match := re.match(r"Error parsing (.*?): (.*)", first):
        return f"{match[1]}: {_bad_value(match[2])}"
    return " ".join(paragraphs[0].split())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _invocation(line: str) -> str:
    """``--output RUN`` as ``--output``, ``DATA`` as it is."""
    return line.split()[0]


def _unknown(tokens: Sequence[str], known: Collection[str]) -> list[str]:
    """A phrase for each option that nobody knows, or, if there is none, for the arguments that are too many."""
    options = [token for token in tokens if token.startswith("-")]
    if not options:
        return [f"unexpected argument: {', '.join(tokens)}"] if tokens else []
    phrases = []
    for option in options:
        name = option.partition("=")[0]
        close = difflib.get_close_matches(name.replace("_", "-"), known, n=1, cutoff=0.6)
        phrases.append(f"unknown option {name}" + (f", did you mean {close[0]}?" if close else ""))
    return phrases


def _bad_choice(found: str, name: str, choices: str) -> str:
    known = re.findall(r"'([^']*)'", choices)
    close = difflib.get_close_matches(found, known, n=1, cutoff=0.5)
    return f"{name}: expected one of {', '.join(known)}, found {found!r}" + (
        f", did you mean {close[0]}?" if close else ""
    )


def _bad_value(message: str) -> str:
    for pattern, kind in _VALUE_ERRORS:
        if match := pattern.match(message):
            kinds = [_KINDS.get(each, each.strip("{}")) for each in (kind or match["expected"]).split("|")]
            return f"expected {' or '.join(kinds)}, found {match['found']}"
    return message
