"""One training step, made of modifiers: what is done before, around and after the gradient. Names no modifier.

Without modifiers a step computes exactly what Keras' own does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.models.pretrained import EncoderConfig


class Batch(NamedTuple):
    """What one step learns from."""

    inputs: Any
    """Token ids and segment ids, ``(batch, length)`` each."""
    targets: Any
    """What the head's `targets` gave, ``(batch, …)``."""
    weights: Any = None
    """How much each window's labels count, ``(batch,)``, 0 where there are none; None if all count alike."""


class Loss(NamedTuple):
    """The loss of one forward pass, and what the network gave."""

    value: Any
    """A number, which the gradient is taken of."""
    outputs: Any


class Gradients(NamedTuple):
    """The gradient of a loss, and what the network gave."""

    pairs: list[tuple[Any, Any]]
    """(gradient, variable) of everything that is trained, as Keras' optimizers take them."""
    outputs: Any


class Modifier:
    """Base of all modifiers of a training step; as it stands, it changes nothing.

    A step computes a loss, its gradients, and updates the weights by them. A modifier may do something around each of
    the three, as often as it likes, or after the update: it overrides the methods that it needs. Of several modifiers
    the first named is the outermost. What is around something, and `after_update`, is traced into a graph.

    A class is registered by its name in `bert4ner.registry.MODIFIERS`, or by another package with an entry point of
    the group ``bert4ner.modifiers``. Its arguments, which need defaults, are the options of the modifier.

    Example:
        class Twice(Modifier):
            def around_loss(self, compute, batch):
                one, other = compute(batch), compute(batch)  # two draws of dropout
                return Loss((one.value + other.value) / 2, one.outputs)
    """

    batches_per_update = 1
    """How many batches make one update of the weights."""
    role: str = ""
    """What it is that no other may be as well, in words: of modifiers with the same role only one may be named."""
    learns_without_labels = False
    """Whether it learns something from windows without labels: those of weight 0, which no loss of labels is of."""
    needs_unlabelled = False
    """Whether it does nothing unless there are such windows."""

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuse, with a `ConfigError` and before anything is made, what the modifier cannot work with."""

    def build(self, network: Any) -> None:
        """Make the variables that are needed for a network, which is compiled and has its weights."""

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss of a batch; `compute` is a forward pass. Runs under the gradient tape."""
        return compute(batch)

    def around_gradients(self, compute: Callable[[Batch], Gradients], batch: Batch) -> Gradients:
        """The gradients of a batch; `compute` is a forward and a backward pass."""
        return compute(batch)

    def around_update(self, update: Callable[[list[tuple[Any, Any]]], None], pairs: list[tuple[Any, Any]]) -> None:
        """Move the weights; `update` has the optimizer do so by the given pairs, perhaps fewer or none."""
        update(pairs)

    def after_update(self) -> None:
        """Something after the weights have moved; not called for batches that only add to a later update."""

    def begin_epoch(self, epoch: int) -> None:
        """Prepare for an epoch, counted from 0. What differs from epoch to epoch is to stand in variables.

        The callback `Replay` tells of epochs; a loop of one's own needs it among its callbacks.
        """

    def finish_epoch(self, update: Callable[[list[tuple[Any, Any]]], None]) -> None:
        """Move the weights by what the batches of an epoch have left over; `update` is that of `around_update`."""

    def end_epoch(self, epoch: int) -> None:
        """Take notice of the weights after the last update of an epoch, counted from 0; they are scored next."""

    def variables(self) -> list[Any]:
        """What is remembered from epoch to epoch, in an order that does not vary: it is saved, and taken up again."""
        return []

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """While open, the network has the weights that are to be scored and saved; then those of the training again.

        There is one set of them, so that who overrides this has the `role` "an average of the weights", or the like.
        """
        yield


class TrainingStep:
    """What a compiled network does with a batch; takes the place of its `train_step`.

    Keras' `loss` is then the mean over all forward passes that the modifiers make.

    Args:
        network: compiled; its optimizer updates.
        modifiers: by their names, the outermost first.
        forward: what all of them are around, in place of one pass through the network.
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
        """Trains on one batch as Keras gives it; what comes back are its metrics by name."""
        batch = Batch(*keras.utils.unpack_x_y_sample_weight(data))
        gradients = self.gradients(batch)
        self.update(gradients.pairs)
        told: dict[str, Any] = self.network.compute_metrics(
            batch.inputs, batch.targets, gradients.outputs, batch.weights
        )
        return told

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
        """`innermost` with the hook of all modifiers around it but the `beyond` outermost."""
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
        """Tell all modifiers of an epoch, counted from 0."""
        for modifier in self.modifiers.values():
            modifier.begin_epoch(epoch)

    def end_epoch(self, epoch: int) -> None:
        """Have all modifiers finish an epoch, counted from 0, then tell them that it is over."""
        for number, modifier in enumerate(self.modifiers.values(), start=1):
            modifier.finish_epoch(self._inside("around_update", self._apply, beyond=number))
        for modifier in self.modifiers.values():
            modifier.end_epoch(epoch)

    def variables(self) -> dict[str, Any]:
        """What the modifiers remember from step to step, by a name that is the same in every process."""
        return {
            f"{name}/{number}": variable
            for name, modifier in self.modifiers.items()
            for number, variable in enumerate(modifier.variables())
        }


def _around(hook: Callable[[Any, Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda given: hook(inner, given)


def step_of(network: Any) -> TrainingStep | None:
    """The step of a network that `compile_for_training` compiled; None of any other."""
    step = getattr(network, "train_step", None)
    return step if isinstance(step, TrainingStep) else None


@contextmanager
def evaluation(network: Any) -> Iterator[None]:
    """While open, a network has the weights that its modifiers want scored and saved; see `Modifier.evaluation`."""
    step = step_of(network)
    with ExitStack() as stack:
        for modifier in step.modifiers.values() if step else ():
            stack.enter_context(modifier.evaluation())
        yield
