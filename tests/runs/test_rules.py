"""Rules are checked when they are made, by hand or from a file."""

import json

import pytest

from bert4ner.errors import ConfigError
from bert4ner.runs.rules import Rule, SpanRules
from bert4ner.schema import Misfit, build


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"longest": {"*": 0}}, "at least 1, got 0"),
        ({"longest": {"*": 2.5}}, r"expected longest\['\*'\] to be a whole number, found 2.5"),
        ({"longest": 20}, "expected longest to be names with values, found 20"),
        ({"forbidden": {"DRUG": ""}}, "forbidden characters of DRUG must not be empty"),
        ({"contains": {"DRUG": "["}}, "the pattern that DRUG must contain is not a valid regular expression"),
        ({"shortest": {}}, "unknown name 'shortest'; did you mean 'longest'"),
    ],
)
def test_impossible_rules_are_refused(values, message):
    with pytest.raises(Misfit, match=message):
        build(SpanRules, values)


def test_rules_round_trip():
    rules = SpanRules({"*": 20, "DRUG": 4}, {"DRUG": "。"}, {"HERB": "草$"})
    assert build(SpanRules, json.loads(json.dumps(rules.to_dict()))) == rules
    assert rules and not SpanRules()


@pytest.mark.parametrize("nbest", [0, 1.0, True])
def test_an_impossible_number_of_paths_is_refused(nbest):
    with pytest.raises(ConfigError, match="nbest must be a whole number of at least 1"):
        Rule(nbest=nbest)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"threshold": 1.5}, r"threshold must be in \[0, 1\], got 1.5"),
        ({"threshold": float("nan")}, r"threshold must be in \[0, 1\], got nan"),
        ({"nesting": "some"}, "nesting must be one of any, labels, none, got 'some'"),
    ],
)
def test_an_impossible_selection_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        Rule(**values)
