"""Rules for mentions, and that they stand before overlaps are resolved."""

import json

import numpy as np
import pytest

from bert4ner.combine.combination import Combination, Evidence
from bert4ner.combine.span_rules import SpanRules
from bert4ner.combine.thresholds import Rule
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError


@pytest.mark.parametrize(
    ("rules", "mention", "allowed"),
    [
        (SpanRules(), "任何。", True),
        (SpanRules(longest={"*": 2}), "人参", True),
        (SpanRules(longest={"*": 2}), "人参片", False),
        (SpanRules(longest={"*": 2, "DRUG": 3}), "人参片", True),  # a label's own rule stands alone
        (SpanRules(longest={"DRUG": 2, "*": 9}), "人参片", False),
        (SpanRules(longest={"HERB": 1}), "人参片", True),
        (SpanRules(forbidden={"*": "。；"}), "人参；片", False),
        (SpanRules(forbidden={"*": "。；", "DRUG": "x"}), "人参；片", True),
        (SpanRules(contains={"DRUG": "[片丸]$"}), "人参片", True),
        (SpanRules(contains={"DRUG": "[片丸]$"}), "片人参", False),
    ],
)
def test_a_mention_is_held_against_the_rules_of_its_label(rules, mention, allowed):
    assert rules.allow(mention, "DRUG") is allowed


def test_pieces_count_without_what_lies_between():
    document = Document("1", "人参，当归片", (Entity(0, 6, "DRUG", 1.0, ((0, 2), (5, 6))),))
    assert SpanRules(longest={"*": 3}, forbidden={"*": "，"}).allowed(document, document.entities)
    assert not SpanRules(longest={"*": 2}).allowed(document, document.entities)


@pytest.mark.parametrize("method", ["probability", "vote"])
def test_what_breaks_a_rule_stands_in_nobody_s_way(method):
    long, short = Entity(0, 5, "DRUG"), Entity(0, 2, "DRUG")
    evidence = Evidence(Document("1", "人参，当归", (short, long)), np.array([[0.3, 0.9]]))
    for rules, expected in ((SpanRules(), [long]), (SpanRules(forbidden={"*": "，"}), [short])):
        combination = Combination(method, ("a",), (1.0,), rule=Rule(0.1, spans=rules))
        assert list(combination.select(combination.score(evidence)).entities) == expected


def test_rules_are_plain_values_and_know_their_labels():
    rules = SpanRules({"*": 20, "DRUG": 4}, {"DRUG": "。"}, {"HERB": "草$"})
    assert SpanRules.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules
    assert rules and not SpanRules()
    rules.check_labels(["DRUG", "HERB"])
    with pytest.raises(ConfigError, match=r"unknown label 'HERB'; known: DRUG, or \* for all"):
        rules.check_labels(["DRUG"])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"longest": {"*": 0}}, "at least 1, got 0"),
        ({"longest": {"*": 2.5}}, "whole number of at least 1, got 2.5"),
        ({"longest": 20}, "must be a table of labels"),
        ({"forbidden": {"DRUG": ""}}, "forbidden characters of DRUG must be some"),
        ({"contains": {"DRUG": "["}}, "what DRUG must contain is no regular expression"),
        ({"shortest": {}}, "unknown kind of rule 'shortest'; known: longest, forbidden, contains"),
    ],
)
def test_impossible_rules_are_refused(values, told):
    with pytest.raises(ConfigError, match=told):
        SpanRules.from_dict(values)
