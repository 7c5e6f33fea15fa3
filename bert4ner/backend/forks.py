"""Recognizes a process that was forked from one in which TensorFlow was at work. Does not import TensorFlow.

TensorFlow's threads stay in the process that started them: in a forked one, its first operation waits for ever.
"""

import os
import sys

from bert4ner.errors import EnvironmentProblem

_forked = False


def watch_forks() -> None:
    """From now on, take notice of forks; call it once in a process."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_note_fork)


def _note_fork() -> None:
    global _forked
    eager = sys.modules.get("tensorflow.python.eager.context")
    context = None if eager is None else eager.context_safe()
    _forked = _forked or bool(context is not None and context._initialized)


def check_process() -> None:
    """Refuse a forked process whose parent had a network: TensorFlow's threads stayed in the parent, calls would hang.

    Raises:
        EnvironmentProblem: the process was forked after a model was loaded; the message says what to do.
    """
    if _forked:
        raise EnvironmentProblem(
            "this process was forked from one that had loaded a model; TensorFlow's threads stayed there, so calls "
            "here would hang. Load the model in each process, after the fork (gunicorn without --preload, or in "
            "post_fork; Pool(initializer=...)), and none before it; or start processes by 'spawn'"
        )
