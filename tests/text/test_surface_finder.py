"""Every occurrence of every surface, as a search for each of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from bert4ner.text.surface_finder import SurfaceFinder

TEXTS = st.text("气血𠀀a ", max_size=30)


@given(st.lists(st.text("气血𠀀a ", min_size=1, max_size=4), unique=True), TEXTS)
def test_it_finds_what_a_search_for_each_finds(surfaces, text):
    expected = {
        (start, start + len(surface), number)
        for number, surface in enumerate(surfaces)
        for start in range(len(text))
        if text.startswith(surface, start)
    }
    found = list(SurfaceFinder(surfaces).find(text))
    assert set(found) == expected and len(found) == len(expected)
