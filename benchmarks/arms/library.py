"""bert4ner itself, through the parts that its own `fit` is made of, and `NamedEntityRecognizer`."""

from typing import Any

from worker import Spans, serve

from bert4ner import Config, Document, Entity, NamedEntityRecognizer
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training


class Library:
    """The arm of this library."""

    def __init__(self, task: dict[str, Any]):
        config = Config().replace(
            pretrained=task["pretrained"],
            seed=task["seed"],
            epochs=task["epochs"],
            precision=task["precision"],
        )
        self.model = NERModel.create(config, task["labels"])
        documents = [
            Document(f"{number}", each["text"], tuple(Entity(*entity) for entity in each["entities"]))
            for number, each in enumerate(task["train"])
        ]
        self.batches = TrainingBatches(documents, self.model)
        compile_for_training(self.model.network, task["epochs"] * len(self.batches))

    def train_epoch(self, epoch: int) -> dict[str, int]:
        self.model.network.fit(
            self.batches.dataset(epoch, epoch + 1),
            steps_per_epoch=len(self.batches),
            initial_epoch=epoch,
            epochs=epoch + 1,
            verbose=0,
        )
        fed = sum(self.batches.batch(windows)[0][0].size for windows in self.batches.plan(epoch))
        return {"tokens": self.batches.tokens, "fed": fed}

    def predict(self, texts: list[str]) -> list[Spans]:
        recognizer = NamedEntityRecognizer([self.model])
        return [[(e.start, e.end, e.label) for e in found] for found in recognizer.recognize_all(texts)]


if __name__ == "__main__":
    serve(Library)
