"""From a network to one that Keras' `fit` trains as its configuration says: optimizer, loss, modifiers of the step."""

import inspect
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from bert4ner.config import Config
from bert4ner.errors import ConfigError, nearest
from bert4ner.models.ner_model import NERModel
from bert4ner.models.precision import resolve_precision
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.networks.recompute import recompute_layers
from bert4ner.registry import MODIFIERS
from bert4ner.train.forward import regularized
from bert4ner.train.losses import check_losses
from bert4ner.train.optimizers import build_optimizer
from bert4ner.train.step import Modifier, TrainingStep


def compile_for_training(
    network: Any, total_steps: int, *, epochs: int = 1, schedule: Callable[[int], Any] | None = None
) -> None:
    """Compile a network for training as its configuration says.

    That is rates and their schedule, loss, draws of dropout, penalties, modifiers; in float16 with loss scaling.
    Modifiers that ask which epoch it is learn it from the callback `bert4ner.callbacks.Replay`.

    Args:
        network: what `build_model` gives.
        total_steps: batches of the whole training, all epochs; the rates fall to 0 by then.
        epochs: how many those are; of each, what is left of batches that make one update together makes one, too.
        schedule: makes the schedule of the encoder's rates of the number of updates, in place of the configured one.

    Raises:
        ConfigError: `build_model` did not make the network, or its configuration names modifiers that are not there or
            do not suit it, or options of the loss that the head takes no notice of.

    Example:
        >>> network = bert4ner.build_model(config, labels)  # doctest: +SKIP
        >>> batches = bert4ner.training_batches(documents, network)  # doctest: +SKIP
        >>> bert4ner.compile_for_training(network, total_steps=3 * len(batches))  # doctest: +SKIP
        >>> fit = {"epochs": 3, "steps_per_epoch": len(batches), "callbacks": [Replay(42)]}  # doctest: +SKIP
        >>> network.fit(batches.dataset(0, 3), **fit)  # doctest: +SKIP
    """
    model = NERModel.of(network)
    check_losses(model.config, model.labels)
    modifiers = checked_modifiers(model.config, model.encoder_config)
    in_one = math.prod(each.batches_per_update for each in modifiers.values())
    updates = epochs * -(-total_steps // (epochs * in_one))
    scaled = resolve_precision(model.config.run.precision) == "float16"
    if model.config.run.recompute and not recompute_layers(network):
        raise ConfigError("recompute: the encoder has no layers that are known to keep much; leave it out")
    optimizer = build_optimizer(model, updates, loss_scaling=scaled, schedule=schedule)
    network.compile(optimizer=optimizer, loss=model.head.loss)
    network.train_step = TrainingStep(network, modifiers, regularized(network, model.config.regularization))


def checked_modifiers(config: Config, encoder: EncoderConfig) -> dict[str, Modifier]:
    """`open_modifiers`, where they can work together, and with everything else.

    Raises:
        ConfigError: they cannot, or as there.
    """
    found = open_modifiers(config)
    for modifier in found.values():
        modifier.check(config, encoder)
    return found


def open_modifiers(config: Config) -> dict[str, Modifier]:
    """The modifiers that a configuration names, by their names, the outermost first.

    Raises:
        ConfigError: there is none of such a name, it has no such option, a value does not suit it, or two do not go
            together.
    """
    found: dict[str, Modifier] = {}
    for described in config.step.modifiers.split(",") if config.step.modifiers else ():
        name, *options = (part.strip() for part in described.split(":"))
        if name in found:
            raise ConfigError(f"modifiers={config.step.modifiers!r}: {name!r} is named twice")
        found[name] = _make(name, _options(name, options))
    _check_roles(found)
    return found


def _check_roles(modifiers: dict[str, Modifier]) -> None:
    first: dict[str, str] = {}
    for name, modifier in modifiers.items():
        if modifier.role and first.setdefault(modifier.role, name) != name:
            raise ConfigError(
                f"modifiers: {first[modifier.role]} and {name} are both {modifier.role}; name one of them"
            )


def _options(name: str, options: Sequence[str]) -> dict[str, Any]:
    """What stands behind the name of a modifier, option=value each."""
    found: dict[str, Any] = {}
    for option in options:
        key, equals, value = (part.strip() for part in option.partition("="))
        if not equals or not key:
            raise ConfigError(f"modifiers: expected option=value after {name!r}, found {option!r}; e.g. ema:decay=0.99")
        if key in found:
            raise ConfigError(f"modifiers: the option {key!r} of {name!r} is given twice")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value  # a word
    return found


def _make(name: str, options: dict[str, Any]) -> Modifier:
    kind = MODIFIERS.get(name)
    known = inspect.signature(kind).parameters
    for option in options:
        if option not in known:
            raise ConfigError(f"the modifier {name!r} has no option {option!r}{nearest(option, known)}")
    try:
        modifier: Modifier = kind(**options)
    except ValueError as error:
        raise ConfigError(f"the modifier {name!r} does not take {options}: {error}") from None
    except TypeError:  # says how Python sees it
        raise ConfigError(f"the modifier {name!r} does not take {options}; see its class, {kind.__name__}") from None
    return modifier
