"""Tables: what a row is, and what is said of those that cannot be read. Whole files are in the corpus."""

import zipfile

import pytest

from bert4ner.data.documents import read_with_report, write_documents
from bert4ner.data.headers import NEEDED, find_roles
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_cells import list_cell
from bert4ner.data.table_parts import Table
from bert4ner.data.tables import read_table
from bert4ner.data.token_rows import SHARED
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


NUMBERED = "rows joined with others of the same text, because the column {} numbers rows, not documents"


@pytest.mark.parametrize("name", ["序号", "id", "index"])
def test_ids_that_number_rows_do_not_divide_a_text(read, name):
    rows = [f"{name},text,start,end,label", "1,气血,0,1,A", "2,气血,1,2,B", "3,两亏,,,", "4,,0,2,A", "5,气血,0,2,C"]
    result = read("\n".join(rows))
    assert found(result) == [[("气", "A"), ("气血", "C"), ("血", "B")], [("两亏", "A")]]
    assert [each.id for each in result.documents] == ["1", "3"]
    assert result.repairs == {NUMBERED.format(name): 3, "empty cells of text filled from a row above": 1}


def test_a_row_that_was_pasted_twice_does_not_make_ids_of_numbers(read):
    rows = [f"{number},第{number // 3}句,0,{number % 3 + 1},A" for number in range(60)]
    assert len(read("\n".join(["序号,文本,开始,结束,标签", *rows, rows[7]])).documents) == 20


@pytest.mark.parametrize(
    "rows",
    [
        ["1,气血,0,1,A", "2,气血,0,1,A", "3,两亏,0,1,A"],  # documents that happen to repeat a text
        ["1,他走了,,,", "2,他走了,,,"],
        ["1,气血,0,1,A", "1,气血,1,2,A", "2,气血,0,2,A"],  # ids that join rows are ids
        ["1,,,,", "2,,,,"],
    ],
)
def test_ids_of_documents_stay(read, rows):
    result = read("\n".join(["序号,文本,开始,结束,标签", *rows]))
    assert [each.id for each in result.documents] == list(dict.fromkeys(row[0] for row in rows))
    assert not result.repairs


def test_documents_of_one_text_come_back_from_a_table_though_each_has_one_row(tmp_path):
    documents = [Document(id, "气血", (Entity(0, end, "A"),)) for id, end in (("a", 1), ("b", 2))]
    write_documents(documents, tmp_path / "set.csv", "csv")
    assert read_with_report(tmp_path / "set.csv").documents == documents


def test_the_numbers_of_sentences_are_ids_and_win_over_those_of_rows(read):
    rows = ["句子编号,句子,开始,结束,标签", "s1,气血,0,1,A", "s2,气血,0,1,B", "s1,气血,1,2,B"]
    result = read("\n".join(rows))
    assert [each.id for each in result.documents] == ["s1", "s2"] and not result.repairs
    rows = ["序号,句子编号,句子,开始,结束,标签", "1,7,气血,0,1,A", "2,7,气血,1,2,B", "3,8,气血,0,2,B"]
    result = read("\n".join(rows))
    assert [each.id for each in result.documents] == ["7", "8"]
    assert found(result) == [[("气", "A"), ("血", "B")], [("气血", "B")]]
    rows = ["docid,sid,text,start,end,label", "d,1,气血,0,1,A", "d,2,两亏,1,2,B", "d,2,两亏,0,2,B"]
    assert [each.id for each in read("\n".join(rows)).documents] == ["1", "2"]


def test_empty_cells_are_filled_from_the_row_above_and_counted(read):
    rows = ["序号,句子,开始,结束,标签", "1,气血,0,1,A", ",气血,1,2,B", ",,0,2,C", "2,两亏,0,1,A"]
    result = read("\n".join(rows))
    assert [(each.id, len(each.entities)) for each in result.documents] == [("1", 3), ("2", 1)]
    assert result.repairs == {"empty cells of 句子 filled from a row above": 1}
    assert result.repairs.examples["empty cells of 句子 filled from a row above"].endswith("set.csv:4")


