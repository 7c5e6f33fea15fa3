"""What holds for all tests, and fixtures that any may use; those of one package stand beside its tests."""

import gc
import json
import os
import shutil
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

# How long one example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("bert4ner", deadline=None)
hypothesis.settings.load_profile("bert4ner")


LONGEST = (
    *("test_readme.py", "test_together.py", "test_heads_common.py", "test_overfit.py", "test_examples.py"),
    *("test_executed.py", "test_combine_runs.py", "test_plugin.py", "test_legacy_scripts.py", "test_r_drop.py"),
    *("test_builder.py", "test_accumulation.py", "test_families.py", "test_fit.py", "test_cli_loop.py"),
    *("test_free_large_batch.py", "test_fast_gradient.py", "test_freezing.py", "test_crossval.py"),
    *("test_packaging.py", "test_step.py", "test_layouts.py", "test_shapes.py", "test_t5.py", "test_perturbation.py"),
    *("test_legacy_table.py",),
)
"""Files that take longer than twenty seconds, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: else one process is still at them when the others are done."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


def pytest_collection_finish() -> None:
    """What the modules of libraries and tests hold stays for good: no collection of garbage need go through it.

    Tracing makes many objects, and those collections took about a tenth of two trainings that were measured.
    """
    gc.collect()
    gc.freeze()


WITH_TENSORFLOW = [
    ROOT / "tests" / name
    for name in (
        *("backend", "combine", "legacy", "models", "networks", "train"),
        *(
            "cli/test_cli_combine.py",
            "cli/test_cli_convert_checkpoint.py",
            "cli/test_cli_info.py",
            "cli/test_cli_loop.py",
        ),
        "cli/test_cli_pretrain.py",
        *("pretraining/test_distillation.py", "pretraining/test_network.py", "pretraining/test_pretrain.py"),
        *("test_processes.py", "test_recognizer.py", "test_speed_proxies.py", "unlabelled/test_self_training.py"),
        *("tuning/test_tune.py", "cli/test_cli_tune.py"),
    )
]
"""Tests that need TensorFlow as a whole; single tests elsewhere have the mark `tensorflow`."""
KERAS = ("tensorflow", "tf_keras", "keras", "bert4keras")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-tensorflow", action="store_true", help="leave out all tests that need TensorFlow")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-tensorflow"):
        sys.meta_path.insert(0, NoKeras())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("--without-tensorflow") and collection_path in WITH_TENSORFLOW else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.config.getoption("--without-tensorflow") and item.get_closest_marker("tensorflow"):
        pytest.skip("needs TensorFlow")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say once for each reason how many tests were skipped, not once for each file."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


class NoKeras:
    """Finds no TensorFlow, so that a test which claims to do without is held to it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in KERAS:
            raise ModuleNotFoundError(
                f"{name} is imported with --without-tensorflow; mark the test: @pytest.mark.tensorflow", name=name
            )


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with data sets and checkpoints that are not part of this repository; without it the test is skipped."""
    folder = Path(os.environ.get("BERT4NER_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"{folder} is not a folder; set BERT4NER_SHARED to the one with published data and checkpoints")
    return folder


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """The published data sets."""
    return Path(os.environ.get("BERT4NER_DATA") or shared / "data")


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers in every test and every run."""
    return np.random.default_rng(20200814)


