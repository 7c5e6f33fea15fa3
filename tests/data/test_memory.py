"""Reading takes at most 50 times a file's size in memory, however tiny its records are."""

import pytest

from bert4ner.registry import FORMATS
from tests.fuzz import SPARE, TIMES_SIZE
from tests.tiny_records import TINY

SIZE = 20_000


@pytest.mark.parametrize("name", TINY)
def test_tiny_records_take_no_more_than_fifty_times_their_size(name, tmp_path):
    tiny = TINY[name]
    assert tiny.peak(tmp_path, SIZE, format=tiny.format) <= TIMES_SIZE + SPARE / SIZE


def test_every_reader_of_text_has_tiny_records():
    packed = {"xlsx"}  # its size is that of an archive
    readable = {name for name, format in FORMATS.items() if format.read is not None}
    assert readable - packed == {tiny.format for tiny in TINY.values()}