def test_entities_without_offsets_are_found_in_their_text(tmp_path):
    path = tmp_path / "set.csv"
    rows = ["序号,句子,实体,类别", "1,气血，气,气,A", "2,气血，气,血,B", "3,气血，气,气,A", "4,气血，气,虚,C"]
    path.write_text("\n".join(rows), encoding="utf-8")
    counts = {"all": 3, "first": 2, "order": 3}
    for how, count in counts.items():
        result = read_with_report(path, align=how)
        assert [len(each.entities) for each in result.documents] == [count] and result.shape.startswith("mentions")
        assert result.repairs["mentions left out because their text does not contain them"] == 1
    path.write_text("文本,开始,结束,标签\n气血,0,1,A\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"expected mentions without offsets to align .* found one row an entity"):
        read_with_report(path, align="first")


def test_rows_with_half_an_entity_or_words_from_elsewhere_are_refused(read):
    for half in ("气,", ",A"):
        with pytest.raises(DataError, match=r"set\.csv:4: expected an entity's text and its label, found"):
            read(f"句子,实体,类别\n气血,血,B\n气血,,\n气血,{half}\n")
    with pytest.raises(DataError, match="most words under '实体' do not stand in the text of their row"):
        read("句子,实体,类别\n气血,虚,A\n")
    with pytest.raises(DataError, match=r"column end \(结束\) is missing"):
        read("句子,开始,实体,类别\n气血,0,气,A\n")


def test_a_column_that_counts_tokens_does_not_divide_a_sentence(read):
    rows = ["序号,字,标签", "1,气,B-A", "2,血,I-A", "3,,", "4,亏,O", "5,虚,B-B"]
    result = read("\n".join(rows))
    assert found(result) == [[("气血", "A")], [("虚", "B")]]
    assert result.repairs == {"column 序号 numbers tokens, not sentences: not read": 1}
    result = read("\n".join(["序号,字,标签", "1,气,B-A", "1,血,I-A", "2,亏,O", "2,虚,B-B"]))
    assert found(result) == [[("气血", "A")], [("虚", "B")]] and not result.repairs


def test_two_texts_of_one_id_are_refused(read):
    with pytest.raises(DataError, match=r"set\.csv:3: expected the text of '1' as in .*set\.csv:2, found another"):
        read("id,text,start,end,label\n1,气血,0,1,A\n1,两亏,0,1,A\n")


def test_columns_that_are_not_read_are_named(read):
    result = read("text,start,end,label,annotator\n气血,0,1,A,Li\n")
    assert result.repairs == {"column annotator is not read": 1} and result.repairs.remarks == set(result.repairs)
    result = read("text,start,end,label,annotator,score2\n气血,0,1,A,Li,1\n")
    assert set(result.repairs) == {"columns annotator,score2 are not read"}


def test_a_column_that_may_state_mentions_is_named_apart(read):
    rows = ["text,start,end,label,原词,备注", "气血,0,1,A,气,好", ",1,2,A,血,", "两亏,0,1,A,两,好"]
    said = "if these are the entities' words, name the column mention (实体): offsets are then checked"
    assert {f"column 原词 is not read; {said}", "column 备注 is not read"} <= set(read("\n".join(rows)).repairs)
    with pytest.raises(DataError, match=r"set\.csv:2: expected '气' at \[1, 2\), found '血'"):
        read("text,start,end,label,实体内容\n气血,1,2,A,气\n")


def test_one_column_a_label_is_said_to_be_that(read):
    result = read("句子,症状,证候,编者\n气血亏虚,亏虚,气；血,王\n头痛,头痛,,王\n", format="csv")
    assert result.shape == "one row a text, no entities" and set(result.repairs) == {
        "columns 症状,证候 are not read; words of the text stand there: if these are entities, "
        "write one row an entity, not one column a label",
        "column 编者 is not read",
    }


def test_all_rows_with_wrong_offsets_are_named(read):
    rows = [f"{'甲' * n}气血,{n + (n % 3 == 0)},{n + 2},A,气血" for n in range(7)]
    with pytest.raises(DataError, match=r"set\.csv:2: expected '气血' at \[1, 2\).*; and 2 more rows: 5, 8$"):
        read("\n".join(["text,start,end,label,mention", *rows]))
    with pytest.raises(DataError, match=r"set\.csv:2: .*together; and 13 more rows: 3, .*, 12, …$"):
        read("text,start,end,label,mention\n" + "气血,0,2,A,两亏\n" * 14)
    with pytest.raises(DataError, match=r"together$"):
        read("text,start,end,label,mention\n气血,0,2,A,两亏\n")


def test_an_empty_span_may_have_an_inclusive_end(read):
    with pytest.raises(DataError, match=r"set\.csv:3: .* found 职位 at \[1, 1\).* add 1 to every end, or give each"):
        read("text,start,end,label\n气血,0,1,A\n气血,1,1,职位\n")
    with pytest.raises(DataError, match=r"correct the span or remove it$"):
        read("text,start,end,label\n气血,1,0,职位\n")


def test_full_width_digits_are_called_so(read):
    with pytest.raises(DataError, match=r"set\.csv:2: .*found '１２'; full-width digits: write 12$"):
        read("text,start,end,label\n气血,１２,1,A\n")
    with pytest.raises(DataError, match=r"found '１x'; correct the cell$"):
        read("text,start,end,label\n气血,１x,1,A\n")


def test_scores_are_probabilities_or_empty(read):
    result = read("text,start,end,label,score\n气血,0,1,A,0.25\n气血,1,2,B,\n")
    assert [each.score for each in result.documents[0].entities] == [0.25, None]
    for wrong in ("high", "1.5", "-0.1", "nan"):
        with pytest.raises(DataError, match=rf"set\.csv:2: expected a probability .* found '{wrong}'"):
            read(f"text,start,end,label,score\n气血,0,1,A,{wrong}\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.csv", "text\n气血\n\n两亏\n"),
        ("set.tsv", "文本\n气血\n两亏\n"),
        ("set.CSV", '"句子"\n"气血"\n"两亏"\n'),
        ("set.txt", "气血\n两亏\n"),
        ("set.csv", "气血\n两亏\n"),
    ],
)
def test_a_single_column_under_a_known_word_is_a_table_of_texts(read, name, content):
    assert [each.text for each in read(content, name).documents] == ["气血", "两亏"]


