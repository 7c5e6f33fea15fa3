"""Pairs of text and annotation files, as the tool and its users leave them."""

import pytest

from bert4ner.data.documents import read_documents, read_with_report, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError


@pytest.fixture
def pair(tmp_path):
    def writer(text, annotation, name="0"):
        folder = tmp_path / "set"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.txt").write_bytes(text.encode())
        if annotation is not None:
            (folder / f"{name}.ann").write_bytes(annotation.encode())
        return folder

    return writer


def found(document):
    return [(document.mention(entity), entity.label) for entity in document.entities]


def test_a_folder_is_read_in_natural_order(pair):
    for name in ["10", "9", "a", "b10", "b9"]:
        folder = pair("气血两亏", "T1\tSYNDROME 0 4\t气血两亏\nT2\tBODY 0 1\t气\n", name)
    documents = read_documents(folder)
    assert [document.id for document in documents] == ["9", "10", "a", "b9", "b10"]
    assert found(documents[0]) == [("气", "BODY"), ("气血两亏", "SYNDROME")]


def test_tables_and_json_beside_the_texts_are_counted(pair):
    folder = pair("气血两亏", "T1\tBODY 0 1\t气\n")
    for name in ("b.csv", "a.XLSX", "README.md", "annotation.conf"):
        (folder / name).write_bytes(b"")
    assert read_with_report(folder).repairs == {"files that are no part of a brat folder left out (a.XLSX, b.csv)": 2}


@pytest.mark.parametrize("name", ["0.txt", "0.ann"])
def test_one_pair_is_read_by_either_name(pair, name):
    folder = pair("气血两亏", "T1\tBODY 0 1\t气\n")
    result = read_with_report(folder / name)
    assert result.format == "brat"
    assert found(result.documents[0]) == [("气", "BODY")]


def test_a_text_without_annotation_has_no_entities_but_annotation_needs_its_text(pair):
    folder = pair("气血两亏", None)
    assert read_documents(folder)[0].entities == ()
    (folder / "1.ann").touch()
    with pytest.raises(DataError, match=r"1\.ann: expected 1\.txt beside it"):
        read_documents(folder)
    with pytest.raises(DataError, match=r"1\.txt: no such file"):
        read_documents(folder / "1.ann")


def test_other_annotations_are_counted(pair):
    lines = ["T1\tA 0 1\t气", "R1\tOf Arg1:T1 Arg2:T1", "E1\tA:T1", "A1\tSure T1", "#1\tNote T1\tx", "*\tEquiv T1 T1"]
    result = read_with_report(pair("气血两亏", "\n".join(lines)))
    assert found(result.documents[0]) == [("气", "A")]
    assert result.repairs.total() == 5
    assert "brat relations left out" in result.repairs


def test_windows_line_ends_stay_in_the_text_where_offsets_count_them(pair):
    result = read_with_report(pair("气血\r\n两亏\r\n月经", "T1\tA 4 6\t两亏\r\nT2\tA 8 10\t月经\r\n"))
    assert found(result.documents[0]) == [("两亏", "A"), ("月经", "A")]
    assert result.repairs == {"Windows line ends (CRLF) removed": 2}  # those of the annotation file


def test_offsets_that_do_not_fit_the_line_ends_are_turned(pair):
    result = read_with_report(pair("气血\r\n两亏", "T1\tA 3 5\t两亏\n"))
    assert found(result.documents[0]) == [("两亏", "A")]
    assert result.repairs.total() == 1
    result = read_with_report(pair("气血\n两亏", "T1\tA 4 6\t两亏\n"))
    assert found(result.documents[0]) == [("两亏", "A")]
    assert result.repairs.total() == 1


def test_a_byte_order_mark_may_have_been_counted(pair):
    for start in (0, 1):
        result = read_with_report(pair("\ufeff气血", f"T1\tA {start} {start + 1}\t气\n"))
        assert result.documents[0].text == "气血"
        assert found(result.documents[0]) == [("气", "A")]
        assert result.repairs.total() == 1 + start


def test_pieces_divided_at_a_line_end_are_joined_and_others_are_fragments(pair):
    text = "面值贰\n角的纸币"
    result = read_with_report(
        pair(
            text,
            ("T1\tA 0 3;4 5\t面值贰 角\nT2\tB 0 2;6 8\t面值 纸币\nT3\tC 6 8\t纸币\nT4\tB 0 3;4 5;7 8\t面值贰 角 币\n"),
        )
    )
    assert found(result.documents[0]) == [("面值贰\n角", "A"), ("面值纸币", "B"), ("面值贰\n角币", "B"), ("纸币", "C")]
    assert [entity.fragments for entity in result.documents[0].entities] == [
        (),
        ((0, 2), (6, 8)),
        ((0, 5), (7, 8)),
        (),
    ]
    assert result.repairs == {"entities divided at a line end or a space joined": 2}


