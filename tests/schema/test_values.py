"""Values against their schema: what fits comes back, what does not is message with its place, expectation and value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from bert4ner.errors import ConfigError
from bert4ner.schema import Count, Misfit, Name, Range, RawText, Share, build, more_keys


@dataclass(frozen=True)
class Inner:
    f1: Share
    seed: Count | None = None


@dataclass(frozen=True)
class Whole:
    name: Name
    inner: tuple[Inner, ...]
    by_label: Mapping[Name, Share]
    pair: tuple[float, float] = (0.0, 1.0)
    kind: Literal["none", "any"] = "none"
    flag: bool = False

    def __post_init__(self) -> None:
        if self.pair[0] > self.pair[1]:
            raise Misfit("expected pair to grow")
        if self.name == "bad":
            raise ConfigError("bad is no name")


@dataclass(frozen=True)
class Open:
    epoch: Count
    more: Mapping[str, float | None] = more_keys()


GIVEN = {"name": "a", "inner": [{"f1": 1}, {"f1": 0.5, "seed": 3}], "by_label": {"X": 0.25}, "pair": [-1, 2.5]}


def test_what_fits_is_an_object_with_its_defaults():
    found = build(Whole, GIVEN)
    assert found == Whole("a", (Inner(1), Inner(0.5, 3)), {"X": 0.25}, (-1, 2.5))
    assert all(type(each) is float for each in (found.inner[0].f1, *found.pair))  # numpy needs it of large ones
    assert build(Open, {"epoch": 1, "loss": 0.5, "lr": None}) == Open(1, {"loss": 0.5, "lr": None})


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Whole, [], "expected names with values, found list"),
        (Whole, {}, "'name' is missing"),
        (Whole, {**GIVEN, "inner": [{"f1": 1}, {}]}, "'inner[1].f1' is missing"),
        (Whole, {**GIVEN, "name": ""}, "expected name to be a text that is not empty, found ''"),
        (Whole, {**GIVEN, "inner": {}}, "expected inner to be a list, found {}"),
        (Whole, {**GIVEN, "inner": [{"f1": True}]}, "expected inner[0].f1 to be a number, found True"),
        (Whole, {**GIVEN, "inner": [{"f1": 1.5}]}, "expected inner[0].f1 to be a number in [0, 1], found 1.5"),
        (Whole, {**GIVEN, "inner": [{"f1": float("nan")}]}, "expected inner[0].f1 to be a number, found nan"),
        (
            Whole,
            {**GIVEN, "inner": [{"f1": 0, "seed": -1}]},
            "inner[0].seed to be a whole number of at least 0, found -1",
        ),
        (Whole, {**GIVEN, "by_label": {"a b": 2}}, "expected by_label['a b'] to be a number in [0, 1], found 2"),
        (Whole, {**GIVEN, "by_label": {"": 1}}, "expected a name in by_label to be a text that is not empty, found ''"),
        (Whole, {**GIVEN, "pair": [1]}, "expected pair to be a list of 2, found [1]"),
        (Whole, {**GIVEN, "pair": [2, 1]}, "expected pair to grow"),
        (Whole, {**GIVEN, "name": "bad"}, "bad is no name"),
        (Whole, {**GIVEN, "kind": "some"}, "expected kind to be 'none' or 'any', found 'some'"),
        (Whole, {**GIVEN, "flag": 1}, "expected flag to be true or false, found 1"),
        (Whole, {**GIVEN, "nmae": 1}, "unknown name 'nmae'; did you mean 'name'; if a newer version of bert4ner"),
        (Open, {"epoch": 1, "loss": "x"}, "expected loss to be a number, found 'x'"),
        (int, 2**53, f"expected a whole number, found {2**53}"),
        (int, 1.0, "expected a whole number, found 1.0"),
        (float, 1e39, "expected a number, found 1e+39"),
        (float, 10**400, "expected a number, found 1000"),
        (str, "\ud800", r"expected a text, found '\ud800'"),
        (Annotated[int, Range(above=3)], 3, "expected a whole number above 3, found 3"),
        (tuple[Count, ...] | int, [1, "x"], "expected [1] to be a whole number, found 'x'"),
        (tuple[Count, ...] | int, "x", "expected a list or a whole number, found 'x'"),
    ],
)
def test_what_does_not_fit_is_reported(kind, value, message):
    with pytest.raises(Misfit) as error:
        build(kind, value)
    assert message in str(error.value)


@pytest.mark.parametrize("value", ["x" * 10**6, {"x" * 10**6: 1}, [["y\n" * 10**5] * 50] * 50, 10**4000])
@pytest.mark.parametrize("kind", [Whole, tuple[Name, Name], dict[str, str], Count])
def test_messages_are_one_bounded_line(kind, value):
    with pytest.raises(Misfit) as error:
        build(kind, value)
    assert len(str(error.value)) <= 320 and "\n" not in str(error.value)


def test_any_text_may_be_no_unicode_and_anything_is_anything():
    assert build(RawText, "\udcff") == "\udcff"
    assert build(dict[str, Any], {"a": {"b": [1]}}) == {"a": {"b": [1]}}


def test_a_kind_that_no_file_has_is_our_own_mistake():
    with pytest.raises(TypeError, match="no file has values of the kind"):
        build(bytes, b"")
