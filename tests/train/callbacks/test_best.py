"""The best epoch is kept, of equal ones that with the lowest loss; patience counts epochs without a better score."""

import pytest

from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.callbacks.best import KeepBest, Patience


class Network:
    """What stands for a network."""

    stop_training = False


@pytest.fixture
def saved(monkeypatch):
    """The folders that models are saved to."""
    kept = []

    class Model:
        def save(self, folder):
            kept.append(folder.name)

    monkeypatch.setattr(NERModel, "of", classmethod(lambda cls, network: Model()))
    return kept


def run(callback, values, name="f1"):
    callback.set_model(Network())
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {name: value})
        if callback.model.stop_training:
            break
    return callback


@pytest.mark.parametrize(
    ("values", "times", "best"), [([0.1, 0.5, 0.5, 0.2], 2, 2), ([0.0, 0.0], 1, 1), ([3, 2], 1, 1)]
)
def test_what_is_better_is_saved(saved, tmp_path, values, times, best):
    keep = run(KeepBest(tmp_path / "model"), values)
    assert saved == ["model"] * times
    assert (keep.best_epoch, keep.best) == (best, max(values))


def test_of_equal_ones_the_lower_loss_is_kept_but_patience_waits_for_a_higher_score(saved, tmp_path):
    lines = [{"f1": f1, "loss": loss} for f1, loss in [(0.0, 3.0), (0.0, 2.0), (0.5, 2.5), (0.5, 2.5), (0.5, 1.0)]]
    keep, patience = KeepBest(tmp_path), Patience(2)
    for callback in (keep, patience):
        callback.set_model(Network())
        for epoch, line in enumerate(lines):
            callback.on_epoch_end(epoch, line)
    assert len(saved) == 4 and keep.best_epoch == 5
    assert patience.best_epoch == 3 and patience.exhausted
    again = KeepBest(tmp_path)
    again.recall([{"epoch": number, **line} for number, line in enumerate(lines, start=1)])
    assert (again._worth, again.best_epoch) == (keep._worth, keep.best_epoch)


def test_another_number_may_be_followed(saved, tmp_path):
    run(KeepBest(str(tmp_path), monitor="recall"), [0.1, 0.2], name="recall")
    assert len(saved) == 2


def test_a_training_that_goes_on_knows_what_was_best(saved, tmp_path):
    keep = KeepBest(tmp_path)
    keep.recall([{"epoch": 1, "f1": 0.5}, {"epoch": 2, "f1": 0.3}])
    run(keep, [0.4, 0.5])
    assert saved == [] and keep.best_epoch == 1


def test_without_the_scores_the_cure_is_reported(saved, tmp_path):
    with pytest.raises(ConfigError) as error:
        run(KeepBest(tmp_path), [0.1], name="loss")
    assert str(error.value) == (
        "KeepBest follows 'f1', which the logs lack; put EntityScores before it in callbacks=[...], or name one of loss"
    )


@pytest.mark.parametrize(
    ("values", "epochs", "last"),
    [([30, 20, 20, 20], 2, 3), ([30, 20, 31, 31, 30, 9], 2, 5), ([30, 20, 20, 20], 0, 4), ([10, 20, 30], 1, 3)],
)
def test_patience_ends_a_training(values, epochs, last):
    patience = run(Patience(epochs), values)
    assert patience.last_epoch == last
    assert patience.exhausted == (last < len(values) or (epochs > 0 and last - patience.best_epoch >= epochs))


def test_patience_that_was_lost_stays_so():
    patience = Patience(1)
    assert not patience.exhausted
    patience.recall([{"epoch": 1, "f1": 0.5}, {"epoch": 2, "f1": 0.5}])
    assert patience.exhausted
