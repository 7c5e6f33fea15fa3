"""What a head may ask for: no batch beyond the budget, no window lost, as many batches in every epoch."""

from types import SimpleNamespace

import numpy as np
import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.models import budget
from bert4ner.models.budget import MAX_CELLS, within_budget
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.text.batches import BUCKET, plan_batches
from bert4ner.train.batches import TrainingBatches


def square_demand(labels):
    return SimpleNamespace(cells=lambda length: labels * length * length, encoder_tokens=lambda length: length)


@pytest.mark.parametrize("seed", range(3))
def test_no_batch_is_beyond_the_budget_and_no_window_is_lost(rng, seed):
    lengths, demand = rng.integers(3, 513, size=700), square_demand(60)
    planned = plan_batches(lengths, batch_tokens=8192, rng=np.random.default_rng(seed))
    batches = list(within_budget(planned, lengths, demand, batch_tokens=8192))
    assert sorted(np.concatenate(batches)) == list(range(700))
    cubes = [len(batch) * demand.cells(-(-lengths[batch].max() // BUCKET) * BUCKET) for batch in batches]
    assert max(cubes) <= MAX_CELLS < max(len(batch) * demand.cells(lengths[batch].max()) for batch in planned)
    again = plan_batches(lengths, batch_tokens=8192, rng=np.random.default_rng(99))
    assert len(list(within_budget(again, lengths, demand, batch_tokens=8192))) == len(batches)


def test_batches_within_the_budget_stay_as_they_are(rng):
    lengths = rng.integers(3, 100, size=50)
    planned = plan_batches(lengths, batch_tokens=1024)
    unchanged = within_budget(planned, lengths, square_demand(2), batch_tokens=1024)
    for one, other in zip(unchanged, planned, strict=True):
        assert np.array_equal(one, other)


def test_a_long_text_trains_and_is_recognized_in_batches_within_the_budget(tiny_config, monkeypatch):
    model = NERModel.create(tiny_config(head="global_pointer", batch_tokens=2048, head_size=4), ["X", "Y"])
    asked = []
    monkeypatch.setattr(
        type(model),
        "outputs",
        lambda self, ids: (
            asked.append(ids.shape) or np.full((len(ids), 2, ids.shape[1] - 1, ids.shape[1] - 1), -1.0, "float32")
        ),
    )
    monkeypatch.setattr(budget, "MAX_CELLS", 3 * 2 * 48 * 48)
    text = "本品用于头晕" * 834  # 5,004 characters
    (found,) = predict_documents([model], [Document("d", text)])
    assert found.entities == () and max(count for count, _ in asked) == 3
    batches = TrainingBatches([Document("d", text, (Entity(4, 6, "X"), Entity(2, 6, "Y")))], model)
    assert {len(batch) for batch in batches.plan(0)} <= {1, 2, 3}
    assert len(batches) == len(batches.plan(1)) > 30


def test_a_window_that_alone_is_beyond_the_budget_is_refused(tiny_config, monkeypatch):
    monkeypatch.setattr(budget, "MAX_CELLS", 2 * 30 * 30)
    with pytest.raises(
        ConfigError,
        match=r"max_length=48: with 2 labels this head needs 4,608 numbers a window, more "
        r"than 1,800; --max-length 30 is the longest that fits",
    ):
        NERModel.create(tiny_config(head="biaffine"), ["X", "Y"])
