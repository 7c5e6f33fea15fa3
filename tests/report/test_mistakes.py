from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.report.mistakes import CONTEXT, NOTHING, ORDER, choose_examples, count_mistakes, cut_pieces
from bert4ner.scoring.errors import analyse_errors
from bert4ner.scoring.metrics import evaluate

LABELS = ("DRUG", "SYMPTOM", "FOOD")


@st.composite
def entities(draw, length: int = 12) -> Entity:
    start = draw(st.integers(0, length - 1))
    return Entity(start, draw(st.integers(start + 1, length)), draw(st.sampled_from(LABELS)), draw(st.floats(0, 1)))


DOCUMENTS = st.lists(st.tuples(st.lists(entities(), max_size=5), st.lists(entities(), max_size=5)), max_size=5)


def pairs_of(drawn) -> list[tuple[Document, Document]]:
    text = "本品用于气血两亏之月经不"
    return [
        (Document(str(number), text, tuple(set(gold))), Document(str(number), text, tuple(set(found))))
        for number, (gold, found) in enumerate(drawn)
    ]


def test_each_kind_is_counted_for_its_label(gold, predicted):
    found = count_mistakes(list(zip(gold, predicted, strict=True)))
    assert dict(found.kinds) == dict.fromkeys(ORDER, 1)
    assert dict(found.outcomes["DRUG"]) == {"right": 5, "wrong boundary": 1}
    assert dict(found.outcomes["SYMPTOM"]) == {"right": 4, "missed": 1, "wrong label": 1, "spurious": 1}
    assert dict(found.confusions) == {
        ("DRUG", "DRUG"): 6,
        ("SYMPTOM", "SYMPTOM"): 4,
        ("SYMPTOM", "DRUG"): 1,
        ("SYMPTOM", NOTHING): 1,
        (NOTHING, "SYMPTOM"): 1,
    }


@given(DOCUMENTS)
def test_counts_agree_with_the_scores_and_with_the_analysis_of_errors(drawn):
    pairs = pairs_of(drawn)
    gold, predicted = [one for one, _ in pairs], [other for _, other in pairs]
    found, report, scores = count_mistakes(pairs), analyse_errors(gold, predicted), evaluate(gold, predicted)
    assert found.kinds == report.counts
    for label, counts in scores.counts.items():
        outcome = found.outcomes.get(label, {})
        assert sum(count for kind, count in outcome.items() if kind != "spurious") == counts.gold
        assert outcome.get("right", 0) == counts.hits
        assert sum(count for (_, column), count in found.confusions.items() if column == label) == counts.predicted


@given(DOCUMENTS, st.integers(0, 12))
def test_examples_are_as_many_as_asked_for_or_as_there_are(drawn, limit):
    pairs = pairs_of(drawn)
    chosen = choose_examples(pairs, limit=limit)
    everything = choose_examples(pairs, limit=1000)
    assert sum(map(len, chosen.values())) == min(limit, sum(map(len, everything.values())))
    assert {kind: sum(each.times for each in found) for kind, found in everything.items()} == {
        kind: count_mistakes(pairs).kinds[kind] for kind in ORDER
    }


def test_the_surest_mistake_comes_first_and_repeated_ones_once():
    text, gold = "头痛用于发热", (Entity(4, 6, "SYMPTOM"),)
    scores = {"a": 0.4, "b": 0.9, "c": 0.6}
    pairs = [
        (Document(id, text, gold), Document(id, text, (Entity(0, 2, "DRUG", score),))) for id, score in scores.items()
    ]
    pairs.append((Document("d", text, gold), Document("d", text, (Entity(2, 4, "DRUG", 0.95), *gold))))
    chosen = choose_examples(pairs)
    assert [(each.id, each.times) for each in chosen["spurious"]] == [("d", 1), ("b", 3)]
    assert [(each.id, each.times) for each in chosen["missed"]] == [("a", 3)]


def test_places_that_one_kind_does_not_need_go_to_the_others(gold, predicted):
    missed = [Document(f"x{size}", "丸" * size, (Entity(0, size, "DRUG"),)) for size in range(1, 10)]
    pairs = [*zip(gold, predicted, strict=True), *((each, Document(each.id, each.text)) for each in missed)]
    assert {kind: len(found) for kind, found in choose_examples(pairs, limit=10).items()} == {
        "wrong boundary": 1,
        "wrong label": 1,
        "missed": 7,
        "spurious": 1,
    }


def test_pieces_of_a_wrong_boundary():
    pieces = cut_pieces("本品用于血虚头痛。", Entity(4, 8, "SYMPTOM"), Entity(6, 8, "SYMPTOM"))
    assert [(each.text, each.gold, each.found) for each in pieces] == [
        ("本品用于", False, False),
        ("血虚", True, False),
        ("头痛", True, True),
        ("。", False, False),
    ]


@given(st.text(alphabet="血虚头痛。", min_size=12, max_size=90), entities(), entities())
def test_pieces_hold_the_text_and_mark_the_mentions(text, gold, found):
    pieces = [each for each in cut_pieces(text, gold, found) if each.text != "…"]
    start, end = min(gold.start, found.start), max(gold.end, found.end)
    assert "".join(each.text for each in pieces) == text[max(0, start - CONTEXT) : end + CONTEXT]
    assert "".join(each.text for each in pieces if each.gold) == text[gold.start : gold.end]
    assert "".join(each.text for each in pieces if each.found) == text[found.start : found.end]


def test_what_is_left_out_is_shown_as_dots_and_line_breaks_as_arrows():
    text = "前" * 50 + "头\n痛" + "后" * 200
    shown = "".join(each.text for each in cut_pieces(text, Entity(50, 53, "SYMPTOM"), None))
    assert shown == "…" + "前" * CONTEXT + "头↵痛" + "后" * CONTEXT + "…"
    long = cut_pieces(text, Entity(53, 253, "SYMPTOM"), None)
    assert [each.text for each in long if each.gold] == ["后" * 40 + "…" + "后" * 40]
