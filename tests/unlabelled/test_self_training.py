"""Rounds of self-training: what each is taught, and when there are no more. Nothing is trained here."""

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.lock import held
from bert4ner.runs.pseudo_labels import Teachers, read_pseudo_labels
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.executors.local import LocalExecutor
from bert4ner.unlabelled import self_training
from bert4ner.unlabelled.labelling import Lesson
from bert4ner.unlabelled.options import SelfTrainingOptions

GOLD = [Document("a", "人参当归甘草黄芪", tuple(Entity(place, place + 2, "DRUG") for place in range(0, 8, 2)))]
NEW = [Document("new", "人参")]


@pytest.mark.parametrize(
    ("found", "rounds", "expected"), [([1, 2, 3, 4], 2, 3), ([1, 2, 2, 4], 5, 3), ([2, 1], 3, 2), ([1, 3, 2, 4], 3, 3)]
)
def test_rounds_end_when_the_score_does_not_rise(monkeypatch, tmp_path, found, rounds, expected):
    asked, labelled, executed = [], [], LocalExecutor(jobs=2)

    def cross_validate(documents, config, *, output, folds, executor, more=None):
        asked.append(
            (output.name, config.pseudo.pseudo_ramp, folds, [each.document.id for each in more.pseudo] if more else [])
        )
        assert executor is executed
        right = Document("a", GOLD[0].text, GOLD[0].entities[: found[len(asked) - 1]])
        return evaluate(documents, [right])

    def pseudo_label(run, documents, options, *, by_fold):
        labelled.append((run.name, by_fold, options.sure))
        document = Document(f"{run.name}-{documents[0].id}", "人参", (Entity(0, 2, "DRUG"),))
        return [Lesson(Teachers("d", (fold,)), [document], 0, 1.0, None) for fold in (0, 1)]

    monkeypatch.setattr(self_training, "cross_validate", cross_validate)
    monkeypatch.setattr(self_training, "pseudo_label", pseudo_label)
    config, options = Config().replace(pseudo_ramp=2), SelfTrainingOptions().replace(folds=2, rounds=rounds, sure=0.8)
    done = self_training.self_train(GOLD, NEW, config, output=tmp_path, options=options, executor=executed)
    assert [each.run.name for each in done] == [f"round-{number}" for number in range(expected)]
    assert [each.labels for each in done] == [0] + [2] * (expected - 1)
    assert asked[0] == ("round-0", 0, 2, [])
    assert asked[1:] == [(f"round-{n}", 2, 2, [f"round-{n - 1}-new"] * 2) for n in range(1, expected)]
    assert labelled == [(f"round-{n}", True, 0.8) for n in range(expected - 1)]
    assert len(read_pseudo_labels(tmp_path / "round-1.jsonl")) == 2


def test_a_round_that_was_learned_from_has_no_more_epochs(monkeypatch, tmp_path):
    monkeypatch.setattr(self_training, "cross_validate", lambda *_, **__: pytest.fail("trained"))
    for number in range(2):
        round_folder = tmp_path / f"round-{number}"
        round_folder.mkdir()
        (round_folder / "config.toml").write_text(Config().replace(epochs=3).to_toml(), encoding="utf-8")
        (round_folder / "folds.json").touch()
    with pytest.raises(
        RunError, match="round-0: epochs was 3, now 4, but round-1 has learned from it as it is; choose"
    ):
        self_training.self_train(GOLD, NEW, Config().replace(epochs=4), output=tmp_path)


def test_rounds_of_two_trainings_are_not_mixed(monkeypatch, tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    monkeypatch.setattr(self_training, "cross_validate", lambda *_, **__: pytest.fail("trained"))
    with held(tmp_path), pytest.raises(RunError, match="trains into this folder; wait for it or choose another"):
        self_training.self_train(GOLD, NEW, Config(), output=tmp_path)
