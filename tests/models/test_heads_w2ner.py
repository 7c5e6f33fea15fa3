"""The grid of word-word relations, against the formula pair by pair and against all subsequences of tokens."""

import itertools
import math

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Document, Entity
from bert4ner.models.heads.relations import NEXT, PATHS, TAIL
from bert4ner.models.heads.w2ner import W2NERHead, _distances
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.text.encoded import encode_documents
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

LABELS = ["X", "Y"]
TEXT = "本品用于气血两亏引起的月经量少，头晕目眩。口服一次1丸" * 6
LENGTHS = np.array([6, 3, 0])
PIECES = TokenSpan(0, 5, "Y", None, ((0, 2), (4, 5)))
SPANS = [
    [
        TokenSpan(0, 5, "X"),
        TokenSpan(1, 3, "X"),
        TokenSpan(2, 3, "Y"),
        TokenSpan(3, 6, "Y", None, ((3, 4), (5, 6))),
    ],
    [TokenSpan(0, 1, "Y")],
    [],
]


def grid_of(spans, length):
    """The relation of each pair of tokens (length, length)."""
    grid = np.zeros((length, length), int)
    for span in spans:
        path = span.tokens
        grid[path[-1], path[0]] = TAIL + LABELS.index(span.label)
        for one, other in itertools.pairwise(path):
            grid[one, other] = NEXT
    return grid


def all_entities(grid):
    """Every subsequence of tokens of which each is linked to the next and the last to the first, with its label."""
    found = []
    for size in range(1, len(grid) + 1):
        for path in itertools.combinations(range(len(grid)), size):
            linked = all(grid[move] == NEXT for move in itertools.pairwise(path))
            if linked and grid[path[-1], path[0]] >= TAIL:
                found.append((path, LABELS[grid[path[-1], path[0]] - TAIL]))
    return found


def probabilities_of(grid, rng, sure=0.9):
    """Probabilities (1, length + 1, length + 1, relations) of which the grid's are the highest."""
    rest = rng.uniform(0.01, 0.02, size=(1, len(grid) + 1, len(grid) + 1, TAIL + len(LABELS)))
    for pair in np.ndindex(grid.shape):
        rest[(0, *pair, grid[pair])] = rng.uniform(sure, 1)
    return rest


@pytest.mark.parametrize("padding", [50.0, float("nan")])
def test_the_loss_is_cross_entropy_of_all_pairs_per_real_token(rng, padding):
    head = W2NERHead(LABELS)
    logits = rng.normal(scale=2, size=(3, 9, 9, 4)).astype("float32")
    expected = np.zeros(3)
    for row, length in enumerate(LENGTHS):
        outside = [0, *range(length + 1, 9)]
        logits[row, outside] = logits[row][:, outside] = padding
        for pair, relation in np.ndenumerate(grid_of(SPANS[row], length)):
            found = logits[row, pair[0] + 1, pair[1] + 1].astype(float)
            expected[row] += np.log(np.exp(found).sum()) - found[relation]
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        losses = head.loss(head.targets(SPANS, LENGTHS, 8), given)
    np.testing.assert_allclose(losses, expected * 3 / sum(LENGTHS), rtol=1e-5, atol=1e-7)
    gradient = tape.gradient(losses, given).numpy()
    assert np.isfinite(gradient).all() and not gradient[2].any() and gradient[0].any()


def test_entities_come_back_from_the_relations_that_state_them(rng):
    head = W2NERHead(LABELS)
    for spans in (
        [TokenSpan(0, 4, "X"), TokenSpan(1, 3, "X"), TokenSpan(2, 3, "Y")],
        [PIECES],
        [TokenSpan(0, 5, "X"), TokenSpan(2, 3, "Y")],
        [],
    ):
        (found,) = head.decoder().spans(probabilities_of(grid_of(spans, 6), rng), np.array([6]))
        assert [span._replace(score=None) for span in found] == sorted(spans)
        targets = head.targets([spans], np.array([6]), 7)[0, 1:].reshape(-1, 3)
        grid = np.zeros((6, 6), int)
        for relation, row, column in targets:
            grid[row, column] = relation
        assert np.array_equal(grid, grid_of(spans, 6))


def test_decoding_finds_all_paths_with_the_product_of_their_probabilities(rng):
    head, seen, in_pieces = W2NERHead(LABELS), 0, 0
    for _ in range(200):
        grid = np.triu(rng.random((5, 5)) < 0.4, 1) * NEXT
        grid += np.tril(rng.choice([0, 0, 2, 3], size=(5, 5)))
        probabilities = probabilities_of(grid, rng)
        (found,) = head.decoder().spans(probabilities, np.array([5]))
        expected = all_entities(grid)
        assert len(found) == len(expected) <= 20 or len(found) >= 20
        if len(expected) > 20:
            continue
        assert sorted((span.tokens, span.label) for span in found) == sorted(expected)
        for span in found:
            path = span.tokens
            score = probabilities[0, path[-1], path[0], grid[path[-1], path[0]]]
            score *= np.prod([probabilities[0, one, other, NEXT] for one, other in itertools.pairwise(path)])
            assert span.score == pytest.approx(score)
            in_pieces += bool(span.pieces)
        seen += len(found)
        (scores,) = head.span_scores(
            np.log(probabilities / probabilities.sum(axis=-1, keepdims=True)), np.array([5]), [found]
        )
        assert len(scores) == len(found) and all(0 < score <= 1 for score in scores)
    assert seen > 500 and in_pieces > 50


