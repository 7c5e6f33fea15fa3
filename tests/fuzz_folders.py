"""Folders whose files `tests.fuzz_runs` damages: how each is made, how all of it is read, and what may be in it.

Nothing is trained or built. Runs need no TensorFlow; models and pretrained folders import it, as their readers do.
"""

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from bert4ner.config import Config
from bert4ner.data.descriptions import read_descriptions
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.report import run_values
from bert4ner.report.page import render
from bert4ner.runs.combination import Combination
from bert4ner.runs.combined import write_curves
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.labels import labels_of
from bert4ner.runs.manifest import verify, write_run_manifest
from bert4ner.runs.predicted import read_predictions
from bert4ner.runs.pseudo_labels import PseudoLabelled, Teachers, read_pseudo_labels, write_pseudo_labels
from bert4ner.runs.record import CombinedRun, TrainedRun, open_run
from bert4ner.runs.rescorer import Rescorer
from bert4ner.runs.rules import Rule, SpanRules
from tests.made_runs import as_combined, gold_documents, predicted_documents, write_run

LABELS = ("DRUG", "SYMPTOM")
REST = ((0.5, 0.25), (1.0, -1.0), 0.125)
"""Of a small network the biases of two hidden units, their weights in the output, and its bias."""
CURVES = {"DRUG": {"threshold": [0.9, 0.5], "precision": [1.0, 0.5], "recall": [0.25, 0.5]}}


@dataclass(frozen=True)
class Kind:
    """A kind of folder.

    Attributes:
        make: writes it, whole.
        read: everything in it through the public doors; what it gives is asked whether it is legal.
        keras: whether its readers import TensorFlow.
        pipes: whether a file may be a pipe, which is waited for.
    """

    make: Callable[[Path], object]
    read: Callable[[Path], object]
    keras: bool = False
    pipes: bool = False


def make_trained(folder: Path) -> None:
    """A run of two folds."""
    gold = gold_documents()
    write_run(folder, gold[1:], predicted_documents(gold)[1:], only_trained_on=gold[:1], epochs=2)
    write_run_manifest(folder)


def read_trained(folder: Path) -> None:
    """All that is in a run."""
    run = open_run(folder)
    assert isinstance(run, TrainedRun)
    check_common(run)
    assert run.config.optimization.epochs >= 1
    assert run.folds.trainings and RunFolder(folder).incomplete() == []
    assert all(0 <= fold < run.num_folds for folds in run.held_out_in.values() for fold in folds)
    assert {each.id for each in run.predicted} == {id for id, folds in run.held_out_in.items() if folds}
    for history in run.histories:
        assert [line["epoch"] for line in history] == [*range(1, len(history) + 1)]
        assert all(0 <= line[name] <= 1 for line in history for name in ("precision", "recall", "f1"))
        assert all(math.isfinite(line["loss"]) for line in history)
    run_values.about_setup(run), run_values.about_run(run), run_values.about_scores(run)
    assert run.labels == labels_of(folder) and verify(folder).files >= 0
    for fold in folder.glob("fold-*"):
        read_predictions(fold / "predictions.jsonl")


def make_combined(folder: Path) -> None:
    """A run combined of two, with everything that can be fitted."""
    gold = gold_documents()
    write_run(folder, gold, predicted_documents(gold))
    as_combined(folder)
    write_curves(folder, CURVES)
    combination = Combination(
        "stacking",
        ("crf", "span"),
        (2.0, 0.5),
        1,
        {"DRUG": 2},
        Rule(0.25, "labels", 3, SpanRules({"*": 9}, {"DRUG": "。"}, {"SYMPTOM": "[头发]"})),
        {"DRUG": 0.125},
        Stacker((0.5, 1.5), -0.25, {"DRUG": 0.1}),
        calibration=Calibration("isotonic", 1.0, (0.1, 0.5, 0.9), (0.2, 0.4, 0.8)),
        sizes=(1, 2),
    )
    (folder / "combination.json").write_text(combination.to_json(), encoding="utf-8")
    summary = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    summary["aimed"] = {"aim": "f2", "alone": [0.25, 0.5], "together": 0.75}
    summary["calibration"] = {"kind": "isotonic", "candidates": 7, "ece_before": 0.2, "ece_after": 0.1}
    (folder / "scores.json").write_text(json.dumps(summary), encoding="utf-8")


