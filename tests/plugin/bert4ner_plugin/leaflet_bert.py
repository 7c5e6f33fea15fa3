"""A family: BERT's network under a `model_type` of its own, as somebody may publish it."""

from dataclasses import replace

from bert4ner.models.pretrained.families.bert import BERT
from bert4ner.models.pretrained.family import Described, Shapes


def _recognises(described: Described, shapes: Shapes) -> bool:
    return bool(described.get("model_type") == "leaflet_bert")


LEAFLET_BERT = replace(
    BERT, name="leaflet_bert", title="BERT of leaflets, an example", recognises=_recognises, huggingface=None
)
