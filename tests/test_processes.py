"""A recognizer after a fork, in other processes, in threads: answers as in one thread, or at once what to do."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

import bert4ner
from bert4ner.errors import EnvironmentProblem, RunError
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.recognizing import Recognizer
from tests.conftest import ROOT
from tests.random_networks import CHARACTERS, random_model, small_config
from tests.soak import plain

TEXTS = ["", "头晕", CHARACTERS, CHARACTERS[5:] * 9, "😀" + CHARACTERS]
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tiny_encoder, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model"
    random_model(small_config(tiny_encoder), 3).save(path)
    return path


@pytest.fixture(scope="module")
def ner(folder) -> NamedEntityRecognizer:
    return NamedEntityRecognizer.load(folder)


@pytest.fixture(scope="module")
def expected(ner) -> list:
    found = plain(list(map(ner.recognize, TEXTS)))
    assert sum(map(len, found)) > 30
    return found


def in_child(use: Callable[[], object]) -> str:
    """What a call in a forked process raises, as text; a call that takes a minute is ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(60)
        try:
            told = f"gave {use()}"
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return told


@FORKS
@pytest.mark.parametrize(
    "use",
    [
        lambda ner, _: ner.recognize("头晕"),
        lambda ner, _: list(ner.recognize_all(["头晕"])),
        lambda ner, _: ner.readings("头晕", 2),
        lambda ner, _: bert4ner.load_recognizer(ner.path),
        lambda ner, _: pickle.loads(pickle.dumps(ner)).recognize("头晕"),
        lambda ner, _: bert4ner.build_model(bert4ner.Config(pretrained="nowhere"), ["A"]),
        lambda _, out: bert4ner.train_model(bert4ner.sample_documents(), bert4ner.Config(), output=out),
        lambda _, out: bert4ner.cross_validate(bert4ner.sample_documents(), bert4ner.Config(), output=out),
        lambda _, out: bert4ner.pretrain(["nowhere"], bert4ner.PretrainingOptions(), output=out),
    ],
)
def test_a_forked_process_says_so_instead_of_waiting_for_ever(ner, use, tmp_path):
    told = in_child(lambda: use(ner, tmp_path / "run"))
    assert told.startswith("EnvironmentProblem: this process was forked from one that had loaded a model")
    assert "Load the model in each process, after the fork" in told
    assert not (tmp_path / "run").exists()


@FORKS
def test_a_pool_of_forked_processes_passes_the_error_on(ner):
    """Unpickling the recognizer must not raise it: the worker would die, and the pool wait for ever."""
    forked = multiprocessing.get_context("fork").Pool(1)
    with forked as pool, pytest.raises(EnvironmentProblem, match="after the fork"):
        pool.map_async(ner.recognize, TEXTS).get(timeout=60)


PRELOADED = """
import json, os, sys
import bert4ner
bert4ner.compat.activate()  # TensorFlow is imported, but no model is loaded
for _ in range(2):
    sys.stdout.flush()
    if not os.fork():
        ner = bert4ner.load_recognizer(sys.argv[1])
        found = [ner.recognize(text) for text in json.loads(sys.argv[2])]
        print(json.dumps([[(each.start, each.end, each.label) for each in entities] for entities in found]))
        break
else:
    os.wait(), os.wait()
"""


@FORKS
def test_what_was_imported_before_the_fork_works_in_each_process(folder, expected):
    """As `gunicorn --preload` does it: the application is imported once, workers are forks, each loads the model."""
    done = subprocess.run(
        [sys.executable, "-c", PRELOADED, folder, json.dumps(TEXTS)],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        text=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 2, done.stderr
    for answer in answers:
        assert answer == [[list(each[:3]) for each in found] for found in expected]


def test_processes_that_are_started_anew_load_it_by_its_path(ner, expected):
    """`multiprocessing` by spawn, and joblib's loky; both at a time, as each imports TensorFlow."""
    spawned: Executor = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with spawned, get_reusable_executor(max_workers=1, timeout=2) as loky:
        answers = [pool.submit(_recognize, ner, TEXTS) for pool in (spawned, loky)]
        for answer in answers:
            for found, wanted in zip(answer.result(timeout=120), expected, strict=True):
                assert [each[:3] for each in found] == [each[:3] for each in wanted]
                assert [each[3] for each in found] == pytest.approx([each[3] for each in wanted], abs=1e-5)


def _recognize(ner: Recognizer, texts: list[str]) -> list:
    return plain(list(map(ner.recognize, texts)))


def test_threads_that_begin_together_answer_as_one(folder, expected):
    fresh = NamedEntityRecognizer.load(folder)
    with ThreadPoolExecutor(4) as pool:
        assert plain(list(pool.map(fresh.recognize, TEXTS * 6))) == expected * 6


def test_what_cannot_be_loaded_says_so_when_it_is_used(ner, tmp_path):
    restored, (kind, _, *options) = ner.__reduce__()
    moved = restored(kind, tmp_path / "gone", *options)
    assert isinstance(moved, Recognizer) and "gone': not loaded" in repr(moved)
    for use in (lambda: moved.labels, lambda: moved.recognize("头晕"), lambda: moved.predict([])):
        with pytest.raises(bert4ner.CheckpointError, match=r"gone: expected a run, .* or a model; nothing is there"):
            use()
    assert repr(pickle.loads(pickle.dumps(moved))) == repr(moved)
    with pytest.raises(RunError, match="was not loaded from a folder"):
        pickle.dumps(NamedEntityRecognizer(ner.models))