def test_fragments_are_written_and_read_again(tmp_path):
    entities = (Entity(0, 8, "B", fragments=((0, 5), (6, 8))), Entity(0, 5, "A"), Entity(1, 2, "A"))
    document = Document("a", "面值贰\n角的纸币", entities)
    write_documents([document], tmp_path / "out", "brat")
    lines = (tmp_path / "out/a.ann").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["T2\tB 0 3;4 5;6 8\t面值贰 角 纸币", "T3\tA 1 2\t值"]
    assert read_documents(tmp_path / "out") == [document]


def test_offsets_of_fragments_in_other_units_become_characters(pair):
    result = read_with_report(pair("😀面值的纸币", "T1\tB 2 4;5 7\t面值 纸币\n"))
    assert result.documents[0].entities == (Entity(1, 6, "B", fragments=((1, 3), (4, 6))),)


@pytest.mark.parametrize(
    ("pieces", "mention"),
    [("0 2;1 3", "面值 值贰"), ("2 3;0 1", "贰 面"), ("0 2;2 3", "面值 贰"), ("0 1;2 2;3 4", "面  角")],
)
def test_fragments_that_are_no_pieces_are_refused(pair, pieces, mention):
    with pytest.raises(DataError, match=r"0\.ann:1: expected (two or more fragments in order|a span of at least)"):
        read_documents(pair("面值贰角", f"T1\tB {pieces}\t{mention}\n"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("T1\tA 0 2\t血两", "expected '血两' at"),
        ("T1\tA 0 9\t气血", "within the text"),
        ("T1\tA 2 2\t", "at least one character"),
        ("T1 A 0 2 气血", "expected T1<tab>LABEL"),
        ("T1\tA 0\t气", "expected T1<tab>LABEL"),
        ("T1", "expected T1<tab>LABEL"),
        ("气血", "expected T1<tab>LABEL"),
    ],
)
def test_broken_lines_are_refused_with_their_place(pair, line, expected):
    folder = pair("气血两亏", f"T9\tA 0 1\t气\n{line}\n")
    with pytest.raises(DataError, match=expected) as caught:
        read_documents(folder)
    assert str(caught.value).startswith(f"{folder / '0.ann'}:2: ")


def test_broken_annotations_are_reported_together_or_left_out_and_counted(pair):
    folder = pair("气血两亏", "T1\tA 0 1\t气\nT2\tA 1 2\t气\nT3\tA 0 9\t气\n")
    with pytest.raises(DataError, match=r"2 annotations cannot be read .*:\n.*0\.ann:2: .*\n.*0\.ann:3: "):
        read_documents(folder)
    result = read_with_report(folder, skip_broken=True)
    assert found(result.documents[0]) == [("气", "A")]
    assert result.repairs == {"annotations left out because they cannot be read": 2}
    pair("气血", "".join(f"T{n}\tA 0 1\t血\n" for n in range(1, 31)), "1")
    with pytest.raises(DataError, match="32 annotations cannot be read") as caught:
        read_documents(folder)
    assert len(str(caught.value).splitlines()) == 21


def test_a_folder_is_written_as_the_tool_writes_it(tmp_path):
    document = Document("a/b:c", "气血\n两亏", (Entity(0, 2, "A"), Entity(1, 4, "B")))
    losses = write_documents([document], tmp_path / "out", "brat")
    assert (tmp_path / "out" / "a_b_c.txt").read_bytes() == "气血\n两亏".encode()
    assert (tmp_path / "out" / "a_b_c.ann").read_text(encoding="utf-8") == "T1\tA 0 2\t气血\nT2\tB 1 2;3 4\t血 两\n"
    assert losses == {"ids as they are (not fit for a file name, changed)": 1}
    (read,) = read_documents(tmp_path / "out")
    assert read.entities == document.entities


@pytest.mark.parametrize(("id", "name"), [("..", "_.."), ("", "_"), ("药" * 100, "药" * 66)])
def test_ids_never_leave_the_folder(tmp_path, id, name):
    write_documents([Document(id, "气")], tmp_path / "out", "brat")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [f"{name}.ann", f"{name}.txt"]


def test_what_brat_cannot_hold_is_refused_and_nothing_is_left_behind(tmp_path):
    for documents in (
        [Document("a", "气"), Document("a", "血")],
        [Document("a", "气", (Entity(0, 1, "A B"),))],
    ):
        with pytest.raises(DataError, match="rename"):
            write_documents(documents, tmp_path / "out", "brat")
        assert list(tmp_path.iterdir()) == []
