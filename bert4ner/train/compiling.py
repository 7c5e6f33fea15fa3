"""From a network to one that Keras' `fit` trains as its configuration says: optimizer, loss, modifiers of the step."""

import inspect
import json
import math
from typing import Any

from bert4ner.config import Config
from bert4ner.errors import ConfigError, nearest
from bert4ner.models.ner_model import NERModel
from bert4ner.models.precision import resolve_precision
from bert4ner.registry import MODIFIERS
from bert4ner.train.optimizers import build_optimizer
from bert4ner.train.step import Modifier, TrainingStep


def compile_for_training(network: Any, total_steps: int) -> None:
    """Compile a network for training as its configuration says.

    That is rates and their schedule, loss, modifiers; in float16 with loss scaling.

    Args:
        network: what `build_model` gives.
        total_steps: batches of the whole training, all epochs; the rates fall to 0 by then.

    Raises:
        ConfigError: `build_model` did not make the network, or its configuration names modifiers that are not there.

    Example:
        >>> network = bert4ner.build_model(config, labels)  # doctest: +SKIP
        >>> batches = bert4ner.training_batches(documents, network)  # doctest: +SKIP
        >>> bert4ner.compile_for_training(network, total_steps=3 * len(batches))  # doctest: +SKIP
        >>> network.fit(batches.dataset(0, 3), epochs=3, steps_per_epoch=len(batches))  # doctest: +SKIP
    """
    model = NERModel.of(network)
    modifiers = open_modifiers(model.config)
    updates = -(-total_steps // math.prod(each.batches_per_update for each in modifiers.values()))
    scaled = resolve_precision(model.config.run.precision) == "float16"
    network.compile(optimizer=build_optimizer(model, updates, loss_scaling=scaled), loss=model.head.loss)
    network.train_step = TrainingStep(network, modifiers)


def open_modifiers(config: Config) -> dict[str, Modifier]:
    """The modifiers that a configuration names, by their names, the outermost first.

    Raises:
        ConfigError: there is none of such a name, it has no such option, a value does not suit it, or two do not go
            together.
    """
    found: dict[str, Modifier] = {}
    for described in filter(None, config.step.modifiers.replace(" ", "").split(",")):
        name, *options = described.split(":")
        if name in found:
            raise ConfigError(f"modifiers={config.step.modifiers!r}: {name!r} is named twice")
        found[name] = _make(name, dict(_option(name, option) for option in options))
    _check_roles(found)
    return found


def _check_roles(modifiers: dict[str, Modifier]) -> None:
    first: dict[str, str] = {}
    for name, modifier in modifiers.items():
        if modifier.role and first.setdefault(modifier.role, name) != name:
            raise ConfigError(
                f"modifiers: {first[modifier.role]} and {name} are both {modifier.role}; name one of them"
            )


def _option(name: str, option: str) -> tuple[str, Any]:
    key, equals, value = option.partition("=")
    if not equals:
        raise ConfigError(f"modifiers: expected option=value after {name!r}, found {option!r}; e.g. ema:decay=0.99")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value  # a word


def _make(name: str, options: dict[str, Any]) -> Modifier:
    kind = MODIFIERS.get(name)
    known = inspect.signature(kind).parameters
    for option in options:
        if option not in known:
            raise ConfigError(f"the modifier {name!r} has no option {option!r}{nearest(option, known)}")
    try:
        modifier: Modifier = kind(**options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the modifier {name!r} does not take {options}: {error}") from None
    return modifier
