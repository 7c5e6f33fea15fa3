"""Randomness that can be replayed, and the batches of an epoch, which follow from seed and epoch alone."""

import io

import numpy as np
import pytest
from rich.console import Console

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.text.batches import encode_documents
from bert4ner.train import progress
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks import ReplayableRandomness

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


@pytest.fixture(scope="module")
def model(tiny_config) -> NERModel:
    return NERModel.create(tiny_config(head="softmax", batch_tokens=64), LABELS)


@pytest.fixture(scope="module")
def batches(model, documents) -> TrainingBatches:
    return TrainingBatches(documents, model)


class TestRandomness:
    def drawn(self, model, epoch, *, seed=42, calls=2):
        replayable = ReplayableRandomness(seed)
        replayable.set_model(model.network)
        replayable.on_epoch_begin(epoch)
        ids = tf.constant([[3, 50, 51, 52, 53, 4]], "int32")
        return [model.network([ids, tf.zeros_like(ids)], training=True).numpy() for _ in range(calls)]

    def test_an_epoch_draws_the_same_again_whatever_was_drawn_before(self, model):
        first = self.drawn(model, 3)
        self.drawn(model, 4, calls=3)
        for one, again in zip(first, self.drawn(model, 3), strict=True):
            assert np.array_equal(one, again)

    def test_steps_epochs_and_seeds_differ(self, model):
        one, two = self.drawn(model, 0)
        assert not np.array_equal(one, two)
        assert not np.array_equal(one, self.drawn(model, 1)[0])
        assert not np.array_equal(one, self.drawn(model, 0, seed=43)[0])

    def test_every_dropout_is_reached_and_no_two_draw_alike(self, model):
        def generators():
            found = [
                layer._random_generator._generator
                for layer in model.network._flatten_layers()
                if isinstance(layer, keras.layers.Dropout)
            ]
            return [tuple(generator.state.numpy()) for generator in found if generator is not None]

        self.drawn(model, 0, calls=0)
        states = generators()
        assert len(states) == len(set(states)) >= 4  # embedding, attention, feed-forward, head
        self.drawn(model, 0, calls=1)
        assert all(before != after for before, after in zip(states, generators(), strict=True))


class TestBatches:
    def test_every_window_is_in_one_batch_of_every_epoch(self, batches, documents):
        for epoch in range(3):
            windows = np.concatenate(batches.plan(epoch))
            assert sorted(windows) == list(range(len(documents)))
        assert len(batches) == len(batches.plan(0)) == len(batches.plan(7)) > 5

    def test_epochs_differ_and_repeat_exactly(self, batches):
        def order(epoch):
            return [tuple(windows) for windows in batches.plan(epoch)]

        assert order(0) == order(0) != order(1)

    def test_the_data_set_goes_on_where_an_epoch_begins(self, batches):
        def numbers(first, last):
            return [ids.numpy().tolist() for (ids, _), _ in batches.dataset(first, last)]

        assert numbers(0, 3)[len(batches) :] == numbers(1, 3)

    def test_inputs_and_targets_belong_together(self, batches, documents, model):
        encoded = encode_documents(documents, model.tokenizer, model.config.windows)
        for windows in batches.plan(0):
            (ids, segments), targets = batches.batch(windows)
            assert ids.shape == segments.shape and not segments.any()
            assert targets.shape == (len(ids), ids.shape[1] - 1)  # without [CLS]
            for row, window in enumerate(windows):
                length = encoded.text_lengths[window]
                assert (ids[row, length + 2 :] == 0).all()
                assert (targets[row, length:] == -1).all()
                spans = model.head.tagset.decode(targets[row, :length])
                gold = documents[window].entities
                assert list(spans) == [(entity.start, entity.end, entity.label) for entity in gold]

    def test_the_documents_of_a_batch_are_named(self, batches, documents):
        for epoch in range(2):
            for number, windows in enumerate(batches.plan(epoch)):
                assert batches.documents_of(epoch, number) == [documents[window].id for window in sorted(windows)]

    def test_tokens_are_counted_without_padding(self, batches, documents):
        assert batches.tokens == sum(len(document.text) + 2 for document in documents)


class TestProgress:
    @pytest.fixture
    def terminal(self, monkeypatch):
        written = io.StringIO()
        monkeypatch.setattr(
            progress, "Console", lambda **_: Console(file=written, force_terminal=True, width=80, legacy_windows=False)
        )
        return written

    def test_a_terminal_shows_epoch_loss_and_batches(self, terminal):
        bar = progress.EpochProgress(4)
        bar.on_epoch_begin(1)
        bar.on_train_batch_end(0, {"loss": 0.51234})
        bar.on_train_batch_end(1, {"loss": 0.25})
        bar.bar.refresh()
        assert "epoch 2, loss 0.2500" in terminal.getvalue() and "2/4" in terminal.getvalue()
        bar.on_epoch_end(1)
        assert bar.bar is None
        bar.on_train_end()

    def test_a_process_killed_in_an_epoch_leaves_a_cursor(self, terminal):
        bar = progress.EpochProgress(4)
        bar.on_epoch_begin(0)
        written = terminal.getvalue()
        bar.on_epoch_end(0)
        assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l")

    def test_nothing_is_shown_where_nobody_watches(self, capfd):
        bar = progress.EpochProgress(4)
        bar.on_epoch_begin(0)
        bar.on_train_batch_end(0, {"loss": 1.0})
        bar.on_epoch_end(0)
        assert capfd.readouterr() == ("", "")
