"""The random generators of Keras layers, which Keras keeps private: draw, repeat a draw, list all generators."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bert4ner.backend.frameworks import tf

_REPEATED: ContextVar["RepeatedDraws | None"] = ContextVar("repeated", default=None)


class RepeatedDraws:
    """Records draws, so that they can be repeated in the same order."""

    def __init__(self) -> None:
        self._places: list[tuple[Any, Any]] = []
        """Key and counter of each draw, in the stream of its generator."""
        self._next: Iterator[tuple[Any, Any]] | None = None

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While open, `random_words` records its draws; each time it is opened again, it repeats them."""
        self._next = iter(self._places) if self._places else None
        token = _REPEATED.set(self)
        try:
            yield
        finally:
            _REPEATED.reset(token)

    def place(self, generator: Any, count: Any) -> tuple[Any, Any]:
        """Key and counter of the next draw of `count` words from a generator."""
        if self._next is not None:
            return next(self._next)
        self._places.append(generator._prepare_key_counter([count]))
        return self._places[-1]


def random_words(layer: Any, count: Any) -> Any:
    """`count` random words, uint32 ``(count,)``, from the generator of a layer such as `keras.layers.Dropout`."""
    random = layer._random_generator
    random._maybe_init()
    generator, repeated = random._generator, _REPEATED.get()
    if repeated is None:
        return generator.uniform_full_int([count], dtype="uint32")
    key, counter = repeated.place(generator, count)
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[count], key=key, counter=counter, alg=generator.algorithm, dtype="uint32"
    )


def reseed(model: Any, seed: int, turn: int) -> None:
    """Seed every random generator of a model's layers from a seed and a counter, such as the index of the epoch."""
    for number, generator in enumerate(random_generators(model)):
        generator.reset_from_seed((seed * 1_000_003 + turn * 1_009 + number) % 2**31)


def random_generators(model: Any) -> list[Any]:
    """The `tf.random.Generator` of every layer that has one by now, in the order of the layers."""
    randoms = [getattr(layer, "_random_generator", None) for layer in model._flatten_layers()]
    generators = [getattr(random, "_generator", None) for random in randoms]
    return [generator for generator in generators if generator is not None]
