"""What is drawn: within the space, never twice, the same again, and better than at random."""

import logging
import math
import sys

import numpy as np
import pytest

from bert4ner.errors import EnvironmentProblem
from bert4ner.tuning.sampler import check_optuna, draw
from bert4ner.tuning.space import Choice, Interval
from bert4ner.tuning.trials import Trial

SPACE = {"learning_rate": Interval(1e-5, 1e-2), "epochs": Interval(1, 20), "head": Choice(("crf", "w2ner"))}


def worth(options):
    """A score with one peak: rate 1e-3, 12 epochs, w2ner."""
    off = abs(math.log10(options["learning_rate"]) + 3) / 3 + abs(options["epochs"] - 12) / 20
    return max(0.0, 0.9 - 0.4 * off - (0.2 if options["head"] == "crf" else 0))


def search(number, seed):
    trials = []
    while len(trials) < number:
        drawn = draw(SPACE, trials, seed=seed)
        trials.append(Trial(len(trials) + 1, drawn, "complete", f1=worth(drawn)))
    return trials


def test_draws_lie_in_the_space_and_differ():
    drawn = [dict(each.options) for each in search(15, seed=1)]
    assert all(set(each) == set(SPACE) and all(each[name] in SPACE[name] for name in SPACE) for each in drawn)
    assert all(each not in drawn[:number] for number, each in enumerate(drawn))
    assert all(float(f"{each['learning_rate']:.3g}") == each["learning_rate"] for each in drawn)


def test_the_same_seed_and_trials_draw_the_same_and_another_seed_differs():
    assert search(8, seed=3) == search(8, seed=3)
    assert search(2, seed=3) != search(2, seed=4)


def test_later_trials_are_better_than_draws_at_random():
    random = np.random.default_rng(0)
    blind = [
        worth({"learning_rate": 10 ** random.uniform(-5, -2), "epochs": random.integers(1, 21), "head": head})
        for head in ("crf", "w2ner")
        for _ in range(5000)
    ]
    late = [each.f1 for seed in range(5) for each in search(30, seed)[-10:]]
    assert np.mean(late) > np.mean(blind) + 2 * np.std(blind) / math.sqrt(len(late))


@pytest.mark.parametrize(
    ("space", "number"),
    [
        ({"head": Choice(("crf", "w2ner", "span")), "fusion_layers": Interval(2, 3)}, 6),
        ({"epochs": Interval(1, 30)}, 30),
        ({"scheme": Choice(tuple("abcdefgh")), "head": Choice(tuple("ijk"))}, 24),
    ],
)
def test_a_space_with_an_end_is_tried_out_and_then_nothing_is_left(space, number):
    trials = []
    while (drawn := draw(space, trials, seed=0)) is not None:
        trials.append(Trial(len(trials) + 1, drawn, "complete", f1=0.5 + 0.01 * (len(trials) % 7)))
    assert len(trials) == number == len({tuple(sorted(each.options.items())) for each in trials})


def test_an_interval_with_one_number_of_three_digits_ends_without_a_loop():
    narrow, first = {"learning_rate": Interval(1.0001e-4, 1.0004e-4)}, []
    while (drawn := draw(narrow, first, seed=0)) is not None:
        first.append(Trial(len(first) + 1, drawn, "complete", f1=0.5))
    assert 1 <= len(first) <= 3


def test_options_that_do_not_go_together_are_drawn_again():
    trials = []
    for number in range(1, 12):
        drawn = draw(
            {"head_size": Interval(32, 128)}, trials, seed=1, accepts=lambda drawn: drawn["head_size"] % 2 == 0
        )
        trials.append(Trial(number, drawn, "complete", f1=0.5))
    assert all(each.options["head_size"] % 2 == 0 for each in trials)


def test_a_first_trial_outside_the_space_and_failed_and_stopped_ones_do_no_harm():
    options = {"learning_rate": 1e-4, "epochs": 5, "head": "crf"}
    trials = [
        Trial(1, {"head": "crf"}, "complete", f1=0.5),
        Trial(2, options, "stopped", f1=0.1, epochs=(0.05, 0.1)),
        Trial(3, {**options, "epochs": 6}, "failed", reason="out of memory"),
    ]
    for number in range(4, 12):
        drawn = draw(SPACE, trials, seed=2)
        trials.append(Trial(number, drawn, "complete", f1=worth(drawn)))


def test_optuna_says_nothing_and_keeps_its_level(caplog, capfd):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.INFO)
    with caplog.at_level(logging.DEBUG):
        draw(SPACE, [], seed=0)
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert "study" not in caplog.text + "".join(capfd.readouterr())


def test_without_optuna_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        EnvironmentProblem, match=r"needs Optuna, which is not installed: pip install 'bert4ner\[tune\]'"
    ):
        check_optuna()
