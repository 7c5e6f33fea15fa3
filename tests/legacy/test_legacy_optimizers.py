"""bert4keras' optimizers under `legacy`, step by step, against the published formulas in numpy."""

import json

import numpy as np
import pytest

from tests.legacy.legacy_process import run_legacy

pytestmark = pytest.mark.slow
STEPS, RATE = 7, 0.1
NAMES = ["Embedding-Token/embeddings", "Transformer-1-Dense/kernel", "Transformer-10-Dense/bias"]
CASES = (
    "adam adam_plain lion adafactor adafactor_free weight_decay keras_adam layer_adaptation piecewise_linear_lr "
    "gradient_accumulation accumulated_schedule scheduled_accumulation lookahead lazy_optimization "
    "exponential_moving_average accumulated_average parameter_wise_lr"
).split()
AVERAGING = ("exponential_moving_average", "accumulated_average")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = tmp_path_factory.mktemp("optimizers") / "steps.json"
    done = run_legacy("optimizers.py", path, *CASES)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text())


def gradients(weights, step):
    """Those of the script's loss: rows 1, 3, 3 of the embedding against 1, a slope that grows, a distance to -2."""
    embedding, kernel, bias = weights
    seen = np.zeros((4, 1))
    np.add.at(seen, [1, 3, 3], 1)
    return [seen * (embedding - 1), np.full_like(kernel, step + 0.5), bias + 2]


class Adam:
    """Kingma and Ba 2014, one weight; `changes` of a step go through `change`."""

    def __init__(self, corrected=True):
        self.m, self.v, self.count, self.corrected = 0, 0, 0, corrected

    def change(self, weight, gradient, rate):
        self.count += 1
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * gradient**2
        m, v = self.m, self.v
        if self.corrected:
            m, v = m / (1 - 0.9**self.count), v / (1 - 0.999**self.count)
        return -rate * m / (np.sqrt(v) + 1e-6)


class Lion:
    """Chen et al. 2023."""

    m = 0

    def change(self, weight, gradient, rate):
        update = np.sign(0.95 * self.m + 0.05 * gradient)
        self.m = 0.98 * self.m + 0.02 * gradient
        return -rate * update


class AdaFactor:
    """Shazeer and Stern 2018, algorithm 4 for vectors and 5 for matrices, with momentum `beta_1`."""

    def __init__(self, beta_1, factored, free):
        self.v = self.rows = self.columns = self.m = 0
        self.beta_1, self.factored, self.free, self.count = beta_1, factored, free, 0

    def change(self, weight, gradient, rate):
        self.count += 1
        beta_2 = 1 - self.count**-0.8
        rate = min(self.count**-0.5, 0.01) if self.free else rate
        squares = gradient**2 + 1e-30
        if self.factored and weight.ndim == 2:
            self.rows = beta_2 * self.rows + (1 - beta_2) * squares.mean(axis=1, keepdims=True)
            self.columns = beta_2 * self.columns + (1 - beta_2) * squares.mean(axis=0, keepdims=True)
            estimate = self.rows * self.columns / self.rows.mean()
        else:
            self.v = estimate = beta_2 * self.v + (1 - beta_2) * squares
        update = gradient / np.sqrt(estimate + 1e-30)
        update = update / max(1, np.sqrt((update**2).mean()))
        if self.beta_1:
            self.m = update = self.beta_1 * self.m + (1 - self.beta_1) * update
        return -rate * update * max(np.sqrt((weight**2).mean()), 1e-3)


def schedule(step):
    """{4: 1, 6: 0.5}: up to 1 at 4, down to 0.5 at 6."""
    return np.interp(step, [0, 4, 6], [0, 1, 0.5])


def inner(case):
    if case == "lion":
        return Lion()
    if case.startswith("adafactor"):
        return AdaFactor(0.5 if case == "adafactor" else 0, case == "adafactor", case == "adafactor_free")
    return Adam(case != "adam_plain")


def change(case, rule, name, weight, gradient, rate):
    """What one step of a case adds to a weight."""
    update = rule.change(weight, gradient, rate)
    if case in ("weight_decay", "keras_adam") and not (case == "weight_decay" and "bias" in name):
        update = update - rate * 0.2 * weight
    if case == "layer_adaptation" and "bias" not in name:
        update = update * np.linalg.norm(weight) / np.linalg.norm(update / rate)
    if case == "lazy_optimization" and "Embedding" in name:
        update = update * (gradient != 0).any(axis=-1, keepdims=True)
    if case == "parameter_wise_lr":
        update = update * {"Embedding-Token/embeddings": 2, "Transformer-1-Dense/kernel": 0.5}.get(name, 1)
    return update


def simulate(case, weights):
    """Weights after every step, and the average of those after each step that changed them."""
    weights = [np.array(weight) for weight in weights]
    rules, waiting = [inner(case) for _ in weights], [0, 0, 0]
    slow, history, averaged = [weight.copy() for weight in weights], [[w.copy() for w in weights]], []
    accumulated = "accumul" in case
    for step in range(STEPS):
        rate = RATE * (schedule(step) if "schedule" in case or "piecewise" in case else 1)
        for number, gradient in enumerate(gradients(weights, step)):
            if accumulated:
                waiting[number] = waiting[number] + gradient / 3
                if step % 3 != 2:
                    continue
                gradient, waiting[number] = waiting[number], 0
            weights[number] = weights[number] + change(
                case, rules[number], NAMES[number], weights[number], gradient, rate
            )
            if case == "lookahead" and step % 3 == 2:
                slow[number] = slow[number] + 0.25 * (weights[number] - slow[number])
                weights[number] = slow[number].copy()
        history.append([weight.copy() for weight in weights])
        if not accumulated or step % 3 == 2:
            averaged.append(history[-1])
    return history, averaged


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_the_published_one(results, case):
    found = results[case]["weights"]
    expected, _ = simulate(case, found[0])
    for step in range(STEPS + 1):
        for name, ours, reference in zip(NAMES, found[step], expected[step], strict=True):
            np.testing.assert_allclose(ours, reference, rtol=1e-5, atol=2e-5, err_msg=f"{case}, step {step}, {name}")


@pytest.mark.parametrize("case", AVERAGING)
def test_an_average_of_embeddings_counts_each_step_once(results, case):
    _, averaged = simulate(case, results[case]["weights"][0])
    shares = 0.9 ** np.arange(len(averaged))[::-1]
    for number, ours in enumerate(results[case]["average"]):
        reference = np.tensordot(shares / shares.sum(), np.array([weights[number] for weights in averaged]), 1)
        np.testing.assert_allclose(ours, reference, atol=1e-5)
    assert results[case]["reset"] == results[case]["weights"][-1]


def test_configurations_hold_what_the_optimizer_was_made_with(results):
    assert [case for case in CASES if not results[case]["config"]] == []


def test_an_extension_that_would_change_nothing_is_refused(results):
    assert results["refused"].startswith("bert4keras.optimizers.extend_with_weight_decay(SGD): ")
