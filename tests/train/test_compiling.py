"""A network is compiled as its configuration says, the modifiers of its step included."""

import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import build_model
from bert4ner.registry import MODIFIERS
from bert4ner.train.compiling import compile_for_training, open_modifiers
from bert4ner.train.crossval import train_model
from bert4ner.train.step import Modifier, step_of


class Rarely(Modifier):
    """A modifier of somebody else."""

    batches_per_update = 4

    def __init__(self, name: str = "x", times: int = 1, share: float = 0.5, on: bool = False):
        if times > 9:
            raise ValueError("too often")
        self.options = (name, times, share, on)


@pytest.fixture
def rarely(monkeypatch):
    monkeypatch.setitem(MODIFIERS._loaded, "rarely", Rarely)


@pytest.mark.parametrize(("precision", "kind"), [("float32", "GroupedAdamW"), ("float16", "LossScaleOptimizerV3")])
def test_what_build_model_gives_is_compiled(tiny_config, precision, kind):
    network = build_model(tiny_config(precision=precision, modifiers="ema"), ["X"])
    compile_for_training(network, total_steps=100)
    assert type(network.optimizer).__name__ == kind
    assert list(step_of(network).modifiers) == ["ema"]
    compile_for_training(network, total_steps=100)  # again: from the beginning
    assert int(network.optimizer.iterations) == 0


def test_another_network_is_refused():
    with pytest.raises(ConfigError, match=r"expected a network made by bert4ner\.build_model, got Sequential"):
        compile_for_training(keras.Sequential(), total_steps=1)


def test_the_schedule_counts_updates_not_batches(tiny_config, rarely):
    network = build_model(tiny_config(modifiers="rarely"), ["X"])
    compile_for_training(network, total_steps=101)
    assert network.optimizer._learning_rate.total_steps == 26


def test_what_each_epoch_has_left_over_is_an_update_of_its_own(tiny_config, rarely):
    network = build_model(tiny_config(modifiers="rarely"), ["X"])
    for total, epochs, updates in ((27, 3, 9), (24, 3, 6), (3, 3, 3), (27, 1, 7)):
        compile_for_training(network, total_steps=total, epochs=epochs)
        assert network.optimizer._learning_rate.total_steps == updates


def test_modifiers_have_their_order_and_their_options(tiny_config, rarely):
    found = open_modifiers(tiny_config(modifiers="rarely:times=3:share=0.25:on=true:name=word, ema:decay=0.5"))
    assert list(found) == ["rarely", "ema"]
    assert found["rarely"].options == ("word", 3, 0.25, True) and found["ema"].decay == 0.5
    assert open_modifiers(tiny_config()) == {}


@pytest.mark.parametrize(
    ("modifiers", "message"),
    [
        ("ena", "unknown modifier 'ena'; did you mean 'ema'?"),
        ("ema:decat=0.5", "the modifier 'ema' has no option 'decat'; did you mean 'decay'?"),
        ("ema:0.5", "expected option=value after 'ema', found '0.5'; e.g. ema:decay=0.99"),
        ("ema:decay=much", "decay of the modifier ema must be a number, in [0, 1), got 'much'"),
        ("rarely:times=few", "the modifier 'rarely' does not take {'times': 'few'}; see its class, Rarely"),
        ("ema:decay=0.5:decay=0.9", "modifiers: the option 'decay' of 'ema' is given twice"),
        ("e ma", "unknown modifier 'e ma'; did you mean 'ema'?"),
        ("ema,,", "unknown modifier ''"),
        ("ema:decay=2", "decay of the modifier ema must be a number, in [0, 1), got 2"),
        ("rarely:times=10", "the modifier 'rarely' does not take {'times': 10}: too often"),
        ("ema,ema:decay=0.5", "modifiers='ema,ema:decay=0.5': 'ema' is named twice"),
        ("fgm,ema,pgd", "modifiers: fgm and pgd are both adversarial training; name one of them"),
        ("fgm:epsilom=1", "the modifier 'fgm' has no option 'epsilom'; did you mean 'epsilon'?"),
        ("freelb:steps=few", "steps of the modifier freelb must be a whole number, in [1, 20], got 'few'"),
    ],
)
def test_modifiers_that_cannot_be_are_refused_before_anything_is_made(
    tiny_config, documents, tmp_path, rarely, modifiers, message
):
    config = tiny_config(modifiers=modifiers)
    with pytest.raises(ConfigError) as error:
        train_model(documents, config, output=tmp_path / "run")
    assert message in str(error.value)
    assert not (tmp_path / "run").exists()
