"""Every option of the library refuses what its field says it cannot be; a new one is tested as soon as it is there."""

import importlib
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import bert4ner
from bert4ner.cli.parameters import read_signature
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options import Option, Options, Range, describe
from bert4ner.options.kinds import kinds_of
from bert4ner.registry import COMMANDS


def option_classes() -> list[type[Options]]:
    """Those of all modules of the library."""
    package = Path(bert4ner.__file__).parent  # where it is installed, if it is tested so
    for path in sorted(package.rglob("*.py")):
        if re.search(r"^class \w+\(Options\):", path.read_text(encoding="utf-8"), re.MULTILINE):
            importlib.import_module(".".join(path.relative_to(package.parent).with_suffix("").parts))
    return [each for each in Options.__subclasses__() if each.__module__.startswith("bert4ner.")]


CLASSES = option_classes()
OPTIONS = [
    pytest.param(cls, each, id=f"{cls.__name__}-{each.name}")
    for cls in CLASSES
    for group in cls.groups()
    for each in group.options
]


PARAMETERS = [
    pytest.param(each, id=f"{name}-{each.name}")
    for name in COMMANDS.own()
    for each in read_signature(COMMANDS.get(name).load()).parameters
]
NUMBERS = {"a whole number", "a number"}


def impossible(option: Option) -> list[tuple[object, str]]:
    """Values that an option must refuse, and how the error begins."""
    bounds, step = option.about.range, 1 if any(kind.expected == "a whole number" for kind in option.kinds) else 0.001
    number = 1 if step == 1 else 1.0
    cases: list[tuple[object, str]] = [(object(), f"must be {option.expected()}, got <object")]
    cases += [(number * value, f"must be {bounds}, got {number * value}") for value in outside(bounds, step)]
    if option.words():
        cases.append(("no such word", f"must be {option.expected()}, got 'no such word'"))
    return cases


def outside(bounds: Range, step: float) -> list[float]:
    """The nearest numbers that are out of bounds."""
    return [
        *([] if bounds.low is None else [bounds.low - step]),
        *([] if bounds.high is None else [bounds.high + step]),
        *(bound for bound in (bounds.above, bounds.below) if bound is not None),
    ]


def test_all_classes_of_options_are_found():
    assert {"Config", "CombineOptions"} <= {each.__name__ for each in CLASSES}


@pytest.mark.parametrize(("cls", "option"), OPTIONS)
def test_an_option_refuses_what_it_cannot_be(cls, option):
    for value, message in impossible(option):
        with pytest.raises(ConfigError) as refusal:
            cls().replace(**{option.name: value})
        assert str(refusal.value).startswith(f"{option.name} {message}")


@pytest.mark.parametrize(("cls", "option"), OPTIONS)
def test_an_option_takes_its_default_and_its_bounds(cls, option):
    bounds = option.about.range
    number = 1 if any(kind.expected == "a whole number" for kind in option.kinds) else 1.0
    closed = [number * bound for bound in (bounds.low, bounds.high) if bound is not None]
    for value in (option.default, *closed, *option.words()):
        option.check(value)


@pytest.mark.parametrize(("cls", "option"), OPTIONS)
def test_an_option_says_what_it_is(cls, option):
    assert re.fullmatch(r"[A-Z].*\.", option.about.help)
    assert cls().option(option.name) is option


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_of_a_command_refuses_what_it_cannot_be(parameter):
    for value, message in impossible(parameter.option):
        with pytest.raises(ConfigError) as refusal:
            parameter.option.check(value)
        assert str(refusal.value).startswith(f"{parameter.option.name} {message}")


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_number_of_a_command_has_a_least_and_takes_it_and_its_default(parameter):
    option = parameter.option
    if any(kind.expected in NUMBERS for kind in option.kinds):
        assert option.about.range.low is not None
        option.check(option.default)
        option.check(option.about.range.low)


@pytest.mark.parametrize("name", COMMANDS.own())
def test_a_command_says_what_its_own_parameters_are(name):
    signature = read_signature(COMMANDS.get(name).load())
    for parameter in signature.all():
        assert re.search(r"\.$", parameter.option.about.help), parameter.name
    flags = [each.option.flag for each in signature.all() if not each.positional]
    assert len(set(flags)) == len(flags)


@pytest.mark.parametrize("cls", CLASSES)
def test_names_differ_in_all_groups_and_groups_are_small(cls):
    names = [each.name for group in cls.groups() for each in group.options]
    assert len(set(names)) == len(names)
    assert all(len(group.options) <= 7 for group in cls.groups() if group.name)
    parts = [getattr(cls(), group.name) for group in cls.groups() if group.name]
    assert all(is_dataclass(part) and all("about" in each.metadata for each in fields(part)) for part in parts)


@pytest.mark.parametrize(
    ("bounds", "message", "inside", "outside"),
    [
        (Range(low=1), "at least 1", (1, 9), (0,)),
        (Range(above=0), "above 0", (0.1,), (0,)),
        (Range(low=0, high=1), "in [0, 1]", (0, 1), (-0.1, 1.1)),
        (Range(above=0, below=1), "in (0, 1)", (0.5,), (0, 1)),
        (Range(above=0, high=0.9), "in (0, 0.9]", (0.9,), (0, 1)),
        (Range(high=3), "at most 3", (-9, 3), (4,)),
        (Range(below=3), "below 3", (2,), (3,)),
    ],
)
def test_a_range_holds_its_numbers_and_reports_its_bounds(bounds, message, inside, outside):
    assert str(bounds) == message
    assert all(value in bounds for value in inside) and not any(value in bounds for value in outside)


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), "0.1", None])
def test_what_looks_like_a_number_and_is_none_is_refused(value):
    with pytest.raises(ConfigError, match=r"^warmup must be a number, got "):
        Config().replace(warmup=value)


def test_choices_are_looked_up_when_they_are_asked_for():
    names = ["one"]
    option = Option("thing", "one", kinds_of(str), describe("A thing.", choices=names))
    with pytest.raises(ConfigError, match="thing must be one, got 'two'"):
        option.check("two")
    names.append("two")
    option.check("two")
    assert option.words() == ["one", "two"] and option.read("two") == "two"
    assert Option("thing", "x", kinds_of(str), describe("A thing.", choices=lambda: names)).words() == names


def test_a_kind_that_nobody_can_type_is_refused_when_it_is_declared():
    with pytest.raises(TypeError, match="no option can be of the kind"):
        kinds_of(dict[str, list[int]])
