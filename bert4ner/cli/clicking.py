"""Splits the arguments of a command with click, and turns click's exceptions into one message.

Collects everything that is missing or unknown before it reports; `parsing` interprets the values.
"""

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence

import click
from click.core import ParameterSource

from bert4ner.cli.parameters import Parameter, Signature
from bert4ner.errors import ConfigError
from bert4ner.other_names import ADVICE, ALIASES, usual_names

_HELP_MEANT = "did you mean --help?"
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\uff0d"


class HelpShown(Exception):
    """Help was requested, and printed."""


def split(signature: Signature, arguments: Sequence[str], *, prog: str, page: Callable[[], str]) -> dict[str, object]:
    """The values of all parameters in the arguments, by name; parameters of several words have tuples.

    Args:
        signature: the parameters of the command.
        arguments: the words after the command's name.
        prog: the command as users type it, for messages.
        page: makes the help page.

    Raises:
        ConfigError: everything missing and unknown, or the first invalid value, in one line.
        HelpShown: help was printed, and there is nothing else to do.
    """
    context = _Command(signature, prog, page).read(arguments)
    return {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


class _Command(click.Command):
    def __init__(self, signature: Signature, prog: str, page: Callable[[], str]) -> None:
        settings = {
            "help_option_names": ["-h", "--help"],
            "allow_extra_args": True,  # reported here, together with the other mistakes
            "token_normalize_func": _normalized,
        }
        parameters = signature.all()
        super().__init__(prog, params=[_click_parameter(each) for each in parameters], context_settings=settings)
        self._page = page
        self._options = [each for each in parameters if not each.positional]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole page."""
        formatter.write(self._page())

    def read(self, arguments: Sequence[str]) -> click.Context:
        """The context with the values of all parameters; raises as `split` does."""
        if dashed := list(_other_dashes(arguments, {flag for each in self._options for flag in each.flags})):
            raise self._mistake(dashed)
        named = list(usual_names(arguments, [each.option.flag for each in self._options]))
        words = _repeated(named, {each.option.flag for each in self._options if each.is_many})
        missing: list[str] = []
        unknown: list[str] = []
        while True:  # click stops at the first mistake: mend it, note it, and look for the next
            try:
                context = self.make_context(self.name, list(words))
                break
            except click.NoSuchOption as error:
                unknown.append(self._unknown(words.pop(_place(error.option_name, words)).partition("=")[0]))
            except click.MissingParameter as error:
                missing.append(_waive(error.param))
            except click.UsageError as error:
                raise self._mistake([*unknown, self._misused(error)]) from None
            except click.exceptions.Exit:
                raise HelpShown from None
        wanted_help = any(phrase.endswith(_HELP_MEANT) for phrase in unknown)
        phrases = [f"missing: {', '.join(missing)}"] if missing and not wanted_help else []
        phrases += unknown or (_unexpected(context.args) if context.args else [])
        if phrases:
            raise self._mistake(phrases)
        return context

    def _mistake(self, phrases: Sequence[str]) -> ConfigError:
        return ConfigError(f"{'; '.join(phrases)} (see {self.name} --help)")

    def _unknown(self, name: str) -> str:
        if advice := ADVICE.get(_normalized(name)):
            return f"unknown option {name}; {advice}"
        known = [each.option.flag.lstrip("-") for each in self._options]
        close = difflib.get_close_matches(_normalized(name).lstrip("-"), [*known, "help"], n=1, cutoff=0.6)
        return f"unknown option {name}" + (f", did you mean --{close[0]}?" if close else "")

    def _misused(self, error: click.UsageError) -> str:
        """A phrase about an option whose value is invalid, missing, or not allowed."""
        if isinstance(error, click.BadParameter) and error.param is not None:
            return f"{_label(error.param)}: {error.message}"
        if isinstance(error, click.BadOptionUsage):
            takes_value = any(error.option_name == each.option.flag and not each.is_switch for each in self._options)
            return f"{error.option_name}: {'expected a value, found none' if takes_value else 'takes no value'}"
        return error.message


def _other_dashes(words: Sequence[str], flags: Collection[str]) -> Iterator[str]:
    """A phrase about each option written with another dash than "-", as input methods and word processors make them."""
    for word in words:
        if word == "--":
            return
        rest = word.lstrip(_DASHES)
        dashes = word[: len(word) - len(rest)]
        name = "--" + rest.partition("=")[0].replace("_", "-")
        if dashes.strip("-") and (name in flags or name in ALIASES or name == "--help"):
            yield f'{word.partition("=")[0]} begins with a dash that is not "-": write {name}'


def _unexpected(words: Sequence[str]) -> list[str]:
    """A phrase about words behind the last argument, which a path divided at its blanks leaves."""
    return [f"unexpected argument: {', '.join(words)}; a path with blanks needs quotes"]


class _Value(click.ParamType):  # type: ignore[type-arg]  # generic in some versions of click only
    """Turns words into values, as the option defines."""

    def __init__(self, parameter: Parameter) -> None:
        self.name = parameter.label
        self._parameter = parameter

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """The value of one word."""
        if not self._parameter.positional and ctx is not None and _is_option(value, ctx.command):
            self.fail(f"expected a value, found the option {value}", param, ctx)
        try:
            return self._parameter.option.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _click_parameter(parameter: Parameter) -> click.Parameter:
    option, name, many = parameter.option, parameter.name, parameter.is_many
    if parameter.positional:
        needed = parameter.required and not many  # the command decides what to do without any
        return click.Argument([name], type=_Value(parameter), nargs=-1 if many else 1, required=needed)
    if parameter.is_switch:
        return click.Option([name, "/".join(parameter.flags)], is_flag=True)
    return click.Option([name, option.flag], type=_Value(parameter), multiple=many, required=parameter.required)


def _label(parameter: click.Parameter) -> str:
    """The name of a parameter in messages."""
    return parameter.type.name


def _waive(parameter: click.Parameter | None) -> str:
    """Stop requiring a missing parameter, and return its name."""
    assert parameter is not None  # click names the missing one
    parameter.required = False
    return _label(parameter)


def _is_option(word: str, command: click.Command) -> bool:
    return word.startswith("--") and any(_normalized(word) in each.opts for each in command.params)


def _normalized(name: str) -> str:
    """--max_length is --max-length."""
    return name.replace("_", "-")


def _place(name: str, words: Sequence[str]) -> int:
    """The word of an unknown option: --name, --name=value, or -abc for a letter, which may be _, written as -- then."""
    for number, word in enumerate(words):
        letters = word[1:] if word[:1] == "-" != word[1:2] and len(name) == 2 else ""
        if _normalized(word.partition("=")[0]) == name or name[1] in _normalized(letters):
            return number
    raise AssertionError(f"{name} is not in {words}")


def _repeated(words: Sequence[str], many: Collection[str]) -> list[str]:
    """``--longest A=1 B=2`` as ``--longest A=1 --longest B=2``: click takes one value for each option."""
    result: list[str] = []
    flag, values = "", 0
    for number, word in enumerate(words):
        if word == "--":
            return [*result, *words[number:]]
        if word.startswith("-") and len(word) > 1:
            name, has_value, _ = word.partition("=")
            flag, values = _normalized(name), int(bool(has_value))
        elif flag in many:
            values += 1
            result += [flag] if values > 1 else []
        result.append(word)
    return result
