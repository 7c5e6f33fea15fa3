"""Documents encoded again stand in the place of their older windows; all others are as they were."""

import numpy as np

from bert4ner.entities import Document, Entity
from bert4ner.text.rejoined import rejoined
from tests.text.encoding import encoded

OPTIONS = {"max_length": 12, "overlap": 4}


def test_windows_are_those_of_all_documents_encoded_at_once():
    before = [Document(f"d{n}", "气血两亏。" * n, (Entity(0, 2, "A"),) if n else ()) for n in range(6)]
    after = [*before]
    for place in (2, 4):
        after[place] = Document(f"d{place}", "月经量少，气血两亏。" * place, (Entity(1, 3, "B"),))
    together, windows = rejoined(encoded(before, **OPTIONS), encoded([after[4], after[2]], **OPTIONS), [4, 2])
    expected = encoded(after, **OPTIONS)
    order = windows[np.argsort(together.document[windows], kind="stable")]
    assert together.document[order].tolist() == expected.document.tolist()
    assert together.lengths[order].tolist() == expected.lengths.tolist()
    assert np.array_equal(together.token_ids(order), expected.token_ids(range(len(expected))))
    assert [together.spans[n] for n in order] == expected.spans and [
        together.bounds[n] for n in order
    ] == expected.bounds
    for window, number in enumerate(order):
        one, other = together.encoding(number), expected.encoding(window)
        for name in ("ids", "starts", "ends"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


def test_nothing_encoded_again_is_nothing_changed():
    store = encoded([Document("a", "气血两亏")], **OPTIONS)
    together, windows = rejoined(store, encoded([], **OPTIONS), [])
    assert windows.tolist() == [0] and np.array_equal(together.token_ids([0]), store.token_ids([0]))