@pytest.mark.parametrize("format", ["auto", "csv"])
@pytest.mark.parametrize("header", ["text,start,end,label", "文本,实体", "text", "word,tag"])
def test_a_header_alone_is_called_so(read, header, format):
    with pytest.raises(DataError, match=r"set\.csv: only a header, no rows"):
        read(header + "\n", format=format)


@pytest.mark.parametrize("format", ["auto", "csv"])
@pytest.mark.parametrize("header", ["我的文本,s,e,tag", "气血,0,1,A"])
def test_a_header_without_known_words_is_shown_beside_those_it_needs(read, header, format):
    with pytest.raises(DataError) as caught:
        read(header + '\n"气,血",0,1,A\n', format=format)
    assert f"set.csv:1: {NEEDED}; found {header}" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("文本,起始,实体类型", "column end (结束) is missing"),
        ("text,end,标签类型", "column start (开始) is missing"),
        ("类型,起始,说明", "columns end (结束) and text (文本) are missing"),
        ("start,备注,说明", "'备注', '说明' are not recognized; name the columns by these words"),
        (
            "text,label,说明",
            "column mention (实体), for words of the text, is missing, or columns start (开始) and end (结束)",
        ),
        (
            "序号,句子,实体,种类名",
            "understood 句子 as text, 实体 as mention, 序号 as id; '种类名' is not recogn",
        ),
        ("病历内容,实体,类别", "column text (文本) is missing: rename '病历内容' if it is that"),
        ("句子,实体", "column label (标签) is missing"),
        ("句子,实体,类别", "most words under '实体' do not stand in the text of their row"),
        ("文本,开始,说明", "columns end (结束) and label (实体类型) are missing"),
        ("word,tag,说明", "the cells under 'tag' are no tags"),
    ],
)
def test_a_column_that_is_missing_is_named(read, header, said):
    with pytest.raises(DataError, match=r"set\.csv:1: the header needs") as caught:
        read(f"{header}\n" + ",".join(["气血两亏", "头", "虚", "1"][: header.count(",") + 1]) + "\n", format="csv")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["文本内容", "句子内容", "原句", "语句", "微博内容", "微博", "评论", "评论内容"])
@pytest.mark.parametrize(("mention", "label"), [("实体", "种类"), ("实体词", "实体标签"), ("词语", "分类")])
def test_words_of_everyday_tables_name_columns(read, text, mention, label):
    result = read(f"{text},{mention},{label}\n气血两亏,气血,虚\n头痛,头,部位\n")
    assert found(result) == [[("气血", "虚")], [("头", "部位")]]


def test_a_word_that_may_name_something_else_yields_to_a_sure_one(read):
    assert found(read("分类,评论,文本,实体,标签\n甲,好,气血两亏,气血,虚\n")) == [[("气血", "虚")]]
    assert found(read("词语,实体标签\n气血,B-虚\n两,O\n")) == [[("气血", "虚")]]


@pytest.mark.parametrize("header", ["序号,文本,开始,标签,原词", "句子,开始位置,类别,实体内容"])
def test_a_column_that_is_missing_is_named_beside_unknown_ones(read, header):
    for format in ("auto", "csv"):
        with pytest.raises(DataError, match=r"column end \(结束\) is missing"):
            read(header + "\n" + ",".join("气血"[:1] * len(header.split(","))) + "\n", format=format)


@pytest.mark.parametrize("format", ["auto", "csv"])
@pytest.mark.parametrize(("sign", "named"), [("，", "the full-width ，"), ("|", "|"), ("；", "the full-width ；")])
def test_a_table_with_other_signs_between_its_columns_is_not_text(read, sign, named, format):
    for content in ("文本,开始,结束,标签\n气血,0,1,A\n", "序号,文本,开始,结束,标签\n1,气血,0,1,A\n2,两亏,0,1,A\n"):
        with pytest.raises(DataError, match=r"set\.csv:1: the header needs") as caught:
            read(content.replace(",", sign), format=format)
        assert f"the separator is {named}: save as CSV with ," in str(caught.value)


