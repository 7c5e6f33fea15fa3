"""R-Drop: each head's divergence against its definition, written down in loops; without dropout it adds nothing."""

import itertools

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.crossval import train_model
from bert4ner.train.modifiers.r_drop import RDrop
from bert4ner.train.step import Batch, Loss, TrainingStep
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.modifiers.resuming import LABELS, assert_resumes

IDS = np.array([[3, 40, 41, 42, 43, 44, 4], [3, 50, 51, 52, 4, 0, 0]], "int32")
LENGTHS = np.array([5, 3])
CHAIN = ("head/transitions", "head/starts", "head/ends")
GOLD = [[TokenSpan(1, 3, "X")], [TokenSpan(0, 1, "Y")]]


def both(one, other):
    """The mean of both Kullback-Leibler divergences of two distributions over the last axis."""
    return sum((p * np.log(p / q)).sum() for p, q in ((one, other), (other, one))) / 2


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=-1, keepdims=True)


def probabilities(logits):
    """Of each fact the distribution over so and not so."""
    return np.stack([1 / (1 + np.exp(-logits)), 1 / (1 + np.exp(logits))], axis=-1)


def spans_of(length):
    return list(itertools.combinations_with_replacement(range(length), 2))


def of_tokens(one, other, length, gold):
    return sum(both(softmax(one[token]), softmax(other[token])) for token in range(length))


def of_pointers(one, other, length, gold):
    return sum(both(softmax(one[i, end]), softmax(other[i, end])) for i in range(length) for end in (0, 1)) / 2


def of_pairs(one, other, length, gold):
    return sum(both(softmax(one[i, j]), softmax(other[i, j])) for i in range(length) for j in range(length))


def of_spans(one, other, length, gold):
    cells = [(label, i, j) for label in (0, 1) for i, j in spans_of(length)]
    return sum(both(probabilities(one[cell]), probabilities(other[cell])) for cell in cells)


def of_parts(one, other, length, gold):
    width = one.shape[0]

    def logits(parts, label, i, j):
        return parts[i, j] + parts[j, width + label] + parts[i, width + 2 + label]

    cells = [(label, i, j) for label in (0, 1) for i, j in spans_of(length)]
    return sum(both(probabilities(logits(one, *cell)), probabilities(logits(other, *cell))) for cell in cells)


def of_answers(one, other, length, gold):
    total = 0.0
    for label in (0, 1):
        asked = []
        for row, edge in ((-2, lambda span: span.start), (-1, lambda span: span.end - 1)):
            right = {edge(span) for span in gold if "XY".index(span.label) == label}
            asked.append([i in right or one[label, row, i] > 0 or other[label, row, i] > 0 for i in range(length)])
            total += sum(
                both(probabilities(one[label, row, i]), probabilities(other[label, row, i])) for i in range(length)
            )
        for i, j in spans_of(length):
            if asked[0][i] and asked[1][j]:
                total += both(probabilities(one[label, i, j]), probabilities(other[label, i, j]))
    return total


DEFINITIONS = {
    "tags": of_tokens,
    "pointers": of_pointers,
    "relations": of_pairs,
    "span logits": of_spans,
    "parts of span logits": of_parts,
    "start, end and match logits": of_answers,
}


def spoilt(outputs, head):
    """Outputs of whole windows with NaN wherever a window has no text, on every axis of tokens."""
    outputs = outputs.copy()
    for row, length in enumerate(LENGTHS):
        for axis in head.token_axes:
            window = np.moveaxis(outputs[row], axis - 1, 0)  # a view
            window[0] = np.nan
            window[length + 1 : IDS.shape[1]] = np.nan
    return outputs


@pytest.mark.parametrize("name", HEADS.own())
def test_the_divergence_is_that_of_its_definition_per_real_token(tiny_config, rng, name):
    head = NERModel.create(tiny_config(head=name, head_size=8), ["X", "Y"]).head
    shape = head.compute_output_shape((2, IDS.shape[1], 16))
    one, other = (rng.normal(size=shape).astype("float32") for _ in range(2))
    targets = tf.constant(head.targets(GOLD, LENGTHS, IDS.shape[1] - 1))
    found = head.divergence(targets, tf.constant(spoilt(one, head)), tf.constant(spoilt(other, head))).numpy()
    texts = [head.text(outputs).astype("float64") for outputs in (one, other)]
    sums = [
        DEFINITIONS[head.kind](texts[0][row], texts[1][row], length, GOLD[row]) for row, length in enumerate(LENGTHS)
    ]
    assert min(sums) > 0
    np.testing.assert_allclose(found, np.array(sums) * 2 / LENGTHS.sum(), rtol=1e-4)