def make_rescored(folder: Path) -> None:
    """The same with a network that scores candidates anew."""
    make_combined(folder)
    words = {"人参": (2.0, {"DRUG": 1.0})}
    network = ((0.5, -0.5), (1.0, 0.25), (0.1, 0.2), (-0.5, 0.5), (0.25, 1.0), (0.0, 0.5), (0.75, -0.25))
    features = ("member 0", "member 1", "seen", *LABELS, "before 。", "after ")
    rescorer = Rescorer(LABELS, words, features, (0.1,) * 7, (1.0,) * 7, network, *REST, before=("。",), after=("",))
    combination = Combination("rescoring", ("crf", "span"), (2.0, 0.5), rescorer=rescorer)
    (folder / "combination.json").write_text(combination.to_json(), encoding="utf-8")


def read_combined(folder: Path) -> None:
    """All that is in a combined run."""
    run = open_run(folder)
    assert isinstance(run, CombinedRun)
    check_common(run)
    combination = run.combination
    assert all(0 <= each <= 1 for each in (combination.rule.threshold, *combination.thresholds.values()))
    assert all(0 < weight < math.inf for weight in combination.weights)
    assert 1 <= combination.quorum <= len(combination.names) and combination.folders()
    assert all(0 <= each <= 1 for curve in run.curves.values() for values in curve.values() for each in values)
    run_values.about_setup(run), run_values.about_run(run)


def check_common(run: TrainedRun | CombinedRun) -> None:
    """What holds for every run."""
    assert run.labels and all(label.strip() for label in run.labels) and run.labels == sorted(set(run.labels))
    sheet = run.sheet
    shares = [value for fold in sheet.folds for value in (fold.micro.precision, fold.micro.recall, fold.micro.f1)]
    assert all(0 <= value <= 1 for value in (*shares, *sheet.bootstrap_f1))
    assert all(0 <= count.hits <= min(count.gold, count.predicted) for count in run.scores.counts.values())
    assert isinstance(run.environment.get("command"), list)
    for document in run.predicted:
        assert all(entity.score is None or 0 <= entity.score <= 1.001 for entity in document.entities)


def make_plain_files(folder: Path) -> None:
    """What stands beside runs: configurations of users, descriptions, pseudo-labels."""
    folder.mkdir()
    config = Config().replace(pretrained="bert", modifiers="fgm,ema:decay=0.99", label_weights={"DRUG": 2.0})
    (folder / "mine.toml").write_text(config.to_toml(), encoding="utf-8")
    (folder / "pretraining.toml").write_text(PretrainingOptions().to_toml(), encoding="utf-8")
    (folder / "asked.toml").write_text('DRUG = "药品"\nSYMPTOM = "症状"\n', encoding="utf-8")
    (folder / "asked.txt").write_text("DRUG\t药品\nSYMPTOM\t症状\n", encoding="utf-8")
    teachers = [Teachers("a" * 64, (0, 1)), "elsewhere", None]
    documents = gold_documents()
    labelled = [PseudoLabelled(replace(documents[n], weight=0.5), teachers[n]) for n in range(3)]
    write_pseudo_labels(labelled, folder / "pseudo.jsonl")


def read_plain_files(folder: Path) -> None:
    """All of them."""
    assert Config.load(folder / "mine.toml").optimization.epochs >= 1
    Config.load_saved(folder / "mine.toml")
    PretrainingOptions.load_saved(folder / "pretraining.toml")
    for name in ("asked.toml", "asked.txt"):
        assert all(read_descriptions(folder / name, LABELS).values())
    for each in read_pseudo_labels(folder / "pseudo.jsonl", "jsonl"):
        assert not isinstance(each.teachers, Teachers) or min(each.teachers.folds) >= 0


def make_model(folder: Path) -> None:
    """A model folder with a lexicon, its weights only as many as an encoder of that size has."""
    from bert4ner.models.model_folder import Description, write_model  # deferred: TensorFlow
    from bert4ner.models.pretrained import open_pretrained
    from bert4ner.text.lexicon import Lexicon
    from tests.models.pretrained.hostile import arrays, make

    make(folder.with_name("encoder"), {})
    opened = open_pretrained(folder.with_name("encoder"))
    lexicon = Lexicon(LABELS, {"herbs": ["人参", "当归"]})
    lexicon.learn(gold_documents())
    config = Config().replace(pretrained="bert", lexicon="train")
    reading = {"queries": dict(zip(LABELS, LABELS, strict=True))}
    description = Description(config, LABELS, opened.config, opened.vocabulary, reading, lexicon)
    write_model(folder, description, arrays())


