"""Written and read again, documents are the same: every format, for what it can hold."""

import importlib.util
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bert4ner.data.documents import iterate_documents, read_with_report, write_documents
from bert4ner.data.records import flat_entities
from bert4ner.data.workbooks import openpyxl_for
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS

# Chinese, Latin, an emoji outside the basic plane, digits, a divider, and everything that has ever shifted an offset.
WITHIN_LINES = '气血两亏的Aab0 1\t\u3000\u00a0\u2028\u0085\x0b\ufeff\u200b😀|[{"\\-'
ANYWHERE = WITHIN_LINES + "\r\n"
LACKING = {"xlsx"} if importlib.util.find_spec("openpyxl") is None else set()
WRITABLE = {name: format.holds for name, format in FORMATS.items() if format.write and name not in LACKING}
WITH_IDS = [name for name, holds in WRITABLE.items() if holds.ids and holds.nested and holds.places]
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


@given(documents())
def test_uie_gives_back_each_text_once_with_all_entities(originals):
    read, losses, _ = round_trip(originals, "uie")
    joined = {each.text: set() for each in originals}
    for each in originals:
        joined[each.text].update(each.entities)
    assert {each.text: set(each.entities) for each in read} == joined
    assert [each.text for each in read] == list(joined)
    assert losses["documents apart whose text is the same (read as one)"] == len(originals) - len(joined)
    assert losses["ids"] == len(originals)


@given(documents())
def test_mentions_give_back_texts_and_every_difference_is_counted(originals):
    read, losses, _ = round_trip(originals, "mentions")
    assert [(each.id, each.text) for each in read] == [(each.id, each.text) for each in originals]
    pairs = [(set(one.entities), set(other.entities)) for one, other in zip(originals, read, strict=True)]
    assert losses["places of entities that their mentions do not determine"] == sum(
        len(one ^ two) for one, two in pairs
    )


def test_mentions_keep_what_their_words_tell_and_in_order_one_of_several(tmp_path):
    text = "李华在北京大学，不在北京。"
    document = Document("a", text, (Entity(0, 2, "PER"), Entity(3, 7, "ORG"), Entity(10, 12, "LOC")))
    path = tmp_path / "set.jsonl"
    assert not write_documents([document], path, "mentions")
    assert read_with_report(path).documents == [document]
    twice = Document("b", "北京、上海、北京", (Entity(0, 2, "LOC"),))
    losses = write_documents([twice], path, "mentions")
    assert losses.describe() == ["1 places of entities that their mentions do not determine (first: document b)"]
    assert read_with_report(path, align="first").documents == [twice]


def nested_only(entities):
    """Of entities that cross, the ones that begin first, by the definition."""
    kept = []
    for one in sorted(entities, key=lambda each: (each.start, -each.end)):
        if not any(other.start < one.start < other.end < one.end for other in kept):
            kept.append(one)
    return sorted(kept)


@given(documents(alphabet=WITHIN_LINES))
def test_inline_gives_back_every_line_and_entities_that_lie_in_one_another(originals):
    assume(any(each.entities or each.text.strip() for each in originals))
    read, losses, _ = round_trip(originals, "inline")
    blank = [each for each in originals if not each.entities and not each.text.strip()]
    kept = [each for each in originals if each not in blank]
    assert [each.text for each in read] == [each.text for each in kept]
    assert [list(each.entities) for each in read] == [nested_only(each.entities) for each in kept]
    lost = sum(len(each.entities) for each in kept) - sum(len(each.entities) for each in read)
    assert losses["entities across another's end"] == lost
    assert losses["documents of white space alone"] == len(blank)


@given(documents(alphabet="<>/{}:AB 气"))
@settings(max_examples=200)
def test_a_text_that_looks_marked_is_refused_or_read_as_it_was(originals):
    kept = [each for each in originals if each.entities or each.text.strip()]
    assume(kept)
    try:
        read, _, _ = round_trip(kept, "inline")
    except DataError as error:
        refused = str(error)
    else:
        refused = "write another format"
        assert [each.text for each in read] == [each.text for each in kept]
        assert [list(each.entities) for each in read] == [nested_only(each.entities) for each in kept]
    assert "write another format" in refused


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (Document("a", "甲<B>乙</B>"), "document a: expected a text that can hold marks, found '<B>' in it"),
        (Document("a", "甲", (Entity(0, 1, "药 品"),)), "document a: expected a label of at most 41 letters"),
        (Document("a", "甲", tuple(Entity(0, 1, f"A{i}") for i in range(60))), "more than 50 entities in one another"),
        (Document("a", "甲/A 乙/O"), "found 1 that look marked by slashes; write another format"),
    ],
)
def test_inline_refuses_what_it_cannot_hold(tmp_path, document, expected):
    with pytest.raises(DataError) as caught:
        write_documents([document], tmp_path / "out", "inline")
    assert expected in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif("xlsx" in LACKING, reason="needs openpyxl")
def test_a_workbook_keeps_what_looks_like_formulas_errors_and_signs_of_characters(tmp_path):
    texts = ["=1+1", "#N/A", "007", " a ", "_x000D_", "_x005F_x000D_", "a\r\nb\rc\nd", "\x0b\x1f\x7f", "true", "1e5"]
    documents = [Document(f"{number:03}", text) for number, text in enumerate(texts)]
    write_documents(documents, tmp_path / "set.xlsx", "xlsx")
    assert read_with_report(tmp_path / "set.xlsx").documents == documents
    with pytest.raises(DataError, match="document a: expected at most 32,767 characters in a cell of Excel"):
        write_documents([Document("a", "😀" * 20_000)], tmp_path / "long.xlsx", "xlsx")
    with pytest.raises(DataError, match="expected each id once, found 'a' again"):
        write_documents([Document("a", "气")] * 2, tmp_path / "long.xlsx", "xlsx")
    assert [each.name for each in tmp_path.iterdir()] == ["set.xlsx"]


@pytest.mark.skipif("xlsx" in LACKING, reason="needs openpyxl")
def test_a_workbook_whose_first_sheet_is_no_table_names_the_others(tmp_path):
    path = tmp_path / "set.xlsx"
    write_documents([Document("a", "气")], path, "xlsx")
    workbook = openpyxl_for(path).load_workbook(path)
    workbook.create_sheet("说明", 0)["A1"] = "标注规范"
    workbook.save(path)
    with pytest.raises(DataError, match=r"only the first sheet \(说明\) is read; the workbook also has: documents$"):
        read_with_report(path)


@pytest.mark.parametrize("format", [name for name, holds in WRITABLE.items() if holds.scores])
@given(documents(scores=True))
@settings(max_examples=60)
def test_scores_come_back(format, originals):
    read, losses, repairs = round_trip(originals, format)
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
        if format != "text" and not WRITABLE[format].scores:
            assert write_documents([document], tmp_path / format, format)["scores"] == 1
