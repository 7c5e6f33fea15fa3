"""Pretrained folders by name on the Hugging Face hub, downloaded once into huggingface_hub's cache."""

import importlib
import re
from pathlib import Path
from typing import Any

from bert4ner.backend.switches import only_errors
from bert4ner.errors import CheckpointError, EnvironmentProblem

_SMALL = ["*.json", "vocab*.txt", "*.model"]
_INSTALL = "pip install huggingface_hub"


def hub_folder(name: str) -> Path:
    """The folder with a model's configuration, vocabulary and weights, from the cache if the hub cannot be reached.

    Raises:
        EnvironmentProblem: huggingface_hub is not installed, or the model is not cached and cannot be downloaded.
        CheckpointError: the hub has no such model, or it holds no weights in a supported format.
    """
    try:
        hub: Any = importlib.import_module("huggingface_hub")
    except ModuleNotFoundError:
        raise EnvironmentProblem(
            f"{name}: no such folder; to download it from the Hugging Face hub, run: {_INSTALL} (the extra 'hub')"
        ) from None
    with only_errors("huggingface_hub"):  # our message says what its warnings say
        return _downloaded(hub, name)


def _downloaded(hub: Any, name: str) -> Path:
    try:
        names = hub.list_repo_files(name)
    except Exception as error:  # its own errors, and those of its HTTP library
        if type(error).__name__ in ("RepositoryNotFoundError", "GatedRepoError", "HFValidationError"):
            raise CheckpointError(
                f"{name}: no such folder, and no such public model on the Hugging Face hub; check the spelling"
            ) from None
        return _cached(hub, name, error)
    weights = _weights(names)
    if not weights:
        raise CheckpointError(f"{name}: this model on the hub has neither model.safetensors nor pytorch_model.bin")
    try:
        return Path(hub.snapshot_download(name, allow_patterns=[*_SMALL, *weights]))
    except Exception as error:  # as above
        return _cached(hub, name, error)


def _weights(names: list[str]) -> list[str]:
    """The names of the weight files of a repository, in the best format among them."""
    for pattern in (r"model(-\d+-of-\d+)?\.safetensors", r"pytorch_model(-\d+-of-\d+)?\.bin", r".*\.(index|data-.*)"):
        found = [name for name in names if re.fullmatch(pattern, name)]
        if found:
            return found
    return []


def _cached(hub: Any, name: str, error: Exception) -> Path:
    try:
        return Path(hub.snapshot_download(name, local_files_only=True))
    except Exception:  # for whatever reason, it is not in the cache
        cause = str(error).strip().splitlines()
        raise EnvironmentProblem(
            f"{name}: no such folder, it is not in the cache of the Hugging Face hub, and the hub cannot be reached "
            f"({cause[0] if cause else type(error).__name__}); download the model where there is a network and name "
            "its folder"
        ) from None
