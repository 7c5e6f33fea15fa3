"""Repairs of tf-keras' saving: one HDF5 file under any name, as Keras 2 wrote and read it."""

from collections.abc import Callable
from typing import Any

from tf_keras.src.saving import saving_api
from tf_keras.src.saving.legacy import save

from bert4ner.backend.first_dialect import Repair, dialect


def repaired() -> list[Repair]:
    """What saving does as in Keras 2."""
    return [
        Repair(saving_api, "get_save_format", _format(saving_api.get_save_format)),
        Repair(saving_api, "save_weights", _save_weights(save.save_weights)),
        Repair(saving_api, "load_weights", save.load_weights),  # `.weights.h5` means another layout since
    ]


def _format(original: Callable[..., str]) -> Callable[..., str]:
    def get_save_format(filepath: Any, save_format: str | None) -> str:
        return original(filepath, save_format or "h5")

    return get_save_format


def _save_weights(original: Callable[..., None]) -> Callable[..., None]:
    def save_weights(model: Any, filepath: Any, overwrite: bool = True, save_format: Any = None, **kwargs: Any) -> None:
        if save_format is None and dialect.keras:  # tf.keras chose by the suffix, as it does
            save_format = "h5"
        original(model, filepath, overwrite=overwrite, save_format=save_format, **kwargs)

    return save_weights
