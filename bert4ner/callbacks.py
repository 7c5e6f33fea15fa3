"""Keras callbacks for a loop of one's own, ``network.fit(...)`` on what `bert4ner.build_model` gives.

They are those of `bert4ner.train_model`. In the list ``callbacks=[...]`` `Replay` comes first and `EntityScores` before
those that follow its scores. Importing this module loads TensorFlow.
"""

from bert4ner.train.callbacks.best import KeepBest, Patience
from bert4ner.train.callbacks.history import History
from bert4ner.train.callbacks.nan import StopAtNaN
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.callbacks.scores import EntityScores

__all__ = ["EntityScores", "History", "KeepBest", "Patience", "Replay", "StopAtNaN"]
