"""Tables: what a row is, and what is said of those that cannot be read. Whole files are in the corpus."""

import zipfile

import pytest

from bert4ner.data.documents import read_with_report, write_documents
from bert4ner.data.headers import find_roles
from bert4ner.data.table_cells import list_cell
from bert4ner.entities import Document, Entity
from bert4ner.errors import Bert4NERError, DataError


@pytest.fixture
def read(tmp_path):
    def reader(content, name="set.csv", format="auto"):
        path = tmp_path / name
        path.write_bytes(content.encode())
        return read_with_report(path, format)

    return reader


def found(result):
    return [[(each.mention(entity), entity.label) for entity in each.entities] for each in result.documents]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_of_one_id_or_text_are_one_document_wherever_they_stand(read, separator):
    rows = ["text,start,end,label", "气血,0,1,A", "两亏,,,", "气血,1,2,B"]
    result = read("\n".join(rows).replace(",", separator))
    assert [each.text for each in result.documents] == ["气血", "两亏"]
    assert found(result) == [[("气", "A"), ("血", "B")], []]
    rows = ["id,text,start,end,label", "1,气血,0,1,A", "2,气血,0,2,A", "1,,1,2,B", ",,0,1,B"]
    result = read("\n".join(rows).replace(",", separator))
    assert [each.id for each in result.documents] == ["1", "2"]
    assert found(result) == [[("气", "A"), ("气", "B"), ("血", "B")], [("气血", "A")]]


def test_two_texts_of_one_id_are_refused(read):
    with pytest.raises(DataError, match=r"set\.csv:3: expected the text of '1' as in .*set\.csv:2, found another"):
        read("id,text,start,end,label\n1,气血,0,1,A\n1,两亏,0,1,A\n")


def test_columns_that_are_not_read_are_named(read):
    result = read("text,start,end,label,annotator\n气血,0,1,A,Li\n")
    assert result.repairs == {"columns not read (annotator)": 1}


def test_the_only_column_besides_the_offsets_may_be_the_text(read):
    result = read("text,start,end\n气血,0,1\n")
    assert found(result) == [[("气", "ENTITY")]]


def test_long_texts_lines_and_quotes_come_back(tmp_path):
    text = '"气"\r\n血\n,;\t' + "亏" * 200_000
    document = Document("a", text, (Entity(1, 2, "A"), Entity(1, 6, "B")))
    for format in ("csv", "tsv"):
        write_documents([document, Document("b", "")], tmp_path / f"set.{format}", format)
        result = read_with_report(tmp_path / f"set.{format}")
        assert (result.format, result.documents) == (format, [document, Document("b", "")])


def test_ids_that_would_melt_two_documents_are_refused(tmp_path):
    for documents in ([Document("a", "气"), Document("a", "气")], [Document("", "气")]):
        with pytest.raises(DataError, match="expected each id once"):
            write_documents(documents, tmp_path / "set.csv", "csv")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", []),
        ('[{"a": 1}]', [{"a": 1}]),
        ('{"a": 1}', [{"a": 1}]),
        ("[(0, 3, 'PER',), (4, 5, \"it's\")]", [[0, 3, "PER"], [4, 5, "it's"]]),
        ("[{'label': '药\\n', 'score': None, 'ok': True}]", [{"label": "药\n", "score": None, "ok": True}]),
    ],
)
def test_lists_in_cells_are_json_or_as_python_writes_them(cell, expected):
    assert list_cell(cell, "here") == expected


@pytest.mark.parametrize("cell", ["[1+1]", "[f()]", "['a", "[" * 100_000, "[" + "-" * 1000 + "1]", "气", "3", "[1]]"])
def test_other_cells_are_refused(cell):
    with pytest.raises(DataError, match=r"^here: expected a list of entities as JSON, found"):
        list_cell(cell, "here")


def test_a_word_means_what_the_other_columns_leave():
    assert find_roles(["sentence", "label"], ("text", "entities")) == {"text": 0, "entities": 1}
    assert find_roles(["句子编号", "字", "标签"], ("token", "tag", "sentence")) == {"token": 1, "tag": 2, "sentence": 0}
    assert find_roles(["Start Offset", "END_IDX"], ("start", "end")) == {"start": 0, "end": 1}


def test_workbooks_that_are_none_or_too_large_are_refused_before_they_are_opened(tmp_path):
    path = tmp_path / "set.xlsx"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(DataError, match=r"set\.xlsx: expected an Excel workbook"):
        read_with_report(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    with pytest.raises(DataError, match=r"set\.xlsx: expected a workbook of at most .* MiB, found 38"):
        read_with_report(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"x")
    with pytest.raises(
        Bert4NERError, match=r"set\.xlsx: (expected an Excel workbook|an Excel workbook needs openpyxl)"
    ):
        read_with_report(path)
