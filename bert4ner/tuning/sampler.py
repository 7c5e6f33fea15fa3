"""Draws options from a space, those more often that were good before: Optuna's tree-structured Parzen estimator."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, product
from math import prod
from typing import Any

import numpy as np

from bert4ner.errors import EnvironmentProblem
from bert4ner.tuning.space import Choice, Interval, Space, Value
from bert4ner.tuning.trials import Trial

_AT_RANDOM = 6  # trials before the first that learns from others
_PROPOSALS = 10  # of which the first new one is taken
_BLIND = 200  # draws at random, if the estimator repeats itself
_COUNTABLE = 100_000  # combinations that are all looked at, if these do, too


def check_optuna() -> None:
    """Refuse to begin without Optuna.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise EnvironmentProblem(
            "a search for options needs Optuna, which is not installed: pip install 'bert4ner[tune]'"
        ) from None


def draw(
    space: Space,
    trials: Sequence[Trial],
    *,
    seed: int,
    accepts: Callable[[dict[str, Value]], bool] = lambda drawn: True,
) -> dict[str, Value] | None:
    """Options for the next trial that none had before; None if nothing is left to try.

    Args:
        space: the options and their values.
        trials: those before it, finished; the draw depends on them, on the seed and on their number alone.
        seed: of the search.
        accepts: says whether options go together.

    References:
        Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization; Akiba et al. 2019, Optuna.
    """
    known = [dict(each.options) for each in trials]

    def is_new(drawn: dict[str, Value]) -> bool:
        return drawn not in known and accepts(drawn)

    stream = np.random.SeedSequence([seed, len(trials)])
    found = _proposals(space, trials, int(stream.generate_state(1)[0]))
    return next(filter(is_new, chain(found, _blind(space, np.random.default_rng(stream)))), None)


def _proposals(space: Space, trials: Sequence[Trial], seed: int) -> Iterator[dict[str, Value]]:
    """What the estimator would try; it may repeat itself."""
    import optuna

    distributions = {name: _distribution(values) for name, values in space.items()}
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_AT_RANDOM)
    with _silent(optuna):
        study = optuna.create_study(direction="maximize", sampler=sampler)
        for each in trials:
            if set(each.options) == set(space):
                study.add_trial(_remembered(each, distributions))
        found = [study.ask(distributions).params for _ in range(_PROPOSALS)]
    yield from ({name: _rounded(value, space[name]) for name, value in params.items()} for params in found)


def _blind(space: Space, random: np.random.Generator) -> Iterator[dict[str, Value]]:
    """Draws at random, then, if there are no more than can be counted, all that there are."""
    for _ in range(_BLIND):
        yield {name: _at_random(values, random) for name, values in space.items()}
    listed = [_listed(values) for values in space.values()]
    if all(each is not None for each in listed) and prod(len(each or ()) for each in listed) <= _COUNTABLE:
        yield from (dict(zip(space, values, strict=True)) for values in product(*(each or () for each in listed)))


def _at_random(values: Choice | Interval, random: np.random.Generator) -> Value:
    if isinstance(values, Choice):
        return values.values[int(random.integers(len(values.values)))]
    if values.whole:
        return int(random.integers(int(values.low), int(values.high) + 1))
    return _rounded(float(random.uniform(values.low, values.high)), values)


def _listed(values: Choice | Interval) -> Sequence[Value] | None:
    """All values; None for numbers that are not whole."""
    if isinstance(values, Choice):
        return values.values
    return range(int(values.low), int(values.high) + 1) if values.whole else None


def _rounded(value: Value, values: Choice | Interval) -> Value:
    """A number with three digits, as people write it, within its interval."""
    if isinstance(values, Choice) or values.whole:
        return value
    return min(max(float(f"{value:.3g}"), values.low), values.high)


def _distribution(values: Choice | Interval) -> Any:  # noqa: ANN401  # of Optuna
    import optuna

    if isinstance(values, Choice):
        return optuna.distributions.CategoricalDistribution(values.values)
    if values.whole:
        return optuna.distributions.IntDistribution(int(values.low), int(values.high), log=values.on_log_scale)
    return optuna.distributions.FloatDistribution(values.low, values.high, log=values.on_log_scale)


def _remembered(trial: Trial, distributions: dict[str, Any]) -> Any:  # noqa: ANN401  # of Optuna
    import optuna

    states = optuna.trial.TrialState
    state = {"complete": states.COMPLETE, "stopped": states.PRUNED}.get(trial.state, states.FAIL)
    return optuna.trial.create_trial(
        state=state,
        value=trial.f1 if state == states.COMPLETE else None,
        params=dict(trial.options),
        distributions=distributions,
        intermediate_values=dict(enumerate(trial.epochs)) if state == states.PRUNED else {},
    )


@contextmanager
def _silent(optuna: Any) -> Iterator[None]:  # noqa: ANN401  # the module
    """Keep Optuna from writing lines of its own; its level is as before at the end."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)
