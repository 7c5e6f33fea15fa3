"""All families, in the order in which they are asked whether a folder is theirs."""

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.families.albert import ALBERT, ALBERT_EARLY
from bert4ner.models.pretrained.families.bert import BERT
from bert4ner.models.pretrained.families.electra import ELECTRA
from bert4ner.models.pretrained.families.gpt import GPT, GPT2_ML, NEZHA_GEN
from bert4ner.models.pretrained.families.nezha import NEZHA
from bert4ner.models.pretrained.families.roformer import ROFORMER, ROFORMER_V2
from bert4ner.models.pretrained.families.t5 import T5
from bert4ner.models.pretrained.families.xlnet import XLNET
from bert4ner.models.pretrained.family import Config, Family, Shapes

FAMILIES = (
    ALBERT_EARLY,
    ALBERT,
    ELECTRA,
    NEZHA,
    ROFORMER_V2,
    ROFORMER,
    XLNET,
    T5,
    GPT,
    GPT2_ML,
    NEZHA_GEN,
    BERT,
)
"""BERT comes last: it is what a folder holds that says nothing else."""


def find_family(config: Config, shapes: Shapes, *, where: str) -> Family:
    """The family that a configuration and the variables beside it (none, if there is no weight file) belong to.

    Raises:
        CheckpointError: none; naming `where`.
    """
    for family in FAMILIES:
        if family.recognises(config, shapes):
            return family
    kind = config.get("model_type")
    raise CheckpointError(
        f"{where}: expected the configuration of one of {', '.join(family.name for family in FAMILIES)}; found "
        + (f"model_type {kind!r}" if kind else f"variables such as {next(iter(shapes), 'none')}")
    )


def get_family(name: object, *, where: str) -> Family:
    """The family of a name, as saved models hold it; BERT without one, as models of before families.

    Raises:
        CheckpointError: naming `where`.
    """
    for family in FAMILIES:
        if family.name == (name or "bert"):
            return family
    known = ", ".join(family.name for family in FAMILIES)
    raise CheckpointError(f"{where}: expected family to be one of {known}; found {name!r}")
