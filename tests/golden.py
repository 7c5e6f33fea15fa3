"""Keep what this checkout computes, and hold another checkout against it to the last bit.

    python tests/golden.py record FOLDER      in the old checkout, before the first change
    python tests/golden.py compare FOLDER     in the new one, on the same machine

Trained, predicted, combined and converted is by the command line alone, so that both checkouts can be asked the same.
The figures depend on the processor, so nothing of it is committed. `compare` also loads the runs that the old checkout
saved and predicts with them. It is no test of pytest's: without an older checkout it has nothing to say.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, UNLABELLED = "examples/data/leaflets.jsonl", "examples/data/leaflets-unlabelled.txt"
ENCODER = ["--pretrained", "pretrained/tcm-mini"]
HEADS = "crf softmax span global_pointer efficient_global_pointer biaffine w2ner mrc".split()
VARIANTS = {
    **{head: ["--head", head] for head in HEADS},
    "mrc-all-layers": ["--head", "mrc", "--joint-layers", "0", "--batch-tokens", "8192"],
    "bilstm-weighted": ["--encoder", "bilstm", "--fusion", "weighted", "--fusion-layers", "3", "--scheme", "bioes"],
    "idcnn-concat": ["--encoder", "idcnn", "--fusion", "concat", "--fusion-layers", "2", "--tokens", "wordpiece"],
    "cnn-attention": ["--encoder", "cnn", "--tap", "attention", "--precision", "float32"],
    "focal": ["--head", "span", "--focal", "2", "--label-smoothing", "0.1"],
}
"""One epoch each: on the sample no head but those that tag finds much by then, so candidates are predicted, too."""
CROSSVAL = "crossval"
COMBINED = {
    "thresholds": [[CROSSVAL], ["--nbest", "5", "--calibration", "isotonic"]],
    "probability": [["crf", "span", "biaffine"], ["--weights", "2,1,1"]],
    "vote": [["crf", "softmax", "bilstm-weighted"], ["--method", "vote", "--quorum", "auto"]],
    "stacking": [["crf", "span", "global_pointer"], ["--method", "stacking", "--nbest", "3", "--aim", "recall=0.8"]],
    "kinds": [["crf", "cnn-attention", "span"], ["--by-kind", "--longest", "*=20"]],
}
FORMATS = "jsonl bio brat deepner cluener cmeee doccano labelstudio text".split()
VOLATILE = {"seconds", "evaluation_seconds", "tokens_per_second"}
"""Of a line of history: how long it took."""


def bert4ner(*arguments: object) -> None:
    """Run one command of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bert4ner", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def train(folder: Path) -> None:
    """Every head and network for an epoch, and the demo's cross-validation."""
    for name, options in VARIANTS.items():
        print(f"  train {name}", flush=True)
        bert4ner("train", SAMPLE, *ENCODER, "--output", folder / name, "--epochs", 1, *options)
    print("  crossval", flush=True)
    bert4ner("crossval", SAMPLE, *ENCODER, "--output", folder / CROSSVAL, "--folds", 3)
    for name, (members, options) in COMBINED.items():
        print(f"  combine {name}", flush=True)
        runs = [folder / member for member in members]
        bert4ner("combine", *runs, "--output", folder / name, "--gold", SAMPLE, *options)


def predict(runs: Path, folder: Path) -> None:
    """What every run finds in new text, and its candidates."""
    folder.mkdir()
    for name in (*VARIANTS, CROSSVAL, *COMBINED):
        print(f"  predict {name}", flush=True)
        bert4ner("predict", runs / name, UNLABELLED, "--output", folder / f"{name}.jsonl")
        if name in VARIANTS:
            bert4ner("predict", runs / name, UNLABELLED, "--output", folder / f"{name}-nbest.jsonl", "--nbest", 4)


def convert(folder: Path) -> None:
    """The sample written in every format and read again from it."""
    folder.mkdir()
    for format in FORMATS:
        print(f"  convert {format}", flush=True)
        written = folder / (format if format == "brat" else f"{format}.txt")
        bert4ner("convert", SAMPLE, written, "--format", format)
        bert4ner("convert", written, folder / f"{format}-again.jsonl", "--format", "jsonl", "--input-format", format)


def make(folder: Path) -> None:
    """Everything, into a folder that is not there yet."""
    folder.mkdir(parents=True)
    convert(folder / "formats")
    (folder / "runs").mkdir()
    train(folder / "runs")
    predict(folder / "runs", folder / "found")


def digests(folder: Path) -> dict[str, str]:
    """A digest of everything that must not change: results, scores, weights; not versions and times."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.name in ("environment.json", "config.toml", "config.json", "combination.json", "folds.json"):
            continue
        data = path.read_bytes()
        if path.name == "history.jsonl":
            data = b"".join(_without_times(data))
        elif path.name == "scores.json":
            data = _without_format(data)
        found[name] = hashlib.sha256(data).hexdigest()
    return found


def _without_times(data: bytes) -> Iterator[bytes]:
    for line in data.splitlines():
        kept = {key: value for key, value in json.loads(line).items() if key not in VOLATILE}
        yield json.dumps(kept, sort_keys=True).encode()


def _without_format(data: bytes) -> bytes:
    """The scores as they were written before files said their format."""
    kept = {key: value for key, value in json.loads(data).items() if key != "format"}
    return (json.dumps(kept, ensure_ascii=False, indent=2) + "\n").encode()


def difference(old: dict[str, str], new: dict[str, str], what: str) -> int:
    """Print what differs; returns how much does. Files that are new are no difference."""
    wrong = [f"{name} is missing" for name in old if name not in new]
    wrong += [f"{name} differs" for name, digest in old.items() if new.get(name, digest) != digest]
    print(f"{what}: {len(old) - len(wrong)} of {len(old)} files equal", *wrong, sep="\n  ")
    return len(wrong)


def main() -> int:
    """Record or compare; the exit code says whether all is equal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=["record", "compare"])
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.action == "record":
        make(folder)
        (folder / "digests.json").write_text(json.dumps(digests(folder), indent=1), encoding="utf-8")
        return 0
    old = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        new = Path(temporary, "new")
        make(new)
        wrong = difference(old, digests(new), "made anew")
        shutil.rmtree(new)
        predict(folder / "runs", new)
        found = {f"found/{name}": digest for name, digest in digests(new).items()}
        wrong += difference({k: v for k, v in old.items() if k.startswith("found/")}, found, "by the runs saved before")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
