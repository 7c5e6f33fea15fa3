"""The format of a file by its content."""

import zipfile

import pytest

from bert4ner.data.detect import detect_format
from bert4ner.errors import DataError

CASES = {
    "jsonl": '{"text": "气", "entities": []}\n{"text": "气", "entities": [{"start": 0, "end": 1, "label": "A"}]}\n',
    "jsonl text": '{"id": "a", "text": "气"}\n',
    "deepner": '[\n  {"id": 1,\n "text": "气", "labels": [["T1", "A", 0, 1, "气"]]}]',
    "deepner unlabelled": '[{"id": 1, "text": "气"}]',
    "cluener": '\ufeff{"text": "气", "label": {}}\n',
    "cluener listed": '{"text": "气", "entity_list": []}\n',
    "cmeee": "气血|||0    1    sym|||\n亏|||\n",
    "cmeee json": '[{"text": "气", "entities": []}, {"text": "气", "entities": [{"start_idx": 0, "end_idx": 0}]}]',
    "doccano": '{"text": "气", "label": []}\n',
    "doccano relational": '{"text": "气", "entities": [{"id": 1, "label": "A", "start_offset": 0, "end_offset": 1}]}\n',
    "labelstudio minimal": '{"id": 1, "text": "气", "label": []}\n'
    '{"id": 2, "text": "气", "label": [{"start": 0, "end": 1, "text": "气", "labels": ["A"]}]}\n',
    "labelstudio": '[{"id": 1, "data": {"text": "气"}, "annotations": []}]',
    "bio": "气 B-A\n血 I-A\n\n。 O\n",
    "bio digits": "气0\tB-PER.NAM\r\n血1\tI-PER.NAM\r\n",
    "bio columns": "EU NNP B-ORG\n. . O\n",
    "bio with a broken line": "气 O\n" * 30 + "血 boo\n",
    "text": "本品用于气血两亏。\n\n口服。\n",
    "text in brackets": "[1] 参考文献\n[2] 气血\n",
    "text English": "Vitamin B\nis good\n",
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ending", ["", ".txt", ".data"])
def test_content_reports_the_format(tmp_path, name, ending):
    path = tmp_path / f"set{ending}"
    path.write_text(CASES[name], encoding="utf-8")
    assert detect_format(path) == name.split()[0]


def test_folders_and_pairs_are_brat(tmp_path):
    with pytest.raises(DataError, match="expected a brat folder"):
        detect_format(tmp_path)
    (tmp_path / "0.txt").write_text("气", encoding="utf-8")
    (tmp_path / "1.ann").touch()
    assert detect_format(tmp_path) == "brat"
    assert detect_format(tmp_path / "0.txt") == "text"
    assert detect_format(tmp_path / "1.ann") == "brat"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "", "empty data set"),
        ("a.txt", "\ufeff\n \n", "empty data set"),
        ("a.json", "[]", "empty data set"),
        ("a.json", "[1, 2]", "empty data set"),
        ("a.json", '[{"text": "气"}', r"a\.json:1: expected valid JSON"),
        ("a.jsonl", '{"text": "气"\n', r"a\.jsonl:1: expected valid JSON"),
        ("a.json", '{\n"text": "气"\n}', "found a single large object"),
        ("a.jsonl", '{"sentence": "气"}\n', "found the keys sentence"),
        ("a.json", "气", r"a\.json:1: expected JSON, found '气'"),
    ],
)
def test_what_has_no_format_is_refused(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=expected):
        detect_format(path)


def test_utf16_is_refused_by_name(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("气", encoding="utf-16")
    with pytest.raises(DataError, match="iconv -f UTF-16"):
        detect_format(path)


def test_workbooks_under_other_names_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "set.xls"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>\n")
    with pytest.raises(DataError, match=r"expected a workbook's name to end in \.xlsx, found set\.xls; rename it"):
        detect_format(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(DataError, match=r"an old \.xls; open it in Excel or WPS, save it as \.xlsx or \"CSV UTF-8\""):
        detect_format(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "气血\n")
    with pytest.raises(DataError, match="found a zip archive; export it as text, CSV or JSON"):
        detect_format(path)
