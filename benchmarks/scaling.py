"""Time and memory against the number of documents and the length of a text: both should grow in proportion, or less.

    python benchmarks/scaling.py [--most 100000] [--longest 1000000]

The documents are sentences of the bundled sample, repeated. Every size runs in a process of its own, so that its peak
memory is its own; TensorFlow has traced before the clock starts.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from figures import keep_rows

from bert4ner import Config, Document, Entity, NamedEntityRecognizer, read_documents
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training

ROOT = Path(__file__).resolve().parent.parent
SIZE = 20  # characters of a document


def pieces() -> list[Document]:
    """The bundled sample in pieces of equal length, with the entities that lie whole in one."""
    found = []
    for document in read_documents(ROOT / "examples/data/leaflets.jsonl"):
        for start in range(0, len(document.text) - SIZE + 1, SIZE):
            entities = tuple(
                Entity(each.start - start, each.end - start, each.label)
                for each in document.entities
                if start <= each.start and each.end <= start + SIZE
            )
            found.append(Document(f"{document.id}-{start}", document.text[start : start + SIZE], entities))
    return found


def repeated(number: int) -> Iterator[Document]:
    """So many documents under different names."""
    for place, document in enumerate(islice(cycle(pieces()), number)):
        yield Document(str(place), document.text, document.entities)


def new_model() -> NERModel:
    labels = sorted({entity.label for document in pieces() for entity in document.entities})
    return NERModel.create(Config().replace(pretrained=str(ROOT / "pretrained/tcm-mini")), labels)


def train(number: int) -> dict[str, float]:
    """One epoch over so many documents."""
    model = new_model()
    compile_for_training(model.network, 10_000)
    warm_up = TrainingBatches(list(repeated(200)), model)
    model.network.fit(warm_up.dataset(0, 1), steps_per_epoch=len(warm_up), verbose=0)
    documents = list(repeated(number))
    started = time.perf_counter()
    batches = TrainingBatches(documents, model)
    prepared = time.perf_counter()
    model.network.fit(batches.dataset(0, 1), steps_per_epoch=len(batches), verbose=0)
    return {"encoding_seconds": prepared - started, "seconds": time.perf_counter() - prepared}


def predict(number: int) -> dict[str, float]:
    """Recognize a stream of so many documents, none of them kept."""
    recognizer = NamedEntityRecognizer([new_model()])
    list(recognizer.predict(repeated(200)))
    started = time.perf_counter()
    count = sum(1 for _ in recognizer.predict(repeated(number)))
    assert count == number
    return {"seconds": time.perf_counter() - started}


def length(characters: int) -> dict[str, float]:
    """Recognize one text of so many characters."""
    recognizer = NamedEntityRecognizer([new_model()])
    sentences = cycle(document.text for document in pieces())
    text = "".join(islice(sentences, -(-characters // SIZE)))[:characters]
    recognizer.recognize(text[:2000])
    started = time.perf_counter()
    recognizer.recognize(text)
    return {"seconds": time.perf_counter() - started}


KINDS = {"train": train, "predict": predict, "length": length}


def in_own_process(kind: str, size: int) -> dict[str, Any]:
    """What a fresh process measures, and its peak memory."""
    command = [sys.executable, __file__, "--only", kind, str(size)]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"{kind} {size:,}: {answer}", flush=True)
    return answer


def powers(low: int, high: int) -> list[int]:
    return [10**power for power in range(1, 12) if low <= 10**power <= high]


def main() -> None:
    """Measure all sizes and keep the figures, or measure one and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100_000, help="documents")
    parser.add_argument("--longest", type=int, default=1_000_000, help="characters of a text")
    parser.add_argument("--only", nargs=2, metavar=("KIND", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        kind, size = options.only
        measured = KINDS[kind](int(size))
        print(json.dumps({**measured, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    documents, characters = powers(100, options.most), powers(100, options.longest)
    for kind, sizes in (("train", documents), ("predict", documents), ("length", characters)):
        rows = {f"{size:,}": in_own_process(kind, size) for size in sizes}
        keep_rows("speed", f"scaling-{kind}", rows)


if __name__ == "__main__":
    main()
