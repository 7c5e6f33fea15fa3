"""The whole training: perplexity falls, a kill changes nothing, what is written is an encoder like any other."""

import json
import logging

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras
from bert4ner.config import Config
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.models.pretrained import EncoderConfig, open_folder, open_pretrained, open_store
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.pretraining.pretrain import pretrain
from bert4ner.pretraining.training import Training, learning_rate
from bert4ner.runs.lock import held

WORDS = ("人参", "当归", "川芎", "白术", "头晕", "目眩", "月经", "糖尿病")


class Stopped(Exception):
    """What a test raises in the middle of a training."""


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A file of 60 lines that repeat themselves: the words, from one of them on."""
    path = tmp_path_factory.mktemp("texts") / "lines.txt"
    lines = ["，".join(WORDS[start % 8 :] + WORDS[: start % 8]) + f"{start}。" for start in range(60)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def options(one_layer):
    """Two rounds and a bit of a training with dropout."""
    return PretrainingOptions().replace(
        pretrained=str(one_layer),
        window=32,
        batch_tokens=256,
        held_out=0.1,
        epochs=7,
        learning_rate=0.01,
        dropout=0.1,
        report_every=20,
        precision="float32",
    )


@pytest.fixture(scope="module")
def finished(texts, options, tmp_path_factory):
    """The folder of a training that was not stopped, and its history."""
    folder = tmp_path_factory.mktemp("finished") / "encoder"
    return folder, pretrain([texts], options, output=folder)


def stop(*args):
    """Stands for something that ends a training."""
    raise Stopped


def stop_at(update, monkeypatch):
    """Break a training off when it is about to write down what came of so many updates."""
    original = Training._note

    def note(self, line):
        if line["update"] == update:
            raise Stopped
        original(self, line)

    monkeypatch.setattr(Training, "_note", note)


def weights(folder):
    store = open_store(open_folder(folder).checkpoint)
    return {name: store.read(name) for name in store.shapes}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_perplexity_falls_and_is_written_down(finished):
    folder, lines = finished
    perplexities = [line["perplexity"] for line in lines]
    assert perplexities[0] > 50 and perplexities[-1] < 0.5 * perplexities[0]
    assert lines[-1]["accuracy"] > lines[0]["accuracy"]
    assert [(line["update"], line["epoch"]) for line in lines] == [(0, 0), (20, 2.857), (40, 5.714), (49, 7)]
    assert lines[-1]["tokens_per_second"] > 0
    assert [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()] == lines
    assert PretrainingOptions.load_saved(folder / "pretraining.toml").texts.window == 32
    assert {path.name for path in folder.iterdir()} == {
        *("bert_config.json", "bert_model.ckpt.data-00000-of-00001", "bert_model.ckpt.index"),
        *("history.jsonl", "pretraining.toml", "vocab.txt"),
    }


def test_sixteen_bits_learn_what_float32_learns(texts, options, finished, tmp_path):
    lines = pretrain([texts], options.replace(precision="float16"), output=tmp_path / "encoder")
    for name in ("perplexity", "accuracy"):
        np.testing.assert_allclose([line[name] for line in lines], [line[name] for line in finished[1]], rtol=0.1)
    assert {str(each.dtype) for each in weights(tmp_path / "encoder").values()} == {"float32"}


def test_a_training_that_was_killed_ends_with_the_same_weights(texts, options, finished, tmp_path, monkeypatch):
    folder = tmp_path / "encoder"
    stop_at(40, monkeypatch)  # after updates that no state has
    with pytest.raises(Stopped):
        pretrain([texts], options, output=folder)
    assert load_file(folder / "state/training.safetensors") and not (folder / "bert_config.json").exists()
    monkeypatch.undo()
    keras.utils.set_random_seed(5)  # another process
    lines = pretrain([texts], options, output=folder)
    timeless = [{name: line[name] for name in ("update", "perplexity", "accuracy")} for line in lines]
    assert timeless == [{name: line[name] for name in timeless[0]} for line in finished[1]]
    assert_same(weights(folder), weights(finished[0]))
    assert not (folder / "state").exists()


def test_a_kill_while_the_encoder_is_written_loses_nothing(texts, options, finished, tmp_path, monkeypatch):
    folder = tmp_path / "encoder"
    removal = "bert4ner.pretraining.folder.remove_folder"
    monkeypatch.setattr(removal, lambda state: stop() if (folder / "bert_config.json").is_file() else None)
    with pytest.raises(Stopped):
        pretrain([texts], options.replace(epochs=1), output=folder)
    monkeypatch.undo()
    written = weights(folder)
    pretrain([texts], options.replace(epochs=1), output=folder)
    assert_same(weights(folder), written)


def test_a_complete_training_is_not_done_again_and_another_is_refused(texts, options, finished, monkeypatch):
    folder, lines = finished
    monkeypatch.setattr("bert4ner.pretraining.pretrain.LanguageModel", stop)
    assert pretrain([texts], options, output=folder) == lines
    with pytest.raises(RunError, match=r"was begun with epochs=7, now 6; choose another --output"):
        pretrain([texts], options.replace(epochs=6), output=folder)


def test_a_folder_that_was_renamed_is_not_made_anew_and_goes_on_with_the_same_texts_and_a_whole_state(
    texts, options, tmp_path, monkeypatch
):
    folder = tmp_path / "encoder"
    measured = Training._round

    def rename(self, start, stop):
        folder.rename(tmp_path / "moved")
        measured(self, start, stop)

    monkeypatch.setattr(Training, "_round", rename)
    with pytest.raises(RunError, match=rf"^{folder}: was removed or renamed during the training; move it back"):
        pretrain([texts], options, output=folder)
    assert not folder.exists()
    (tmp_path / "moved").rename(folder)
    monkeypatch.undo()
    (tmp_path / "other.txt").write_text("人参\n当归", encoding="utf-8")
    with pytest.raises(RunError, match="was begun with other texts"):
        pretrain([tmp_path / "other.txt"], options, output=folder)
    with pytest.raises(RunError, match="was begun with seed=42, now 43"):
        pretrain([texts], options.replace(seed=43), output=folder)
    (folder / "state/training.safetensors").write_bytes(b"no")
    with pytest.raises(RunError, match="damaged"):
        pretrain([texts], options, output=folder)


def test_what_never_came_to_a_state_may_be_begun_with_other_options(texts, options, tmp_path, monkeypatch):
    monkeypatch.setattr("bert4ner.pretraining.pretrain.LanguageModel", stop)
    for seed in (42, 43):
        with pytest.raises(Stopped):
            pretrain([texts], options.replace(seed=seed), output=tmp_path / "encoder")


def test_the_encoder_is_trained_on_by_train(finished):
    config = Config().replace(pretrained=str(finished[0]), max_length=32, overlap=4, precision="float32")
    model = NERModel.create(config, ["DRUG"])
    table = model.weights()["Embedding-Token/0.embeddings"]
    np.testing.assert_array_equal(table, weights(finished[0])["bert/embeddings/word_embeddings"])


def test_steps_are_traced_once_whatever_the_batches(texts, options, tmp_path, monkeypatch):
    seen = []
    original = Training.run

    def run(self):
        original(self)
        seen.extend(each.experimental_get_tracing_count() for each in (self._update, self._measure))

    monkeypatch.setattr(Training, "run", run)
    pretrain([texts], options.replace(epochs=1, layout="hf", masking="ngrams"), output=tmp_path / "encoder")
    assert seen == [1, 1]
    assert (tmp_path / "encoder/model.safetensors").is_file() and (tmp_path / "encoder/config.json").is_file()


def test_nothing_needs_to_be_held_out_and_what_is_learned_from_is_reported(texts, options, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "bert4ner"):
        lines = pretrain([texts], options.replace(epochs=1, held_out=0.0), output=tmp_path / "encoder")
    assert "perplexity" not in lines[-1] and lines[-1]["loss"] > 0
    assert "60 documents, 1610 tokens" in caplog.text and "update 7 of 7: loss" in caplog.text


def test_a_loss_that_is_no_number_ends_it(texts, options, tmp_path):
    with pytest.raises(
        RunError, match=r"the loss is not a number between the updates 0 and \d+; lower --learning-rate"
    ):
        pretrain([texts], options.replace(learning_rate=1e30, clip_norm=0.0, warmup=0.0), output=tmp_path / "encoder")


def test_one_process_at_a_time_and_only_into_a_folder_of_its_own(texts, options, tmp_path):
    with held(tmp_path / "one"), pytest.raises(RunError, match="this process trains into this folder"):
        pretrain([texts], options, output=tmp_path / "one")
    with pytest.raises(ConfigError, match="the folder contains something else"):
        pretrain([texts], options, output=texts.parent)
    with pytest.raises(ConfigError, match="no encoder; name its folder with --pretrained DIR"):
        pretrain([texts], PretrainingOptions(), output=tmp_path / "two")
    with pytest.raises(CheckpointError, match="no such folder"):
        pretrain([texts], options.replace(pretrained=str(tmp_path / "no")), output=tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_an_encoder_that_learns_from_nothing(texts, options, one_layer, tmp_path):
    architecture = one_layer / "bert_config.json"
    new = options.replace(pretrained="", architecture=str(architecture), least_count=16, epochs=1)
    lines = pretrain([texts], new, output=tmp_path / "encoder")
    vocabulary = open_pretrained(tmp_path / "encoder").vocabulary
    assert set(vocabulary.tokens[6:]) == set("".join(WORDS) + "，。12345")
    assert vocabulary.tokens[6] == "，" and lines[0]["perplexity"] < len(vocabulary) * 1.2
    assert weights(tmp_path / "encoder")["bert/embeddings/word_embeddings"].shape == (len(vocabulary), 16)
    with pytest.raises(CheckpointError, match=r"no\.json: cannot be read \(No such file or directory\)"):
        pretrain([texts], new.replace(architecture=str(tmp_path / "no.json")), output=tmp_path / "other")
    with pytest.raises(DataError, match="no character occurs 10000 times in the texts; lower --least-count"):
        pretrain([texts], new.replace(least_count=10_000), output=tmp_path / "other")


@pytest.mark.parametrize(("layers", "width", "rate"), [(4, 256, 1e-3), (12, 768, 1e-4), (24, 1024, 5e-5)])
def test_the_rate_suits_the_size(layers, width, rate):
    config = EncoderConfig(
        family="bert",
        vocab_size=10,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=4 * width,
        hidden_act="gelu",
    )
    assert learning_rate(config, PretrainingOptions()) == pytest.approx(rate, rel=0.1)
    assert learning_rate(config, PretrainingOptions().replace(learning_rate=3e-4)) == 3e-4
