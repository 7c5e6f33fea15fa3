"""The random generators of Keras' layers, which Keras keeps to itself: drawing, drawing again, finding them all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bert4ner.backend.frameworks import tf

_REPEATED: ContextVar["RepeatedDraws | None"] = ContextVar("repeated", default=None)


class RepeatedDraws:
    """Draws that are made once and can be had again, in the order in which they were made."""

    def __init__(self) -> None:
        self._places: list[tuple[Any, Any]] = []
        """Key and counter of each, in the stream of its generator."""
        self._next: Iterator[tuple[Any, Any]] | None = None

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While open, `random_words` draws: the first time anew, each further time what it drew then."""
        self._next = iter(self._places) if self._places else None
        token = _REPEATED.set(self)
        try:
            yield
        finally:
            _REPEATED.reset(token)

    def place(self, generator: Any, count: Any) -> tuple[Any, Any]:
        """Where the next draw of so many words from a generator is to be found."""
        if self._next is not None:
            return next(self._next)
        self._places.append(generator._prepare_key_counter([count]))
        return self._places[-1]


def random_words(layer: Any, count: Any) -> Any:
    """32 random bits each, uint32 ``(count,)``, from the generator of a layer of the kind of `keras.layers.Dropout`."""
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
    """Set every random generator of a model's layers from a seed and the number of an epoch, or of another turn."""
    for number, generator in enumerate(random_generators(model)):
        generator.reset_from_seed((seed * 1_000_003 + turn * 1_009 + number) % 2**31)


def random_generators(model: Any) -> list[Any]:
    """Every layer's `tf.random.Generator` that is there by now, in the order of the layers."""
    randoms = [getattr(layer, "_random_generator", None) for layer in model._flatten_layers()]
    generators = [getattr(random, "_generator", None) for random in randoms]
    return [generator for generator in generators if generator is not None]
