"""Mentions are exchanged and nothing else: text outside of them stays, and every entity is where its offsets say."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.train.augmentation import Augmentation, plain_entities, rewrite


@st.composite
def documents(draw, max_length: int = 30) -> Document:
    """Texts with entities of all kinds: apart, touching, nested, crossing, in pieces, twice the same."""
    text = draw(st.text(alphabet="人参头痛发热乏力，。", min_size=2, max_size=max_length))
    entities = []
    for _ in range(draw(st.integers(0, 7))):
        edges = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=4)))
        pieces = ((edges[0], edges[1]), (edges[2], edges[3])) if len(edges) == 4 else ()
        label = draw(st.sampled_from("AB"))
        entities.append(Entity(edges[0], edges[-1] if pieces else edges[1], label, fragments=pieces))
    unsure = [entities.pop()] if entities and not entities[-1].fragments and draw(st.booleans()) else []
    weight = draw(st.sampled_from([1.0, 0.5]))
    return Document(draw(st.sampled_from("xyz")), text, tuple(entities), weight, tuple(unsure))


def outside(document: Document, entities) -> str:
    """The characters in none of the entities, a bar for each of these."""
    covered = {place: entity for entity in entities for place in range(entity.start, entity.end)}
    characters = []
    for place, character in enumerate(document.text):
        if place not in covered:
            characters.append(character)
        elif covered[place].start == place:
            characters.append("|")
    return "".join(characters)


def entities_by_position(before: Document, after: Document) -> list[tuple[Entity, Entity]]:
    """The entities before and after, in their order, which exchanges of mentions keep."""
    assert len(before.entities) == len(after.entities)
    return list(zip(before.entities, after.entities, strict=True))


@given(documents(), st.data())
def test_what_is_exchanged_is_there_and_all_else_is_as_it_was(document, data):
    plain = plain_entities(document)
    mentions = {
        entity: data.draw(st.text(alphabet="黄芪甘草", min_size=1, max_size=6))
        for entity in plain
        if data.draw(st.booleans())
    }
    after = rewrite(document, mentions)
    assert (after.id, after.weight) == (document.id, document.weight)
    pairs = entities_by_position(document, after)
    assert Counter(one.label for one, _ in pairs) == Counter(other.label for _, other in pairs)
    for one, other in pairs:
        assert one.label == other.label and len(one.fragments) == len(other.fragments)
        assert after.mention(other) == mentions.get(one, document.mention(one))
    for one, other in zip(document.unsure, after.unsure, strict=True):
        assert one.label == other.label
        covered = [entity for entity in mentions if one.start <= entity.start and entity.end <= one.end]
        assert covered in ([], [one]) and after.mention(other) == mentions.get(one, document.mention(one))
    moved = [other for one, other in pairs if one in mentions]
    assert outside(after, moved) == outside(document, mentions)


@given(documents())
def test_plain_entities_are_whole_and_share_no_character(document):
    plain = plain_entities(document)
    assert len(set(plain)) == len(plain) and not any(entity.fragments for entity in plain)
    for entity in plain:
        for other in {*document.entities, *document.unsure} - {entity}:
            assert other.end <= entity.start or entity.end <= other.start
    spans = {*document.entities, *document.unsure}
    assert set(document.entities) - set(plain) == {
        each
        for each in document.entities
        if each.fragments or any(each.start < other.end and other.start < each.end for other in spans - {each})
    }


CONFIGS = st.builds(
    lambda replaced, swapped, seed: Config().replace(replace_mentions=replaced, swap_mentions=swapped, seed=seed),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(0, 5),
)


@given(st.lists(documents(), min_size=1, max_size=5), CONFIGS, st.integers(0, 3))
def test_mentions_come_from_plain_entities_of_their_label(given, config, epoch):
    pool = {(entity.label, each.mention(entity)) for each in given for entity in plain_entities(each)}
    changed = Augmentation(given, config).changed(epoch)
    for place, after in changed.items():
        before = given[place]
        assert after.text != before.text
        plain = set(plain_entities(before))
        for one, other in entities_by_position(before, after):
            assert one.label == other.label
            known = (other.label, after.mention(other)) in pool
            assert known if one in plain else after.mention(other) == before.mention(one)
        moved = [other for one, other in entities_by_position(before, after) if one in plain]
        assert outside(after, moved) == outside(before, plain)


@given(documents(), st.integers(0, 5))
def test_a_swap_keeps_the_mentions_of_each_label(document, seed):
    config = Config().replace(swap_mentions=1.0, seed=seed)
    after = Augmentation([document], config).changed(0).get(0, document)

    def mentions(of):
        return Counter((entity.label, of.mention(entity)) for entity in set(of.entities))

    assert mentions(after) == mentions(document)


DRUGS = ("人参", "当归", "六味地黄丸", "芪")
TOLD = [
    Document(f"d{n}", f"{drug}治头痛。", (Entity(0, len(drug), "DRUG"), Entity(len(drug) + 1, len(drug) + 3, "S")))
    for n, drug in enumerate([*DRUGS, "人参", "人参"])
]


def test_mentions_are_drawn_as_often_as_they_occur_and_exchanged_with_the_probability_asked_for():
    augmentation = Augmentation(TOLD, Config().replace(replace_mentions=0.5))
    drawn, changed, epochs = Counter(), 0, 2000
    for epoch in range(epochs):
        after = augmentation.changed(epoch)
        changed += len(after)
        drawn.update(each.mention(each.entities[0]) for place, each in after.items() if place == 3)  # the one with 芪
    assert changed / epochs == pytest.approx(0.5 * (3 * 3 / 6 + 3 * 5 / 6), rel=0.05)  # of S there is one mention only
    assert drawn["人参"] / drawn["当归"] == pytest.approx(3, rel=0.2) and set(drawn) == set(DRUGS) - {"芪"}


def test_what_is_drawn_follows_from_seed_and_epoch_alone():
    config = Config().replace(replace_mentions=0.5, swap_mentions=0.5)
    one, other = Augmentation(TOLD, config), Augmentation(TOLD, config)
    later = other.changed(4)
    every = [one.changed(epoch) for epoch in range(5)]
    assert every[4] == later and len({str(each) for each in every}) > 1
    assert str(Augmentation(TOLD, config.replace(seed=1)).changed(4)) != str(later)


def test_without_the_options_nothing_is_looked_at():
    augmentation = Augmentation(TOLD, Config())
    assert not augmentation.asked and augmentation.changed(0) == {} and augmentation.plain == []


def test_a_swap_is_any_order_of_those_chosen():
    text = "人参当归川芎"
    document = Document("d", text, tuple(Entity(n, n + 2, "DRUG") for n in (0, 2, 4)))
    swapping = Augmentation([document], Config().replace(swap_mentions=1.0))
    found = Counter(swapping.changed(epoch).get(0, document).text for epoch in range(600))
    assert len(found) == 6 and min(found.values()) > 60