def test_candidates_are_all_paths_of_relations_above_the_limit_or_likeliest(rng):
    head, seen = W2NERHead(LABELS), 0
    for _ in range(300):
        probabilities = rng.dirichlet([1.0, 0.3, 0.1, 0.1], size=(1, 5, 5))  # four tokens, [SEP]
        (found,) = head.decoder().candidates(probabilities, np.array([4]), 2)
        inner, expected = probabilities[0, :-1, :-1], {}
        stated = (inner > 0.25) | (inner == inner.max(axis=-1, keepdims=True))
        paths = [path for size in range(1, 5) for path in itertools.combinations(range(4), size)]
        for path, (number, label) in itertools.product(paths, enumerate(LABELS)):
            relations = [(path[-1], path[0], TAIL + number), *((*move, NEXT) for move in itertools.pairwise(path))]
            if all(stated[relation] for relation in relations):
                expected[path, label] = np.prod([inner[relation] for relation in relations])
        if len(expected) < 16:
            assert {(span.tokens, span.label): span.score for span in found} == pytest.approx(expected)
            seen += len(expected)
    assert seen > 300


def test_a_network_that_links_everything_gives_a_bounded_number_of_entities():
    grid = np.triu(np.full((40, 40), NEXT), 1) + np.tril(np.full((40, 40), TAIL))
    (found,) = W2NERHead(LABELS).decoder().spans(np.eye(4)[grid][None], np.array([40]))
    assert 40 <= len(found) <= 4 * 40 + PATHS


def test_the_likeliest_paths_are_those_that_are_kept():
    """From the first of 40 tokens to the last, every token may be skipped, and one path is likelier than all others."""
    path = (0, 3, 4, 20, 39)
    probabilities = np.full((1, 40, 40, 4), 0.1)
    probabilities[..., NEXT] = 0.3
    for one, other in itertools.pairwise(path):
        probabilities[0, one, other, NEXT] = 0.6
    probabilities[0, 39, 0, TAIL] = 0.7
    found = W2NERHead(LABELS).decoder().candidates(probabilities, np.array([40]), 2)[0]
    assert len(found) == PATHS and path in [span.tokens for span in found]


def test_entities_between_the_same_tokens_can_have_one_label_only():
    head = W2NERHead(LABELS)
    whole, pieces = Entity(0, 5, "X"), Entity(0, 5, "Y", fragments=((0, 2), (4, 5)))
    assert head.unlearnable([pieces, Entity(1, 2, "Y"), whole]) == [pieces]
    assert head.unlearnable([pieces, Entity(1, 2, "Y")]) == []
    both = head.targets([[TokenSpan(0, 5, "X"), PIECES]], np.array([6]), 7)
    assert np.array_equal(both, head.targets([[TokenSpan(0, 5, "X")]], np.array([6]), 7))


def test_a_flat_head_gives_no_overlap(rng):
    spans = [TokenSpan(0, 4, "X"), TokenSpan(1, 3, "X"), TokenSpan(2, 3, "Y"), TokenSpan(5, 6, "Y")]
    probabilities, lengths = probabilities_of(grid_of(spans, 6), rng), np.array([6])
    (found,) = W2NERHead(LABELS, nesting="none").decoder().spans(probabilities, lengths)
    assert len(found) == 2 and all(one.end <= two.start for one, two in itertools.pairwise(found))
    (found,) = W2NERHead(LABELS, nesting="labels").decoder().spans(probabilities, lengths)
    assert [span._replace(score=None) for span in found if span.label == "Y"] == spans[2:]
    assert sum(span.label == "X" for span in found) == 1


def test_distances_are_distinguished_by_sign_and_power_of_two():
    found = _distances(600).numpy()
    for one, other in ((5, 5), (5, 6), (6, 5), (0, 2), (0, 3), (0, 4), (4, 0), (0, 255), (0, 256), (0, 599), (599, 0)):
        distance = other - one
        size = 0 if not distance else min(len(bin(abs(distance))) - 2, 9)
        assert found[one, other] == 9 + np.sign(distance) * size


