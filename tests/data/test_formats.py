"""Each format in its published shapes, and the flaws that its files have: mended and counted, or refused."""

import json

import pytest

from bert4ner.data.documents import read_documents, read_with_report, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

TEXT = "本品用于气血两亏，气血不足"


@pytest.fixture
def write_file(tmp_path):
    def writer(content, name="set.json"):
        path = tmp_path / name
        if isinstance(content, list) and name.endswith(".jsonl"):
            content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in content)
        elif not isinstance(content, str):
            content = json.dumps(content, ensure_ascii=False)
        path.write_bytes(content.encode())
        return path

    return writer


def found(documents):
    return [[(each.mention(entity), entity.label) for entity in each.entities] for each in documents]


# ---- jsonl


def test_jsonl_without_ids_takes_the_name_and_the_number(write_file):
    path = write_file([{"text": "气"}, {"id": 7, "text": "血"}, {"id": None, "text": "亏"}], "set.jsonl")
    assert [document.id for document in read_documents(path)] == ["set-1", "7", "set-3"]


def test_jsonl_holds_weights_and_reports_of_those_that_are_not_one_only(write_file, tmp_path):
    path = write_file([{"id": "a", "text": "气", "weight": 0.5}, {"id": "b", "text": "血"}], "set.jsonl")
    documents = read_documents(path)
    assert [document.weight for document in documents] == [0.5, 1.0]
    assert write_documents(documents, tmp_path / "again.jsonl", "jsonl").describe() == []
    records = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text(encoding="utf-8").splitlines()]
    assert records == [
        {"id": "a", "text": "气", "entities": [], "weight": 0.5},
        {"id": "b", "text": "血", "entities": []},
    ]


def test_jsonl_holds_unsure_spans_as_short_lists_which_stay_what_they_are(write_file, tmp_path):
    records = [{"id": "a", "text": "气血", "entities": [], "unsure": [[0, 1, "X"], [0, 2, "Y", 0.25]]}]
    (document,) = read_documents(write_file(records, "set.jsonl"))
    assert document.unsure == (Entity(0, 1, "X"), Entity(0, 2, "Y"))
    assert [span.score for span in document.unsure] == [None, 0.25]
    write_documents([document], tmp_path / "again.jsonl", "jsonl")
    assert json.loads((tmp_path / "again.jsonl").read_text(encoding="utf-8")) == records[0]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": "a"}, "expected a string under 'text', found the keys id"),
        ({"text": 5}, "expected a string under 'text', found int"),
        ({"text": "气", "id": [1]}, "expected a string or a number as id"),
        ({"text": "气", "entities": {}}, "expected a list under 'entities', found dict"),
        ({"text": "气", "entities": [{"start": 0}]}, "expected an entity"),
        ({"text": "气", "entities": [{"start": "0", "end": 1, "label": "A"}]}, "expected whole numbers"),
        ({"text": "气", "entities": [{"start": 0, "end": True, "label": "A"}]}, "expected whole numbers"),
        ({"text": "气", "entities": [{"start": 0, "end": 1, "label": None}]}, "expected a label"),
        ({"text": "气", "entities": [{"start": 0, "end": 1, "label": "A", "score": "x"}]}, "number as score"),
        ({"text": "气", "entities": [{"start": 0, "end": 2, "label": "A"}]}, "within the text of 1 characters"),
        ({"text": "气", "weight": "2"}, r"set\.jsonl:3: expected a finite number, at least 0, as weight, found '2'"),
        ({"text": "气", "weight": None}, "expected a finite number, at least 0, as weight, found None"),
        ({"text": "气", "weight": -0.5}, "expected a finite number, at least 0, as weight, found -0.5"),
        ({"text": "气", "unsure": [[0, 1]]}, r"expected an unsure span \[start, end, label\], found \[0, 1\]"),
        ({"text": "气", "unsure": [[0, "1", "A"]]}, "expected whole numbers"),
        ({"text": "气", "unsure": [[0, 1, "A", "x"]]}, "number as score"),
        ({"text": "气", "unsure": [[0, 2, "A"]]}, "within the text of 1 characters"),
        ({"text": "气\ud83d"}, "unpaired surrogate"),
        ({"text": "\u0000"}, "NUL"),
        ({"text": "气", "id": "\ud83d"}, "unpaired surrogate"),
        ({"text": "气", "label": [[0, 1, "A"]]}, "looks like annotation under 'label'"),
        ({"text": "气", "label": []}, "this is another format"),
    ],
)
def test_jsonl_refuses_what_it_cannot_hold_with_the_line(write_file, record, expected):
    path = write_file(json.dumps({"text": "气"}) + "\n\n" + json.dumps(record) + "\n", "set.jsonl")
    with pytest.raises(DataError, match=expected) as caught:
        read_documents(path, "jsonl")
    assert str(caught.value).startswith(f"{path}:3: ")


# ---- deepner