def read_model(folder: Path) -> None:
    """All that is read of it before a network is built."""
    from bert4ner.models.model_folder import check_size, read_description, read_weights  # deferred: TensorFlow

    read = read_description(folder)
    assert list(read.labels) == sorted(set(read.labels)) and all(read.labels)
    assert read.vocabulary.library() and (read.lexicon is None) == (not read.config.words.parts)
    check_size(folder, read.encoder_config)
    assert labels_of(folder) == [*read.labels] and verify(folder).files >= 0
    for value in read_weights(folder).values():
        assert value.nbytes < 1_000_000


class Variable:
    """What a variable of TensorFlow is to those who restore it."""

    def __init__(self, value: np.ndarray) -> None:
        self.value, self.shape, self.name = value, value.shape, "kernel:0"
        self.dtype = SimpleNamespace(as_numpy_dtype=value.dtype.type)

    def assign(self, value: np.ndarray) -> None:
        assert value.shape == self.shape and value.dtype == self.value.dtype


def network() -> tuple[Any, dict[str, Any]]:
    """A network of one layer, and two variables beside it."""
    layer = SimpleNamespace(name="dense", weights=[Variable(np.ones((2, 3), "float32"))])
    others = {"optimizer/0": Variable(np.int64(3)), "modifier/ema": Variable(np.ones(4, "float32"))}
    return SimpleNamespace(layers=[layer]), others


def make_state(folder: Path) -> None:
    """The state of a training."""
    folder.mkdir()
    values = {"network/dense/0.kernel": np.ones((2, 3), "float32")}
    values |= {"optimizer/0": np.asarray(np.int64(3)), "modifier/ema": np.ones(4, "float32")}
    lines = [{"epoch": epoch, "f1": 0.5, "loss": 1.0} for epoch in (1, 2)]
    save_file(values, folder / "training.safetensors", {"history": json.dumps(lines), "epochs_before": "3"})


def read_state(folder: Path) -> None:
    """What resumes from it."""
    from bert4ner.train.state_file import read_before, take_up_state  # deferred: TensorFlow

    path = folder / "training.safetensors"
    assert read_before(path) >= 0
    take_up_state(path, *network(), cure="delete it")


def make_pretraining(folder: Path) -> None:
    """A pre-training that was stopped."""
    from bert4ner.pretraining.store import write_store  # deferred: TensorFlow
    from bert4ner.pretraining.words import EveryToken
    from bert4ner.text.tokenizer import make_tokenizer
    from bert4ner.text.vocabulary import Vocabulary

    folder.mkdir()
    lines = [{"update": 0, "epoch": 0.0, "perplexity": 9.5, "accuracy": 0.25}]
    lines += [{**lines[0], "update": 5, "epoch": 0.5, "loss": 2.5, "seconds": 1.0, "tokens_per_second": 9.0}]
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"人参头痛"])
    tokenizer = make_tokenizer("characters", vocabulary)
    write_store(
        folder / "state" / "texts", ["人参头痛", "头痛"], tokenizer, EveryToken(), seed=1, source={"files": ["a"]}
    )


def read_pretraining(folder: Path) -> None:
    """Its history and its texts."""
    from bert4ner.errors import RunError
    from bert4ner.pretraining.rounds import read_rounds  # deferred: TensorFlow
    from bert4ner.pretraining.store import open_store

    assert all(line["update"] >= 0 for line in read_rounds(folder / "history.jsonl"))
    store = open_store(folder / "state" / "texts", source={"files": ["a"]})
    if store is None:
        raise RunError(f"{folder}: the texts are not complete")
    assert len(store.tokens) == store.ends[-1]


def pretrained(name: str, files: dict[str, Any]) -> Kind:
    """A pretrained folder with these files in it."""

    def make_folder(folder: Path) -> None:
        from tests.models.pretrained.hostile import make

        make(folder, files)

    return Kind(make_folder, read_pretrained, keras=True)