def test_text_with_full_width_commas_in_its_first_line_stays_text(read):
    assert read("气血，两亏，头痛。\n内容，正文很长。\n", "set.txt").format == "text"


def test_a_notes_sheet_that_is_read_is_told_from_the_others(tmp_path):
    rows = [(2, ["看数据表", "", ""])]
    table = Table(tmp_path / "set.xlsx", ["标注规范", "", ""], rows, "row ", beside="the workbook also has: 数据")
    with pytest.raises(
        DataError,
        match=r"found 标注规范 above 看数据表; .* recognized; name the .*; the workbook also has: 数据$",
    ):
        list(read_table(table, Repairs()))
    table = Table(tmp_path / "set.xlsx", ["文本", "标签"], [], "row ", beside="the workbook also has: 数据")
    with pytest.raises(DataError, match=r"found 文本,标签 and nothing below it; the workbook also has: 数据$"):
        list(read_table(table, Repairs()))


def test_a_file_begins_with_a_mark_for_excel_and_what_is_piped_does_not(tmp_path, capsys):
    document = Document("a", "气血", (Entity(0, 2, "证候"),))
    for format in ("csv", "tsv"):
        path = tmp_path / f"set.{format}"
        write_documents([document], path, format)
        assert path.read_bytes().startswith(b"\xef\xbb\xbfid")
        result = read_with_report(path)
        assert (result.documents, result.repairs) == ([document], {})  # the mark is usual, not a fault
        write_documents([document], "-", format)
        assert capsys.readouterr().out.encode() == path.read_bytes()[3:]


def test_the_only_column_besides_the_offsets_may_be_the_text(read):
    result = read("text,start,end\n气血,0,1\n气血,1,2\n")
    assert found(result) == [[("气", "ENTITY"), ("血", "ENTITY")]]
    assert result.repairs == {"entities labelled ENTITY: the table has no column label (实体类型)": 2}


@pytest.mark.parametrize(("cells", "labels"), [(("气", "血"), ["ENTITY"] * 2), (("虚", "气"), ["气", "虚"])])
def test_a_column_of_entities_holds_labels_unless_its_words_stand_in_the_text(read, cells, labels):
    text, rows = "气血两亏", zip((0, 1), cells, strict=True)
    lines = [f"{text if cells[0] == '气' else '头痛'},{start},{start + 1},{cell}" for start, cell in rows]
    result = read("\n".join(["文本,开始,结束,实体", *lines]))
    assert sorted(label for each in found(result) for _, label in each) == labels


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


ENTITIES = {
    "csv": "{text},{start},{end},人,陈静\n",
    "jsonl": '{{"text": "{text}", "entities": [{{"start": {start}, "end": {end}, "label": "人", "text": "陈静"}}]}}\n',
    "doccano": '{{"text": "{text}", "label": [{{"start_offset": {start}, "end_offset": {end}, "label": "人", '
    '"text": "陈静"}}]}}\n',
    "deepner": '{{"text": "{text}", "labels": [["T1", "人", {start}, {end}, "陈静"]]}}\n',
    "cluener": '{{"text": "{text}", "label": {{"人": {{"陈静": [[{start}, {end}]]}}}}}}\n',
}


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("format", ENTITIES)
def test_offsets_from_one_beside_mentions_are_read_and_counted(read, format, inclusive):
    rows = [
        ENTITIES[format].format(text="甲" * before + "陈静来了", start=before + 1, end=before + 3 - inclusive)
        for before in range(4)
    ]
    result = read(("text,start,end,label,mention\n" if format == "csv" else "") + "".join(rows), "set", format)
    assert found(result) == [[("陈静", "人")]] * 4
    assert result.repairs["offsets count from 1: corrected"] == 4


def test_half_an_emoji_beside_a_wrong_offset_is_refused_by_its_line(tmp_path):
    path = tmp_path / "half.csv"
    half = "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")
    path.write_bytes(f"text,start,end,label,mention\n{half}AB,2,4,X,AB\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"half\.csv:2: character 0 is the unpaired surrogate U\+D800"):
        read_with_report(path)


def test_more_different_rows_than_are_shared_come_back(read):
    tokens = [chr(0x4E00 + number) for number in range(2 * SHARED)]
    lines = [f"{token},{tag}\n" for token in tokens for tag in ("B-A", "O")]
    result = read("word,tag\n" + "".join(lines) + "\n" + "".join(lines[:4]))
    text = "".join(token * 2 for token in tokens)
    assert [each.text for each in result.documents] == [text, text[:4]]
    assert found(result)[0] == [(token, "A") for token in tokens]
