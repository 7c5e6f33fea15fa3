"""Pseudo-labels teach those folds only whose held-out documents their teachers never saw; all others are refused."""

import logging
import math
from dataclasses import replace

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, DataError
from bert4ner.runs.pseudo_labels import ELSEWHERE, PseudoLabelled, Teachers, as_unlabelled
from bert4ner.train.checks import check_training
from bert4ner.train.division import Division
from bert4ner.train.document_weights import DocumentWeights
from bert4ner.train.more_text import MoreText
from bert4ner.train.teaching import with_pseudo_labels

GOLD = [Document(f"gold-{number}", f"人参治头痛{number}", (Entity(0, 2, "DRUG"),)) for number in range(6)]
FOLDS = Division.of_folds(GOLD, [0, 1, 2, 0, 1, 2], folds=3)
OWN = FOLDS.described().division


def labelled(teachers, id="new", text="当归", label="DRUG"):
    return PseudoLabelled(Document(id, text, (Entity(0, 2, label),), weight=0.5), teachers)


def ids(division):
    lessons = [[*division.training(fold), *division.pseudo(fold)] for fold in range(division.folds)]
    return [[document.id for document in documents] for documents in lessons]


def test_each_fold_is_taught_by_its_own_models_alone():
    by_fold = [labelled(Teachers(OWN, (fold,)), id=f"new#{fold}") for fold in range(3)]
    division = with_pseudo_labels(FOLDS, by_fold, strict=True)
    for fold, (before, after) in enumerate(zip(ids(FOLDS), ids(division), strict=True)):
        assert after == [*before, f"new#{fold}"]
        assert division.held_out(fold) == FOLDS.held_out(fold)
    assert division.pseudo(0)[0].weight == 0.5 and division.gold == FOLDS.gold and division.labels == FOLDS.labels


