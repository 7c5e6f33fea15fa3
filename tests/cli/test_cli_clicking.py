"""How arguments are split: several values of one option, switches, what looks like an option, anything at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert4ner.cli.parsing import parse
from bert4ner.errors import ConfigError
from bert4ner.options import Options, describe, option


@dataclass(frozen=True)
class Rules(Options):
    """Rules."""

    longest: Mapping[str, int] = option(dict, "Characters.", example="DRUG=1")
    contain: Mapping[str, str] = option(dict, "A pattern.", metavar="LABEL=REGEX", example="DOSE=[0-9]")
    by_kind: bool = option(False, "Whether by kind.")
    least: float | None = option(None, "The least.")


def rule(
    runs: Annotated[tuple[str, ...], describe("Runs.", metavar="RUN")],
    *,
    output: Annotated[str, describe("Where.", metavar="FILE")] = "",
    json: Annotated[bool, describe("As JSON.")] = False,
    options: Rules = Rules(),
) -> None:
    """Rule.

    e.g.  bert4ner rule
    """


def parsed(arguments: str) -> dict:
    values = parse(rule, arguments.split(), prog="bert4ner rule")
    assert values is not None
    return values


@pytest.mark.parametrize(
    "arguments",
    [
        "one two --longest A=1 B=2 --contain A=-[0-9] *=.",
        "one two --longest A=1 --contain A=-[0-9] --longest=B=2 --contain *=.",
        "one two --longest=A=1 B=2 --contain=A=-[0-9] *=.",
        "one two --contain A=-[0-9] *=. --longest A=9 A=1 B=2 --output x",
        "--longest A=1 B=2 --contain A=-[0-9] *=. -- one two",
    ],
)
def test_an_option_of_several_values_takes_all_up_to_the_next_one(arguments):
    values = parsed(arguments)
    assert values["runs"] == ("one", "two")
    assert values["options"] == Rules({"A": 1, "B": 2}, {"A": "-[0-9]", "*": "."})


def test_a_label_may_hold_what_its_value_cannot():
    assert parsed("--longest a=b=1 --contain a=b=1")["options"] == Rules({"a=b": 1}, {"a": "b=1"})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("", (False, False)), ("--by-kind --json", (True, True)), ("--by-kind --no-by-kind", (False, False))],
)
def test_a_switch_has_no_value(arguments, expected):
    values = parsed(arguments)
    assert (values["options"].by_kind, values["json"]) == expected


def test_a_negative_number_is_a_value():
    assert parsed("--least -1")["options"].least == parsed("--least=-1e0")["options"].least == -1


def test_underscores_and_dashes_are_one():
    assert parsed("--by_kind")["options"].by_kind is True


def test_what_stands_behind_two_dashes_is_no_option():
    assert parsed("--json -- --longest -x")["runs"] == ("--longest", "-x")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--json=1", "--json: takes no value"),
        ("--help=1", "--help: takes no value"),
        ("--longest", "--longest: expected a value, found none"),
        ("--longest --json", "--longest: expected a value, found the option --json"),
        ("--output --json", "--output: expected a value, found the option --json"),
        ("--longest A", "--longest: expected LABEL=INT such as DRUG=1, found 'A'"),
        ("--contain A=", "--contain: expected LABEL=REGEX such as DOSE=[0-9], found 'A='"),
        ("--least nan", "--least: expected a number, found 'nan'"),
        ("-json", "unknown option -json, did you mean --json?"),
        ("-x one", "unknown option -x"),
        ("--jsn --least x", "unknown option --jsn, did you mean --json?; --least: expected a number, found 'x'"),
    ],
)
def test_a_mistake_is_reported_in_one_line(arguments, message):
    with pytest.raises(ConfigError) as mistake:
        parsed(arguments)
    assert str(mistake.value) == f"{message} (see bert4ner rule --help)"


WORDS = st.sampled_from(
    "- -- --- -x -xy --= --json --jsn --longest --least --output= A=1 A 1 -1 --by_kind=2 -_".split()
)


@example(["-__"])
@example(["--="])
@given(st.lists(WORDS | st.text(alphabet="-=ahx 药\n_", max_size=5), max_size=6))
def test_no_arguments_lead_to_anything_but_values_or_one_refusal(arguments):
    message = "nothing"
    try:
        parse(rule, arguments, prog="bert4ner rule")
    except ConfigError as error:
        message = str(error)
    assert message
