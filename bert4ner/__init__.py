"""Chinese named-entity recognition with BERT and Keras: train, cross-validate, combine, use.

The public names stand in ``__init__.pyi`` beside this file, where editors and type checkers read them. Each is loaded
when it is first used, so that ``import bert4ner`` costs next to nothing and `bert4ner.compat.activate` can run before
TensorFlow is imported.
"""

import lazy_loader

from bert4ner.version import VERSION as __version__  # noqa: N811  # the name that Python's tools look for

_load, _, _names = lazy_loader.attach_stub(__name__, __file__)
__all__ = ["__version__", *_names]


def __getattr__(name: str) -> object:
    if name not in _names:  # in Python's own words, which people search for
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _load(name)


def __dir__() -> list[str]:
    special = (name for name in globals() if name.startswith("__"))
    return sorted({*special, *__all__})