def test_logits_are_the_formula_pair_by_pair_whatever_stands_in_padding(rng):
    head = W2NERHead(LABELS, head_size=8)
    features = rng.normal(size=(1, 9, 6)).astype("float32")
    head.build(features.shape)
    for weight in head.weights:
        weight.assign(rng.normal(scale=0.5, size=weight.shape))

    def apply(layer, vectors):
        return vectors @ layer.kernel.numpy() + layer.bias.numpy()

    tokens, terms = features[0, :7], apply(head.terms, features[0, :7])
    words = apply(head.words, tokens)
    words = words * (1 + np.vectorize(math.erf)(words / 2**0.5)) / 2  # GELU
    keys = apply(head.keys, words)
    keys = (keys - keys.mean(1, keepdims=True)) / np.sqrt(keys.var(1, keepdims=True) + 1e-5)
    distances = _distances(7).numpy()
    vectors, priors = head.distances.numpy()[distances], head.priors.numpy()[distances]
    grid = np.zeros((7, 7, 4))
    for i, j in np.ndindex(7, 7):
        grid[i, j] = apply(head.gains, words[i]) * keys[j] + apply(head.shifts, words[i]) + vectors[i, j]
    grid = total = np.maximum(grid, 0)
    for dilation, convolution in zip((1, 2, 3), head.convolutions, strict=True):
        seen = np.zeros((7, 7, 4)) + convolution.bias.numpy()
        for i, j, row, column in np.ndindex(7, 7, 3, 3):
            x, y = i + dilation * (row - 1), j + dilation * (column - 1)
            if 0 <= x < 7 and 0 <= y < 7:
                seen[i, j] += grid[x, y] @ convolution.kernel.numpy()[row, column]
        grid = np.maximum(seen, 0)
        total = total + grid
    mask = tf.constant([[True] * 7 + [False] * 2])
    found = head(tf.constant(features), mask=mask).numpy()[0]
    for i, j in np.ndindex(7, 7):
        expected = total[i, j] @ head.relations.kernel.numpy() + terms[i, :4] + terms[j, 4:] + priors[i, j]
        expected += np.array([words[i] @ form @ words[j] for form in head.forms.numpy()])
        np.testing.assert_allclose(found[i, j], expected, rtol=1e-4, atol=1e-4)


def test_an_untrained_head_finds_nothing_but_may_go_on_to_the_next_token(rng):
    probabilities = tf.nn.softmax(
        W2NERHead(LABELS)(tf.constant(rng.normal(size=(2, 60, 32)).astype("float32")))
    ).numpy()
    follows = np.eye(60, k=1, dtype=bool)
    assert 0.3 < probabilities[:, follows][:, :, NEXT].mean() < 0.7
    assert probabilities[:, ~follows][..., 0].mean() > 0.99


def test_the_head_passes_the_layer_examination(check_layer, rng, precision):
    arguments = {"labels": LABELS, "head_size": 4, "nesting": "labels", "dropout": 0.0}
    targets = W2NERHead(**arguments).targets(SPANS[:2], LENGTHS[:2], 7)
    check_layer(W2NERHead, arguments, [rng.normal(size=(2, 8, 6)).astype("float32")], precision, targets)


def test_pieces_are_recognized_in_characters_of_a_long_text(tiny_config, monkeypatch):
    """The network is replaced by one that knows the answer: the tokens 3, 4 and 6 of every window are an entity."""
    model = NERModel.create(tiny_config(head="w2ner", head_size=4), LABELS)
    encoded = encode_documents([Document("d", TEXT)], model.tokenizer, model.config.windows)

    def outputs(self, ids):
        logits = np.zeros((len(ids), ids.shape[1] - 1, ids.shape[1] - 1, 4), "float32")
        logits[..., 0] = 9
        for row, column, relation in ((3, 4, NEXT), (4, 6, NEXT), (6, 3, TAIL)):
            logits[:, row, column, relation] = 19
        return logits

    monkeypatch.setattr(NERModel, "outputs", outputs)
    (found,) = predict_documents([model], [Document("d", TEXT)])
    expected = [
        Entity(start + 3, start + 7, "X", fragments=((start + 3, start + 5), (start + 6, start + 7)))
        for start, _ in encoded.bounds
    ]
    assert len(expected) > 2 and set(found.entities) <= set(expected) and found.entities[0] == expected[0]
    assert found.entities[0].score == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_a_tiny_network_learns_entities_in_several_pieces_by_heart(tiny_config, tmp_path):
    few = [
        Document(
            f"d{number}",
            f"{first}本品{second}用于{third}。",
            (Entity(0, 7, "X", fragments=((0, 1), (3, 4), (6, 7))), Entity(0, 1, "Y"), Entity(4, 6, "Y")),
        )
        for number, (first, second, third) in enumerate(itertools.product("气血", "头目", "寒热"))
    ]
    config = tiny_config(
        head="w2ner",
        head_size=16,
        epochs=60,
        batch_tokens=64,
        learning_rate=1e-2,
        head_learning_rate=2e-2,
        encoder_dropout=0.0,
    )
    history = fit(Fold(few, few, ["X", "Y"]), config, folder=tmp_path)
    assert history[-1]["f1"] == 1.0, [line["f1"] for line in history]
    assert list(predict_documents([NERModel.load(tmp_path / "model")], few)) == few
