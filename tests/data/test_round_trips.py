"""Written and read again, documents are the same: every format, for what it can hold."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert4ner.data.documents import iterate_documents, read_with_report, write_documents
from bert4ner.data.records import flat_entities
from bert4ner.entities import Document, Entity
from bert4ner.registry import FORMATS

# Chinese, Latin, an emoji outside the basic plane, digits, a divider, and everything that has ever shifted an offset.
WITHIN_LINES = '气血两亏的Aab0 1\t\u3000\u00a0\u2028\u0085\x0b\ufeff\u200b😀|[{"\\-'
ANYWHERE = WITHIN_LINES + "\r\n"
WRITABLE = {name: format.holds for name, format in FORMATS.items() if format.write}
WITH_IDS = [name for name, holds in WRITABLE.items() if holds.ids and holds.nested]
FLAT = [name for name, holds in WRITABLE.items() if holds.line_breaks and not holds.nested]


@st.composite
def documents(draw, *, alphabet=ANYWHERE, scores=False, min_size=1):
    texts = draw(st.lists(st.text(alphabet=alphabet, min_size=1, max_size=12), min_size=min_size, max_size=4))
    result = []
    for number, text in enumerate(texts):
        entities = set()
        for _ in range(draw(st.integers(0, 4))):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            score = draw(st.none() | st.floats(0, 1)) if scores else None
            entities.add(Entity(start, end, draw(st.sampled_from(["DRUG", "药-品", "PER.NOM"])), score))
        result.append(Document(draw(st.sampled_from(["", "00", "药"])) + str(number), text, tuple(entities)))
    return result


def round_trip(given_documents, format, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        losses = write_documents(iter(given_documents), path, format, **options)
        result = read_with_report(path, format)
        assert list(iterate_documents(path, format)) == result.documents
        assert [each.name for each in Path(folder).iterdir()] == ["out"]
    return result.documents, losses, result.repairs


@pytest.mark.parametrize("format", WITH_IDS)
@given(documents())
@settings(max_examples=60)
def test_formats_with_ids_give_back_the_same_documents(format, originals):
    read, losses, _ = round_trip(originals, format)
    assert sorted(read, key=lambda each: each.id) == sorted(originals, key=lambda each: each.id)
    assert not losses


@pytest.mark.parametrize("format", FLAT)
@given(documents())
@settings(max_examples=60)
def test_formats_of_one_layer_give_back_what_it_holds(format, originals):
    read, losses, _ = round_trip(originals, format)
    assert [each.text for each in read] == [each.text for each in originals]
    assert [list(each.entities) for each in read] == [flat_entities(each.entities)[0] for each in originals]
    lost = sum(len(flat_entities(each.entities)[1]) for each in originals)
    assert losses["entities inside or across another (one layer of tags)"] == lost


@given(documents(scores=True))
def test_jsonl_keeps_scores(originals):
    read, losses, repairs = round_trip(originals, "jsonl")
    assert [[entity.score for entity in each.entities] for each in read] == [
        [entity.score for entity in each.entities] for each in originals
    ]
    assert not losses and not repairs


@pytest.mark.parametrize("scheme", ["bio", "bios", "bioes"])
@given(documents(alphabet=WITHIN_LINES))
def test_bio_gives_back_every_character_and_what_one_layer_holds(scheme, originals):
    read, losses, repairs = round_trip(originals, "bio", scheme=scheme)
    assert [each.text for each in read] == [each.text for each in originals]
    assert [list(each.entities) for each in read] == [flat_entities(each.entities)[0] for each in originals]
    lost = sum(len(flat_entities(each.entities)[1]) for each in originals)
    assert losses["entities inside or across another (one layer of tags)"] == lost
    assert not {kind for kind in repairs if "byte order" not in kind}


@given(documents(alphabet=WITHIN_LINES))
def test_text_gives_back_every_line(originals):
    read, losses, _ = round_trip(originals, "text")
    assert [each.text for each in read] == [each.text for each in originals]
    assert losses["entities"] == sum(len(each.entities) for each in originals)


@pytest.mark.parametrize("format", ["bio", "text"])
def test_line_breaks_and_empty_documents_are_reported_as_lost(tmp_path, format, caplog):
    path = tmp_path / "out"
    originals = [Document("a", "气\r\n血", (Entity(0, 4, "A"),)), Document("b", "")]
    losses = write_documents(originals, path, format)
    (read,) = read_with_report(path, format).documents
    assert read.text == "气  血"
    assert losses["line breaks (written as spaces)"] == 1
    assert losses["empty documents"] == 1
    assert f"{path}: the format {format} cannot hold 1 line breaks (written as spaces)" in caplog.text


def test_scores_that_a_format_drops_are_counted(tmp_path):
    document = Document("a", "气血", (Entity(0, 1, "A", 0.5), Entity(1, 2, "A")))
    for format in WRITABLE:
        if format not in ("jsonl", "text"):
            assert write_documents([document], tmp_path / format, format)["scores"] == 1
