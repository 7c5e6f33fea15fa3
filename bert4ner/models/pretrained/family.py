"""A family of pretrained models: how to recognise it, build it and name its weights.

A weight is identified by the name of bert4keras' layer and its index among that layer's weights. A `Source` says under
which names a file stores it, and how to convert between the stored arrays and the weight.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.keys import Keys

Described = Mapping[str, Any]
"""A published configuration, with the keys of any tool."""
Config = TypeVar("Config", bound=EncoderConfig)
"""A family's own configuration."""
Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of the variables in a file, by name."""


@dataclass(frozen=True)
class Source:
    """The stored form of a weight.

    Attributes:
        names: the stored arrays that it is made of, usually one.
        read: makes the weight from those arrays, in their order.
        write: makes those arrays from the weight; None where several weights share one array.
        join: makes an array from all weights that share it, in the order of the sources.
    """

    names: tuple[str, ...]
    read: Callable[..., np.ndarray] = lambda array: array
    write: Callable[[np.ndarray], tuple[np.ndarray, ...]] | None = lambda array: (array,)
    join: Callable[[list[np.ndarray]], np.ndarray] | None = None


Sources = dict[str, list[Source]]
"""Sources of the trainable weights by bert4keras' layer name, in the order of `layer.trainable_weights`."""


@dataclass(frozen=True)
class Layout(Generic[Config]):
    """One way of naming and storing a family's weights.

    Attributes:
        name: "tensorflow", "huggingface", or a name that distinguishes it from the family's other layouts.
        fits: whether a file's variables have its names; the first layout that fits is taken.
        sources: makes the sources of all possible layers, including heads, from the family's configuration. Loading
            uses those of the layers that were built; variables of the others are known but not needed.
        unneeded: regular expressions of further names that inference does not need: optimizer slots, tables.
        canonical: translates a name in a file into the name used in `sources`.
        inside: regular expression of the canonical names of variables inside the encoder. An unknown variable inside is
            an error; an unknown variable elsewhere belongs to a head and gives a warning.
    """

    name: str
    fits: Callable[[Shapes], bool]
    sources: Callable[[Config], Sources]
    unneeded: tuple[str, ...] = ()
    canonical: Callable[[str], str] = lambda name: name
    inside: str = r"([\w-]+[./])?(embeddings|encoder|transformer|layers?|layer_\w+|h|block)[./].*"


@dataclass(frozen=True)
class Family(Generic[Config]):
    """A family of pretrained models.

    Another package adds a family by an entry point of the group "bert4ner.families" with the family's name. Such
    families are asked first whether a folder is theirs, so they must recognise only their own models, usually by
    `model_type`.

    Attributes:
        name: in a saved model's configuration, in `FAMILIES` and in messages.
        title: in the table of docs/pretrained-encoders.md.
        network: the network to build, as `networks.building.build_transformer` takes it: a name there, or the family's
            own class or its location, "module:Class".
        config: the class of the family's configurations: `EncoderConfig`, or a subclass with further options.
        recognises: whether a configuration and variables (empty without a weight file) are of this family. Our own
            families are asked only if neither `model_type` nor a class name decides, or several families share it.
        options: makes the options of `config` from a configuration and variables. Raises CheckpointError for models
            that the family does not support.
        layouts: the first that fits is taken.
        model_types: values of `model_type` in a config.json.
        architectures: prefixes of the names of its classes in transformers, such as "Bert".
        keys: the effect of each key of a published configuration; None checks none.
        huggingface: makes the config.json of a Hugging Face folder; None if transformers has no such model. Raises
            CheckpointError for options that such a model cannot have.
        tokenizer: "wordpiece" or "sentencepiece".
        decoder: whether it generates text, and so is no encoder for recognition.
        positions: whether there are position embeddings, which limit the length of windows.
        apart: whether a block accepts the outputs of earlier blocks for two inputs, joined: its states are one tensor.
        shared: whether all layers share one set of weights.
        language_model: whether the network can have bert4keras' masked-language-model head (``with_mlm``).
        generator: the network that `load_transformer` builds, if not `network`.
    """

    name: str
    title: str
    network: str | type[Any]
    config: type[Config]
    recognises: Callable[[Described, Shapes], bool]
    options: Callable[[Described, Shapes], dict[str, Any]]
    layouts: tuple[Layout[Config], ...]
    model_types: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    keys: Keys | None = None
    huggingface: Callable[[Config], dict[str, Any]] | None = None
    tokenizer: str = "wordpiece"
    decoder: bool = False
    positions: bool = True
    apart: bool = True
    shared: bool = False
    language_model: bool = False
    generator: str | type[Any] | None = None

    def configure(self, described: Described, shapes: Shapes, *, where: str) -> Config:
        """The checked configuration of one of the family's models.

        Raises:
            CheckpointError: the family does not support the described model, or an option is missing or invalid;
                naming `where`.
        """
        try:
            if self.keys is not None:
                self.keys.check(described, self.option_names())
            options = self.options(described, shapes)
        except CheckpointError as error:
            raise CheckpointError(f"{where}: {error}") from None
        config = self.config.from_dict({"family": self.name, **options}, where=where)
        if self.decoder and config.embedding_size not in (None, config.hidden_size):
            raise CheckpointError(
                f"{where}: embedding_size={config.embedding_size}: expected hidden_size={config.hidden_size}, since "
                f"the embedding of {self.name} also gives the scores of the next token"
            )
        return config

    def option_names(self) -> tuple[str, ...]:
        """Names of the options in the family's configuration class; published configurations may use the same names."""
        return tuple(each.name for each in dataclasses.fields(self.config))

    def layout(self, shapes: Shapes) -> Layout[Config] | None:
        """The layout of a file's variables; None if no layout of this family fits."""
        return next((layout for layout in self.layouts if layout.fits(shapes)), None)


