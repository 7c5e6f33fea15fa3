"""What all readers of JSON share: nothing is read past, offsets of other units, what is hostile is refused in time."""

import json
import time
import tracemalloc

import pytest

from bert4ner.data.documents import read_documents, read_with_report
from bert4ner.data.json_entities import LISTS, span_of_list
from bert4ner.data.unread import holds_annotation
from bert4ner.errors import DataError, shown

TEXT = "王小明在青山镇。"
JSON_FORMATS = "jsonl deepner cluener cmeee doccano labelstudio prodigy huggingface gliner w2ner ccks uie".split()


@pytest.mark.parametrize("format", JSON_FORMATS)
def test_no_reader_of_json_reads_past_annotation(tmp_path, format):
    path = tmp_path / "a.jsonl"
    bare = {"text": TEXT, "content": TEXT, "tokens": list(TEXT), "marked": [{"start": 0, "end": 3, "label": "PER"}]}
    path.write_text(json.dumps(bare) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"looks like annotation under 'marked'"):
        read_documents(path, format)


def test_tokens_of_prodigy_are_left_out_unless_they_have_labels(tmp_path):
    path = tmp_path / "a.jsonl"
    tokens = [{"text": "王", "start": 0, "end": 1, "id": 0, "ws": False}]
    record = {"text": TEXT, "tokens": tokens, "answer": "accept"}
    path.write_text(json.dumps(record | {"spans": [{"start": 0, "end": 3, "label": "PER"}]}), encoding="utf-8")
    assert len(read_documents(path, "prodigy")[0].entities) == 1
    path.write_text(json.dumps(record | {"tokens": [{"start": 0, "end": 3, "label": "PER"}]}), encoding="utf-8")
    with pytest.raises(DataError, match="looks like annotation under 'tokens'"):
        read_documents(path)


@pytest.mark.parametrize(
    ("key", "value", "is_annotation"),
    [
        ("x", [[0, 3, "PER"]], True),
        ("x", [{"start": 0, "end": 3, "label": "PER"}], True),
        ("x", {"PER": [[0, 3, "PER"]]}, True),
        ("ner_tags", [0, 1, 2], True),
        ("x", ["B-PER", "O"], True),
        ("labels", {"PER": ["王小明"]}, True),
        ("tokens", [{"text": "王", "start": 0, "end": 1}], False),
        ("candidate_entities", ["本品"], False),
        ("meta", {"source": "a", "page": 3}, False),
        ("scores", [0.1, 0.2], False),
        ("sizes", [[1, 2], [3, 4]], False),
        ("relations", [{"id": 1, "from_id": 2, "to_id": 3, "type": "in"}], False),
    ],
)
def test_annotation_is_told_from_other_things(key, value, is_annotation):
    assert holds_annotation(key, value) is is_annotation


def test_lists_of_every_form_give_one_span():
    parts = {"s": 0, "e": 3, "l": "PER", "m": "王小明", "-": "T1"}
    for order in LISTS.values():
        span = span_of_list([parts[each] for each in order], TEXT, "a:1")
        assert (span.start, span.end, span.label) == (0, 3, "PER")


def test_utf16_offsets_are_read_as_such_when_asked_and_warned_of_when_not(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "😀王小明", "label": [[2, 4, "PER"]]}\n', encoding="utf-8")
    (document,) = read_documents(path, offsets="utf16")
    assert document.mention(document.entities[0]) == "王小"
    warned = read_with_report(path)
    assert warned.documents[0].mention(warned.documents[0].entities[0]) == "小明"
    assert [kind for kind in warned.repairs if "--offsets utf16" in kind]
    assert not read_with_report(path, offsets="characters").repairs


def test_an_option_that_a_format_lacks_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "王小明", "entities": []}\n', encoding="utf-8")
    with pytest.raises(DataError, match="jsonl cannot be read with 'align'; formats that can: mentions"):
        read_documents(path, "jsonl", align="first")


def test_mentions_met_late_do_not_change_the_ends_of_those_before(tmp_path):
    path = tmp_path / "a.jsonl"
    bare = {"text": TEXT, "entities": [{"start": 0, "end": 2, "label": "PER"}]}
    stated = {"text": TEXT, "entities": [{"start": 0, "end": 2, "label": "PER", "mention": "王小明"}]}
    path.write_text(json.dumps(bare) + "\n" + json.dumps(stated) + "\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"a\.jsonl:2: expected offsets from 0 and exclusive ends, as the 1 entities without mention"
    ):
        read_documents(path)


def test_many_documents_with_one_id_take_linear_time(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "text": "气"}\n' * 20_000, encoding="utf-8")
    start = time.thread_time()
    documents = read_documents(path, annotated=False)
    assert time.thread_time() - start < 5
    assert documents[-1].id == "a#20000"


HOSTILE = {
    "deep list": "[" * 100_000,
    "deep object": '{"a":' * 50_000,
    "deep in a record": '{"text": "气", "x": ' + "[" * 100_000 + "]" * 100_000 + "}\n",
    "long number": '{"text": "气", "entities": [{"start": ' + "1" * 5000 + ', "end": 3, "label": "A"}]}\n',
    "rather long number": '{"text": "气", "entities": [{"start": 0, "end": ' + "1" * 4000 + ', "label": "A"}]}\n',
    "long label": '{"text": "气", "entities": [{"start": 0, "end": 9, "label": "' + "A" * 50_000 + '"}]}\n',
    "many keys": "{" + ", ".join(f'"{number}": 1' for number in range(10_000)) + "}\n",
    "empty objects": "[" + "{}," * 20_000 + "{}]",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", ["auto", *JSON_FORMATS])
def test_what_is_hostile_is_refused_in_a_bounded_line(tmp_path, name, format):
    path = tmp_path / "a.json"
    path.write_text(HOSTILE[name], encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_documents(path, format)
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def test_reading_takes_a_bounded_multiple_of_the_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" + ",".join(['{"text":"气","spans":[[0,1,"A"]]}'] * 5_000) + "]", encoding="utf-8")
    tracemalloc.start()
    read_documents(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * path.stat().st_size


def test_values_are_shown_short():
    assert len(shown({str(number): "x" * 1000 for number in range(100)})) <= 121
    assert len(shown(10**4000)) <= 121


def test_parquet_and_saved_data_sets_are_rows_with_the_names_of_their_features(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    features = {"ner_tags": {"feature": {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}}}
    table = arrow.table({"tokens": [list(TEXT)], "ner_tags": [[1, 2, 2, 0, 0, 0, 0, 0]]})
    parquet.write_table(table, tmp_path / "bare.parquet")
    with pytest.raises(DataError, match="expected names for the numbers under 'ner_tags'"):
        read_documents(tmp_path / "bare.parquet")
    told = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(told, tmp_path / "told.parquet")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "state.json").write_text("{}", encoding="utf-8")
    (tmp_path / "saved" / "dataset_info.json").write_text(json.dumps({"features": features}), encoding="utf-8")
    file = str(tmp_path / "saved" / "data-00000-of-00001.arrow")
    with arrow.OSFile(file, "wb") as sink, arrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    for name in ("told.parquet", "saved"):
        result = read_with_report(tmp_path / name)
        assert result.format == "huggingface"
        assert [(e.start, e.end, e.label) for e in result.documents[0].entities] == [(0, 3, "PER")]


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"pip install 'bert4ner\[datasets\]'"):
        read_documents(tmp_path / "a.parquet")
