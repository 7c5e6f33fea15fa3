"""From a command's function and its arguments to the values it is to be called with; wrong ones become one line.

click splits the arguments and finds the mistakes, which it tells as exceptions; what they are called here is put
together from these. Runs no command.
"""

import difflib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bert4ner.cli.helping import help_page
from bert4ner.cli.parameters import Parameter, Signature, read_signature
from bert4ner.errors import ConfigError
from bert4ner.options import Options, read_toml, refusals_name


def parse(function: Callable[..., None], arguments: Sequence[str], *, prog: str) -> dict[str, Any] | None:
    """The keyword arguments for `function`, and `quiet`; None when help was asked for, which is then printed.

    The function's docstring is its help; its last paragraph, the example, is printed last. An option of several values
    takes all words up to the next option, and may be given several times.

    Raises:
        ConfigError: a mistake in the arguments, in one line.
    """
    signature = read_signature(function)
    command = _Command(signature, prog, function.__doc__ or "")
    try:
        context = command.read(arguments)
    except click.exceptions.Exit:
        return None
    except _Mistake as mistake:
        raise ConfigError(f"{mistake} (see {prog} --help)") from None
    given = {name: value for name, value in context.params.items() if _is_given(context, name)}
    values = _own_values(signature, given)
    objects = _objects(signature, values.pop("config", None), given) if signature.objects else {}
    return {**values, **objects}


class _Mistake(Exception):
    """What is wrong with the arguments."""


class _Command(click.Command):
    """A command whose parameters are read off a signature, and whose mistakes are collected."""

    def __init__(self, signature: Signature, prog: str, docstring: str) -> None:
        settings = {
            "help_option_names": ["-h", "--help"],
            "allow_extra_args": True,
            "token_normalize_func": _normalized,
        }
        super().__init__(prog, params=[_click_parameter(each) for each in signature.all()], context_settings=settings)
        self._known = {each.option.flag for each in signature.all() if not each.positional} | {"--help"}
        self._many = {each.option.flag for each in signature.all() if each.is_many and not each.positional}
        self._signature, self._docstring = signature, docstring

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole page."""
        formatter.write(help_page(self._signature, str(self.name), self._docstring))

    def read(self, arguments: Sequence[str]) -> click.Context:
        """The context with the values of all parameters.

        Raises:
            _Mistake: all that is missing and unknown, or the first value that is none.
        """
        words, missing, unknown = _repeated(arguments, self._many), [], []
        while True:
            try:
                context = self.make_context(self.name, list(words))
                break
            except click.NoSuchOption as error:
                place = _place(error.option_name, words)
                unknown.append(self._unknown(words.pop(place).partition("=")[0]))
            except click.MissingParameter as error:
                assert error.param is not None
                missing.append(_label(error.param))
                error.param.required = False
            except click.BadOptionUsage as error:
                raise _Mistake("; ".join([*unknown, self._misused(error.option_name)])) from None
            except click.BadParameter as error:
                assert error.param is not None
                raise _Mistake("; ".join([*unknown, f"{_label(error.param)}: {error.message}"])) from None
        phrases = [f"missing: {', '.join(missing)}"] if missing else []
        phrases += unknown or ([f"unexpected argument: {', '.join(context.args)}"] if context.args else [])
        if phrases:
            raise _Mistake("; ".join(phrases))
        return context

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name.replace("_", "-"), self._known, n=1, cutoff=0.6)
        return f"unknown option {name}" + (f", did you mean {close[0]}?" if close else "")

    def _misused(self, name: str) -> str:
        switch = any(
            name in (*each.opts, *each.secondary_opts) and each.is_flag
            for each in self.params
            if isinstance(each, click.Option)
        )
        return f"{name}: takes no value" if switch else f"{name}: expected a value, found none"


class _Value(click.ParamType):  # type: ignore[type-arg]  # generic in some versions only
    """Words to values, as the option says."""

    def __init__(self, parameter: Parameter) -> None:
        self.name = parameter.label
        self._parameter = parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not self._parameter.positional and ctx is not None and _is_option(value, ctx.command):
            self.fail(f"expected a value, found the option {value}", param, ctx)
        try:
            return self._parameter.option.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _click_parameter(parameter: Parameter) -> click.Parameter:
    option, name = parameter.option, parameter.name
    if parameter.positional:
        many = parameter.is_many
        return click.Argument(
            [name],
            type=_Value(parameter),
            metavar=parameter.metavar,
            nargs=-1 if many else 1,
            required=parameter.required and not many,
        )
    if parameter.is_switch:
        negative = f"/--no-{option.flag.removeprefix('--')}" if parameter.both_ways else ""
        return click.Option([name, option.flag + negative], is_flag=True)
    return click.Option(
        [name, option.flag], type=_Value(parameter), multiple=parameter.is_many, required=parameter.required
    )


def _label(parameter: click.Parameter) -> str:
    """What a message calls it."""
    return parameter.type.name


def _is_option(word: str, command: click.Command) -> bool:
    return word.startswith("--") and any(_normalized(word) in each.opts for each in command.params)


def _normalized(name: str) -> str:
    """--max_length is --max-length."""
    return name.replace("_", "-")


def _place(name: str, words: Sequence[str]) -> int:
    """Which word an unknown option is: --name, --name=value, or -abc for a letter."""
    long = name.startswith("--")
    for number, word in enumerate(words):
        if _normalized(word.partition("=")[0]) == name if long else word[:1] == "-" != word[1:2] and name[1] in word:
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
            flag, values = _normalized(word), 0
        elif flag in many:
            values += 1
            result += [flag] if values > 1 else []
        result.append(word)
    return result


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _own_values(signature: Signature, given: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for each in signature.parameters:
        values[each.name] = each.option.default
        if each.name in given:
            collect = each.option.kinds[0].collect
            values[each.name] = collect(given[each.name]) if collect else given[each.name]
            each.option.check(values[each.name])
    return values


def _objects(signature: Signature, path: Path | None, given: dict[str, Any]) -> dict[str, Options]:
    """The objects of options: what the file says and, above it, the command line; tables are joined label by label."""
    bases = dict(signature.objects) if path is None else _from_file(path, signature.objects)
    return {name: base.replace(**_changes(base, name, given)) for name, base in bases.items()}


def _changes(base: Options, name: str, given: dict[str, Any]) -> dict[str, Any]:
    before = base.options()
    changes = {}
    for option in (each for group in base.groups() for each in group.options):
        if (full := f"{name}__{option.name}") in given:
            table = option.kinds[0].collect is dict
            changes[option.name] = {**before[option.name], **dict(given[full])} if table else given[full]
    return changes


def _from_file(path: Path, objects: dict[str, Options]) -> dict[str, Options]:
    """What a TOML file says of the objects of a command; what none of them knows, the first one refuses."""
    shares: dict[str, dict[str, Any]] = {name: {} for name in objects}
    for key, value in read_toml(path).items():
        owners = [name for name, each in objects.items() if each.knows(key)] or list(objects)[:1]
        for owner in owners:
            shares[owner][key] = value
    with refusals_name(path):
        return {name: each.with_table(shares[name]) for name, each in objects.items()}
