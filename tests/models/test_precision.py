"""Which arithmetic `auto` means on which machine, and that a policy ends with its block."""

import random
from pathlib import Path

import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models import precision as module
from bert4ner.models.blueprint import Blueprint
from bert4ner.models.builder import assemble
from bert4ner.models.ner_model import NERModel, build_model
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.reading.plain import PlainReading


def machine(monkeypatch, *, gpus=(), flags="fpu avx2", architecture="x86_64"):
    """Pretend to be a machine whose GPUs have these compute capabilities and whose CPU has these flags."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(gpus) if kind == "GPU" else ["CPU"])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {} if gpu is None else {"compute_capability": gpu}
    )
    monkeypatch.setattr(module.platform, "machine", lambda: architecture)
    if flags is None:
        monkeypatch.setattr(module, "Path", lambda name: Path("/nowhere/cpuinfo"))
    else:

        class CpuInfo:
            def __init__(self, name):
                assert name == "/proc/cpuinfo"

            def read_text(self, encoding):
                return f"processor : 0\nflags : {flags}\n"

        monkeypatch.setattr(module, "Path", CpuInfo)


@pytest.mark.parametrize("named", ["float32", "bfloat16", "float16"])
def test_a_named_precision_is_taken_at_its_word(monkeypatch, named):
    machine(monkeypatch, gpus=[(9, 0)], flags="avx512_bf16")
    assert resolve_precision(named) == named


@pytest.mark.parametrize(
    ("hardware", "expected"),
    [
        ({"flags": "fpu avx2 avx512f"}, "float32"),
        ({"flags": "fpu avx512_bf16"}, "bfloat16"),
        ({"flags": "fpu amx_bf16 amx_tile"}, "bfloat16"),
        ({"flags": "fpu not_avx512_bf16_at_all"}, "float32"),
        ({"flags": "avx512_bf16", "architecture": "arm64"}, "float32"),
        ({"flags": None}, "float32"),  # no /proc/cpuinfo
        ({"gpus": [(8, 0)]}, "bfloat16"),
        ({"gpus": [(9, 0), (8, 6)]}, "bfloat16"),
        ({"gpus": [(7, 5)], "flags": "avx512_bf16"}, "float32"),  # the GPU does the work
        ({"gpus": [(9, 0), (7, 0)]}, "float32"),
        ({"gpus": [None]}, "float32"),  # a GPU that does not say
    ],
)
def test_auto_is_bfloat16_where_the_hardware_has_it(monkeypatch, hardware, expected):
    machine(monkeypatch, **hardware)
    assert resolve_precision("auto") == expected


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_a_policy_holds_for_its_block_even_if_that_fails(name):
    before = keras.mixed_precision.global_policy().name
    with pytest.raises(ZeroDivisionError), policy(name):
        layer = keras.layers.Dense(2)
        raise ZeroDivisionError
    assert (layer.compute_dtype, layer.variable_dtype) == (name, "float32")
    assert keras.mixed_precision.global_policy().name == before


@pytest.fixture
def tf32():
    """TF32 as TensorFlow has it at first; off afterwards, as for all other tests."""
    tf.config.experimental.enable_tensor_float_32_execution(True)
    yield tf.config.experimental.tensor_float_32_execution_enabled
    tf.config.experimental.enable_tensor_float_32_execution(False)


def test_float32_of_a_model_is_not_tf32(tf32, tiny_config):
    NERModel.create(tiny_config(), ["DRUG"])
    assert not tf32()


def test_nor_that_of_a_plain_network(tf32, tiny_config):
    build_model(tiny_config(), ["DRUG"])
    assert not tf32()


def test_nor_that_of_a_model_loaded(tiny_model, tmp_path, tf32):
    tiny_model.save(tmp_path)
    assert tf32()
    NERModel.load(tmp_path)
    assert not tf32()


def test_parts_are_built_without_a_switch(tf32, tiny_model, tiny_config):
    state = random.getstate()
    blueprint = Blueprint.of(tiny_config(), ["DRUG"], tiny_model.encoder_config, tiny_model.vocabulary)
    assemble(blueprint, PlainReading.open(blueprint))
    assert tf32() and random.getstate() == state
    assert keras.mixed_precision.global_policy().name == "float32"
