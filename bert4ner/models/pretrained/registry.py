"""Finds the family of a pretrained folder or a saved model; `bert4ner.registry.FAMILIES` holds all families.

These decide, in this order: `model_type`, the class names in the configuration, the variables. They must agree.
"""

import re
import reprlib
from collections.abc import Iterator
from typing import Any

from bert4ner.errors import CheckpointError, shown
from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.family import Described, Family, Shapes
from bert4ner.models.pretrained.missing import MISSING
from bert4ner.models.pretrained.stores import some
from bert4ner.registry import FAMILIES


def find_family(described: Described, shapes: Shapes, *, where: str) -> Family[Any]:
    """The family of a configuration and its variables (empty without a weight file).

    Families of other packages are asked first. Then `model_type` decides, or the "family" that bert4ner wrote; then the
    classes in `architectures` and `auto_map`; then the variables, with BERT as the default.

    Raises:
        CheckpointError: no family, an unsupported one, or contradictory information; naming `where`.
    """
    for _, family in FAMILIES.items(FAMILIES.added()):
        if family.recognises(described, shapes):
            found: Family[Any] = family
            return found
    own = [family for _, family in FAMILIES.items(FAMILIES.own())]
    classes = _classes(described, own, where)
    kind = described.get("model_type")
    if kind is not None:
        found = _of_type(kind, own, described, shapes, where)
    elif described.get("family") is not None:
        found = get_family(described["family"], where=where)
    else:
        named = [family for family in own if any(_are_kin(family, each) for _, each in classes)] or own
        found = next((family for family in named if family.recognises(described, shapes)), named[-1])
    for name, family in classes:
        if not _are_kin(family, found):
            said = "the rest" if kind is None else f"model_type {reprlib.repr(kind)}"
            raise CheckpointError(
                f"{where}: the class {reprlib.repr(name)} is of {family.name}, but {said} of {found.name}; take the "
                "configuration that came with the weights"
            )
    return found


def _are_kin(one: Family[Any], other: Family[Any]) -> bool:
    """Whether two families share class names."""
    return not {*one.architectures}.isdisjoint(other.architectures)


def _of_type(kind: object, own: list[Family[Any]], described: Described, shapes: Shapes, where: str) -> Family[Any]:
    """The family of a `model_type`; if there are several, the first that recognises the model, or the last."""
    families = [family for family in own if kind in family.model_types]
    if families:
        return next((family for family in families if family.recognises(described, shapes)), families[-1])
    missing = next((each for each in MISSING if kind in each.model_types), None)
    if missing is not None:
        raise CheckpointError(f"{where}: model_type {kind!r} is {missing.title}, {missing.why}")
    raise CheckpointError(
        f"{where}: expected the configuration of one of {', '.join(FAMILIES)}; found model_type {reprlib.repr(kind)}"
    )


def _classes(described: Described, own: list[Family[Any]], where: str) -> list[tuple[str, Family[Any]]]:
    """The classes named by a configuration that belong to a family, with that family.

    Raises:
        CheckpointError: a class is of an unsupported family, or defined by code in the folder.
    """
    found = []
    for name, custom in _class_names(described):
        prefixes = {prefix: family for family in own for prefix in family.architectures}
        missing = {prefix: each for each in MISSING for prefix in each.architectures}
        begins = [prefix for prefix in {*prefixes, *missing} if _begins(name, prefix)]
        longest = max(begins, key=len, default="")
        if longest in missing:
            other = missing[longest]
            raise CheckpointError(f"{where}: the class {some([name])} is of {other.title}, {other.why}")
        if longest:
            found.append((name, prefixes[longest]))
        elif custom:
            raise CheckpointError(
                f"{where}: auto_map names {reprlib.repr(name)}, code of its own; it is not known what that computes"
            )
    return found


def _begins(name: str, prefix: str) -> bool:
    return re.fullmatch(rf"(TF|Flax)?{prefix}(?![a-z0-9]).*", name) is not None


def _class_names(described: Described) -> Iterator[tuple[str, bool]]:
    """The names of model classes, and whether their code comes with the folder."""
    architectures = described.get("architectures")
    if isinstance(architectures, list):
        yield from ((name, False) for name in architectures if isinstance(name, str))
    places = described.get("auto_map")
    if isinstance(places, dict):
        for key, place in places.items():
            if str(key).startswith("AutoModel"):
                for each in place if isinstance(place, list) else [place]:
                    if isinstance(each, str):
                        yield each.rpartition(".")[2], True


def get_family(name: object, *, where: str) -> Family[Any]:
    """The family with a name from a saved model.

    Raises:
        CheckpointError: there is none of that name; naming `where`.
        EnvironmentProblem: the package that announces it cannot be loaded.
    """
    if not isinstance(name, str) or name not in FAMILIES:
        raise CheckpointError(f"{where}: expected family to be one of {', '.join(FAMILIES)}; found {shown(name)}")
    family: Family[Any] = FAMILIES.get(name)
    return family


def read_encoder_config(described: Any, *, where: str) -> EncoderConfig:
    """The encoder configuration in a saved model.

    Args:
        described: as `EncoderConfig.to_dict` wrote it. Models from before families have no "family", but the content
            of BERT's bert_config.json.
        where: the file, for messages.

    Raises:
        CheckpointError: naming `where` and the key that is missing, unknown or has an invalid value.
        EnvironmentProblem: see `get_family`.
    """
    if not isinstance(described, dict):
        raise CheckpointError(f"{where}: expected a JSON object with hidden_size etc., got {type(described).__name__}")
    if described.get("family") is None:
        early: EncoderConfig = FAMILIES.get("bert").configure(described, {}, where=where)
        return early
    family = get_family(described["family"], where=where)
    config: EncoderConfig = family.config.from_dict(described, where=where)
    return config
