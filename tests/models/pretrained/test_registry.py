"""A family that another package adds: asked before ours, with a network and options of its own."""

import dataclasses
import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.errors import CheckpointError
from bert4ner.models.ner_model import NERModel, build_model
from bert4ner.models.pretrained import EncoderConfig, find_family, load_transformer, open_folder, read_encoder_config
from bert4ner.models.pretrained.encoder_config import known_options
from bert4ner.models.pretrained.families.bert import BERT
from bert4ner.models.pretrained.family import Family
from bert4ner.models.pretrained.kinds import SIZE, option
from bert4ner.networks.encoders import Bert
from bert4ner.registry import FAMILIES
from tests.conftest import ROOT
from tests.models.pretrained.conftest import SIZES, write_vocabulary


@dataclass(frozen=True, kw_only=True)
class TwiceConfig(EncoderConfig):
    times: int = option(SIZE, 2)


class Twice(Bert):
    """BERT whose last states are multiplied."""

    def __init__(self, *args, times=1, **kwargs):
        super().__init__(*args, **kwargs)
        self.times = times

    def apply_final_layers(self, inputs):
        return self.apply(
            super().apply_final_layers(inputs), keras.layers.Lambda, function=lambda states: self.times * states
        )


TWICE = Family(
    name="twice",
    title="BERT, twice",
    network=Twice,
    config=TwiceConfig,
    recognises=lambda config, shapes: config.get("model_type") == "twice",
    options=lambda config, shapes: {**known_options(config), "times": config.get("times")},
    layouts=BERT.layouts,
)
PLACE = f"{__name__}:Twice"


@pytest.fixture(params=["class", "place"])
def twice(request, monkeypatch):
    """`TWICE` registered, its network given as a class or as the place of one."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[Twice.__module__])
    family = TWICE if request.param == "class" else dataclasses.replace(TWICE, network=PLACE)
    monkeypatch.setattr(FAMILIES, "_loaded", dict(FAMILIES.__dict__["_loaded"]))
    FAMILIES.register("twice", family)
    return family


@pytest.fixture
def folder(tmp_path):
    """A pretrained folder of that family, without weights."""
    tmp_path = tmp_path / "encoder"
    tmp_path.mkdir()
    described = {**SIZES, "model_type": "twice", "times": 3, "random_weights": True}
    (tmp_path / "config.json").write_text(json.dumps(described), encoding="utf-8")
    write_vocabulary(tmp_path)
    return tmp_path


def test_ours_are_asked_in_their_order_after_all_others(twice):
    assert FAMILIES.names() == (*FAMILIES.own(), "twice") and FAMILIES.own()[-1] == "bert"
    asked = []
    greedy = dataclasses.replace(twice, recognises=lambda *_: bool(asked.append(1)) or True)
    FAMILIES.__dict__["_loaded"]["twice"] = greedy
    assert find_family({"model_type": "albert"}, {}, where="here") is greedy and asked == [1]


def test_its_models_are_opened_built_saved_and_loaded(twice, folder, tiny_config, tmp_path):
    assert open_folder(folder).family is twice
    model = NERModel.create(tiny_config(pretrained=str(folder)), ["X"])
    assert model.encoder_config == TwiceConfig(family="twice", times=3, **SIZES)
    model.save(tmp_path / "model")
    held = json.loads((tmp_path / "model" / "config.json").read_text(encoding="utf-8"))["encoder"]
    assert held == {"family": "twice", **SIZES, "times": 3}
    loaded = NERModel.load(tmp_path / "model")
    ids = np.array([[3, 40, 41, 4]])
    assert np.array_equal(loaded.outputs(ids), model.outputs(ids))
    assert build_model(tiny_config(pretrained=str(folder)), ["X"]).count_params() == model.network.count_params()


def test_its_network_computes_what_its_class_says(twice, folder):
    network = load_transformer(folder)
    weights = network.get_weights()
    inputs = [np.array([[3, 40, 41, 4]]), np.zeros((1, 4))]
    plain = load_transformer(folder, model="bert")
    plain.set_weights(weights)
    np.testing.assert_allclose(network(inputs), 3 * plain(inputs).numpy(), rtol=1e-5)


def test_its_options_are_checked(twice):
    described = {"family": "twice", **SIZES, "times": 0}
    with pytest.raises(CheckpointError, match=r"config\.json: expected 'times' to be a whole number above 0, found 0"):
        read_encoder_config(described, where="config.json")


def test_a_family_that_cannot_be_loaded_is_reported_and_the_others_are_asked(monkeypatch, caplog):
    half = metadata.EntryPoint("half", "tests.models.pretrained.test_registry:TWICE", "bert4ner.families")
    monkeypatch.setitem(FAMILIES.__dict__, "_added", {"half": half})
    with caplog.at_level(logging.WARNING):
        assert find_family({"model_type": "bert"}, {}, where="here").name == "bert"
    assert len(caplog.records) == 1
    assert "its family 'half' cannot be loaded" in caplog.text and "it calls itself 'twice'" in caplog.text


def test_their_names_are_listed_without_tensorflow():
    script = "import sys; from bert4ner.registry import FAMILIES; print(*FAMILIES, 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split()[-2:] == ["bert", "False"]
