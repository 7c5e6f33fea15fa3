"""Learning rates rise to their peak, and fall as their schedule says."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.train.schedule import Later, Rising, Warmup


def rates_of(schedule, count):
    return [float(schedule(tf.constant(step, "int64"))) for step in range(count)]


@pytest.mark.parametrize(
    ("warmup", "total", "expected"),
    [
        (4, 10, [0.25, 0.5, 0.75, 1.0, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7, 0.0, 0.0]),
        (0, 4, [4 / 5, 3 / 5, 2 / 5, 1 / 5, 0.0]),
        (3, 3, [1 / 3, 2 / 3, 1.0, 0.0]),
        (0, 1, [0.5, 0.0]),
        (1, 1, [1.0, 0.0]),
    ],
)
def test_the_rate_rises_to_its_peak_then_falls_to_nothing(warmup, total, expected):
    rates = rates_of(Warmup(0.2, warmup, total), len(expected))
    np.testing.assert_allclose(rates, 0.2 * np.array(expected), atol=1e-7)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("cosine", [1 / 2, 1, (1 + np.cos(np.pi / 4)) / 2, 1 / 2, (1 + np.cos(3 * np.pi / 4)) / 2, 0, 0]),
        ("constant", [1 / 2, 1, 1, 1, 1, 1, 1]),
        ("linear", [1 / 2, 1, 3 / 4, 1 / 2, 1 / 4, 0, 0]),
    ],
)
def test_after_the_warm_up_it_follows_its_schedule(schedule, expected):
    np.testing.assert_allclose(rates_of(Warmup(0.2, 2, 5, schedule), 7), 0.2 * np.array(expected), atol=1e-7)


@pytest.mark.parametrize(("warmup", "rising"), [(0, [1, 1, 1]), (2, [1 / 2, 1, 1]), (3, [1 / 3, 2 / 3, 1])])
def test_later_rates_are_those_of_the_whole_after_a_warm_up_of_their_own(warmup, rising):
    schedule = Later(Warmup(0.2, 2, 5), 2, warmup)
    np.testing.assert_allclose(rates_of(schedule, 3), 0.2 * np.array([3 / 4, 1 / 2, 1 / 4]) * rising, atol=1e-7)
    assert Later.from_config(schedule.get_config()).get_config() == schedule.get_config()


def test_the_configuration_names_all_schedules():
    assert Config.option("schedule").words() == ["linear", "cosine", "constant"]


@pytest.mark.parametrize(("total", "expected"), [(5, [1e-4, 1e-3, 1e-2, 1e-1, 1]), (1, [1e-4])])
def test_a_rising_rate_is_multiplied_by_the_same_at_every_step(total, expected):
    schedule = Rising(1e-4, 1.0, total)
    np.testing.assert_allclose(rates_of(schedule, total), expected, rtol=1e-5)
    assert Rising.from_config(schedule.get_config()).get_config() == schedule.get_config()
