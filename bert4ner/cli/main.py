"""The command ``bert4ner``: finds and runs a command, and turns expected errors into one line.

Imports only the requested command, so that ``bert4ner --help`` answers at once. Each command is a module of its own,
`parsing` reads its arguments.
"""

import difflib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bert4ner.cli.stopping import stopped
from bert4ner.data.failures import in_words, is_unnamed, unwritten
from bert4ner.data.streams import without_copies
from bert4ner.data.visible import visible
from bert4ner.errors import Bert4NERError, shown
from bert4ner.other_names import COMMANDS_MEANT
from bert4ner.registry import COMMANDS
from bert4ner.version import VERSION

USAGE_ERROR = 2
BROKEN_PIPE = 141  # the shell's exit code for a program that SIGPIPE ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    Args:
        arguments: the words after ``bert4ner``; by default those of the process.
    """
    _open_closed()
    _speak_utf8()
    try:
        code = _answer((sys.argv[1:] if arguments is None else arguments) or ["--help"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader has read enough
        _drop_output()
        return BROKEN_PIPE
    except OSError as error:
        if not is_unnamed(error):
            raise
        _drop_output()
        return _fail(str(unwritten("standard output", error)))
    return code


def _answer(arguments: Sequence[str]) -> int:
    name, *rest = arguments
    if name in ("-h", "--help"):
        print(overview())
        return 0
    if name == "--version":
        print(f"bert4ner {VERSION}")
        return 0
    if name not in COMMANDS:
        return _fail(_unknown(name))
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        return stopped("; run the same command again to go on" if COMMANDS.get(name).resumable else "")
    except BrokenPipeError:
        raise
    except Bert4NERError as error:
        return _fail(str(error))
    except OSError as error:
        if is_unnamed(error):  # all others are named where they are written
            raise
        return _fail(in_words(error))


def overview() -> str:
    """The text of ``bert4ner --help``, as wide as the terminal; the example is one line, as on all pages."""
    from bert4ner.cli.helping import filled, page_width, two_columns  # deferred: no command needs it

    commands = {name: command.help for name, command in COMMANDS.items()}
    width, column = page_width(), max(map(len, commands)) + 4
    return "\n\n".join(
        [
            "usage: bert4ner COMMAND ...\n       bert4ner COMMAND --help",
            filled("Chinese named-entity recognition with BERT and Keras.", width),
            two_columns(commands.items(), width, column=column),
            two_columns([("--version", "print the version")], width, column=column),
            "e.g.  bert4ner crossval train.json --pretrained tcm-mini --output runs/mine",
        ]
    )


def _unknown(name: str) -> str:
    kind, known = ("option", ["--help", "--version"]) if name.startswith("-") else ("command", list(COMMANDS))
    meant = COMMANDS_MEANT.get(name.lower())
    close = [meant] if meant else difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
    return f"unknown {kind} {shown(name)}, {hint} (see bert4ner --help)"


def _run(name: str, arguments: list[str]) -> int:
    from bert4ner.cli.parsing import parse  # deferred: the overview must not wait for click

    command = COMMANDS.get(name)
    function = command.load()
    if command.runner:
        arguments = _passed_on(function, arguments)
    options = parse(function, arguments, prog=f"bert4ner {name}", often=command.often)
    if options is not None:  # None: help was requested, and printed
        with _logging_to_stderr(logging.WARNING if options.pop("quiet") else logging.INFO):
            function(**options)
    return 0


def _passed_on(function: Callable[..., None], arguments: list[str]) -> list[str]:
    """The arguments with a ``--``, behind which no word is an option, before the first word that is not an option."""
    from bert4ner.cli.parameters import read_signature  # deferred: only commands that run something else need it

    parameters = read_signature(function).parameters
    valued = {each.option.flag for each in parameters if not each.positional and not each.is_switch}
    first = 0
    while first < len(arguments) and arguments[first].startswith("-"):
        first += 2 if arguments[first] in valued else 1
    return [*arguments[:first], "--", *arguments[first:]]


def _fail(message: str) -> int:
    line = " ".join(part.strip() for part in without_copies(message).splitlines())
    print(f"bert4ner: error: {visible(line)}", file=sys.stderr)
    return USAGE_ERROR


class _CurrentStderr(logging.Handler):
    """Writes to the current `sys.stderr`: a progress bar replaces it while it is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        print(visible(without_copies(self.format(record))), file=sys.stderr, flush=True)


@contextmanager
def _logging_to_stderr(level: int) -> Iterator[None]:
    logger, handler = logging.getLogger("bert4ner"), _CurrentStderr()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _speak_utf8() -> None:
    """Results are UTF-8 in every locale; what cannot be encoded (parts of file names) is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _open_closed() -> None:
    """Replace streams that the caller closed by streams to nowhere: `print` takes None for stdout."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # until the process ends


def _drop_output() -> None:
    """Redirect output to nowhere, so that Python's own flush at the end does not fail on it again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except ValueError:  # closed
            continue
        except OSError:
            os.dup2(nothing, stream.fileno())
    os.close(nothing)
