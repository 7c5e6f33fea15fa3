"""Which family a pretrained folder or a saved model is of; `bert4ner.registry.FAMILIES` holds them all."""

from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Described, Family, Shapes
from bert4ner.registry import FAMILIES


def find_family(described: Described, shapes: Shapes, *, where: str) -> Family[Any]:
    """The family that a configuration and the variables beside it (none, if there is no weight file) belong to.

    Families of other packages are asked first, as ours end with BERT, which takes all that says nothing else.

    Raises:
        CheckpointError: none; naming `where`.
    """
    for _, family in FAMILIES.items((*FAMILIES.added(), *FAMILIES.own())):
        if family.recognises(described, shapes):
            found: Family[Any] = family
            return found
    kind = described.get("model_type")
    raise CheckpointError(
        f"{where}: expected the configuration of one of {', '.join(FAMILIES)}; found "
        + (f"model_type {kind!r}" if kind else f"variables such as {next(iter(shapes), 'none')}")
    )


def get_family(name: object, *, where: str) -> Family[Any]:
    """The family of a name, as saved models hold it.

    Raises:
        CheckpointError: there is none of that name; naming `where`.
        EnvironmentProblem: another package announces it and fails to deliver.
    """
    if not isinstance(name, str) or name not in FAMILIES:
        raise CheckpointError(f"{where}: expected family to be one of {', '.join(FAMILIES)}; found {name!r}")
    family: Family[Any] = FAMILIES.get(name)
    return family


def read_encoder_config(described: Any, *, where: str) -> EncoderConfig:
    """The configuration that a saved model holds of its encoder.

    Args:
        described: as `EncoderConfig.to_dict` wrote it; or without "family", as models of before families, what BERT's
            bert_config.json held.
        where: the file, for messages.

    Raises:
        CheckpointError: naming `where` and the key that is missing, unknown or has a value that it cannot have.
        EnvironmentProblem: as `get_family`.
    """
    if not isinstance(described, dict):
        raise CheckpointError(f"{where}: expected a JSON object with hidden_size etc., got {type(described).__name__}")
    if described.get("family") is None:
        early: EncoderConfig = FAMILIES.get("bert").configure(described, {}, where=where)
        return early
    family = get_family(described["family"], where=where)
    config: EncoderConfig = family.config.from_dict(described, where=where)
    return config
