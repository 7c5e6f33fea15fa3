"""How much memory loading and converting a checkpoint take: `benchmarks/conversion_memory.py`.

Makes checkpoints of BERT-base's sizes with random weights in a temporary folder, runs each job in a process of its own
and prints the peak above that of a process that only imports the same modules, as a multiple of the file's size. The
targets are 1.6 times the file for loading an encoder and 2 times for converting a checkpoint. Some jobs, with
`--only multilingual` or `--only prune`, take a table of 250,037 rows of 384 numbers, as multilingual encoders have.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "vocab_size": 21128}
MULTILINGUAL = {"hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 12, "vocab_size": 250_037}
JOBS = {
    "load": "safetensors",
    "load bin": "bin",
    "load sharded": "sharded",
    "load TensorFlow": "tensorflow",
    "convert safetensors to TensorFlow": "safetensors",
    "convert bin to TensorFlow": "bin",
    "convert sharded to TensorFlow": "sharded",
    "convert TensorFlow to safetensors": "tensorflow",
    "load multilingual": "multilingual",
    "load multilingual TensorFlow": "multilingual-tensorflow",
    "convert multilingual safetensors to TensorFlow": "multilingual",
    "convert multilingual bin to TensorFlow": "multilingual-bin",
    "convert multilingual sharded to TensorFlow": "multilingual-sharded",
    "convert multilingual TensorFlow to safetensors": "multilingual-tensorflow",
    "prune safetensors": "multilingual",
    "prune bin": "multilingual-bin",
    "prune sharded": "multilingual-sharded",
    "prune TensorFlow": "multilingual-tensorflow",
}
"""What is done with a checkpoint, and how that is stored."""
FROM = {"tensorflow": "safetensors", "multilingual-tensorflow": "multilingual"}
TARGETS = {"load": 1.6, "convert": 2.0, "prune": 2.0}


def configuration(sizes: dict[str, int], layers: int) -> dict[str, Any]:
    """Of a BERT of these sizes."""
    rest = {"hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2, "model_type": "bert"}
    return {**sizes, "num_hidden_layers": layers, **rest}


def shapes(config: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of BERT's variables as transformers saves them."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    tables = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    for name, rows in tables.items():
        yield f"bert.embeddings.{name}_embeddings.weight", (config[rows], width)
    dense = {f"attention.self.{name}": (width, width) for name in ("query", "key", "value")}
    dense |= {"attention.output.dense": (width, width), "intermediate.dense": (inner, width)}
    dense["output.dense"] = (width, inner)
    for number in range(config["num_hidden_layers"]):
        for name, shape in dense.items():
            yield f"bert.encoder.layer.{number}.{name}.weight", shape
            yield f"bert.encoder.layer.{number}.{name}.bias", shape[:1]
    norms = [
        f"encoder.layer.{number}.{name}output"
        for number in range(config["num_hidden_layers"])
        for name in ("attention.", "")
    ]
    for norm in ("embeddings", *norms):
        yield f"bert.{norm}.LayerNorm.weight", (width,)
        yield f"bert.{norm}.LayerNorm.bias", (width,)


def make(folder: Path, form: str, config: dict[str, Any]) -> None:
    """A folder with random weights: one file of safetensors, two, or PyTorch's."""
    from safetensors.numpy import save_file  # deferred, as below: jobs need little memory

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    characters = [chr(0x4E00 + number) for number in range(20_902)]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    tokens = (tokens + [f"word{number}" for number in range(config["vocab_size"])])[: config["vocab_size"]]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal(shape, "float32") * np.float32(0.02) for name, shape in shapes(config)}
    if form == "bin":
        import torch

        torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, folder / "pytorch_model.bin")
    elif form == "sharded":
        files = {name: f"model-0000{number % 2 + 1}-of-00002.safetensors" for number, name in enumerate(arrays)}
        for file in {*files.values()}:
            save_file({name: array for name, array in arrays.items() if files[name] == file}, folder / file)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}), encoding="utf-8")
    else:
        save_file(arrays, folder / "model.safetensors")


def job(name: str, given: Path, target: Path) -> None:
    """Does it and prints the peak above the imports in bytes, and the seconds."""
    from bert4ner.backend.onednn import without_onednn

    if not name.startswith("load"):  # as the command does
        without_onednn()
    from bert4ner.config import ModelConfig
    from bert4ner.models.backbone import build_backbone
    from bert4ner.models.pretrained import open_pretrained
    from bert4ner.models.pretrained.convert import convert_checkpoint

    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    if name.startswith("load"):
        found = open_pretrained(given)
        backbone = build_backbone(found.config, ModelConfig(), dropout=0.1, max_length=256, filled=False)
        backbone.load(str(found.checkpoint))
        backbone.embed(np.zeros((1, 2), "int32"))  # TensorFlow copies memory that is not its own before it looks up
    else:
        convert_checkpoint(given, target, keep_tokens="characters" if name.startswith("prune") else None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"peak": peak * 1024, "seconds": time.perf_counter() - begun}))


def run(*arguments: str) -> dict[str, float]:
    """This file in a fresh process."""
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout) if done.stdout else {}
    return found


def size(folder: Path) -> int:
    """Bytes of weights in a folder."""
    files = [path for pattern in ("*.safetensors", "*.bin", "*.data-*") for path in folder.glob(pattern)]
    return sum(path.stat().st_size for path in files)


def compare(root: Path, names: list[str], layers: int) -> None:
    """Makes what the jobs need, runs them and prints a line each."""
    for name in names:
        given = root / JOBS[name]
        source = root / FROM.get(JOBS[name], JOBS[name])
        if not source.exists():
            run("--make", str(source), "--layers", str(layers))
        if not given.exists():
            run("--job", "convert", str(source), str(given))
        with tempfile.TemporaryDirectory(dir=root) as target:
            found = run("--job", name, str(given), str(Path(target) / "new"))
        times, limit = found["peak"] / size(given), TARGETS[name.split()[0]]
        verdict = "" if times <= limit else f", above {limit}"
        mib = found["peak"] / 2**20
        print(f"{name}: {mib:.0f} MiB, {times:.2f} times the file{verdict}; {found['seconds']:.1f} s", flush=True)


def main() -> None:
    """Make, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--only", default="", help="jobs whose names have this in them")
    parser.add_argument("--folder", help="keep the checkpoints here")
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--job", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        folder = Path(options.make)
        sizes = MULTILINGUAL if folder.name.startswith("multilingual") else BASE
        make(folder, folder.name.removeprefix("multilingual-"), configuration(sizes, options.layers))
    elif options.job:
        job(options.job[0], *map(Path, options.job[1:]))
    else:
        names = [name for name in JOBS if options.only in name]
        if options.folder:
            compare(Path(options.folder), names, options.layers)
        else:
            with tempfile.TemporaryDirectory() as folder:
                compare(Path(folder), names, options.layers)


if __name__ == "__main__":
    main()
