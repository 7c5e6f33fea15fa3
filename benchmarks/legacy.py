"""A bert4keras script of 2020 under `bert4ner legacy` beside this library on the same sentences: is it as good?

    python benchmarks/legacy.py [--repeats 3] [--epochs 10] [--documents 100]

The script is tests/legacy/scripts/ner_crf.py, in the manner of bert4keras' published example, unmodified. The
bundled sample: some leaflets to train on, the last 29 to choose the best epoch on and to score, by both, so
that both scores are a little optimistic in the same way. Same encoder, dropout, learning rate, batches of 8
texts; the library with a head that learns at 2e-2, its own defaults otherwise, in float32 and with the tags of the
script (BIO).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contest import encoder_folder
from figures import keep_rows, spread

import bert4ner

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tests" / "legacy" / "scripts" / "ner_crf.py"
PRETRAINED = ROOT / "pretrained" / "tcm-mini"
SCORED_ON = 29
RATE, CRF_MULTIPLIER, BATCH_TOKENS = 1e-3, 100, 8 * 200
HEAD_RATE = 2e-2  # of this library: so few steps ask for a CRF that learns as fast as theirs
DROPOUT = 0.3  # the encoder's configuration says 0, which only this library does not take


def legacy_f1(folder: Path, epochs: int) -> float:
    """Best F1 of the script, run as a user runs it."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bert4ner",
            "legacy",
            SCRIPT,
            "train.bio",
            "valid.bio",
            "encoder",
            str(epochs),
            str(RATE),
            str(CRF_MULTIPLIER),
        ],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return float(json.loads(done.stdout.splitlines()[-1])["best"])


def own_f1(
    train: list[bert4ner.Document], valid: list[bert4ner.Document], folder: Path, seed: int, epochs: int
) -> float:
    """Best F1 of this library."""
    config = bert4ner.Config().replace(
        pretrained=str(folder / "encoder"),
        epochs=epochs,
        learning_rate=RATE,
        head_learning_rate=HEAD_RATE,
        batch_tokens=BATCH_TOKENS,
        scheme="bio",
        precision="float32",
        lexicon="none",
        seed=seed,
    )
    return bert4ner.train_model(train, config, output=folder / f"run-{seed}", valid=valid).micro.f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--documents", type=int, default=100)
    options = parser.parse_args()
    documents = bert4ner.read_documents(ROOT / "examples" / "data" / "leaflets.jsonl")
    train, valid = documents[: options.documents], documents[-SCORED_ON:]
    rows = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rates = {"hidden_dropout_prob": DROPOUT, "attention_probs_dropout_prob": DROPOUT}
        encoder = {**json.loads((PRETRAINED / "bert_config.json").read_text(encoding="utf-8")), **rates}
        encoder_folder(folder / "encoder", encoder, PRETRAINED, weights=True)
        bert4ner.write_documents(train, folder / "train.bio", "bio", scheme="bio")
        bert4ner.write_documents(valid, folder / "valid.bio", "bio", scheme="bio")
        for name, measure in (
            ("bert4keras script, bert4ner legacy", lambda seed: legacy_f1(folder, options.epochs)),
            ("this library", lambda seed: own_f1(train, valid, folder, seed, options.epochs)),
        ):
            start = time.perf_counter()
            scores = [measure(42 + number) for number in range(options.repeats)]
            seconds = (time.perf_counter() - start) / options.repeats
            rows[name] = {"f1": spread(scores), "seconds": seconds}
            print(name, rows[name])
    keep_rows("legacy", "legacy", rows)


if __name__ == "__main__":
    main()
