"""What tests of networks share: a small configuration, and the examination that every layer of ours must pass.

And the stupid way to everything that a tag sequence model computes: go through all sequences.
"""

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config
from bert4ner.models.ner_model import NERModel
from bert4ner.models.precision import policy


@pytest.fixture(scope="session", autouse=True)
def float32_products() -> None:
    """Layers that a test makes without `build_model` compute as those of a model do, on a GPU too."""
    prepare_process()


@pytest.fixture(scope="session")
def tiny_config(tiny_encoder) -> Callable[..., Config]:
    """Makes a configuration on the tiny encoder: windows of 48 tokens, float32, no dropout, and what is asked for."""

    def make(**options: Any) -> Config:
        base = {
            "pretrained": str(tiny_encoder),
            "max_length": 48,
            "overlap": 8,
            "batch_tokens": 512,
            "precision": "float32",
            "head_dropout": 0.0,
            "fusion_layers": 2,
        }
        return Config().replace(**{**base, **options})

    return make


@pytest.fixture(scope="session")
def tiny_model(tiny_config) -> NERModel:
    """A model of random weights that finds plenty of entities; tests leave its weights as they are."""
    model = NERModel.create(tiny_config(), ["DRUG", "SYMPTOM"])
    rng = np.random.default_rng(3)
    model.set_weights(
        {
            name: rng.normal(scale=0.4, size=value.shape) + name.endswith("gamma")
            for name, value in model.weights().items()
        },
        where="here",
    )
    return model


def run(network: Any, inputs: Any) -> np.ndarray:
    """What a network gives outside of training, as float32."""
    return tf.cast(network(inputs, training=False), "float32").numpy()


def functional(layer: Any, inputs: list[np.ndarray]) -> Any:
    """A network of this layer alone on inputs like those given, of any batch and length."""
    ends = [keras.Input((None, *array.shape[2:]), dtype="float32") for array in inputs]
    return keras.Model(ends, layer(ends if len(ends) > 1 else ends[0]))


@pytest.fixture
def check_layer(tmp_path) -> Callable[..., None]:
    """The examination: build, shape, configuration round trip, save and load, one training step, mixed precision.

    Arguments: the class, its arguments, arrays (batch, length, width), the precision, and for a head its targets.
    """

    def check(cls: type, init: dict[str, Any], inputs: list[np.ndarray], precision: str, targets: Any = None) -> None:
        with policy(precision):
            layer = cls(**init)
            network = functional(layer, inputs)
            twin = functional(cls.from_config(layer.get_config()), inputs)

        outputs = run(network, inputs)
        shapes = [array.shape for array in inputs]
        assert outputs.shape == tuple(layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0]))
        assert np.isfinite(outputs).all()

        config = layer.get_config()
        assert {name: config[name] for name in init} == init
        assert twin.layers[-1].get_config() == config
        names = [weight.name for weight in network.weights]
        assert len(set(names)) == len(names), names
        assert {weight.dtype.name for weight in network.weights} == {"float32"}

        assert len(inputs) > 1 or not np.allclose(run(twin, inputs), outputs)  # weights of its own, at random
        network.save_weights(tmp_path / "layer.weights.h5")
        twin.load_weights(tmp_path / "layer.weights.h5")
        assert np.array_equal(run(twin, inputs), outputs)

        step(network, inputs, targets)
        if precision != "float32":
            with policy("float32"):
                exact = functional(cls.from_config({**config, "dtype": "float32"}), inputs)
            exact.load_weights(tmp_path / "layer.weights.h5")
            np.testing.assert_allclose(outputs, run(exact, inputs), atol=0.03 * np.abs(outputs).max())

    def step(network: Any, inputs: list[np.ndarray], targets: Any) -> None:
        before = [weight.numpy() for weight in network.trainable_weights]
        head = network.layers[-1]
        loss = head.loss if targets is not None else lambda _, given: tf.reduce_mean(tf.cast(given, "float32") ** 2)
        network.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, run_eagerly=True)
        assert np.isfinite(network.train_on_batch(inputs, np.zeros(len(inputs[0])) if targets is None else targets))
        for weight, value in zip(network.trainable_weights, before, strict=True):
            assert np.isfinite(weight.numpy()).all() and not np.array_equal(weight.numpy(), value), weight.name

    return check


@pytest.fixture(params=["float32", "bfloat16", "float16"])
def precision(request) -> str:
    return request.param


ENTITIES = {
    "bio": "(B-{0} )(I-{0} )*",
    "bios": "(S-{0} )|(B-{0} )(I-{0} )+",
    "bioes": "(S-{0} )|(B-{0} )(I-{0} )*(E-{0} )",
}
"""An entity under each scheme, a tag and a space for each token."""


class Enumeration:
    """All tag sequences, held against a regular expression for the scheme's legal ones."""

    def __init__(self, scheme: str, labels: list[str]):
        prefixes = {"bio": "BI", "bios": "BIS", "bioes": "BIES"}[scheme]
        self.tags = ["O", *(f"{prefix}-{label}" for label in labels for prefix in prefixes)]
        self.entity = re.compile("|".join(f"(?P<{label}>{ENTITIES[scheme].format(label)})" for label in labels))
        self.sequence = re.compile(f"(O |{self.entity.pattern})*")
        self.known: dict[tuple[int, bool], list[tuple[int, ...]]] = {}

    def written(self, path: Any) -> str:
        return "".join(f"{self.tags[tag]} " for tag in path)

    def is_legal(self, path: Any) -> bool:
        return self.sequence.fullmatch(self.written(path)) is not None

    def paths(self, length: int, legal: bool = True) -> list[tuple[int, ...]]:
        """The legal tag sequences of a length, or the others."""
        if (length, legal) not in self.known:
            everything = itertools.product(range(len(self.tags)), repeat=length)
            self.known[length, legal] = [path for path in everything if self.is_legal(path) is legal]
        return self.known[length, legal]

    def spans(self, path: Any) -> list[tuple[int, int, str]]:
        """The entities of a legal sequence: first token, token after the last, label."""
        written = self.written(path)
        return [
            (written[: match.start()].count(" "), written[: match.end()].count(" "), str(match.lastgroup))
            for match in self.entity.finditer(written)
        ]

    @staticmethod
    def weigh(paths: list[tuple[int, ...]], emissions: Any, transitions: Any, starts: Any, ends: Any) -> np.ndarray:
        """Log weight of each path, float64 (paths,); emissions (length, tags)."""
        return np.array(
            [
                starts[path[0]]
                + sum(emissions[place][tag] for place, tag in enumerate(path))
                + sum(transitions[before][after] for before, after in itertools.pairwise(path))
                + ends[path[-1]]
                for path in paths
            ]
        )


@pytest.fixture(scope="session")
def enumeration() -> type[Enumeration]:
    return Enumeration


@pytest.fixture(scope="session")
def save_checkpoint() -> Callable[..., Any]:
    """Writes a folder with a TensorFlow checkpoint of that name and those variables, as TensorFlow 1 did."""

    def save(folder: Any, name: str, variables: dict[str, np.ndarray]) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        tf.raw_ops.SaveV2(
            prefix=str(folder / name),
            tensor_names=list(variables),
            shape_and_slices=[""] * len(variables),
            tensors=[tf.constant(value) for value in variables.values()],
        )
        return folder

    return save