def read_pretrained(folder: Path) -> None:
    """All of it, as `info --pretrained` and as loading do; the network is not built."""
    from bert4ner.models.pretrained import open_pretrained, open_store  # deferred: TensorFlow
    from bert4ner.models.pretrained.recognised import recognise

    found = open_pretrained(folder)
    assert found.config.num_weights() < 10_000_000 and recognise(folder)
    found.vocabulary.library().encode("a人 参b")
    store = open_store(found.checkpoint or "")
    for each in store.shapes:
        assert store.read(each).nbytes < 1_000_000


def kinds(*, keras: bool) -> dict[str, Kind]:
    """All kinds of folders by name, or those whose readers do not import TensorFlow."""
    found = {
        "trained": Kind(make_trained, read_trained),
        "combined": Kind(make_combined, read_combined),
        "rescored": Kind(make_rescored, read_combined),
        "beside": Kind(make_plain_files, read_plain_files, pipes=True),
    }
    if not keras:
        return found
    from tests.models.pretrained import hostile  # deferred: as the rest of this table

    words = json.dumps({"do_lower_case": True, "cls_token": "[CLS]"}).encode()
    added = {"tokenizer_config.json": words, "special_tokens_map.json": b'{"pad_token": "[PAD]"}'}
    index = {"weight_map": dict.fromkeys(hostile.arrays(), "model-1.safetensors")}
    sharded = {hostile.INDEX: json.dumps(index).encode(), "model-1.safetensors": hostile.tensors()}
    return found | {
        "model": Kind(make_model, read_model, keras=True),
        "state": Kind(make_state, read_state, keras=True),
        "pretraining": Kind(make_pretraining, read_pretraining, keras=True),
        "plain encoder": pretrained("plain", added),
        "sharded encoder": pretrained("sharded", {**sharded, hostile.WEIGHTS: None, **hostile.wordpiece()}),
        "unigram encoder": pretrained("unigram", hostile.piece()),
        "byte-pair encoder": pretrained("pairs", hostile.pairs()),
        "PyTorch encoder": pretrained("PyTorch", {hostile.TORCH: torch_file(), hostile.WEIGHTS: None}),
        "TensorFlow encoder": pretrained("TensorFlow", {hostile.STORE: write_checkpoint, hostile.WEIGHTS: None}),
    }


def torch_file() -> bytes:
    """The arrays of `hostile` as PyTorch writes them: an archive of a pickle and of each array's bytes."""
    from tests.models.pretrained import hostile

    steps, file = [], io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, (name, array) in enumerate(hostile.arrays().items()):
            archive.writestr(f"archive/data/{number}", array.tobytes())
            steps += [_word(name), _tensor(str(number), array)]
        archive.writestr("archive/data.pkl", hostile.pickled(b"}(", *steps, b"u"))
    return file.getvalue()


def _word(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _tuple(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def _numbers(*numbers: int) -> bytes:
    return _tuple(*(b"J" + number.to_bytes(4, "little") for number in numbers))


def _tensor(key: str, array: np.ndarray) -> bytes:
    steps = [each // array.itemsize for each in array.strides]
    size = b"J" + array.size.to_bytes(4, "little")
    storage = _tuple(_word("storage"), b"ctorch\nFloatStorage\n", _word(key), _word("cpu"), size) + b"Q"
    view = (b"K\x00", _numbers(*array.shape), _numbers(*steps), b"\x89", b"ccollections\nOrderedDict\n)R")
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + _tuple(storage, *view) + b"R"


def write_checkpoint(path: Path) -> None:
    """The arrays of `hostile` as a TensorFlow checkpoint, under the names that Google's BERT gave them."""
    from bert4ner.models.pretrained.weight_writing import write_tensorflow  # deferred: TensorFlow
    from tests.models.pretrained import hostile

    found = {}
    for name, array in hostile.arrays().items():
        stem, _, part = name.replace("layer.0", "layer_0").replace(".", "/").rpartition("/")
        norm = stem.endswith("LayerNorm")
        if "embeddings/" in stem and not norm:
            found[stem] = array
        else:
            names = {"weight": "gamma", "bias": "beta"} if norm else {"weight": "kernel", "bias": "bias"}
            found[f"{stem}/{names[part]}"] = array.T
    write_tensorflow(str(path), found)


def files_of(folder: Path) -> list[str]:
    """The files in a folder, by their path in it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def write_page(folder: Path) -> None:
    """The page of a run, plots left out by who calls it."""
    render(open_run(folder), gold_documents())
