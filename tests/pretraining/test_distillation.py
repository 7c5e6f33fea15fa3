"""A small encoder of a large one: relations and loss against numpy, what a student starts from, and that it learns."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import open_folder, open_store
from bert4ner.pretraining.distillation import Distillation, begin_from, describe_student, origins, relation
from bert4ner.pretraining.network import LanguageModel
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.pretraining.pretrain import pretrain
from tests.pretraining.test_network import IDS, PLACES, TARGETS

OPTIONS = PretrainingOptions().replace(window=32, precision="float32")
REAL = IDS != 0


@pytest.fixture(scope="module")
def teacher(tiny_checkpoint):
    return LanguageModel(open_folder(tiny_checkpoint), OPTIONS)


@pytest.fixture(scope="module")
def student(teacher):
    made = LanguageModel(describe_student(teacher.found, "auto"), OPTIONS)
    begin_from(made, teacher)
    return made


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def relate(vectors, heads):
    """Relations of one sequence without padding (length, width), head by head."""
    parts = np.split(vectors.astype("float64"), heads, axis=-1)
    return np.stack([softmax(part @ part.T / np.sqrt(part.shape[-1])) for part in parts])


def test_relations_are_those_of_the_paper_and_padding_has_none(rng):
    vectors = rng.normal(size=(2, 10, 12)).astype("float32")
    found = np.exp(relation(tf.constant(vectors), tf.constant(REAL), heads=3))
    for row in range(2):
        length = REAL[row].sum()
        np.testing.assert_allclose(found[row, :, :length, :length], relate(vectors[row, :length], 3), atol=1e-5)
        assert not found[row, :, :, length:].any()


def inside(model):
    """Queries, keys and values of the last attention, and the states, of the two rows of IDS without their padding."""
    last = model.layer(f"Transformer-{model.found.config.num_hidden_layers - 1}-MultiHeadSelfAttention")
    encoder = keras.Model(model.network.inputs, [last.input[0], model.encoder.output])
    before, states = (each.numpy() for each in encoder([IDS, np.zeros_like(IDS)]))
    found = []
    for row, length in enumerate(REAL.sum(axis=1)):
        given = before[row, :length]
        parts = [
            given @ dense.kernel.numpy() + dense.bias.numpy() for dense in (last.q_dense, last.k_dense, last.v_dense)
        ]
        found.append((parts, states[row, :length].astype("float64")))
    return found, last.heads


def test_the_loss_is_divergence_cosine_and_guesses(student, teacher):
    (taught, heads), (found, _) = inside(teacher), inside(student)
    relations, cosines = [], []
    for (goal, goal_states), (parts, states) in zip(taught, found, strict=True):
        divergences = [
            (relate(one, heads) * np.log(relate(one, heads) / relate(other, heads))).sum(axis=-1).mean(axis=0)
            for one, other in zip(goal, parts, strict=True)
        ]
        relations += np.mean(divergences, axis=0).tolist()
        norms = np.linalg.norm(goal_states, axis=-1) * np.linalg.norm(states, axis=-1)
        cosines += ((goal_states * states).sum(axis=-1) / norms).tolist()
    batch = [tf.constant(each, "int32") for each in (IDS, PLACES, TARGETS)]
    losses, _ = student.losses(student.read(batch[0], training=False), *batch[1:], training=False)
    expected = np.mean(relations) + 1 - np.mean(cosines) + np.mean(losses)
    assert float(Distillation(student, teacher)(*batch)) == pytest.approx(expected, rel=1e-4)
    assert np.mean(relations) > 0.01 and 1 - np.mean(cosines) > 0.01


def test_nothing_is_left_to_imitate_in_oneself(teacher):
    batch = [tf.constant(each, "int32") for each in (IDS, PLACES, TARGETS)]
    losses, _ = teacher.losses(teacher.read(batch[0], training=False), *batch[1:], training=False)
    assert float(Distillation(teacher, teacher)(*batch)) == pytest.approx(float(tf.reduce_mean(losses)), abs=1e-5)


def test_a_student_starts_from_layers_of_its_teacher_the_last_among_them(student, teacher):
    mine, taught = student.trainable(), teacher.trainable()
    for one, other in (
        ("Embedding-Token", "Embedding-Token"),
        ("Transformer-0-FeedForward", "Transformer-1-FeedForward"),
        ("MLM-Dense", "MLM-Dense"),
    ):
        for left, right in zip(mine[one], taught[other], strict=True):
            np.testing.assert_array_equal(left, right)
    assert "Transformer-1-FeedForward" not in mine


@pytest.mark.parametrize(("student", "teacher", "chosen"), [(2, 4, [1, 3]), (4, 12, [2, 5, 8, 11]), (3, 4, [0, 2, 3])])
def test_layers_are_evenly_chosen(student, teacher, chosen):
    assert origins(student, teacher) == chosen


def test_a_student_has_fewer_layers(teacher):
    with pytest.raises(ConfigError, match="layers=2, but the teacher has 2; a student must have fewer"):
        describe_student(teacher.found, 2)


def test_a_student_learns_and_its_checkpoint_has_its_layers(tiny_checkpoint, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(f"人参当归川芎白术头晕目眩{number}。" for number in range(40)), encoding="utf-8")
    options = OPTIONS.replace(
        teacher=str(tiny_checkpoint), batch_tokens=256, epochs=12, report_every=12, learning_rate=5e-3, held_out=0.1
    )
    lines = pretrain([path], options, output=tmp_path / "small")
    losses = [line["loss"] for line in lines[1:]]
    assert losses[-1] < 0.8 * losses[0] and lines[-1]["perplexity"] < lines[0]["perplexity"]
    found = open_folder(tmp_path / "small")
    assert found.config.num_hidden_layers == 1
    names = open_store(found.checkpoint).shapes
    assert not [name for name in names if "layer_1" in name] and "bert/pooler/dense/kernel" in names
