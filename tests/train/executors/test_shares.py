"""The share of each task: cores of its own, as many threads as if it were alone, one GPU."""

import os

import pytest

from bert4ner.train.executors import shares as module
from bert4ner.train.executors.shares import Share, available_cores, shares, visible_gpus


@pytest.fixture
def cores(monkeypatch):
    def cores(number):
        monkeypatch.setattr(module, "available_cores", lambda: tuple(range(10, 10 + number)))

    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    return cores


def test_a_task_alone_has_the_whole_machine_as_it_is(cores):
    cores(8)
    assert shares(1, []) == [Share()]


@pytest.mark.parametrize(
    ("number", "jobs", "expected"),
    [(4, 2, [(10, 12), (11, 13)]), (5, 2, [(10, 12, 14), (11, 13)]), (2, 3, [(10,), (11,), (10,)])],
)
def test_cores_are_dealt_out(cores, number, jobs, expected):
    cores(number)
    assert [share.cores for share in shares(jobs, [])] == expected


def test_every_task_has_as_many_threads_as_one_alone(cores, monkeypatch):
    cores(4)
    for share in shares(3, []):
        assert share.environment == {"TF_NUM_INTRAOP_THREADS": "4", "TF_NUM_INTEROP_THREADS": "4"}
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")  # somebody's own choice, which one alone has, too
    assert shares(2, [])[0].environment["TF_NUM_INTRAOP_THREADS"] == "2"


def test_every_task_has_a_gpu_and_shares_it_only_if_there_are_too_few(cores):
    cores(8)
    assert shares(1, ["3", "5"]) == [Share((), {"CUDA_VISIBLE_DEVICES": "3"})]
    two = [share.environment for share in shares(2, ["3", "5"])]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in two] == ["3", "5"]
    assert "TF_FORCE_GPU_ALLOW_GROWTH" not in two[0]
    three = [share.environment for share in shares(3, ["3", "5"])]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in three] == ["3", "5", "3"]
    assert {each["TF_FORCE_GPU_ALLOW_GROWTH"] for each in three} == {"true"}


@pytest.mark.parametrize(
    ("named", "count", "expected"),
    [(None, 2, ["0", "1"]), ("4,GPU-ab", 2, ["4", "GPU-ab"]), ("", 0, []), ("-1", 0, [])],
)
def test_gpus_are_named_as_this_process_has_them(monkeypatch, named, count, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_gpus(count) == expected


def test_only_cores_that_this_process_may_use_are_dealt_out(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7, 3})
        assert available_cores() == (3, 7)
        monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert available_cores() == (0, 1, 2)
