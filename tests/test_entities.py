"""Discontinuous entities: what they are, what they are equal to, and who else takes notice of them."""

import copy
import pickle

import pytest

from bert4ner.data.audit import audit
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS
from bert4ner.text.alignment import FITS_NO_WINDOW, NO_TOKEN_BOUNDARY
from bert4ner.text.encoded import encode_documents
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.tokenizer import make_tokenizer
from bert4ner.text.vocabulary import Vocabulary

TEXT = "左右肾囊肿，头晕"
PIECES = Entity(0, 5, "DIS", 0.5, ((0, 1), (2, 5)))  # 左肾囊肿
WHOLE = Entity(1, 5, "DIS")


def test_pieces_belong_to_what_an_entity_is_and_scores_do_not():
    assert PIECES == Entity(0, 5, "DIS", fragments=((0, 1), (2, 5))) != Entity(0, 5, "DIS")
    assert len({PIECES, Entity(0, 5, "DIS"), Entity(0, 5, "DIS", 0.1)}) == 2
    assert sorted([PIECES, WHOLE, Entity(0, 5, "DIS")]) == [Entity(0, 5, "DIS"), PIECES, WHOLE]
    assert pickle.loads(pickle.dumps(PIECES)) == copy.deepcopy(PIECES) == PIECES
    assert Document("a", TEXT, (PIECES,)).mention(PIECES) == "左肾囊肿"


def test_an_entity_without_pieces_says_nothing_of_them():
    assert repr(Entity(0, 2, "X", 0.5)) == "Entity(start=0, end=2, label='X', score=0.5)"
    assert repr(PIECES) == "Entity(start=0, end=5, label='DIS', score=0.5, fragments=((0, 1), (2, 5)))"


@pytest.mark.parametrize(
    "fragments",
    [
        ((0, 5),),
        ((0, 2), (2, 5)),
        ((0, 3), (2, 5)),
        ((2, 5), (0, 1)),
        ((0, 1), (2, 4)),
        ((1, 2), (3, 5)),
        ((0, 1), (5, 5)),
    ],
)
def test_fragments_that_are_no_pieces_are_refused(fragments):
    with pytest.raises(DataError, match="entity 'DIS': expected two or more fragments in order, apart from each other"):
        Entity(0, 5, "DIS", fragments=fragments)


@pytest.mark.parametrize("format", [name for name, format in FORMATS.items() if format.write])
def test_formats_keep_pieces_or_count_the_loss(format, tmp_path, caplog):
    document = Document("a", TEXT, (PIECES, WHOLE))
    losses = write_documents([document], tmp_path / "out", format)
    assert ("discontinuous entities" in losses) is not FORMATS.get(format).holds.fragments
    if format == "text":
        return
    (read,) = read_documents(tmp_path / "out", format)
    assert read.entities == ((PIECES, WHOLE) if FORMATS.get(format).holds.fragments else (WHOLE,))


@pytest.mark.parametrize(
    ("fragments", "message"),
    [
        ([[0, 1, 2]], r"expected a fragment \[start, end\], found \[0, 1, 2\]"),
        ([["0", 1]], "expected a fragment"),
        ([[0, 1]], "expected two or more fragments"),
        ("x", "expected a list under 'fragments'"),
    ],
)
def test_jsonl_refuses_what_is_no_piece(tmp_path, fragments, message):
    import json

    path = tmp_path / "set.jsonl"
    entity = {"start": 0, "end": 5, "label": "DIS", "fragments": fragments}
    path.write_text(json.dumps({"text": TEXT, "entities": [entity]}), encoding="utf-8")
    with pytest.raises(DataError, match=f"set.jsonl:1: {message}"):
        read_documents(path, "jsonl")


def test_audit_counts_them():
    overlaps = audit([Document("a", TEXT, (PIECES, WHOLE)), Document("b", TEXT, (PIECES,))]).overlaps
    assert (overlaps.discontinuous, overlaps.lost_by_flat_tags) == (2, 2)
    assert audit([Document("a", TEXT, (WHOLE,))]).overlaps.discontinuous == 0


def test_windows_hold_pieces_as_tokens():
    from bert4ner.config import WindowConfig

    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *TEXT])
    documents = [
        Document("a", TEXT, (PIECES, WHOLE)),
        Document("b", TEXT * 9, (PIECES, Entity(0, 40, "DIS", fragments=((0, 1), (39, 40))))),
    ]
    encoded = encode_documents(documents, make_tokenizer("characters", vocabulary), WindowConfig(32, 8))
    pieces, whole = TokenSpan(0, 5, "DIS", None, ((0, 1), (2, 5))), TokenSpan(1, 5, "DIS")
    assert encoded.spans[:2] == [[pieces, whole], [pieces]]
    assert [loss.reason for loss in encoded.lost] == [FITS_NO_WINDOW]
    words = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ab", "x"])
    latin = Document("c", "ab x", (Entity(0, 4, "X", fragments=((0, 1), (3, 4))),))
    lost = encode_documents([latin], make_tokenizer("wordpiece", words), WindowConfig(32, 8)).lost
    assert [loss.reason for loss in lost] == [NO_TOKEN_BOUNDARY]


@pytest.mark.parametrize("weight", [-1e-9, -1.0, float("nan"), float("inf"), "1", None, True])
def test_a_weight_that_is_no_finite_number_from_zero_on_is_refused(weight):
    with pytest.raises(DataError, match="document a: expected a finite number, at least 0, as weight, found"):
        Document("a", TEXT, weight=weight)


LONG = "长" * 5000


@pytest.mark.parametrize(
    "make",
    [
        lambda: Document("a", TEXT, weight=LONG),
        lambda: Document("a", TEXT, weight=[[LONG] * 9] * 9),
        lambda: Document(LONG, TEXT, weight=-1.0),
        lambda: Document(LONG, TEXT, (Entity(0, 99, LONG),)),
        lambda: Entity(3, 1, LONG),
        lambda: Entity(0, 3, LONG, fragments=((0, 9),)),
        lambda: Document.from_dict({"text": TEXT, LONG: 1}),
    ],
)
def test_a_message_is_bounded_whatever_it_shows(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)


def test_unsure_spans_are_sorted_part_of_a_document_and_within_its_text_in_one_piece():
    spans = (Entity(2, 3, "A"), Entity(0, 2, "A"))
    assert Document("a", TEXT, unsure=spans).unsure == spans[::-1]
    assert Document("a", TEXT) != Document("a", TEXT, unsure=spans)
    with pytest.raises(DataError, match=r"document a: unsure span A at \[0, 99\) ends outside the text of"):
        Document("a", TEXT, unsure=(Entity(0, 99, "A"),))
    with pytest.raises(DataError, match="document a: an unsure span must not be discontinuous, got Entity"):
        Document("a", TEXT, unsure=(Entity(0, 3, "A", fragments=((0, 1), (2, 3))),))


def test_a_document_weighs_one_unless_it_says_so_and_its_weight_is_part_of_it():
    assert Document("a", TEXT) == Document("a", TEXT, weight=1.0) != Document("a", TEXT, weight=0.5)
    assert pickle.loads(pickle.dumps(Document("a", TEXT, weight=0.5))).weight == 0.5
