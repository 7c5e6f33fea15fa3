"""Training documents as batches: their order follows from seed and epoch alone, lost entities are reported."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.text.encoded import encode_documents
from bert4ner.text.token_spans import TokenSpan
from bert4ner.train.augmentation import Augmentation
from bert4ner.train.batches import TrainingBatches, training_batches
from bert4ner.train.sampling import Sampling


@pytest.fixture(scope="module")
def model(tiny_encoder):
    config = Config().replace(pretrained=str(tiny_encoder), max_length=64, overlap=16, batch_tokens=128)
    return NERModel.create(config, ["A", "B"])


def test_nested_entities_that_tags_cannot_hold_are_counted_once(model, caplog):
    text = "心房内折返性心动过速。" * 10  # longer than a window: windows share text
    nested = Document("d", text, (Entity(0, 10, "A"), Entity(0, 2, "B"), Entity(3, 5, "B"), Entity(11, 13, "B")))
    with caplog.at_level(logging.WARNING):
        TrainingBatches([nested, Document("e", "头痛", (Entity(0, 2, "A"),))], model)
    warnings = [record.getMessage() for record in caplog.records if "overlap" in record.getMessage()]
    assert len(warnings) == 1
    assert warnings[0].startswith("2 of 5 entities overlap longer ones")
    assert "B '心房' at [0, 2) of document d" in warnings[0]
    assert warnings[0].endswith("docs/heads.md says which heads learn such entities")


def test_flat_annotation_gives_no_warning(model, caplog):
    TrainingBatches([Document("e", "头痛头痛", (Entity(0, 2, "A"), Entity(2, 4, "B")))], model)
    assert not caplog.records


def test_each_window_is_in_one_batch_of_an_epoch_and_epochs_differ(model):
    documents = [Document(f"d{n}", "头痛发热" * (n % 9 + 1), (Entity(0, 2, "A"),)) for n in range(40)]
    batches = TrainingBatches(documents, model)
    first, second = batches.plan(0), batches.plan(1)
    assert sorted(np.concatenate(first)) == list(range(40)) == sorted(np.concatenate(second))
    assert [list(batch) for batch in first] != [list(batch) for batch in second]
    assert [list(batch) for batch in first] == [list(batch) for batch in TrainingBatches(documents, model).plan(0)]
    assert batches.documents_of(0, 0) == [f"d{number}" for number in sorted(first[0])]


def test_the_end_of_training_waits_for_no_thread_that_tunes(model, documents):
    assert TrainingBatches(documents, model).dataset(0, 1).options().autotune.enabled is False


class TestEpochs:
    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tiny_config) -> NERModel:
        return NERModel.create(tiny_config(head="softmax", batch_tokens=64), ["DRUG", "PERSON", "SYMPTOM"])

    @pytest.fixture(scope="class")
    @classmethod
    def batches(cls, model, documents) -> TrainingBatches:
        return TrainingBatches(documents, model)

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
                length = encoded.lengths[window]
                assert (ids[row, length:] == 0).all()
                assert (targets[row, length - 2 :] == -1).all()  # [SEP] and padding
                spans = model.head.tagset.decode(targets[row, : length - 2])
                gold = documents[window].entities
                assert list(spans) == [(entity.start, entity.end, entity.label) for entity in gold]

    def test_the_documents_of_a_batch_are_named(self, batches, documents):
        for epoch in range(2):
            for number, windows in enumerate(batches.plan(epoch)):
                assert batches.documents_of(epoch, number) == [documents[window].id for window in sorted(windows)]

    def test_tokens_are_counted_without_padding(self, batches, documents):
        assert batches.tokens == sum(len(document.text) + 2 for document in documents)


class TestWeights:
    TEXTS = ("头痛发热", "头痛" * 40, "发热")  # the second one is longer than a window

    def documents(self, *weights):
        return [
            Document(text, text, (Entity(0, 2, "A"),), weight) for text, weight in zip(self.TEXTS, weights, strict=True)
        ]

    def test_each_window_has_the_weight_of_its_document(self, model):
        batches = TrainingBatches(self.documents(1.0, 0.5, 3.0), model)
        _, targets, weights = batches.batch(np.arange(len(batches.encoded)))
        assert weights.dtype == np.float32 and len(weights) == len(targets) > 3
        assert weights.tolist() == [1.0] + [0.5] * (len(targets) - 2) + [3.0]
        for inputs, targets, weights in batches.dataset(0, 1):
            assert inputs[0].shape[0] == targets.shape[0] == weights.shape[0]

    def test_weights_of_one_are_no_weights(self, model):
        batches = TrainingBatches(self.documents(1.0, 1, 1.0), model)
        assert len(batches.batch(np.arange(3))) == len(batches.dataset(0, 1).element_spec) == 2


def test_batches_for_a_network_are_those_of_its_model(model):
    document = Document("d", "头痛", (Entity(0, 2, "A"),))
    assert training_batches([document], model.network).tokens == 4
    with pytest.raises(DataError, match="have the labels C, which are not among those to learn"):
        training_batches([Document("d", "头痛", (Entity(0, 2, "C"),))], model.network)
    with pytest.raises(DataError, match="the 1 documents to train on contain no text"):
        training_batches([Document("d", "")], model.network)


LABELS = ["DRUG", "PERSON", "RARE", "SYMPTOM"]
DRAWN = {"repeat_rare": 0.5, "keep_empty": 0.5, "replace_mentions": 0.5, "swap_mentions": 0.5}


class TestDrawnEpochs:
    @pytest.fixture(scope="class")
    @classmethod
    def several(cls, documents) -> list[Document]:
        bare = [Document(f"bare {n}", "本品口服" * (n + 1)) for n in range(6)]
        return [*documents, *bare, replace(documents[0], id="rare", entities=(Entity(0, 1, "RARE"),))]

    @staticmethod
    def batches(tiny_config, several, **options) -> TrainingBatches:
        config = tiny_config(head="softmax", batch_tokens=64, **options)
        return TrainingBatches(several, NERModel.create(config, LABELS))

    def test_each_document_is_there_as_often_as_was_drawn(self, tiny_config, several):
        batches = self.batches(tiny_config, several, repeat_rare=0.5, keep_empty=0.5)
        for epoch in range(3):
            windows = np.concatenate(batches.plan(epoch))
            times = Sampling(several, batches.config).times(epoch)
            found = np.bincount(batches.encoded.document[windows], minlength=len(several))
            assert found.tolist() == times.tolist() and found[-1] > 1 and len(batches.plan(epoch)) == len(batches)
        assert batches.encoded_for(1) is batches.encoded

    def test_an_epoch_is_the_documents_as_they_were_changed(self, tiny_config, several):
        batches = self.batches(tiny_config, several, replace_mentions=0.5)
        for epoch in range(3):
            changed = Augmentation(several, batches.config).changed(epoch)
            now = [changed.get(place, each) for place, each in enumerate(several)]
            expected = encode_documents(now, batches.model.tokenizer, batches.model.windows)
            encoded, plan = batches.encoded_for(epoch), batches.plan(epoch)
            assert 5 < len(changed) < len(several) and len(plan) == len(batches)
            for windows in plan:
                (ids, _), targets = batches.batch(windows, encoded)
                for row, window in enumerate(windows):
                    places = np.flatnonzero(expected.document == encoded.document[window])
                    [place] = [n for n in places if expected.bounds[n] == encoded.bounds[window]]
                    length = expected.lengths[place]
                    assert ids[row, :length].tolist() == expected.token_ids([place])[0, :length].tolist()
                    spans = batches.head.tagset.decode(targets[row, : length - 2])
                    assert list(spans) == [(each.start, each.end, each.label) for each in expected.spans[place]]
            counts = np.bincount(encoded.document[np.concatenate(plan)], minlength=len(several))
            assert counts.tolist() == np.bincount(expected.document).tolist()

    @pytest.mark.parametrize("head", HEADS.own())
    def test_targets_of_every_head_are_those_of_the_changed_documents(self, tiny_config, several, head):
        """Window by window as if these documents were the data."""
        model = NERModel.create(tiny_config(head=head, batch_tokens=512, **DRAWN), LABELS)
        drawn = TrainingBatches(several, model)
        changed = Augmentation(several, model.config).changed(1)
        plain = TrainingBatches([changed.get(place, each) for place, each in enumerate(several)], model)
        encoded = drawn.encoded_for(1)
        number = {
            (doc, bounds): n
            for n, (doc, bounds) in enumerate(zip(plain.encoded.document, plain.encoded.bounds, strict=True))
        }
        for windows in drawn.plan(1):
            same = np.array([number[encoded.document[window], encoded.bounds[window]] for window in windows])
            for one, other in zip(drawn.batch(windows, encoded), plain.batch(same), strict=True):
                assert all(map(np.array_equal, one, other))

    def test_all_epochs_have_as_many_batches_and_come_again_the_same(self, tiny_config, several):
        one, other = (self.batches(tiny_config, several, **DRAWN) for _ in range(2))

        def given(batches, first, last):
            return [
                (ids.numpy().tolist(), targets.numpy().tolist()) for (ids, _), targets in batches.dataset(first, last)
            ]

        whole = given(one, 0, 3)
        assert len(whole) == 3 * len(one) and given(other, 2, 3) == whole[2 * len(one) :]
        for epoch in range(3):
            ids = [row for batch, _ in whole[epoch * len(one) : (epoch + 1) * len(one)] for row in batch]
            assert one.tokens_in(epoch) == sum(token > 0 for row in ids for token in row)
        assert len({str(whole[epoch * len(one) : (epoch + 1) * len(one)]) for epoch in range(3)}) == 3

    def test_a_document_whose_entity_would_be_lost_stays_as_it_is(self, tiny_config, several):
        long, short = "人参" * 16, "当归"  # the long one fits no window of 32
        documents = [
            Document("long", f"用{long}。", (Entity(1, 33, "DRUG"),)),
            Document("short", f"用{short}。", (Entity(1, 3, "DRUG"),)),
        ]
        batches = self.batches(tiny_config, documents, swap_mentions=1.0, replace_mentions=1.0)
        for epoch in range(8):
            encoded = batches.encoded_for(epoch)
            windows = np.concatenate(batches.plan(epoch))
            own = [window for window in windows if encoded.document[window] == 1]
            assert len(own) == 1 and len(encoded.spans[own[0]]) == 1 and encoded.lengths[own[0]] == 6

    def test_documents_of_a_batch_are_named_in_changed_epochs_too(self, tiny_config, several):
        batches = self.batches(tiny_config, several, **DRAWN)
        encoded, plan = batches.encoded_for(1), batches.plan(1)
        for number, windows in enumerate(plan):
            places = sorted(set(encoded.document[windows].tolist()))
            assert batches.documents_of(1, number) == [several[place].id for place in places]

    def test_without_text_there_is_still_no_batch(self, tiny_config):
        assert len(self.batches(tiny_config, [Document("e", "")], **DRAWN)) == 0


def test_unsure_spans_reach_the_targets_of_the_head(model):
    documents = [
        Document("d", "头痛头痛", (Entity(0, 2, "A"),), unsure=(Entity(2, 4, "B"),)),
        Document("e", "头痛头痛", (Entity(0, 2, "A"),)),
    ]
    batches = TrainingBatches(documents, model)
    (ids, *_), targets = batches.batch(np.array([0, 1]))
    gold, unsure = [[TokenSpan(0, 2, "A")]] * 2, [[TokenSpan(2, 4, "B")], []]
    asked = gold, np.array([4, 4]), ids.shape[1] - 1
    assert np.array_equal(targets, model.head.targets(*asked, unsure))
    assert targets.shape[1] > ids.shape[1] - 1 and (targets[0, 2:4] < -1).all()
    alone = batches.batch(np.array([1]))[1]  # as if there were no unsure span anywhere
    assert np.array_equal(alone, model.head.targets(gold[:1], np.array([4]), ids.shape[1] - 1))


def test_unsure_spans_of_an_unknown_label_are_refused(model):
    with pytest.raises(DataError, match="have the labels C, which are not among those to learn"):
        training_batches([Document("d", "头痛", (), unsure=(Entity(0, 2, "C"),))], model.network)


def test_unsure_spans_are_moved_with_the_text_that_changes_and_stay_open(model):
    documents = [
        Document("d", "本品头痛用于头晕", (Entity(2, 4, "A"),), unsure=(Entity(6, 8, "B"),)),
        Document("e", "心动过速", (Entity(0, 4, "A"),)),
    ]
    changing = NERModel.create(model.config.replace(replace_mentions=1.0), ["A", "B"])
    batches = TrainingBatches(documents, changing)
    seen = set()
    for epoch in range(8):
        encoded = batches.encoded_for(epoch)
        window = int(np.flatnonzero(encoded.document == 0)[-1])
        text, (span,), (unsure,) = encoded.texts[window], encoded.spans[window], encoded.unsure[window]
        assert text[unsure.start : unsure.end] == "头晕"
        seen.add(text[span.start : span.end])
    assert seen == {"头痛", "心动过速"}


def test_pseudo_labelled_documents_weigh_more_from_epoch_to_epoch_wherever_it_begins(model):
    rising = NERModel.create(model.config.replace(pseudo_ramp=2, epochs=3), ["A", "B"])
    gold, pseudo = Document("d", "头痛头痛", (Entity(0, 2, "A"),)), Document("e", "头痛头", (Entity(0, 2, "A"),), 0.5)
    batches = TrainingBatches([gold], rising, [pseudo])

    def weights(first, last):
        return [dict(zip(ids[:, 4].tolist(), each.tolist(), strict=True)) for (ids, *_), _, each in read(first, last)]

    def read(first, last):
        for inputs, *rest in batches.dataset(first, last):
            yield [part.numpy() for part in inputs], *(part.numpy() for part in rest)

    whole = weights(0, 3)
    sep = rising.vocabulary.sep_id  # the token behind the third: the end of the shorter text
    (other,) = set(whole[0]) - {sep}
    assert [each[other] for each in whole] == [1.0] * 3
    assert [each[sep] for each in whole] == pytest.approx([0.5 * np.exp(-5), 0.5 * np.exp(-1.25), 0.5])
    assert weights(1, 3) == whole[1:]
