"""Too few updates of the weights are found before training, with options that give enough."""

import pytest

from bert4ner.data.sample import sample_documents
from bert4ner.runs.history import ENOUGH_UPDATES
from bert4ner.text.batches import plan_batches
from bert4ner.train.updates import Plan, few_updates


def planned(lengths, *, batch_tokens=4096, epochs=10, in_one=1) -> Plan:
    return Plan(len(plan_batches(lengths, batch_tokens=batch_tokens)), len(lengths), sum(lengths), epochs, in_one)


def test_short_sentences_in_one_batch_are_warned_of_with_all_figures():
    assert few_updates(planned([21] * 60, epochs=7), batch_tokens=4096, longest=256) == (
        "planned updates of the weights: 7, 1 an epoch, with batch_tokens=4096: too few to learn well. "
        "For this data try --batch-tokens 256 (about 5 an epoch) and --epochs 8"
    )


def test_few_updates_of_many_short_sentences_are_warned_of_in_long_trainings_too():
    sentences = [40] * 447
    assert few_updates(planned(sentences), batch_tokens=4096, longest=256) == (
        "planned updates of the weights: 50, 5 an epoch, with batch_tokens=4096: too few to learn well. "
        "For this data try --batch-tokens 512 (about 35 an epoch)"
    )
    assert few_updates(planned(sentences, batch_tokens=1024), batch_tokens=1024, longest=256) is None
    assert few_updates(planned(sentences * 2), batch_tokens=4096, longest=256) == (
        "planned updates of the weights: 90, 9 an epoch, with batch_tokens=4096: too few to learn well. "
        "For this data try --batch-tokens 1024 (about 35 an epoch)"
    )
    assert few_updates(planned([200] * 96), batch_tokens=4096, longest=256) is None  # 5 an epoch, of 19 windows each


def test_accumulated_batches_count_as_one_update():
    assert few_updates(planned([100] * 800, epochs=4), batch_tokens=4096, longest=256) is None
    warning = few_updates(planned([100] * 800, epochs=4, in_one=4), batch_tokens=4096, longest=256)
    assert "planned updates of the weights: 24, 6 an epoch of 4 batches each" in warning
    assert warning.endswith("For this data try --batch-tokens 512 (about 40 an epoch)")


@pytest.mark.parametrize("number", [40, 117, 400])
@pytest.mark.parametrize("length", [12, 40, 200])
@pytest.mark.parametrize("longest", [64, 250])
@pytest.mark.parametrize("in_one", [1, 3])
def test_the_advice_gives_enough_updates_and_holds_a_window(number, length, longest, in_one):
    lengths, epochs, batch_tokens = [length] * number, 3, 4096
    warning = few_updates(planned(lengths, epochs=epochs, in_one=in_one), batch_tokens=batch_tokens, longest=longest)
    if warning is None:
        assert planned(lengths, epochs=epochs, in_one=in_one).per_epoch * epochs >= ENOUGH_UPDATES
        return
    words = warning.partition(" try ")[2].split()
    if "--batch-tokens" in words:
        batch_tokens = int(words[words.index("--batch-tokens") + 1])
        assert longest <= batch_tokens < 4096 and batch_tokens.bit_count() == 1
    if "--epochs" in words:
        epochs = int(words[words.index("--epochs") + 1])
    followed = planned(lengths, batch_tokens=batch_tokens, epochs=epochs, in_one=in_one)
    assert few_updates(followed, batch_tokens=batch_tokens, longest=longest) is None


def test_batches_that_are_small_already_leave_more_epochs():
    plan = planned([50] * 30, batch_tokens=64, epochs=1)
    assert few_updates(plan, batch_tokens=64, longest=64).endswith(" to learn well. For this data try --epochs 2")


def test_the_demo_and_larger_data_are_left_in_peace():
    sample = [min(len(document.text) + 2, 256) for document in sample_documents()]  # at most one window each
    for learned in (sample[::3] + sample[1::3], [each for n, each in enumerate(sample) if n % 10]):
        assert few_updates(planned(learned), batch_tokens=4096, longest=256) is None
    assert few_updates(planned([256] * 1000), batch_tokens=4096, longest=256) is None