@pytest.fixture
def gradients(tiny_config, documents):
    """The loss and gradients of a batch of four windows, by the step of some modifiers."""

    def gradients(modifiers, head, precision="float32", dropout=0.0):
        config = tiny_config(head=head, head_size=8, precision=precision, head_dropout=dropout, encoder_dropout=dropout)
        model = NERModel.create(config, LABELS)
        compile_for_training(model.network, 10)
        inputs, targets = TrainingBatches(documents, model).batch(np.arange(4))
        batch = Batch([tf.constant(part) for part in inputs], tf.constant(targets))
        step = TrainingStep(model.network, modifiers)
        return float(step.loss(batch).value), step.gradients(batch).pairs

    return gradients


@pytest.mark.parametrize(("name", "precision"), HEADS_AND_PRECISIONS)
def test_without_dropout_exactly_nothing_is_added(gradients, name, precision):
    plain, pairs = gradients({}, name, precision)
    loss, same = gradients({"r_drop": RDrop(alpha=5.0)}, name, precision)
    assert loss == plain
    for (one, variable), (other, _) in zip(pairs, same, strict=True):
        # What a pass reads several times is twice as many numbers to add up, half as large, in another order.
        reordered = isinstance(one, tf.IndexedSlices) or variable.name.startswith(CHAIN)
        one, other = tf.convert_to_tensor(one).numpy(), tf.convert_to_tensor(other).numpy()
        tolerance = {"rtol": 1e-4, "atol": 1e-6} if reordered else {"rtol": 0, "atol": 0}
        np.testing.assert_allclose(one, other, **tolerance, err_msg=variable.name)


@pytest.mark.parametrize("name", HEADS.own())
def test_with_dropout_passes_disagree_and_that_has_a_gradient(gradients, name):
    losses = [gradients({"r_drop": RDrop(alpha)}, name, dropout=0.5)[0] for alpha in (1e-6, 2.0, 4.0)]
    assert losses[0] < losses[1] < losses[2]
    np.testing.assert_allclose(losses[2] - losses[0], 2 * (losses[1] - losses[0]), rtol=1e-3)


def test_the_loss_is_half_the_published_one_and_documents_weigh(tiny_config, rng):
    """(loss + loss + alpha * (KL + KL) / 2) / 2, window by window times its weight."""
    model = NERModel.create(tiny_config(head="softmax"), ["X", "Y"])
    shape = model.head.compute_output_shape((2, IDS.shape[1], 16))
    outputs = [tf.constant(rng.normal(size=shape).astype("float32")) for _ in range(2)]
    modifier = RDrop(alpha=3.0)
    modifier.build(model.network)
    targets = tf.constant(model.head.targets(GOLD, LENGTHS, IDS.shape[1] - 1))
    texts = [model.head.text(each.numpy()).astype("float64") for each in outputs]
    sums = [of_tokens(texts[0][row], texts[1][row], length, None) for row, length in enumerate(LENGTHS)]
    for weights in ([1.0, 1.0], [2.0, 0.5]):
        passes = iter([Loss(tf.constant(0.25), outputs[0]), Loss(tf.constant(0.75), outputs[1])])
        batch = Batch(IDS, targets, None if weights == [1.0, 1.0] else tf.constant(weights))
        loss = modifier.around_loss(lambda _, passes=passes: next(passes), batch)
        expected = (0.25 + 0.75 + 3.0 * np.dot(weights, sums) / LENGTHS.sum()) / 2
        assert float(loss.value) == pytest.approx(expected, rel=1e-5)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="softmax", batch_tokens=256, modifiers="r_drop:alpha=2")
    assert_resumes(documents, config, tmp_path, without_times)


@pytest.mark.parametrize("alpha", [0, -1, float("inf"), float("nan")])
def test_an_alpha_outside_its_range_is_refused(alpha):
    with pytest.raises(ConfigError, match="alpha of the modifier r_drop must be a number, above 0, got"):
        RDrop(alpha)


def test_a_head_that_does_not_say_how_far_outputs_are_apart_is_refused(tiny_config, documents, tmp_path, monkeypatch):
    silent = type("Silent", (HEADS.get("softmax"),), {"divergence": Head.divergence})
    monkeypatch.setitem(HEADS._loaded, "silent", silent)
    with pytest.raises(ConfigError, match="the modifier r_drop does not work with the head 'silent', which has no"):
        train_model(documents, tiny_config(head="silent", modifiers="r_drop"), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