@pytest.mark.parametrize(
    ("teachers", "message"),
    [
        (Teachers(OWN, (0, 1, 2)), "'new' was labelled by the models of fold 0, 1, 2, and whatever a fold holds out,"),
        (Teachers(OWN, (0, 1)), "one of them was trained on; write what each fold's own models find .* --by-fold"),
        (Teachers("other", (0,)), "'new' was labelled by a run of other documents or other folds"),
        (Teachers(OWN, (3,)), "'new' was labelled by fold 3 of a run that has 3"),
        (None, '\'new\' does not say what its teachers were trained on, .*: "taught_by": "elsewhere"'),
    ],
)
def test_what_may_leak_is_refused_by_name(teachers, message, caplog):
    leak = [labelled(Teachers(OWN, (0,)), id="fine"), labelled(teachers)]
    with pytest.raises(DataError, match=f"the pseudo-labelled document .*{message}"):
        with_pseudo_labels(FOLDS, leak, strict=True)
    one = Division.of_two(GOLD[:4], GOLD[4:])
    assert ids(with_pseudo_labels(one, leak, strict=False)) == [[*ids(one)[0], "fine", "new"]]
    (record,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    assert record.getMessage().startswith("2 of 2 pseudo-labelled documents may make the scores of the held-out")


def test_another_division_of_the_same_documents_or_other_gold_is_another_division():
    found = {
        OWN,
        Division.of_folds(GOLD, [0, 1, 2, 0, 2, 1], folds=3).described().division,
        Division.of_folds(GOLD[:5], [0, 1, 2, 0, 1], folds=3).described().division,
        Division.of_folds([replace(GOLD[0], entities=()), *GOLD[1:]], [0, 1, 2, 0, 1, 2], folds=3).described().division,
    }
    assert len(found) == 4
    # Seeds of the models, and what they are taught beside, change nothing of who learned from which gold document.
    taught = with_pseudo_labels(FOLDS, [labelled(ELSEWHERE)], strict=True)
    assert taught.described((1, 2)).division == OWN and taught.described().taught and not FOLDS.described().taught


def test_resampled_folds_learn_from_teachers_that_held_out_as_much_or_more():
    bags = Division(GOLD[:3], [[0, 2, 0], [0, 1, 2], [1, 1, 1]])  # held out: 0 and 2; 0; none
    teachers = [labelled(Teachers(bags.described().division, (fold,)), id=str(fold)) for fold in range(3)]
    first, second, _ = ids(with_pseudo_labels(bags, teachers, strict=True))
    assert first[-2:] == ["gold-1", "0"] and second[-2:] == ["0", "1"]


def test_labels_from_elsewhere_teach_every_fold_but_what_it_holds_out(caplog):
    given = [labelled(ELSEWHERE, id="a"), labelled(ELSEWHERE, id="b", text=GOLD[4].text)]
    division = with_pseudo_labels(FOLDS, given, strict=True)
    assert [each[4:] for each in ids(division)] == [["a", "b"], ["a"], ["a", "b"]]
    assert "1 times a fold skips a pseudo-labelled text because it holds out the same text" in caplog.text


def test_a_fold_that_nothing_teaches_is_reported(caplog):
    with_pseudo_labels(FOLDS, [labelled(Teachers(OWN, (1,)))], strict=True)
    assert "fold 0, 2 learns from no pseudo-labelled document" in caplog.text
    assert with_pseudo_labels(FOLDS, [], strict=True) is FOLDS


def test_labels_that_no_gold_document_has_are_refused():
    with pytest.raises(
        DataError, match="'new' has the label 'HERB', which no document of the data has; those are DRUG"
    ):
        with_pseudo_labels(FOLDS, [labelled(ELSEWHERE, label="HERB")], strict=True)
    unsure = replace(labelled(ELSEWHERE).document, unsure=(Entity(0, 1, "HERB"),))
    with pytest.raises(DataError, match="'HERB'"):
        with_pseudo_labels(FOLDS, [PseudoLabelled(unsure, ELSEWHERE)], strict=True)


def test_the_fingerprint_of_what_is_taught_changes_with_documents_and_teachers():
    def taught(*given):
        return with_pseudo_labels(FOLDS, given, strict=True).described().taught

    one = labelled(ELSEWHERE)
    heavier = PseudoLabelled(replace(one.document, weight=0.6), ELSEWHERE)
    open_span = PseudoLabelled(replace(one.document, unsure=(Entity(0, 1, "DRUG"),)), ELSEWHERE)
    others = [one, heavier, open_span, labelled(ELSEWHERE, id="x"), labelled(Teachers(OWN, (0,)))]
    assert len({taught(each) for each in others} | {taught(one, heavier)}) == 6 and taught(one) == taught(one)


def test_what_the_head_cannot_leave_open_and_a_ramp_of_nothing_are_refused(monkeypatch):
    class Rigid:
        leaves_open = False

    unsure = PseudoLabelled(replace(labelled(ELSEWHERE).document, unsure=(Entity(0, 1, "DRUG"),)), ELSEWHERE)
    with monkeypatch.context() as patch, pytest.raises(ConfigError, match=r"'new' has unsure spans, .* 'crf' cannot"):
        patch.setattr("bert4ner.train.checks.HEADS", type("Heads", (), {"get": lambda _: Rigid, "own": list}))
        check_training(GOLD, Config(), more=MoreText(pseudo=[unsure]))
    with pytest.raises(ConfigError, match="pseudo_ramp=3 does nothing without pseudo-labelled documents"):
        check_training(GOLD, Config().replace(pseudo_ramp=3))


def test_documents_without_labels_teach_every_fold_even_that_which_holds_out_their_text(caplog):
    caplog.set_level(logging.INFO)
    given = [*as_unlabelled([GOLD[4], Document("u", "当归")]), labelled(ELSEWHERE, id="b", text=GOLD[4].text)]
    division = with_pseudo_labels(FOLDS, given, strict=True)
    assert [each[4:] for each in ids(division)] == [["gold-4", "u", "b"], ["gold-4", "u"], ["gold-4", "u", "b"]]
    assert "1 times a fold learns, without labels, from a text that it holds out" in caplog.text
    assert "pseudo-labelled documents to learn from, by fold: 1, 0, 1" in caplog.text
    assert division.gold == FOLDS.gold and division.labels == FOLDS.labels
    assert division.described().held_out_in == FOLDS.described().held_out_in
    assert [division.held_out(fold) for fold in range(3)] == [FOLDS.held_out(fold) for fold in range(3)]
    assert not any(each.entities for each in division.pseudo(1))  # no annotation comes along
    # Who taught a document without labels does not matter: there is nothing that it was taught.
    unknown = [PseudoLabelled(given[0].document), PseudoLabelled(given[1].document, Teachers("other", (7,)))]
    assert ids(with_pseudo_labels(FOLDS, unknown, strict=True)) == ids(
        with_pseudo_labels(FOLDS, given[:2], strict=True)
    )


@pytest.mark.parametrize(
    ("modifiers", "weight", "message"),
    [
        (
            "",
            0,
            r"nothing learns from document 'new', which has no labels; add one of the .* vat, mean_teacher, mmd, coral",
        ),
        ("ema,r_drop", 0, "nothing learns from document 'new'"),
        ("ema,mmd", 1, r"the modifier mmd does nothing without unlabelled documents; give some \(--unlabelled FILE\)"),
        ("coral", None, "the modifier coral does nothing without unlabelled documents"),
        ("mean_teacher,ema", 0, "mean_teacher and ema are both an average of the weights"),
    ],
)
def test_documents_without_labels_and_modifiers_that_learn_from_them_need_each_other(
    modifiers, weight, message, tiny_config
):
    pseudo = [] if weight is None else [PseudoLabelled(Document("new", "当归", weight=weight), ELSEWHERE)]
    with pytest.raises(ConfigError, match=message):
        check_training(GOLD, tiny_config(modifiers=modifiers), more=MoreText(pseudo=pseudo))


@pytest.mark.parametrize("modifiers", ["vat", "mean_teacher,coral,mmd", "swa:first=1,mmd"])
def test_documents_without_labels_are_taken_where_something_learns_from_them(modifiers, tiny_config):
    check_training(GOLD, tiny_config(modifiers=modifiers), more=MoreText(unlabelled=GOLD[:2]))


def test_a_weight_of_nothing_beside_annotation_and_a_ramp_of_nothing_are_refused(tiny_config):
    weightless = PseudoLabelled(replace(labelled(ELSEWHERE).document, weight=0.0), ELSEWHERE)
    with pytest.raises(DataError, match="'new' has labels but the weight 0"):
        check_training(GOLD, tiny_config(modifiers="vat"), more=MoreText(pseudo=[weightless]))
    for given in ({"valid": [weightless.document]}, {}):
        documents = GOLD if given else [*GOLD, weightless.document]
        with pytest.raises(DataError, match=r"document 'new' has the weight 0, .* or give it as an unlabelled one"):
            check_training(documents, tiny_config(), **given)
    with pytest.raises(ConfigError, match="pseudo_ramp=3 does nothing without pseudo-labelled documents"):
        check_training(GOLD, tiny_config(modifiers="vat", pseudo_ramp=3), more=MoreText(unlabelled=GOLD))


def test_weights_of_pseudo_labelled_documents_rise_and_those_of_gold_ones_stay():
    documents = [replace(GOLD[0], weight=2.0), GOLD[1], labelled(None).document]
    weights = DocumentWeights(documents, gold=2, ramp=4)
    assert not weights.all_one and weights.of_epoch(0) == pytest.approx([2, 1, 0.5 * math.exp(-5)])
    assert weights.of_epoch(2) == pytest.approx([2, 1, 0.5 * math.exp(-1.25)])
    assert (
        weights.of_epoch(4).tolist() == weights.of_epoch(9).tolist() == weights.of_epoch(None).tolist() == [2, 1, 0.5]
    )
    ones = [GOLD[0], GOLD[1]]
    assert DocumentWeights(ones, gold=2, ramp=4).all_one and not DocumentWeights(ones, gold=1, ramp=4).all_one
    nothing = [*ones, as_unlabelled(ones)[0].document]
    assert (
        DocumentWeights(nothing, gold=2, ramp=4).of_epoch(1)[2] == DocumentWeights(nothing, gold=2).of_epoch(1)[2] == 0
    )
    assert DocumentWeights(ones, gold=1).all_one and not DocumentWeights(documents, gold=3).all_one
