"""The help page of a command: usage, description, arguments, options by groups, example; as wide as the terminal."""

import inspect
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from bert4ner.cli.parameters import Parameter, Signature
from bert4ner.options.fields import asked_for

NARROWEST, WIDEST = 40, 100
_TWO_COLUMNS = 70  # in a narrower page the help of an option stands below it
_INDENT, _COLUMN = 2, 26


def help_page(signature: Signature, prog: str, docstring: str, *, often: str = "") -> str:
    """The page, without a line break at its end.

    Args:
        signature: the parameters of the command.
        prog: the command as users type it.
        docstring: paragraphs; the last one, the example, is printed as it is.
        often: the options that are listed first, see `command.Command`.
    """
    width = page_width()
    *description, example = inspect.cleandoc(docstring).split("\n\n")
    places = [_place(each) for each in signature.parameters if each.positional]
    parts = [filled(" ".join(["usage:", prog, "[OPTIONS]", *places]), width, indent=7)]
    parts += [filled(description[0], width)]
    sections = [
        f"{filled(title, width)}\n{two_columns(rows, width)}"
        for title, rows in _sections(signature, width, often.split())
        if rows
    ]
    first = 1 + bool(often) if any(each.positional for each in signature.parameters) else bool(often)
    parts += [*sections[:first], *(filled(paragraph, width) for paragraph in description[1:]), *sections[first:]]
    return "\n\n".join([*parts, example])


def page_width() -> int:
    """The width of the terminal, within readable bounds."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))


Row = tuple[str, str]


def _sections(signature: Signature, width: int, often: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
    """Title and rows of each section: arguments, most used options, options without a group, groups."""
    own = [each for each in signature.parameters if not each.positional]
    groups = list(signature.sections)
    for group, members in groups:
        own += () if group.name else members
    by_flag = {each.option.flag: each for each in signature.all() if not each.positional}
    first = [by_flag[f"--{name}"] for name in often]
    yield "arguments:", [(_place(each), _help_of(each)) for each in signature.parameters if each.positional]
    yield "used most:", [_row(each, width) for each in first]
    rest = [_row(each, width) for each in own if each not in first]
    yield "more options:" if first else "options:", [*rest, ("-h, --help", "Show this page.")]
    for group, members in groups:
        if group.name:
            yield f"{group.name} options: {group.help}", [_row(each, width) for each in members if each not in first]


def _place(argument: Parameter) -> str:
    """DATA, RUN [RUN ...] or [ARGS ...]."""
    name = argument.metavar
    if not argument.is_many:
        return name if argument.required else f"[{name}]"
    return f"{name} [{name} ...]" if argument.required else f"[{name} ...]"


def _row(option: Parameter, width: int) -> Row:
    """An option and its help: the words that it accepts in braces, or, if these are too wide, behind its help."""
    flag, words = option.option.flag, option.words
    if option.is_switch:
        return ", ".join(option.flags), _help_of(option)
    braced = f"{flag} {{{','.join(words)}}}"
    if words and len(braced) <= width - _INDENT:
        return braced, _help_of(option)
    metavar = option.option.name.upper() if words else option.metavar
    return f"{flag} {metavar}{' ...' if option.is_many else ''}", _help_of(option, words)


def _help_of(parameter: Parameter, words: Iterable[str] = ()) -> str:
    """Help, accepted words, default."""
    parts = [parameter.option.about.help]
    if listed := ", ".join(words):
        parts.append(f"One of {listed}.")
    if known := ", ".join(asked_for(parameter.option.about.known)):
        parts.append(f"Known: {known}.")
    default, text = parameter.option.default, parameter.option.about.text
    if parameter.required:
        parts.append("(required)")
    elif default not in (None, "", (), {}) and default is not False:
        parts.append(f"(default: {default if text is None else text.write(default)})")
    return " ".join(parts)


def two_columns(rows: Iterable[Row], width: int, *, column: int = _COLUMN) -> str:
    """Rows whose second part starts at a column, or on the next line if the first part is too wide."""
    lines = []
    column = column if width >= _TWO_COLUMNS else 3 * _INDENT
    for name, help in rows:
        text = filled(" " * column + help, width, indent=column)
        if len(name) + 2 * _INDENT <= column:
            text = f"{'':{_INDENT}}{name:{column - _INDENT}}{text.lstrip()}"
        else:
            text = f"{filled(' ' * _INDENT + name, width, indent=2 * _INDENT)}\n{text}"
        lines.append(text)
    return "\n".join(lines)


def filled(text: str, width: int, *, indent: int = 0) -> str:
    """Text in lines of that width, with the second and later ones indented; leading white space is kept."""
    first = text[: len(text) - len(text.lstrip())]
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
