"""Draws options from a space, those more often that were good before: Optuna's tree-structured Parzen estimator."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from bert4ner.errors import EnvironmentProblem
from bert4ner.tuning.space import Choice, Interval, Space, Value
from bert4ner.tuning.trials import Trial

_AT_RANDOM = 6  # trials before the first that learns from others
_ATTEMPTS = 100  # to draw what was not drawn before


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


def draw(space: Space, trials: Sequence[Trial], *, seed: int) -> dict[str, Value] | None:
    """Options for the next trial that none had before; None if nothing new was found to try.

    Args:
        space: the options and their values.
        trials: those before it, finished; the draw depends on them, on the seed and on their number alone.
        seed: of the search.

    References:
        Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization; Akiba et al. 2019, Optuna.
    """
    import optuna

    known = [dict(each.options) for each in trials]
    if _combinations(space) <= sum(all(name in each for name in space) for each in known):
        return None
    distributions = {name: _distribution(values) for name, values in space.items()}
    stream = int(np.random.SeedSequence([seed, len(trials)]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=stream, n_startup_trials=_AT_RANDOM)
    with _silent(optuna):
        study = optuna.create_study(direction="maximize", sampler=sampler)
        for each in trials:
            if set(each.options) == set(space) and all(each.options[name] in space[name] for name in space):
                study.add_trial(_remembered(each, distributions))
        for _ in range(_ATTEMPTS):
            found = study.ask(distributions)
            drawn = {name: _rounded(value, space[name]) for name, value in found.params.items()}
            if drawn not in known:
                return drawn
            study.tell(found, state=optuna.trial.TrialState.FAIL)
    return None


def _rounded(value: Value, values: Choice | Interval) -> Value:
    """A number with three digits, as people write it, within its interval."""
    if isinstance(values, Choice) or values.whole:
        return value
    return min(max(float(f"{value:.3g}"), values.low), values.high)


def _combinations(space: Space) -> float:
    """How many different options there are; no end of them if an interval is not of whole numbers."""
    sizes = (
        len(each.values) if isinstance(each, Choice) else each.high - each.low + 1 if each.whole else float("inf")
        for each in space.values()
    )
    return prod(sizes)


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
