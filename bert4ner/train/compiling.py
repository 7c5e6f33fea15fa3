"""Compiles a network for Keras' `fit` by its configuration: optimizer, loss, modifiers of the step."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from bert4ner.config import Config
from bert4ner.errors import ConfigError, nearest, shown
from bert4ner.models.ner_model import NERModel
from bert4ner.models.precision import resolve_precision
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.networks.recompute import recompute_layers
from bert4ner.registry import MODIFIERS
from bert4ner.schema import Unreadable, parse_json
from bert4ner.train.forward import regularized
from bert4ner.train.losses import check_losses
from bert4ner.train.optimizers import build_optimizer
from bert4ner.train.step import Modifier, TrainingStep, batches_in_one


def compile_for_training(
    network: Any, total_steps: int, *, epochs: int = 1, schedule: Callable[[int], Any] | None = None
) -> None:
    """Compile a network for training with the options of its configuration.

    They cover rates and their schedule, loss, dropout samples, penalties and modifiers; float16 gets loss scaling.
    Modifiers that depend on the epoch need the callback `bert4ner.callbacks.Replay`.

    Args:
        network: made by `build_model`.
        total_steps: batches of the whole training, all epochs; the rates fall to 0 by then.
        epochs: number of epochs; with accumulation, the batches left over at the end of an epoch make one more update.
        schedule: makes the encoder's schedule from the number of updates, instead of the configured one.

    Raises:
        ConfigError: `build_model` did not make the network; or its configuration has unknown or unsuitable modifiers,
            or options of the loss that do nothing with the head.

    Example:
        >>> import bert4ner
        >>> documents = bert4ner.sample_documents()
        >>> labels = sorted({entity.label for document in documents for entity in document.entities})
        >>> network = bert4ner.build_model(bert4ner.Config(pretrained="tcm-mini"), labels)
        >>> batches = bert4ner.training_batches(documents, network)
        >>> bert4ner.compile_for_training(network, total_steps=len(batches))
        >>> callbacks = [bert4ner.callbacks.Replay(42)]
        >>> fit = {"epochs": 1, "steps_per_epoch": len(batches), "callbacks": callbacks, "verbose": 0}
        >>> sorted(network.fit(batches.dataset(0, 1), **fit).history)[:1]
        ['loss']
    """
    model = NERModel.of(network)
    check_losses(model.config, model.labels)
    modifiers = checked_modifiers(model.config, model.encoder_config)
    updates = epochs * -(-total_steps // (epochs * batches_in_one(modifiers)))
    scaled = resolve_precision(model.config.run.precision) == "float16"
    if model.config.run.recompute and not recompute_layers(network):
        raise ConfigError(
            "recompute: it would save no memory, as this encoder has no layers that support it; leave it out"
        )
    optimizer = build_optimizer(model, updates, loss_scaling=scaled, schedule=schedule)
    network.compile(optimizer=optimizer, loss=model.head.loss)
    network.train_step = TrainingStep(network, modifiers, regularized(network, model.config.regularization))


def checked_modifiers(config: Config, encoder: EncoderConfig) -> dict[str, Modifier]:
    """`open_modifiers`, after checking that they work together and with all other options.

    Raises:
        ConfigError: they do not; or see `open_modifiers`.
    """
    found = open_modifiers(config)
    for modifier in found.values():
        modifier.check(config, encoder)
    return found


def open_modifiers(config: Config) -> dict[str, Modifier]:
    """The modifiers that a configuration names, by name, the outermost first.

    Raises:
        ConfigError: a name or an option is unknown, a value is not allowed, or two modifiers cannot go together.
    """
    found: dict[str, Modifier] = {}
    for described in config.step.modifiers.split(",") if config.step.modifiers else ():
        name, *options = (part.strip() for part in described.split(":"))
        if name in found:
            raise ConfigError(f"modifiers={shown(config.step.modifiers)}: {shown(name)} is named twice")
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
    """The options after a modifier's name, each as option=value."""
    found: dict[str, Any] = {}
    for option in options:
        key, equals, value = (part.strip() for part in option.partition("="))
        if not equals or not key:
            raise ConfigError(
                f"modifiers: expected option=value after {shown(name)}, found {shown(option)}; e.g. ema:decay=0.99"
            )
        if key in found:
            raise ConfigError(f"modifiers: the option {shown(key)} of {shown(name)} is given twice")
        try:
            found[key] = parse_json(value)
        except Unreadable:
            found[key] = value  # a word
    return found


def _make(name: str, options: dict[str, Any]) -> Modifier:
    kind = MODIFIERS.get(name)
    known = inspect.signature(kind).parameters
    for option in options:
        if option not in known:
            raise ConfigError(f"the modifier {name!r} has no option {shown(option)}{nearest(option, known)}")
    try:
        modifier: Modifier = kind(**options)
    except ValueError as error:
        raise ConfigError(f"the modifier {name!r} does not take {options}: {error}") from None
    except TypeError:  # its own text describes the Python call
        raise ConfigError(f"the modifier {name!r} does not take {options}; see its class, {kind.__name__}") from None
    return modifier
