"""Bytes to text: UTF-8 stays what it is."""

from hypothesis import given
from hypothesis import strategies as st

from bert4ner.data.decoding import decode
from bert4ner.data.repairs import Repairs


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_decoding_utf8_changes_nothing(text):
    repairs = Repairs()
    assert decode(text.encode(), where="here", repairs=repairs) == text
    assert not repairs
