"""What the library knows of a family of pretrained models: how to recognise it, to build it and to name its weights.

A weight is looked up by the name of bert4keras' layer and its place among that layer's weights; a `Source` says under
which names a file stores it and how the stored arrays become the weight and back.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Config = dict[str, Any]
Shapes = Mapping[str, tuple[int, ...]]
"""Names of the variables in a file, and their shapes."""


@dataclass(frozen=True)
class Source:
    """Where a weight is stored.

    Attributes:
        names: the stored arrays that it is made of, as a rule one.
        read: from those arrays, in their order, to the weight.
        write: from the weight to those arrays; None where several weights share one array.
        join: from the weights that share an array, in the order of the sources, to that array.
    """

    names: tuple[str, ...]
    read: Callable[..., np.ndarray] = lambda array: array
    write: Callable[[np.ndarray], tuple[np.ndarray, ...]] | None = lambda array: (array,)
    join: Callable[[list[np.ndarray]], np.ndarray] | None = None


Sources = dict[str, list[Source]]
"""bert4keras' layer name -> the sources of its trainable weights, in the order of `layer.trainable_weights`."""


@dataclass(frozen=True)
class Layout:
    """One way of naming and storing a family's weights.

    Attributes:
        name: "tensorflow", "huggingface", or what tells it from the family's other layouts.
        fits: whether a file's variables are named so; the first layout that fits is taken.
        sources: from the options of `Family.options` to the sources of all layers that may exist, heads included.
            Loading takes those of the layers that were built; what belongs to the others is known and not needed.
        unneeded: regular expressions of further names that hold nothing for inference: optimizer slots, tables.
        canonical: from the name in a file to the one that `sources` uses.
    """

    name: str
    fits: Callable[[Shapes], bool]
    sources: Callable[[Config], Sources]
    unneeded: tuple[str, ...] = ()
    canonical: Callable[[str], str] = lambda name: name


@dataclass(frozen=True)
class Family:
    """A family of pretrained models.

    Attributes:
        name: in a saved model's configuration and in messages.
        title: in the table of the README.
        bert4keras: what `compat.networks.build_transformer` takes as its model: one of its own names or bert4keras'.
        recognises: from configuration and variables, none if there is no weight file, whether this is the family.
        options: from configuration and variables to what the network is built from, under the keys of
            `encoder_config.ENCODER_KEYS` and the keyword arguments of the bert4keras class. It holds for its own
            result, too (saved models keep that), and refuses with CheckpointError what the family cannot do.
        layouts: the first that fits is taken.
        huggingface: from options to the config.json of a Hugging Face folder; None if there is no such model. Refuses
            with CheckpointError options that such a model cannot have.
        tokenizer: "wordpiece" or "sentencepiece".
        decoder: generates text; it is no encoder for recognition.
        positions: whether there is a table of positions, which bounds the length of windows.
        apart: whether a block takes what another gave for two inputs side by side: states of it are one tensor.
        generator: what `load_transformer` builds, if not `bert4keras`.
    """

    name: str
    title: str
    bert4keras: str
    recognises: Callable[[Config, Shapes], bool]
    options: Callable[[Config, Shapes], Config]
    layouts: tuple[Layout, ...]
    huggingface: Callable[[Config], Config] | None = None
    tokenizer: str = "wordpiece"
    decoder: bool = False
    positions: bool = True
    apart: bool = True
    generator: str | None = None

    def layout(self, shapes: Shapes) -> Layout | None:
        """The layout of a file's variables; None if it is none of this family's."""
        return next((layout for layout in self.layouts if layout.fits(shapes)), None)


TENSORFLOW_UNNEEDED = (
    r"(.*/)?(adam|lamb|adafactor|lars)_[mv][rc]?",  # optimizer slots of the published training code
    r"(.*/)?(Adam|Adam_1|Momentum|ExponentialMovingAverage)",
    r"global_step|beta[12]_power|good_steps|(current_)?loss_scale|signal_early_stopping/.*",
)
"""What training leaves in TensorFlow checkpoints."""


def same(name: str) -> Source:
    """Stored as it is used."""
    return Source((name,))


def transposed(name: str) -> Source:
    """PyTorch stores the matrix of a linear layer as (outputs, inputs)."""
    return Source((name,), np.transpose, lambda array: (array.T,))


def offset(name: str, rows: int) -> Source:
    """A table whose first `rows` rows are not used, as fairseq's positions."""
    return Source((name,), lambda array: array[rows:], None)


def columns(name: str, part: int, parts: int, *, transpose: bool = False) -> Source:
    """One of `parts` equal pieces of the last axis, as in fused projections of query, key and value."""

    def read(array: np.ndarray) -> np.ndarray:
        return np.split(array.T if transpose else array, parts, axis=-1)[part]

    def join(weights: list[np.ndarray]) -> np.ndarray:
        array = np.concatenate(weights, axis=-1)
        return array.T if transpose else array

    return Source((name,), read, None, join)


def has(*names: str) -> Callable[[Shapes], bool]:
    """A test for files that hold one of these variables; "*" stands for anything, at the beginning or end."""
    patterns = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in names]
    return lambda shapes: any(pattern.fullmatch(name) for pattern in patterns for name in shapes)


def width_of(shapes: Shapes, *names: str) -> int | None:
    """The last axis of the first variable of one of these names, patterns as for `has`; None if there is none."""
    return next((shape[-1] for name, shape in shapes.items() if shape and has(*names)({name: shape})), None)


def without_prefix(base: str, parts: tuple[str, ...]) -> Callable[[str], str]:
    """For Hugging Face files: `base` before names that begin with one of `parts`, norms in today's words."""

    def canonical(name: str) -> str:
        name = name.removeprefix("module.")  # left there by data-parallel training
        if name.startswith(parts):
            name = base + name
        if name.endswith((".LayerNorm.gamma", ".LayerNorm.beta")):
            return name.removesuffix("gamma").removesuffix("beta") + ("weight" if name.endswith("gamma") else "bias")
        return name

    return canonical
