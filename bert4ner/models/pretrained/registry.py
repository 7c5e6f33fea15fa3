"""Which family a pretrained folder or a saved model is of; `bert4ner.registry.FAMILIES` holds them all."""

import logging
from collections.abc import Iterator
from typing import Any

from bert4ner.errors import CheckpointError, EnvironmentProblem
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Described, Family, Shapes
from bert4ner.registry import FAMILIES

logger = logging.getLogger(__name__)


def find_family(described: Described, shapes: Shapes, *, where: str) -> Family[Any]:
    """The family that a configuration and the variables beside it (none, if there is no weight file) belong to.

    Families of other packages are asked first, as ours end with BERT, which takes all that says nothing else.

    Raises:
        CheckpointError: none; naming `where`.
    """
    for family in _all_families():
        if family.recognises(described, shapes):
            return family
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
    return _family(name)


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
        config: EncoderConfig = _family("bert").configure(described, {}, where=where)
        return config
    family = get_family(described["family"], where=where)
    config = family.config.from_dict(described, where=where)
    return config


def _all_families() -> Iterator[Family[Any]]:
    """Every family, in the order in which they are asked; one that cannot be loaded is left out and told."""
    for name in (*FAMILIES.added(), *FAMILIES.own()):
        try:
            yield _family(name)
        except EnvironmentProblem as problem:
            logger.warning("%s; until then no pretrained model is taken for one of it", problem)


def _family(name: str) -> Family[Any]:
    found = FAMILIES.get(name)
    if not isinstance(found, Family) or found.name != name:
        called = f"the Family {found.name!r}" if isinstance(found, Family) else type(found).__name__
        raise EnvironmentProblem(
            f"the family {name!r} of another package is {called}, expected a Family of that name; repair that package"
        )
    return found
