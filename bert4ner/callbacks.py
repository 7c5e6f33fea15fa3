"""Keras callbacks for your own loop: pass them to ``network.fit(...)`` with the network of `bert4ner.build_model`.

`bert4ner.train_model` uses the same ones. In the list ``callbacks=[...]`` put `Replay` first, and `EntityScores` before
the callbacks that use its scores. Importing this module loads TensorFlow.

Example:
    >>> import bert4ner
    >>> callbacks = [bert4ner.callbacks.Replay(42), bert4ner.callbacks.Patience(3, monitor="loss")]
"""

from bert4ner.train.callbacks.best import KeepBest, Patience
from bert4ner.train.callbacks.history import History
from bert4ner.train.callbacks.nan import StopAtNaN
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.callbacks.scores import EntityScores

__all__ = ["EntityScores", "History", "KeepBest", "Patience", "Replay", "StopAtNaN"]
