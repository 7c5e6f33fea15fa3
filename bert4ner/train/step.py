"""One training step with modifiers, which act before, around and after the gradient. It names no modifier.

Without modifiers a step computes exactly what Keras' own does.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.models.pretrained import EncoderConfig


class Batch(NamedTuple):
    """The data of one step."""

    inputs: Any
    """Token ids and segment ids, ``(batch, length)`` each."""
    targets: Any
    """The head's targets, ``(batch, …)``."""
    weights: Any = None
    """The weight of each window's labels, ``(batch,)``, 0 without labels; None if all weigh the same."""


class Loss(NamedTuple):
    """The loss of one forward pass, and the outputs of the network."""

    value: Any
    """The scalar to differentiate."""
    outputs: Any


class Gradients(NamedTuple):
    """The gradients of a loss, and the outputs of the network."""

    pairs: list[tuple[Any, Any]]
    """(gradient, variable) for every trained variable, as Keras' optimizers expect."""
    outputs: Any


class Modifier:
    """Base of all modifiers of a training step; it changes nothing itself.

    A step computes a loss and its gradients, and updates the weights. A modifier overrides the methods that it needs to
    act around each of the three, any number of times, or after the update. Of several modifiers, the first named is
    the outermost. The methods `around_*` and `after_update` are traced into a graph.

    A class is registered by its name in `bert4ner.registry.MODIFIERS`, or by another package with an entry point of
    the group ``bert4ner.modifiers``. Its arguments, which need defaults, are the options of the modifier.

    Example:
        class Twice(Modifier):
            def around_loss(self, compute, batch):
                one, other = compute(batch), compute(batch)  # two draws of dropout
                return Loss((one.value + other.value) / 2, one.outputs)
    """

    batches_per_update = 1
    """Number of batches per update of the weights."""
    role: str = ""
    """A role in words that only one modifier of a training may have."""
    learns_without_labels = False
    """Whether it learns from windows without labels: windows of weight 0, which add nothing to the supervised loss."""
    needs_unlabelled = False
    """Whether it does nothing without such windows."""

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Raise a `ConfigError`, before anything is created, if the modifier cannot work with the configuration."""

    def build(self, network: Any) -> None:
        """Create the variables needed for a network, which is compiled and has its weights."""

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss of a batch; `compute` is a forward pass. Runs under the gradient tape."""
        return compute(batch)

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The gradients of a batch; `compute` is a forward and a backward pass."""
        return compute(batch)

    def around_update(self, update: Callable[[list[tuple[Any, Any]]], None], pairs: list[tuple[Any, Any]]) -> None:
        """Update the weights; `update` lets the optimizer apply the given pairs, perhaps fewer or none."""
        update(pairs)

    def after_update(self) -> None:
        """Act after an update of the weights; not called for batches that only add to a later update."""

    def begin_epoch(self, epoch: int) -> None:
        """Prepare for an epoch, counted from 0. Keep values that change between epochs in variables.

        The callback `Replay` calls this; your own training loop needs it among its callbacks.
        """

    def finish_epoch(self, update: Callable[[list[tuple[Any, Any]]], None]) -> None:
        """Update the weights with batches left over at the end of an epoch; `update` as for `around_update`."""

    def end_epoch(self, epoch: int) -> None:
        """Act after the last update of an epoch, counted from 0, before the weights are scored."""

    def variables(self) -> list[Any]:
        """The variables to keep from epoch to epoch, in a fixed order: they are saved and restored."""
        return []

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """While open, the network has the weights to score and save; afterwards, those of the training again.

        There is only one such set, so a modifier that overrides this needs a `role`, like "an average of the weights".
        """
        yield


class TrainingStep:
    """The training step of a compiled network; replaces its `train_step`.

    Keras' `loss` is then the mean over all forward passes that the modifiers make.

    Args:
        network: a compiled network; its optimizer updates the weights.
        modifiers: modifiers by name, the outermost first.
        forward: the innermost computation, instead of one pass through the network.
    """

    def __init__(
        self,
        network: Any,
        modifiers: Mapping[str, Modifier] | None = None,
        forward: Callable[[Batch], Loss] | None = None,
    ):
        self.network = network
        self.forward = forward or self._forward
        self.modifiers = dict(modifiers or {})
        for modifier in self.modifiers.values():
            modifier.build(network)

    def __call__(self, data: Any) -> dict[str, Any]:
        """Trains on one batch from Keras; returns metrics by name."""
        batch = Batch(*keras.utils.unpack_x_y_sample_weight(data))
        gradients = self.gradients(batch)
        self.update(gradients.pairs)
        metrics: dict[str, Any] = self.network.compute_metrics(
            batch.inputs, batch.targets, gradients.outputs, batch.weights
        )
        return metrics

    def loss(self, batch: Batch) -> Loss:
        """The loss of a batch, modified."""
        loss: Loss = self._inside("around_loss", self.forward)(batch)
        return loss

    def gradients(self, batch: Batch) -> Gradients:
        """The gradients of the modified loss, modified."""
        gradients: Gradients = self._inside("around_gradients", self._backward)(batch)
        return gradients

    def update(self, pairs: list[tuple[Any, Any]]) -> None:
        """Move the weights, modified."""
        self._inside("around_update", self._apply)(pairs)

    def _inside(self, hook: str, innermost: Callable[[Any], Any], beyond: int = 0) -> Callable[[Any], Any]:
        """`innermost` wrapped by the hook of all modifiers except the `beyond` outermost."""
        for modifier in reversed([*self.modifiers.values()][beyond:]):
            innermost = _around(getattr(modifier, hook), innermost)
        return innermost

    def _forward(self, batch: Batch) -> Loss:
        outputs = self.network(batch.inputs, training=True)
        return Loss(self.network.compute_loss(batch.inputs, batch.targets, outputs, batch.weights), outputs)

    def _backward(self, batch: Batch) -> Gradients:
        with tf.GradientTape() as tape:
            loss = self.loss(batch)
        optimizer, variables = self.network.optimizer, self.network.trainable_variables
        return Gradients(optimizer.compute_gradients(loss.value, variables, tape=tape), loss.outputs)

    def _apply(self, pairs: list[tuple[Any, Any]]) -> None:
        self.network.optimizer.apply_gradients(pairs)
        for modifier in self.modifiers.values():
            modifier.after_update()

    def begin_epoch(self, epoch: int) -> None:
        """Call `on_epoch_begin` of all modifiers for an epoch, counted from 0."""
        for modifier in self.modifiers.values():
            modifier.begin_epoch(epoch)

    def end_epoch(self, epoch: int) -> None:
        """Let all modifiers finish an epoch, counted from 0, then call their `on_epoch_end`."""
        for number, modifier in enumerate(self.modifiers.values(), start=1):
            modifier.finish_epoch(self._inside("around_update", self._apply, beyond=number))
        for modifier in self.modifiers.values():
            modifier.end_epoch(epoch)

    def variables(self) -> dict[str, Any]:
        """The variables of the modifiers, by names that are the same in every process."""
        return {
            f"{name}/{number}": variable
            for name, modifier in self.modifiers.items()
            for number, variable in enumerate(modifier.variables())
        }


def _around(hook: Callable[[Any, Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda given: hook(inner, given)


def step_of(network: Any) -> TrainingStep | None:
    """The step of a network that `compile_for_training` compiled; None for other networks."""
    step = getattr(network, "train_step", None)
    return step if isinstance(step, TrainingStep) else None


def modifiers_of(network: Any) -> Mapping[str, Modifier]:
    """The modifiers of a network's step, by name; none if it is not one of `compile_for_training`."""
    step = step_of(network)
    return step.modifiers if step else {}


def batches_in_one(modifiers: Mapping[str, Modifier]) -> int:
    """The number of batches that make one update of the weights."""
    return math.prod(each.batches_per_update for each in modifiers.values())


@contextmanager
def evaluation(network: Any) -> Iterator[None]:
    """While open, a network has the weights to score and save; see `Modifier.evaluation`."""
    with ExitStack() as stack:
        for modifier in modifiers_of(network).values():
            stack.enter_context(modifier.evaluation())
        yield
