"""Bytes to text: UTF-8 stays what it is; for other encodings, the command that converts the file is complete."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.data.decoding import decode
from bert4ner.data.documents import read_documents
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_decoding_utf8_changes_nothing(text):
    repairs = Repairs()
    assert decode(text.encode(), Path("here"), None, repairs) == text
    assert not repairs


ROWS = "文本,开始,结束,标签\n陈静来了,0,2,人\n王芳来了,0,2,人\n"
LISTED = '文本,实体\n陈静来了,"[{""start"": 0, ""end"": 2, ""label"": ""人""}]"\n'
JSON = '{"text": "陈静来了", "entities": []}\n'


@pytest.mark.skipif(shutil.which("iconv") is None, reason="needs iconv")
@pytest.mark.parametrize("format", ["auto", "named"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("old set.csv", ROWS, "csv"),
        ("old.csv", LISTED, "csv"),
        ("it's.jsonl", JSON, "jsonl"),
        ("old.tsv", ROWS.replace(",", "\t"), "tsv"),
        ("old.txt", "陈 B-人\n静 I-人\n", "bio"),
    ],
)
def test_the_command_in_the_message_converts_the_file(tmp_path, name, content, named, encoding, format):
    path = tmp_path / name
    path.write_text(content, encoding=encoding)
    with pytest.raises(DataError) as caught:
        read_documents(path, format if format == "auto" else named)
    message = str(caught.value)
    command = "iconv" + message.partition("iconv")[2].partition(", or save it as CSV UTF-8 in Excel")[0]
    assert ("in Excel" in message) == (path.suffix in (".csv", ".tsv"))
    assert len(shlex.split(command)) == 8
    subprocess.run(command, shell=True, check=True, cwd=tmp_path, stdin=subprocess.DEVNULL)
    converted = path.with_name(f"{path.stem}.utf8{path.suffix}")
    assert converted.read_text(encoding="utf-8") == content
    assert read_documents(converted)


def test_a_long_path_is_named_once_and_a_pipe_needs_no_names(tmp_path):
    deep = tmp_path / ("文" * 60) / ("件" * 60) / "a.csv"
    with pytest.raises(DataError, match=r"in its folder with iconv -f GB18030 -t UTF-8 a\.csv > a\.utf8\.csv, or"):
        decode("陈静".encode("gbk"), deep, 1, Repairs())
    with pytest.raises(DataError, match=r"convert it with iconv -f GB18030 -t UTF-8 before the pipe$"):
        decode("陈静".encode("gbk"), Path("/tmp/bert4ner-stream-x/stdin"), 1, Repairs())
