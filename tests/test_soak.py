"""A few seconds of `make soak`, and that it finds what it is for."""

import threading
from collections.abc import Iterator

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.recognizing import Recognizer
from tests.soak import Job, Memory, jobs, soak


class Moody(Recognizer):
    """Finds something else, or fails, in any thread but the main one."""

    labels = ("A",)

    def __init__(self, failing: bool) -> None:
        self.failing = failing

    def load(self):
        raise NotImplementedError

    def _parts(self):
        return "none"

    def predict(self, documents, **options) -> Iterator[Document]:
        elsewhere = threading.current_thread() is not threading.main_thread()
        if elsewhere and self.failing:
            raise ZeroDivisionError("a race")
        for document in documents:
            yield Document(document.id, document.text, (Entity(0, 1, "A", 0.5 - 1e-12 * elsewhere),))


@pytest.mark.tensorflow
def test_four_threads_answer_as_one(tiny_encoder):
    from bert4ner.recognizer import NamedEntityRecognizer  # deferred: the other tests do without TensorFlow
    from tests.random_networks import random_model, small_config

    ner = NamedEntityRecognizer([random_model(small_config(tiny_encoder), 3)])
    work = jobs(1500, seed=1)
    result = soak(ner, work, seconds=0)
    assert result.problems == [] and result.rounds == 2 and result.calls == 2 * len(work)
    assert len(result.memory.rests) == 2 and result.memory.highest >= max(mib for _, mib in result.memory.rests) > 100


def test_texts_have_every_length():
    work = jobs(100_000, seed=0)
    lengths = sorted(len(text) for job in work for text in job.texts)
    assert lengths[0] == 0 and lengths[-1] == 100_000 and len(set(lengths)) > 30
    assert {job.nbest for job in work} == {1, 3} and {len(job.texts) > 1 for job in work} == {True, False}


@pytest.mark.parametrize(("failing", "told"), [(False, "another answer"), (True, "ZeroDivisionError: a race")])
def test_what_goes_wrong_is_told(failing, told):
    result = soak(Moody(failing), [Job(("甲",)), Job(("甲", "乙"))], seconds=0)
    assert len(result.problems) == 4 and all(told in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("series", "growth"), [([90, 100, 100, 100, 100], 0), ([50, 90, 100, 110, 120], 30), ([80, 120, 90], -30), ([5], 0)]
)
def test_growth_is_that_after_the_warm_up(series, growth):
    memory = Memory(rests=[(10 * number, mib) for number, mib in enumerate(series)])
    assert memory.growth(10) == growth