TENSORFLOW_UNNEEDED = (
    r"(.*/)?(adam|lamb|adafactor|lars)_[mv][rc]?",  # optimizer slots of the published training code
    r"(.*/)?(Adam|Adam_1|Momentum|ExponentialMovingAverage)",
    r"global_step|beta[12]_power|good_steps|(current_)?loss_scale|signal_early_stopping/.*",
)
"""Variables that training leaves in TensorFlow checkpoints."""


def same(name: str) -> Source:
    """A weight that is stored as it is used."""
    return Source((name,))


def transposed(name: str) -> Source:
    """The matrix of a linear layer, which PyTorch stores as (outputs, inputs)."""
    return Source((name,), np.transpose, lambda array: (array.T,))


def columns(name: str, part: int, parts: int, *, transpose: bool = False) -> Source:
    """One of `parts` equal pieces of the last axis, as in fused projections of query, key and value."""

    def read(array: np.ndarray) -> np.ndarray:
        return np.split(array.T if transpose else array, parts, axis=-1)[part]

    def join(weights: list[np.ndarray]) -> np.ndarray:
        array = np.concatenate(weights, axis=-1)
        return array.T if transpose else array

    return Source((name,), read, None, join)


def has(*names: str) -> Callable[[Shapes], bool]:
    """A test whether a file holds one of these variables; "*" at the beginning or end matches anything."""
    patterns = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in names]
    return lambda shapes: any(pattern.fullmatch(name) for pattern in patterns for name in shapes)


def width_of(shapes: Shapes, *names: str) -> int | None:
    """Size of the last axis of the first variable with one of these names (patterns as in `has`), or None."""
    return next((shape[-1] for name, shape in shapes.items() if shape and has(*names)({name: shape})), None)


def without_prefix(base: str, parts: tuple[str, ...], others: tuple[str, ...] = ()) -> Callable[[str], str]:
    """Makes `Layout.canonical` for Hugging Face files: all names under `base`, norms under their current names.

    Args:
        base: the prefix, such as "bert.", of names that begin with one of `parts`.
        parts: of the encoder, such as "embeddings.".
        others: prefixes that some files have instead of `base`.
    """
    prefixes = "|".join(re.escape(each) for each in (base, *others) if each)
    before = re.compile(rf"((module|model|_orig_mod)\.)*({prefixes})?")

    def canonical(name: str) -> str:
        rest = name[before.match(name).end() :]  # type: ignore[union-attr]  # it also matches the empty string
        name = base + rest if rest.startswith(parts) else re.sub(r"^((module|model|_orig_mod)\.)+", "", name)
        if name.endswith((".LayerNorm.gamma", ".LayerNorm.beta")):
            return name.removesuffix("gamma").removesuffix("beta") + ("weight" if name.endswith("gamma") else "bias")
        return name

    return canonical


def under(base: str, *, heads: str = "pooler") -> str:
    """Makes `Layout.inside`: all names under `base`, such as "bert", except heads."""
    return rf"{re.escape(base)}[./](?!({heads})[./]).*"
