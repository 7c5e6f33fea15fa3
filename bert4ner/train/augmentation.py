"""Augmentation: replaces mentions in training documents by mentions from the same or other documents.

Only plain entities take part: those with a single fragment that share no character with another entity. Other entities
move along with the text around them. Draws depend only on the seed and the epoch.

References:
    Dai and Adel 2020, An Analysis of Simple Data Augmentation for Named Entity Recognition (mention replacement).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from bert4ner.config import Config
from bert4ner.entities import Document, Entity, overlapping_entities

_DRAW = 2  # selects a random stream of its own, apart from shuffling and sampling


def plain_entities(document: Document) -> list[Entity]:
    """The entities with one fragment that overlap no other entity and no unsure span, each once, in order."""
    tangled = overlapping_entities([*document.entities, *document.unsure])
    return [entity for entity in sorted(set(document.entities)) if not entity.fragments and entity not in tangled]


def rewrite(document: Document, mentions: Mapping[Entity, str]) -> Document:
    """The document with new mentions for some plain entities; everything after them moves.

    Example:
        >>> document = Document("d", "人参治头痛", (Entity(0, 2, "DRUG"), Entity(3, 5, "SYMPTOM")))
        >>> changed = rewrite(document, {Entity(0, 2, "DRUG"): "六味地黄丸"})
        >>> changed.text, changed.mention(changed.entities[1])
        ('六味地黄丸治头痛', '头痛')
    """
    changed = sorted(mentions)
    pieces, reached = [], 0
    for entity in changed:
        pieces += [document.text[reached : entity.start], mentions[entity]]
        reached = entity.end
    growth = [len(mentions[entity]) - (entity.end - entity.start) for entity in changed]
    moves, ends = [0, *accumulate(growth)], [entity.end for entity in changed]

    def moved(place: int) -> int:
        return place + moves[bisect_right(ends, place)]

    def all_moved(entities: Sequence[Entity]) -> tuple[Entity, ...]:
        return tuple(
            replace(
                entity,
                start=moved(entity.start),
                end=moved(entity.end),
                fragments=tuple((moved(start), moved(end)) for start, end in entity.fragments),
            )
            for entity in entities
        )

    text = "".join([*pieces, document.text[reached:]])
    return replace(document, text=text, entities=all_moved(document.entities), unsure=all_moved(document.unsure))


class Augmentation:
    """Draws for each epoch which mentions to exchange.

    With probability `swap_mentions`, a plain entity takes part in a swap: participants of the same label in a document
    exchange their mentions at random. Then each entity gets, with probability `replace_mentions`, the mention of a
    plain entity of its label. It is drawn from all documents, including its own, in proportion to frequency.
    """

    def __init__(self, documents: Sequence[Document], config: Config):
        self.documents = documents
        self.seed, self.swapped, self.replaced = (
            config.run.seed,
            config.sampling.swap_mentions,
            config.sampling.replace_mentions,
        )
        self.plain = [plain_entities(document) for document in documents] if self.asked else []
        self.mentions: dict[str, list[str]] = {}  # label -> mentions, repeated as often as they occur
        for document, entities in zip(documents, self.plain, strict=False):
            for entity in entities:
                self.mentions.setdefault(entity.label, []).append(document.mention(entity))

    @property
    def asked(self) -> bool:
        """Whether the options ask for any change."""
        return bool(self.swapped or self.replaced)

    def changed(self, epoch: int) -> dict[int, Document]:
        """The documents that change in an epoch (counted from 0), by their index."""
        rng = np.random.default_rng([self.seed, epoch, _DRAW])
        found = {}
        for place, entities in enumerate(self.plain):
            document = self.documents[place]
            own = {entity: document.mention(entity) for entity in entities}
            drawn = self._replaced(self._swapped(own, rng), rng)
            other = {entity: mention for entity, mention in drawn.items() if mention != own[entity]}
            if other:
                found[place] = rewrite(document, other)
        return found

    def _swapped(self, mentions: dict[Entity, str], rng: np.random.Generator) -> dict[Entity, str]:
        chosen = _some(list(mentions), self.swapped, rng)
        after = dict(mentions)
        for label in sorted({entity.label for entity in chosen}):
            alike = [entity for entity in chosen if entity.label == label]
            order = rng.permutation(len(alike))
            after.update({entity: mentions[alike[other]] for entity, other in zip(alike, order, strict=True)})
        return after

    def _replaced(self, mentions: dict[Entity, str], rng: np.random.Generator) -> dict[Entity, str]:
        after = dict(mentions)
        for entity in _some(list(mentions), self.replaced, rng):
            known = self.mentions[entity.label]
            after[entity] = known[rng.integers(len(known))]
        return after


def _some(entities: list[Entity], probability: float, rng: np.random.Generator) -> list[Entity]:
    """A random choice of the entities, each with the given probability."""
    drawn = rng.random(len(entities)) < probability
    return [entity for entity, taken in zip(entities, drawn, strict=True) if taken]
