"""Scripts as they were written around 2019, run unmodified, each in a process of its own."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import TINY_ENCODER
from tests.legacy.legacy_process import ROOT, SCRIPTS, run_legacy

pytestmark = pytest.mark.slow


def facts_of(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    done = run_legacy("names.py", "--width", 2, "--folder", folder)
    return facts_of(done) | {"stderr": done.stderr, "given": ["--width", "2", "--folder", str(folder)]}


def test_tensorflow_1_names_work(names):
    assert names["placeholder"] and names["default graph"] and names["width"] == 2
    assert names["y"] == [[6, 6]] and names["sparse"] == 3.5 and names["log"] == [0]
    gradient = np.outer([1, 2], [6, 6])  # of the mean over both columns of y²
    np.testing.assert_allclose(names["w"], 2 - 0.1 * gradient, rtol=1e-6)
    assert names["saved"] == names["w"]


def test_keras_2_names_work(names):
    assert names["tf.keras"] and names["layer class"] and names["keras"].startswith("2.")
    assert names["lr"] == pytest.approx(0.01) and names["losses"][1] < 0.6 * names["losses"][0]
    assert names["predict_generator"] and names["session"] and names["session.run"] and names["h5"]
    assert names["predict_classes"]
    assert names["function"] == [16, 3]
    np.testing.assert_allclose(names["gradient"], names["numeric gradient"], atol=2e-3)
    assert np.abs(names["gradient"]).max() > 0.01


def test_a_script_runs_as_with_python_and_nothing_else_is_printed(names):
    assert names["argv"] == names["given"]
    assert (names["path"], names["file"]) == (str(SCRIPTS), str(SCRIPTS / "names.py"))
    assert names["stderr"] == ""


@pytest.fixture(scope="module")
def bert(tiny_checkpoint, tmp_path_factory):
    """Facts and gradients without and with RECOMPUTE=1."""
    folder = tmp_path_factory.mktemp("bert")
    runs = [run_legacy("bert.py", tiny_checkpoint, folder / f"gradients-{again}.npz", again) for again in (0, 1)]
    return [(facts_of(done), np.load(folder / f"gradients-{again}.npz")) for again, done in enumerate(runs)]


def test_recomputed_layers_have_the_same_gradients(bert):
    (plain, expected), (recomputed, found) = bert
    assert (plain["computed again"], recomputed["computed again"]) == (0, TINY_ENCODER["num_hidden_layers"])
    for name in expected.files:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6)
    assert sum(np.abs(expected[name]).max() > 1e-4 for name in expected.files) > 20


def test_recomputed_dropout_drops_the_same(bert):
    assert all(facts["same dropout"] and 0.4 < facts["dropped"] < 0.6 for facts, _ in bert)


def test_checkpoints_are_written_with_googles_names(bert):
    facts, _ = bert[0]
    blocks = TINY_ENCODER["num_hidden_layers"]
    assert facts["same as read"] and facts["read back"] and facts["weights of their own"]
    assert len(facts["variables"]) == 5 + 16 * blocks and "bert/embeddings/LayerNorm/beta" in facts["variables"]


def test_texts_are_generated(bert):
    facts, _ = bert[0]
    assert facts["beam search"] == [2, 3, 4, 5, 6, 7] and facts["sampled"] == [facts["beam search"]] * 2
    assert facts["language model"][-1] == TINY_ENCODER["vocab_size"]


def test_adversarial_training_and_a_crf_that_is_saved_and_loaded(bert):
    facts, _ = bert[0]
    assert facts["losses"][1] < 0.9 * facts["losses"][0] and 0 < facts["accuracy"] <= 1
    assert len(facts["deltas"]) == 12 and np.allclose(facts["deltas"], 0.5, rtol=1e-3)
    assert facts["predict_generator"] and facts["h5 predicts"]
    assert facts["h5 loss"][0] == pytest.approx(facts["h5 loss"][1], rel=1e-5)
    assert facts["h5 optimizer"] == "AdamW" and facts["h5 adam"]


def test_the_published_recognizer_learns(shallow_encoder, tmp_path):
    """The flow of bert4keras' example on a part of the bundled sample."""
    lines = (ROOT / "examples/data/leaflets.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    for name, part in (("train", documents[:24]), ("valid", documents[24:30])):
        (tmp_path / name).write_text("\n".join(columns(document) for document in part), encoding="utf-8")
    done = run_legacy("ner_crf.py", "train", "valid", shallow_encoder, 4, 1e-3, 100, folder=tmp_path)
    facts = facts_of(done)
    losses, scores = zip(*facts["history"], strict=True)
    assert losses[-1] < 0.4 * losses[0] and facts["best"] == max(scores) > 0.25
    assert done.stderr == "" and done.stdout.count("best f1") == 4


def columns(document):
    """A character and its BIO tag per line."""
    tags = ["O"] * len(document["text"])
    for entity in document["entities"]:
        tags[entity["start"] : entity["end"]] = [
            f"{'I' if place else 'B'}-{entity['label']}" for place in range(entity["end"] - entity["start"])
        ]
    return "".join(f"{char}\t{tag}\n" for char, tag in zip(document["text"], tags, strict=True))


def test_the_guide_says_the_same_in_both_languages():
    english, chinese = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("legacy.md", "zh/legacy.md"))
    for pattern in (r"^```.*?^```", r"`[a-z_.]+`"):
        ours, theirs = (re.findall(pattern, text, flags=re.MULTILINE | re.DOTALL) for text in (english, chinese))
        assert ours and sorted(set(ours)) == sorted(set(theirs))
    assert english.count("\n| ") == chinese.count("\n| ") > 20


ACTIVATED = """
import json
from bert4ner.compat import activate
from bert4ner.errors import EnvironmentProblem
activate(legacy=True)
activate(legacy=True)
import sys, tensorflow as tf, keras
facts = {"eager": tf.executing_eagerly(), "placeholder": tf.placeholder("float32", [2]).shape[0].value}
def error_of(action):
    try:
        action()
    except (EnvironmentProblem, AttributeError, ImportError) as error:
        return str(error)
facts["other way"] = error_of(activate)
facts["own models"] = error_of(lambda: __import__("bert4ner.backend.frameworks"))
facts["gone"] = error_of(lambda: tf.contrib.crf.crf_decode)
facts["eager wanted"] = error_of(lambda: tf.enable_eager_execution())
facts["missing"] = error_of(lambda: __import__("tensorflow.contrib.crf", fromlist=["x"]).x)
from bert4ner.legacy import names
names.remove()
import tensorflow as today
facts["today"] = [hasattr(today, "placeholder"), "keras" in sys.modules, hasattr(today.keras.backend, "tf")]
print(json.dumps(facts))
"""


def test_activate_legacy_in_a_script():
    done = subprocess.run(
        [sys.executable, "-c", ACTIVATED], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    facts = facts_of(done)
    assert (facts["eager"], facts["placeholder"]) == (False, 2)
    assert facts["other way"].startswith("this process runs legacy scripts") and "own" in facts["own models"]
    assert facts["gone"].startswith("tf.contrib.crf.crf_decode: does not exist any more; write bert4keras.layers.")
    assert facts["eager wanted"].startswith("tf.enable_eager_execution: ")
    assert facts["missing"].startswith("tf.contrib.crf.x: does not exist any more")
    assert facts["today"] == [False, False, False] and done.stderr == ""
