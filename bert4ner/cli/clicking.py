"""A command as click sees it: it splits the arguments, and its exceptions say what is wrong with them.

All that is missing or unknown is collected before it is told; what the values mean is for `parsing`.
"""

import difflib
from collections.abc import Callable, Collection, Sequence

import click
from click.core import ParameterSource

from bert4ner.cli.other_names import ADVICE, usual_names
from bert4ner.cli.parameters import Parameter, Signature
from bert4ner.errors import ConfigError

_HELP_MEANT = "did you mean --help?"


class HelpShown(Exception):
    """Help was asked for, and printed."""


def split(signature: Signature, arguments: Sequence[str], *, prog: str, page: Callable[[], str]) -> dict[str, object]:
    """The values of all parameters that the arguments give, by their names; those of several words as a tuple.

    Args:
        signature: what the command takes.
        arguments: the words after its name.
        prog: the command as it is typed, for messages.
        page: makes the help page.

    Raises:
        ConfigError: all that is missing and unknown, or the first value that is none, in one line.
        HelpShown: there is nothing else to be done.
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
            "allow_extra_args": True,  # told here, with what else is wrong
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
        phrases += unknown or ([f"unexpected argument: {', '.join(context.args)}"] if context.args else [])
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
        """A phrase about an option whose value is not right, or missing, or too much."""
        if isinstance(error, click.BadParameter) and error.param is not None:
            return f"{_label(error.param)}: {error.message}"
        if isinstance(error, click.BadOptionUsage):
            takes_value = any(error.option_name == each.option.flag and not each.is_switch for each in self._options)
            return f"{error.option_name}: {'expected a value, found none' if takes_value else 'takes no value'}"
        return error.message


class _Value(click.ParamType):  # type: ignore[type-arg]  # generic in some versions of click only
    """Words to values, as the option says."""

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
        needed = parameter.required and not many  # what is to be done with none is for the command to say
        return click.Argument([name], type=_Value(parameter), nargs=-1 if many else 1, required=needed)
    if parameter.is_switch:
        return click.Option([name, "/".join(parameter.flags)], is_flag=True)
    return click.Option([name, option.flag], type=_Value(parameter), multiple=many, required=parameter.required)


def _label(parameter: click.Parameter) -> str:
    """What a message calls it."""
    return parameter.type.name


def _waive(parameter: click.Parameter | None) -> str:
    """Do without a missing parameter from now on; what it is called."""
    assert parameter is not None  # click says which one is missing
    parameter.required = False
    return _label(parameter)


def _is_option(word: str, command: click.Command) -> bool:
    return word.startswith("--") and any(_normalized(word) in each.opts for each in command.params)


def _normalized(name: str) -> str:
    """--max_length is --max-length."""
    return name.replace("_", "-")


def _place(name: str, words: Sequence[str]) -> int:
    """Which word an unknown option is: --name, --name=value, or -abc for a letter, which may be _, said as -- then."""
    for number, word in enumerate(words):
        letters = word[1:] if word[:1] == "-" != word[1:2] and len(name) == 2 else ""
        if _normalized(word.partition("=")[0]) == name or name[1] in _normalized(letters):
            return number
    raise AssertionError(f"{name} is not in {words}")


def _repeated(words: Sequence[str], many: Collection[str]) -> list[str]:
    """``--longest A=1 B=2`` as ``--longest A=1 --longest B=2``: click takes one value for each time."""
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
