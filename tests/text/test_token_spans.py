"""Spans of tokens: their identity, and which tokens they hold."""

from bert4ner.text.token_spans import TokenSpan


def test_a_score_does_not_tell_one_span_from_another():
    gold = TokenSpan(1, 3, "X")
    assert gold.score is None and gold.pieces == ()
    assert gold.place == TokenSpan(1, 3, "X", 0.5).place != TokenSpan(1, 3, "Y").place
    assert TokenSpan(0, 3, "X", None, ((0, 1), (2, 3))).place != TokenSpan(0, 3, "X").place


def test_the_tokens_are_those_of_the_pieces():
    assert TokenSpan(1, 4, "X").tokens == (1, 2, 3)
    assert TokenSpan(1, 6, "X", 0.5, ((1, 2), (4, 6))).tokens == (1, 4, 5)


def test_gold_spans_sort_by_place():
    spans = [TokenSpan(1, 3, "X"), TokenSpan(0, 5, "Y", None, ((0, 1), (4, 5))), TokenSpan(0, 5, "Y")]
    assert sorted(spans) == [spans[2], spans[1], spans[0]]
