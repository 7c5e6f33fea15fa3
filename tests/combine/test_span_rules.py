"""Rules for mentions, and that they stand before overlaps are resolved."""

import json

import numpy as np
import pytest

from bert4ner.combine.applying import score_candidates, select_entities
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.span_rules import allowed, allows, check_labels
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.runs.combination import Combination
from bert4ner.runs.rules import Rule, SpanRules
from bert4ner.schema import build


@pytest.mark.parametrize(
    ("rules", "mention", "allow"),
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
def test_a_mention_is_held_against_the_rules_of_its_label(rules, mention, allow):
    assert allows(rules, mention, "DRUG") is allow


def test_pieces_count_without_what_lies_between():
    document = Document("1", "人参，当归片", (Entity(0, 6, "DRUG", 1.0, ((0, 2), (5, 6))),))
    assert allowed(SpanRules(longest={"*": 3}, forbidden={"*": "，"}), document, document.entities)
    assert not allowed(SpanRules(longest={"*": 2}), document, document.entities)


@pytest.mark.parametrize("method", ["probability", "vote"])
def test_what_breaks_a_rule_stands_in_nobody_s_way(method):
    long, short = Entity(0, 5, "DRUG"), Entity(0, 2, "DRUG")
    evidence = Evidence(Document("1", "人参，当归", (short, long)), np.array([[0.3, 0.9]]))
    for rules, expected in ((SpanRules(), [long]), (SpanRules(forbidden={"*": "，"}), [short])):
        combination = Combination(method, ("a",), (1.0,), rule=Rule(0.1, spans=rules))
        assert list(select_entities(combination, score_candidates(combination, evidence)).entities) == expected


def test_rules_are_plain_values_and_know_their_labels():
    rules = SpanRules({"*": 20, "DRUG": 4}, {"DRUG": "。"}, {"HERB": "草$"})
    assert build(SpanRules, json.loads(json.dumps(rules.to_dict()))) == rules
    assert rules and not SpanRules()
    check_labels(rules, ["DRUG", "HERB"])
    with pytest.raises(ConfigError, match=r"unknown label 'HERB'; known: DRUG, or \* for all"):
        check_labels(rules, ["DRUG"])
