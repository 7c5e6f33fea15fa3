"""Models saved and loaded: complete without the pretrained folder, the same in a fresh process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel

ROOT = Path(__file__).resolve().parent.parent.parent


IDS = np.array([[3, 40, 41, 42, 43, 4], [3, 50, 51, 4, 0, 0]], "int32")


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    tiny_model.save(folder)
    return folder


def test_a_loaded_model_is_the_saved_one(saved, tiny_model):
    loaded = NERModel.load(str(saved))
    assert (loaded.config, loaded.labels, loaded.vocabulary.tokens) == (
        tiny_model.config,
        tiny_model.labels,
        tiny_model.vocabulary.tokens,
    )
    assert np.array_equal(loaded.outputs(IDS), tiny_model.outputs(IDS))


def test_every_variable_is_of_the_encoder_or_on_top(tiny_model):
    below, on_top = tiny_model.encoder_variables(), tiny_model.head_variables()
    assert sorted([*below, *on_top]) == sorted(variable.name for variable in tiny_model.network.trainable_variables)
    assert set(below.values()) == set(range(tiny_model.encoder_config.num_hidden_layers + 1))


FRESH = """
import sys
import numpy as np
from bert4ner.models.ner_model import NERModel
model = NERModel.load(sys.argv[1])
np.save(sys.argv[2], model.outputs(np.load(sys.argv[3])))
"""


def test_a_fresh_process_without_the_pretrained_folder_gives_the_same(tiny_encoder, tiny_config, tmp_path):
    pretrained = shutil.copytree(tiny_encoder, tmp_path / "pretrained")
    config = tiny_config(pretrained=str(pretrained), encoder="idcnn", fusion="weighted")
    model = NERModel.create(config, ["剂型", "X Y"])
    model.save(tmp_path / "model")
    shutil.rmtree(pretrained)
    np.save(tmp_path / "ids.npy", IDS)
    subprocess.run(
        [sys.executable, "-c", FRESH, tmp_path / "model", tmp_path / "outputs.npy", tmp_path / "ids.npy"],
        cwd=ROOT,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert np.array_equal(np.load(tmp_path / "outputs.npy"), model.outputs(IDS))


def test_the_precision_of_a_loaded_model_may_be_chosen(saved, tiny_model):
    loaded = NERModel.load(saved, precision="bfloat16")
    assert loaded.network.get_layer("Transformer-0-FeedForward").compute_dtype == "bfloat16"
    assert loaded.config == tiny_model.config  # what it was trained with, not what runs here
    exact = tiny_model.outputs(IDS)
    assert not np.array_equal(loaded.outputs(IDS), exact)
    np.testing.assert_allclose(
        loaded.outputs(IDS)[IDS[:, 1:] > 0], exact[IDS[:, 1:] > 0], atol=0.05 * np.abs(exact).max()
    )
    with pytest.raises(ConfigError, match="precision must be"):
        NERModel.load(saved, precision="double")


def test_saving_again_replaces_the_folder_and_leaves_nothing_aside(saved, tiny_config, tmp_path):
    folder = shutil.copytree(saved, tmp_path / "model")
    other = NERModel.create(tiny_config(seed=9), ["Z"])
    other.save(folder)
    assert NERModel.load(folder).labels == ("Z",) and len(list(folder.iterdir())) == 4
