"""Reads a command's arguments into the values for its function; mistakes become one line.

Runs no command. `clicking` splits the arguments, `parameters` reads the signature.
"""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bert4ner.cli.clicking import HelpShown, split
from bert4ner.cli.helping import help_page
from bert4ner.cli.parameters import COMMANDS_OWN, Signature, read_signature
from bert4ner.options import Options, read_toml, refusals_name
from bert4ner.options.versions import FORMAT_KEY


def parse(
    function: Callable[..., None], arguments: Sequence[str], *, prog: str, often: str = ""
) -> dict[str, Any] | None:
    """The keyword arguments for `function`, and `quiet`; None if help was requested and printed.

    The function's docstring is its help; its last paragraph, the example, is printed last. An option with several
    values takes all words up to the next option, and may be repeated.

    Raises:
        ConfigError: a mistake in the arguments, in one line.
    """
    signature = read_signature(function)

    def page() -> str:
        return help_page(signature, prog, function.__doc__ or "", often=often)

    try:
        given = split(signature, arguments, prog=prog, page=page)
    except HelpShown:
        return None
    values = _own_values(signature, given)
    path = values.pop("config", None) if signature.objects else None
    return {**values, **_objects(signature, path, given)}


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
    """The objects of options: the file's values, overridden by the command line; tables are joined label by label."""
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
    """The values in a TOML file for the objects of a command; an object refuses a value that none of them knows."""
    shares: dict[str, dict[str, Any]] = {name: {} for name in objects}
    for key, value in read_toml(path).items():
        owners = [name for name, each in objects.items() if each.knows(key)] or [_likeliest(key, objects)]
        for owner in owners:
            shares[owner][key] = value
    with refusals_name(path):
        return {name: each.with_table(shares[name]) for name, each in objects.items()}


def _likeliest(key: str, objects: dict[str, Options]) -> str:
    """The first object with this name; else the command's own, to which the version in a file belongs, too."""
    close = [name for name, each in objects.items() if difflib.get_close_matches(key, each.options(), cutoff=0.5)]
    others = sorted(objects, key=COMMANDS_OWN.__ne__)
    return [*close, *others][0] if key != FORMAT_KEY else others[0]
