"""The published recipe: what bert4keras' example of sequence labelling with a CRF does, written anew from its pieces.

Kept as published: its tokenizer and `rematch` at every epoch, `DataGenerator` with padded batches of 16 in random
order, float32, `ConditionalRandomField` with `sparse_loss`, Keras Adam, `ViterbiDecoder` in numpy, evaluation of one
text at a time with `model.predict`. Not kept: the end-inclusive spans, the loss of what lies behind 512 tokens (long
texts are cut into windows, or the arms would not do the same work), the constant learning rate.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = os.environ["TF_KERAS"] = "1"

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from bert4keras.layers import ConditionalRandomField
from bert4keras.models import build_transformer_model
from bert4keras.snippets import DataGenerator, ViterbiDecoder, sequence_padding
from bert4keras.tokenizers import Tokenizer
from worker import Spans, serve


class WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up over a tenth of the steps, then linear decay to 0: the schedule of all arms."""

    def __init__(self, peak: float, steps: int):
        self.peak, self.steps = peak, steps

    def __call__(self, step: Any) -> Any:
        part = tf.cast(step, "float32") / self.steps
        return self.peak * tf.minimum(part / 0.1, (1.0 - part) / 0.9)


class Recipe:
    """The arm of the published recipe."""

    def __init__(self, task: dict[str, Any]):
        keras.utils.set_random_seed(task["seed"])
        self.task = task
        self.labels = task["labels"]
        self.tokenizer = Tokenizer(os.path.join(task["pretrained"], "vocab.txt"), do_lower_case=True)
        checkpoint = os.path.join(task["pretrained"], "bert_model.ckpt")
        transformer = build_transformer_model(
            os.path.join(task["pretrained"], "bert_config.json"),
            checkpoint if os.path.exists(checkpoint + ".index") else None,
        )
        output = keras.layers.Dense(2 * len(self.labels) + 1)(transformer.output)
        self.crf = ConditionalRandomField(lr_multiplier=task["crf_rate"] / task["learning_rate"])
        self.model = keras.Model(transformer.input, self.crf(output))
        self.generator = self._generator()
        self.batches = self.generator.forfit()
        schedule = WarmupDecay(task["learning_rate"], len(self.generator) * task["epochs"])
        self.model.compile(loss=self.crf.sparse_loss, optimizer=keras.optimizers.Adam(schedule))

    def _generator(self) -> Any:
        arm = self

        class Batches(DataGenerator):
            """Batches of token ids, segment ids, tags; counts what it hands out."""

            real = fed = 0

            def __iter__(self, random: bool = False) -> Any:
                rows: list[tuple[list[int], list[int], list[int]]] = []
                for is_end, document in self.sample(random):
                    rows.append(arm._encode(document))
                    if len(rows) == self.batch_size or is_end:
                        ids, segments, tags = (sequence_padding(part) for part in zip(*rows, strict=True))
                        self.real += sum(len(row[0]) for row in rows)
                        self.fed += ids.size
                        yield [ids, segments], tags
                        rows = []

        return Batches(self.task["train"], batch_size=16)

    def _encode(self, document: dict[str, Any]) -> tuple[list[int], list[int], list[int]]:
        text = document["text"]
        tokens = self.tokenizer.tokenize(text)
        mapping = self.tokenizer.rematch(text, tokens)
        start = {places[0]: number for number, places in enumerate(mapping) if places}
        end = {places[-1]: number for number, places in enumerate(mapping) if places}
        ids = self.tokenizer.tokens_to_ids(tokens)
        tags = [0] * len(ids)
        for first, last, label in document["entities"]:
            if first in start and last - 1 in end:
                i, j, number = start[first], end[last - 1], self.labels.index(label)
                tags[i] = 2 * number + 1
                tags[i + 1 : j + 1] = [2 * number + 2] * (j - i)
        return ids, [0] * len(ids), tags

    def train_epoch(self, epoch: int) -> dict[str, int]:
        before = self.generator.real, self.generator.fed
        self.model.fit(
            self.batches, steps_per_epoch=len(self.generator), initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )
        return {"tokens": self.generator.real - before[0], "fed": self.generator.fed - before[1]}

    def predict(self, texts: list[str]) -> list[Spans]:
        decoder = ViterbiDecoder(trans=keras.backend.eval(self.crf.trans), starts=[0], ends=[0])
        return [self._recognize(text, decoder) for text in texts]

    def _recognize(self, text: str, decoder: Any) -> Spans:
        size, found = self.task["window"], []
        for start in range(0, len(text), size):
            piece = text[start : start + size]
            found += [(start + i, start + j, label) for i, j, label in self._window(piece, decoder)]
        return found

    def _window(self, text: str, decoder: Any) -> Spans:
        tokens = self.tokenizer.tokenize(text)
        mapping = self.tokenizer.rematch(text, tokens)
        ids = self.tokenizer.tokens_to_ids(tokens)
        ids, segments = np.array([ids]), np.zeros((1, len(ids)), int)
        nodes = self.model.predict([ids, segments], verbose=0)[0]
        entities: list[list[Any]] = []
        starting = False
        for number, tag in enumerate(decoder.decode(nodes)):
            if tag > 0:
                if tag % 2 == 1:
                    starting = True
                    entities.append([[number], self.labels[(tag - 1) // 2]])
                elif starting:
                    entities[-1][0].append(number)
            else:
                starting = False
        return [
            (mapping[numbers[0]][0], mapping[numbers[-1]][-1] + 1, label)
            for numbers, label in entities
            if mapping[numbers[0]] and mapping[numbers[-1]]
        ]


if __name__ == "__main__":
    serve(Recipe)
