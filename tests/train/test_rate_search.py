"""The search for learning rates: what its losses say, when it ends, and that a real one rises as it should."""

from types import SimpleNamespace

import numpy as np
import pytest

from bert4ner.errors import ConfigError, RunError
from bert4ner.train.rate_search import RateSearch, _Watch, search_rate


def test_the_suggestion_is_a_tenth_of_the_rate_with_the_lowest_smoothed_loss():
    rates = [10.0 ** (number / 10 - 6) for number in range(60)]
    losses = [abs(number - 40) / 10 + (0.5 if number % 2 else 0.0) for number in range(60)]
    losses[10] = -9.0  # by chance
    found = RateSearch(rates, losses, on_top=4.0)
    assert found.smoothed[0] == pytest.approx(np.mean(losses[:4]))
    assert found.smoothed[30] == pytest.approx(np.mean(losses[27:34]))
    assert found.smoothed[59] == pytest.approx(np.mean(losses[56:]))
    assert found.lowest in (rates[40], rates[39], rates[41])
    values = found.to_dict()
    assert values["learning_rate"] == pytest.approx(found.lowest / 10)
    assert values["head_learning_rate"] == pytest.approx(4 * found.lowest / 10)
    assert len(values["smoothed"]) == len(values["rates"]) == len(values["losses"]) == 60


def watched(losses):
    """Gives a watch one loss after the other, until it has seen enough."""
    watch = _Watch()
    watch.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.5), reset_metrics=lambda: None))
    watch.model.stop_training = False
    for batch, loss in enumerate(losses):
        watch.on_train_batch_begin(batch)
        watch.on_train_batch_end(batch, {"loss": loss})
        if watch.model.stop_training:
            break
    return watch


@pytest.mark.parametrize(
    ("last", "kept"),
    [([1.0] * 30, 50), ([1.0] * 10 + [100.0] * 10, 31), ([float("nan")] * 10, 20), ([float("inf")] * 10, 20)],
)
def test_it_ends_where_the_loss_goes_up_or_away(last, kept):
    watch = watched([2.0] * 10 + [1.0] * 10 + last)
    assert len(watch.found(1.0).losses) == len(watch.found(1.0).rates) == kept


def test_one_bad_batch_is_no_end():
    assert len(watched([1.0] * 10 + [5.0] + [1.0] * 10).found(1.0).losses) == 21


def test_a_search_that_diverges_at_once_is_refused():
    with pytest.raises(RunError, match="the training diverged within 3 batches; begin with a lower --lowest"):
        watched([1.0, 1.0, 1.0, float("nan")]).found(1.0)


def test_rates_rise_by_one_factor_until_the_loss_does(tiny_config, documents):
    search = search_rate(documents, tiny_config(head="softmax"), steps=40, lowest=1e-3, highest=1e9)
    assert 10 <= len(search.rates) < 40
    expected = 1e-3 * 10.0 ** (12 * np.arange(len(search.rates)) / 39)
    np.testing.assert_allclose(search.rates, expected, rtol=1e-4)
    assert search.on_top == pytest.approx(2.0)
    assert min(search.losses) < search.losses[0] < max(search.losses)


@pytest.mark.parametrize(("lowest", "highest"), [(0.1, 0.1), (0.1, 0.01), (0.0, 1.0)])
def test_rates_that_do_not_rise_are_refused(lowest, highest, tiny_config, documents):
    with pytest.raises(ConfigError, match=f"rates must rise from above 0, got lowest={lowest} and highest={highest}"):
        search_rate(documents, tiny_config(), lowest=lowest, highest=highest)


def test_it_trains_the_network_that_a_run_would(tiny_config, documents, monkeypatch):
    compiled = []

    def stop(network, *_, **__):
        compiled.append(network)
        raise RunError("that is enough")

    monkeypatch.setattr("bert4ner.train.rate_search.compile_for_training", stop)
    for option in ("auto", "none"):
        with pytest.raises(RunError, match="that is enough"):
            search_rate(documents, tiny_config(lexicon=option))
    assert [[each.name for each in network.inputs][2:] for network in compiled] == [["lexicon"], []]
