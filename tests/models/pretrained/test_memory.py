"""Nothing is in memory before names and shapes agree, and conversion takes little more than the file."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.conversion_memory import MULTILINGUAL, configuration, make
from bert4ner.backend import unfilled
from bert4ner.backend.frameworks import tf
from bert4ner.config import ModelConfig
from bert4ner.errors import CheckpointError
from bert4ner.models.backbone import build_backbone
from bert4ner.models.pretrained import load_transformer, open_folder
from bert4ner.networks.building import build_transformer
from tests.conftest import ROOT
from tests.models.pretrained.conftest import HUGGING, ORIGINAL, SIZES
from tests.models.pretrained.hostile import memory

WIDTHS = ("intermediate_size", "hidden_dim", "d_inner", "d_ff")
NETWORK = {**SIZES, "hidden_act": "gelu"}


@pytest.fixture
def made(monkeypatch):
    """The variables without values that are made from here on."""
    found, usual = [], unfilled._Made

    def make(variable, *others):
        found.append(variable)
        return usual(variable, *others)

    monkeypatch.setattr(unfilled, "_Made", make)
    return found


@pytest.mark.parametrize("kind", [*HUGGING, *ORIGINAL])
def test_another_width_is_refused_and_no_variable_has_a_value(kind, any_folder, made, tmp_path):
    folder = tmp_path / "folder"
    shutil.copytree(any_folder(kind), folder)
    path = next(folder.glob("*config.json"))
    said = json.loads(path.read_text(encoding="utf-8"))
    name = next(name for name in WIDTHS if name in said)
    names = [each for each in (name, "hidden_dim") if each in said]  # DistilBERT's files have two names for one width
    path.write_text(json.dumps({**said, **{each: said[each] + 2 for each in names}}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"does not fit|expected"):
        load_transformer(folder)
    assert not any(variable.is_initialized() for variable in made)
    found = open_folder(folder)
    backbone = build_backbone(found.config, ModelConfig(), dropout=0.1, max_length=16, filled=False)
    with pytest.raises(CheckpointError, match="does not fit"):
        backbone.load(found.checkpoint)
    assert made and not any(variable.is_initialized() for variable in made)


def test_the_widest_network_takes_no_memory():
    wide = {**NETWORK, "hidden_size": 100_000, "intermediate_size": 1_000_000, "num_hidden_layers": 1}
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before, begun = memory("VmRSS"), time.process_time()
    with unfilled.unfilled_variables():
        build_transformer("bert", wide)
    assert memory("VmHWM") - before < 100 and time.process_time() - begun < 2


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize(("network", "more"), [("bert", {"with_mlm": True}), ("nezha", {}), ("t5", {})])
def test_values_given_later_are_those_of_the_seed(network, more, seed):
    if seed is None:  # nothing to compare with but that there are values
        with unfilled.unfilled_variables() as rest:
            built = build_transformer(network, NETWORK, **more)
        rest.fill()
        assert all(variable.is_initialized() for variable in built.model.variables)
        return
    found = []
    for late in (False, True):
        tf.random.set_seed(seed)
        if late:
            with unfilled.unfilled_variables() as rest:
                built = build_transformer(network, NETWORK, **more)
        else:
            built = build_transformer(network, NETWORK, **more)
        drawn = tf.random.normal([3]).numpy()
        if late:
            assert not all(variable.is_initialized() for variable in built.model.variables)
            rest.fill()
        found.append([*built.model.get_weights(), drawn, tf.random.normal([3]).numpy()])
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize(("job", "limit"), [("load sharded", 1.6), ("convert safetensors to", 2.0)])
def test_a_checkpoint_takes_little_more_than_its_file(job, limit):
    command = [sys.executable, "benchmarks/conversion_memory.py", "--layers", "3", "--only", job]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=True)
    (times,) = re.findall(r"([\d.]+) times the file", done.stdout.splitlines()[0])
    assert float(times) <= limit, done.stdout


@pytest.fixture(scope="module")
def embedding(tmp_path_factory):
    """A checkpoint that is nearly all embedding, as multilingual ones are."""
    folder = tmp_path_factory.mktemp("embedding") / "encoder"
    make(folder, "safetensors", configuration({**MULTILINGUAL, "vocab_size": 80_000}, 1))
    return folder


@pytest.mark.parametrize("job", ["convert", "prune"])
def test_a_large_embedding_is_never_held_twice(job, embedding, tmp_path):
    command = [sys.executable, "benchmarks/conversion_memory.py", "--job", job, embedding, tmp_path / "new"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=True)
    assert json.loads(done.stdout)["peak"] <= 1.8 * (embedding / "model.safetensors").stat().st_size
    assert (tmp_path / "new").is_dir()


def test_the_command_lets_tensorflow_give_memory_back():
    code = (
        "import os, sys\n"
        "from bert4ner.cli.main import main\n"
        "main(['convert-checkpoint', 'nothing-there', 'new'])\n"
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["0"], done.stderr
