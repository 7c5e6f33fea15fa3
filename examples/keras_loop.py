"""Task: find entities with your own training loop: Keras' `fit`, its callbacks, and those of bert4ner.

The steps are those of bert4keras: build the network, compile it, `fit` with an evaluator as a callback.
Data: the bundled sample of 129 leaflets (or annotated documents of your own, in any format that bert4ner reads).
Score: micro F1 about 81 on the 13 leaflets held out, which chose the epoch (10 epochs, tcm-mini, unseeded head).

    python examples/keras_loop.py
    python examples/keras_loop.py train.json --pretrained chinese_roberta_wwm_ext_L-12_H-768_A-12 --epochs 5
"""

import argparse
from pathlib import Path

from baseline import ROOT, TEXT

import bert4ner
from bert4ner.callbacks import EntityScores, History, KeepBest, Replay, StopAtNaN

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("data", nargs="?", default=str(ROOT / "examples/data/leaflets.jsonl"))
parser.add_argument("--pretrained", default=str(ROOT / "pretrained/tcm-mini"))
parser.add_argument("--output", default="runs/keras-loop")
parser.add_argument("--epochs", type=int, default=10)
given = parser.parse_args()
output = Path(given.output)

documents = bert4ner.read_documents(given.data)
held_out, training = documents[::10], [document for n, document in enumerate(documents) if n % 10]
labels = sorted({entity.label for document in documents for entity in document.entities})
config = bert4ner.Config().replace(pretrained=given.pretrained, head="crf")

network = bert4ner.build_model(config, labels)  # a plain Keras model
batches = bert4ner.training_batches(training, network)
bert4ner.compile_for_training(network, total_steps=given.epochs * len(batches))
callbacks = [
    Replay(seed=42),  # makes dropout repeatable
    StopAtNaN(batches),
    EntityScores(held_out),  # precision, recall and f1 in the logs, for all callbacks after it
    KeepBest(output / "model"),
    History(output / "history.jsonl", batches),
]
network.fit(
    batches.dataset(0, given.epochs), epochs=given.epochs, steps_per_epoch=len(batches), callbacks=callbacks, verbose=2
)

recognizer = bert4ner.NamedEntityRecognizer.load(output / "model")  # the best epoch
for entity in recognizer.recognize(TEXT):
    print(f"{TEXT[entity.start : entity.end]}\t{entity.label}\t{entity.score:.3f}")