SPECIAL_TOKENS = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHARACTERS = (
    "0123456789abcdefghijklmnopqrstuvwxyz，。；：、（）！？"
    "本品用于气血两亏引起的月经量少头晕目眩面色萎黄口服一次丸日孕妇忌糖尿病患者慎人参当归川芎白术茯苓清热解毒补益肝肾"
)
TINY_ENCODER = {
    "vocab_size": len(SPECIAL_TOKENS) + len(CHARACTERS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "initializer_range": 0.02,
}


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    """A pretrained folder without weights: two layers of width 16, 64 positions, no dropout."""
    folder = tmp_path_factory.mktemp("tiny-encoder")
    described = {**TINY_ENCODER, "random_weights": True}
    (folder / "bert_config.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL_TOKENS, *CHARACTERS]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def one_layer(tiny_encoder, tmp_path_factory) -> Path:
    """The tiny encoder with one layer instead of two, which is traced in half the time."""
    folder = tmp_path_factory.mktemp("编码 器")
    shutil.copy(tiny_encoder / "vocab.txt", folder)
    config = json.loads((tiny_encoder / "bert_config.json").read_text(encoding="utf-8"))
    (folder / "bert_config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def shallow_encoder(tmp_path_factory) -> Path:
    """The first of the four layers of the bundled encoder: it learns, and is traced in a third of the time."""
    folder = tmp_path_factory.mktemp("shallow-encoder") / "tcm-mini"
    shutil.copytree(ROOT / "pretrained/tcm-mini", folder)
    path = folder / "bert_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "num_hidden_layers": 1}), encoding="utf-8")
    return folder


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Networks run without a graph: steps are slower, but nothing is traced, which takes most of a tiny training."""
    from bert4ner.backend.frameworks import tf  # deferred: most tests do without TensorFlow

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_encoder, tmp_path_factory) -> Path:
    """The same with random weights in bert_model.ckpt, as Google published them: more than an encoder needs."""
    from bert4ner.backend.frameworks import tf  # deferred: most tests do without TensorFlow

    folder = tmp_path_factory.mktemp("tiny-checkpoint") / "encoder"
    shutil.copytree(tiny_encoder, folder)
    variables = google_variables(TINY_ENCODER, np.random.default_rng(7))
    tf.raw_ops.SaveV2(
        prefix=str(folder / "bert_model.ckpt"),
        tensor_names=list(variables),
        shape_and_slices=[""] * len(variables),
        tensors=[tf.constant(value) for value in variables.values()],
    )
    return folder


def google_variables(config: dict[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random values under the names of Google's BERT: encoder, pooler, pretraining heads, optimizer slots."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "bert/embeddings/word_embeddings": (config["vocab_size"], width),
        "bert/embeddings/position_embeddings": (config["max_position_embeddings"], width),
        "bert/embeddings/token_type_embeddings": (config["type_vocab_size"], width),
        "bert/embeddings/LayerNorm/beta": (width,),
        "bert/embeddings/LayerNorm/gamma": (width,),
        "bert/pooler/dense/kernel": (width, width),
        "bert/pooler/dense/bias": (width,),
        "cls/predictions/output_bias": (config["vocab_size"],),
        "cls/seq_relationship/output_weights": (2, width),
        "cls/seq_relationship/output_bias": (2,),
    }
    for number in range(config["num_hidden_layers"]):
        layer = f"bert/encoder/layer_{number}"
        for part in ("query", "key", "value"):
            shapes[f"{layer}/attention/self/{part}/kernel"] = (width, width)
            shapes[f"{layer}/attention/self/{part}/bias"] = (width,)
        for part, sizes in {
            "attention/output": (width, width),
            "intermediate": (width, inner),
            "output": (inner, width),
        }.items():
            shapes[f"{layer}/{part}/dense/kernel"] = sizes
            shapes[f"{layer}/{part}/dense/bias"] = sizes[1:]
            if part != "intermediate":
                shapes[f"{layer}/{part}/LayerNorm/beta"] = shapes[f"{layer}/{part}/LayerNorm/gamma"] = (width,)
    values = {
        name: (rng.normal(scale=0.4, size=shape) + name.endswith("gamma")).astype("float32")
        for name, shape in shapes.items()
    }
    slots = {f"{name}/adam_{slot}": np.zeros(shape, "float32") for name, shape in shapes.items() for slot in "mv"}
    return {**values, **slots, "global_step": np.array(1000)}


@pytest.fixture(scope="session")
def spiece() -> Any:
    """Makes the content of a spiece.model from pieces: name, score, kind (1 normal, 2 unknown, 3 control).

    `model` is the kind of segmentation, 1 unigram, 2 BPE; `charsmap` the map of characters.
    """

    def varint(number: int) -> bytes:
        return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

    def field(number: int, value: Any) -> bytes:
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        if isinstance(value, float):
            return varint(number << 3 | 5) + struct.pack("<f", value)
        return varint(number << 3 | 2) + varint(len(value)) + value

    def make(pieces: list[tuple[str, float, int]], model: int = 1, charsmap: bytes = b"") -> bytes:
        content = b"".join(
            field(1, field(1, name.encode()) + field(2, score) + (field(3, kind) if kind != 1 else b""))
            for name, score, kind in pieces
        )
        normalizer = field(1, b"identity") + (field(2, charsmap) if charsmap else b"")
        return content + field(2, field(3, model) + field(40, 300)) + field(3, normalizer)

    return make