def test_deepner_reads_labels_and_leaves_other_keys(write_file):
    labels = [["T1", "SYNDROME", 4, 8, "气血两亏"], ["T2", "SYNDROME", 9, 13, "气血不足"]]
    path = write_file([{"id": 3, "text": TEXT, "labels": labels, "pseudo": 0, "candidate_entities": ["本品"]}])
    documents = read_documents(path)
    assert documents[0].id == "3"
    assert found(documents) == [[("气血两亏", "SYNDROME"), ("气血不足", "SYNDROME")]]


def test_deepner_refuses_a_mention_that_is_not_there_with_the_record(write_file):
    path = write_file([{"id": 3, "text": TEXT}, {"id": 4, "text": TEXT, "labels": [["T1", "A", 4, 8, "气血不足"]]}])
    with pytest.raises(DataError, match=r"set\.json: record 2: expected '气血不足' at \[4, 8\), found '气血两亏'"):
        read_documents(path)
    path = write_file([{"id": 3, "text": TEXT, "labels": [["A", 4, 8]]}])
    with pytest.raises(DataError, match="record 1: expected a label"):
        read_documents(path, "deepner")


def test_deepner_writes_numbers_as_ids_and_the_mention(tmp_path):
    documents = [Document("3", TEXT, (Entity(4, 8, "A"),)), Document("03", TEXT), Document("³", TEXT)]
    write_documents(documents, tmp_path / "out.json", "deepner")
    records = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [record["id"] for record in records] == [3, "03", "³"]
    assert records[0]["labels"] == [["T1", "A", 4, 8, "气血两亏"]]


# ---- cluener


def nested(inclusive):
    return {"药": {"气血": [[4, 6 - inclusive], [9, 11 - inclusive]]}, "症": {"两亏": [[6, 8 - inclusive]]}}


def listed(inclusive):
    return [
        {"entity_type": label, "entity": mention, "entity_index": {"begin": start, "end": end}}
        for label, mentions in nested(inclusive).items()
        for mention, places in mentions.items()
        for start, end in places
    ]


@pytest.mark.parametrize("shape", ["label", "entity_list"])
@pytest.mark.parametrize("inclusive", [True, False])
def test_cluener_reads_both_shapes_in_both_conventions_and_every_span(write_file, shape, inclusive):
    annotation = nested(inclusive) if shape == "label" else listed(inclusive)
    result = read_with_report(write_file([{"text": TEXT, shape: annotation}, {"text": "气"}], "set.jsonl"))
    assert result.format == "cluener"
    assert found(result.documents) == [[("气血", "药"), ("两亏", "症"), ("气血", "药")], []]
    assert bool(result.repairs) == (inclusive == (shape == "entity_list"))


def test_cluener_refuses_one_span_of_the_other_convention(write_file):
    label = {"药": {"气血": [[4, 5], [9, 11]], "两亏": [[6, 7]]}}
    with pytest.raises(DataError, match=r"set\.jsonl:1: expected '气血' at \[9, 11\], found '气血不'"):
        read_documents(write_file([{"text": TEXT, "label": label}], "set.jsonl"))


@pytest.mark.parametrize(
    "record",
    [
        {"label": {"药": ["气血"]}},
        {"label": {"药": {"气血": 4}}},
        {"label": {"药": {"气血": [[4]]}}},
        {"entity_list": [{"entity_type": "药", "entity": "气血"}]},
        {"entity_list": ["气血"]},
    ],
)
def test_cluener_refuses_other_shapes_with_the_line(write_file, record):
    with pytest.raises(DataError, match=r"set\.jsonl:1: expected"):
        read_documents(write_file([{"text": TEXT, **record}], "set.jsonl"), "cluener")


# ---- cmeee


@pytest.mark.parametrize("end", ["|||", "|||\r", ""])
def test_cmeee_lines_have_inclusive_ends_and_broken_spans_are_left_out(write_file, end):
    line = f"{TEXT}|||4    7    dis|||4    5    bod|||9    10    bod|||6    5    pro"
    path = write_file(f"{line}{end}\n{TEXT}|||\n没有标注\n", "set.txt")
    result = read_with_report(path, "cmeee")
    assert found(result.documents) == [[("气血", "bod"), ("气血两亏", "dis"), ("气血", "bod")], [], []]
    assert result.repairs["spans left out because they end before they start"] == 1
    assert result.repairs.examples["spans left out because they end before they start"] == f"{path}:1"


def test_cmeee_json_is_inclusive_unless_mentions_say_otherwise(write_file):
    for inclusive in (True, False):
        entities = [{"start_idx": 4, "end_idx": 8 - inclusive, "type": "dis", "entity": "气血两亏"}]
        result = read_with_report(write_file([{"text": TEXT, "entities": entities}]))
        assert result.format == "cmeee"
        assert found(result.documents) == [[("气血两亏", "dis")]]
        assert bool(result.repairs) != inclusive


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{TEXT}|||9    13    dis|||", "within the text of 13 characters"),
        (f"{TEXT}|||9    dis|||", "expected text"),
        ("甲|||乙|||0    0    dis|||", "'乙' between dividers"),
    ],
)
def test_cmeee_refuses_broken_lines(write_file, line, expected):
    with pytest.raises(DataError, match=expected) as caught:
        read_documents(write_file(f"{TEXT}|||\n{line}\n", "set.txt"), "cmeee")
    assert "set.txt:2: " in str(caught.value)


