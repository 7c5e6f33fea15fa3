"""Names on the hub, with a stand-in for huggingface_hub: nothing here needs a network."""

import shutil
import sys
import types

import pytest

from bert4ner.encoder_names import is_hub_name
from bert4ner.errors import CheckpointError, EnvironmentProblem
from bert4ner.models.pretrained import open_pretrained
from bert4ner.models.pretrained.convert import convert_checkpoint

NAME = "hfl/chinese-roberta-wwm-ext"


class RepositoryNotFoundError(Exception):
    pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A stand-in for the library; what is put in `hub.remote` is there, `hub.cache` is its cache."""
    module = types.ModuleType("huggingface_hub")
    module.remote, module.cache, module.asked, module.error = {}, tmp_path / "cache", [], None

    def list_repo_files(name):
        if module.error:
            raise module.error
        if name not in module.remote:
            raise RepositoryNotFoundError("404 Client Error\nNot Found")
        return [path.name for path in module.remote[name].iterdir()] + ["README.md", "flax_model.msgpack"]

    def snapshot_download(name, allow_patterns=None, local_files_only=False):
        module.asked.append(allow_patterns)
        if local_files_only and not module.cache.is_dir():
            raise FileNotFoundError("not in the cache")
        if not local_files_only:
            shutil.copytree(module.remote[name], module.cache)
        return str(module.cache)

    module.list_repo_files, module.snapshot_download = list_repo_files, snapshot_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return module


@pytest.fixture(scope="module")
def published(tiny_checkpoint, tmp_path_factory):
    """A folder as it is on the hub."""
    folder = tmp_path_factory.mktemp("published") / "bert"
    convert_checkpoint(tiny_checkpoint, folder)
    return folder


def test_a_model_is_downloaded_without_what_is_not_needed(hub, published):
    hub.remote[NAME] = published
    assert open_pretrained(NAME).config.hidden_size == 16
    (patterns,) = hub.asked
    assert "model.safetensors" in patterns and "vocab*.txt" in patterns and "flax_model.msgpack" not in patterns


def test_without_a_network_the_cache_serves(hub, published):
    hub.remote[NAME] = published
    open_pretrained(NAME)
    hub.error = ConnectionError("no route to host\nand more")
    assert open_pretrained(NAME).config.hidden_size == 16
    shutil.rmtree(hub.cache)
    with pytest.raises(EnvironmentProblem) as error:
        open_pretrained(NAME)
    assert str(error.value) == (
        f"{NAME}: no such folder, it is not in the cache of the Hugging Face hub, and the hub cannot be reached "
        "(no route to host); download the model where there is a network and name its folder"
    )


def test_a_name_that_the_hub_does_not_have(hub):
    with pytest.raises(CheckpointError, match=f"{NAME}: no such folder, and no such public model on the Hugging Face"):
        open_pretrained(NAME)


def test_a_model_without_weights_that_are_read(hub, tiny_encoder):
    hub.remote[NAME] = tiny_encoder
    with pytest.raises(CheckpointError, match=r"has neither model\.safetensors nor pytorch_model\.bin"):
        open_pretrained(NAME)


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(EnvironmentProblem, match="run: pip install huggingface_hub"):
        open_pretrained(NAME)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (NAME, True),
        ("a/b", True),
        ("/a/b", False),
        ("./a", False),
        ("../a", False),
        ("a", False),
        ("a/b/c", False),
        ("a/", False),
        ("C:/a", False),
        ("runs/a b", False),
    ],
)
def test_what_can_be_a_name(given, expected):
    assert is_hub_name(given) is expected