# ---- doccano


@pytest.mark.parametrize("key", ["label", "labels", "entities", "annotations"])
@pytest.mark.parametrize("relational", [True, False])
@pytest.mark.parametrize("name", ["set.jsonl", "set.json"])
def test_doccano_reads_every_variant(write_file, key, relational, name):
    item = {"id": 9, "label": "药", "start_offset": 4, "end_offset": 6} if relational else [4, 6, "药"]
    records = [{"id": 1, "text": TEXT, key: []}, {"id": 2, "text": TEXT, key: [item]}]
    result = read_with_report(write_file(records, name))
    assert result.format == "doccano"
    assert found(result.documents) == [[], [("气血", "药")]]
    assert not result.repairs


def test_doccano_counts_relations_and_refuses_two_annotations(write_file):
    record = {"text": TEXT, "entities": [], "relations": [{"id": 1}], "label": [[4, 6, "药"]]}
    result = read_with_report(write_file([record], "set.jsonl"))
    assert found(result.documents) == [[("气血", "药")]]
    assert result.repairs == {"doccano relations left out": 1}
    with pytest.raises(DataError, match="found it under label and entities"):
        read_documents(write_file([{**record, "entities": [[0, 1, "药"]]}], "set.jsonl"), "doccano")
    with pytest.raises(DataError, match="only sequence labelling"):
        read_documents(write_file([{"text": TEXT, "label": ["positive"]}], "set.jsonl"), "doccano")


# ---- labelstudio


def annotation(start, end, mention, **more):
    value = {"start": start, "end": end, "text": mention, "labels": ["药", "方"]}
    return {"result": [{"type": "labels", "value": value}], **more}


def test_labelstudio_takes_the_first_annotation_that_was_not_cancelled(write_file):
    cancelled = annotation(0, 2, "本品", was_cancelled=True)
    others = [annotation(4, 6, "气血"), annotation(0, 1, "本")]
    task = {"id": 5, "data": {"text": TEXT}, "annotations": [cancelled, *others]}
    empty = {"id": 6, "data": {"text": TEXT}, "annotations": [cancelled], "predictions": [{}]}
    result = read_with_report(write_file([task, empty]))
    assert result.format == "labelstudio"
    assert [document.id for document in result.documents] == ["5", "6"]
    assert found(result.documents) == [[("气血", "方"), ("气血", "药")], []]
    assert result.repairs == {
        "cancelled annotations left out": 2,
        "further annotations of the same task left out": 1,
        "tasks without annotation read as documents without entities": 1,
        "machine predictions left out": 1,
    }


def test_labelstudio_finds_the_text_under_any_name_and_counts_other_results(write_file):
    task = {"data": {"leaflet": "😀" + TEXT}, "annotations": [annotation(6, 8, "气血")]}
    task["annotations"][0]["result"].append({"type": "relation"})
    result = read_with_report(write_file([task]))
    assert found(result.documents) == [[("气血", "方"), ("气血", "药")]]
    assert result.repairs == {
        "results of type 'relation' left out": 1,
        "offsets counted in UTF-16 code units turned into characters": 2,
    }


def test_labelstudio_reads_the_minimal_export(write_file):
    label = {"start": 4, "end": 6, "text": "气血", "labels": ["药"]}
    result = read_with_report(write_file([{"id": 1, "text": TEXT, "label": [label], "annotator": 1}]))
    assert result.format == "labelstudio"
    assert found(result.documents) == [[("气血", "药")]]


def test_labelstudio_refuses_a_span_without_label(write_file):
    broken = annotation(4, 6, "气血")
    broken["result"][0]["value"]["labels"] = []
    with pytest.raises(DataError, match="record 1: expected a label"):
        read_documents(write_file([{"data": {"text": TEXT}, "annotations": [broken]}]))


# ---- text


def test_text_keeps_white_space_and_counts_empty_lines(write_file):
    result = read_with_report(write_file(" 气血 \n\n \r\n两亏", "notes.txt"))
    assert result.format == "text"
    assert [(document.id, document.text) for document in result.documents] == [
        ("notes-1", " 气血 "),
        ("notes-3", " "),
        ("notes-4", "两亏"),
    ]
    assert result.repairs == {"empty lines left out": 1, "Windows line ends (CRLF) removed": 1}


def test_a_text_of_a_million_characters_in_one_line_is_one_document(write_file):
    path = write_file("气血两亏" * 250_000, "long.txt")
    (document,) = read_documents(path)
    assert len(document.text) == 1_000_000
