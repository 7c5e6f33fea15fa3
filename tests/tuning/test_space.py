"""What a search may consist of: read from text, checked against the options themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.tuning.space import Choice, Interval, default_space, read_space, same_curves


def test_choices_have_the_types_of_their_options():
    space = read_space(
        ["head=crf|w2ner", "epochs=5|10", "learning_rate=auto|1e-4", "recompute=true|false", "modifiers=|ema,fgm"],
        Config(),
    )
    assert space["head"] == Choice(("crf", "w2ner"))
    assert space["epochs"] == Choice((5, 10))
    assert space["learning_rate"] == Choice(("auto", 1e-4))
    assert space["recompute"] == Choice((True, False))
    assert space["modifiers"] == Choice(("", "ema,fgm"))


@pytest.mark.parametrize("name", ["neck", "--neck", "encoder"])
def test_an_option_goes_by_its_flag_too(name):
    assert list(read_space([f"{name}=none|bilstm"], Config())) == ["encoder"]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_whole_numbers_make_whole_intervals(low, more):
    interval = read_space([f"epochs={low}..{low + more}"], Config())["epochs"]
    assert interval == Interval(low, low + more) and interval.whole
    assert interval.on_log_scale == (low + more >= 10 * low)
    assert low in interval and low + more in interval
    assert low - 1 not in interval and low + more + 1 not in interval and low + 0.5 not in interval


def test_an_option_of_numbers_has_no_whole_interval():
    interval = read_space(["weight_decay=0..1"], Config())["weight_decay"]
    assert not interval.whole and 0.5 in interval and not interval.on_log_scale


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("head", "search must be OPTION=VALUES such as head=crf|w2ner, got 'head'"),
        ("hed=crf|w2ner", "search: unknown option 'hed'; did you mean 'head'?"),
        ("=crf|w2ner", "search: unknown option ''"),
        ("head=crf", "search of head needs values with | between them or an interval such as 2..8, got 'crf'"),
        ("head=crf|bert", "search of head: expected one of"),
        ("head=crf|crf", "search names a value of head twice"),
        ("epochs=10..5", "search of epochs: an interval must rise from one number to another, got 10..5"),
        ("epochs=0..5", "search of epochs=0: epochs must be at least 1, got 0"),
        ("epochs=1.5..5", "search of epochs=1.5: epochs must be a whole number, got 1.5"),
        ("learning_rate=0..1e-4", "search of learning_rate=0.0: learning_rate must be above 0, got 0"),
        ("learning_rate=1e-4..inf", "search of learning_rate: an interval must rise"),
        ("learning_rate=1e-4..nan", "search of learning_rate: an interval must rise"),
        ("focal=0...3", "needs values with | between them or an interval"),
        ("epochs=5..5", "search of epochs: an interval must rise"),
        ("head=crf..w2ner", "needs values with | between them or an interval"),
        ("batch_tokens=64|4096", "search of batch_tokens=64: batch_tokens must be at least 256"),
        ("label_weights=a=1|b=2", "label_weights cannot be searched: its values are tables or lists"),
        ("label_weights=1..5", "label_weights cannot be searched: its values are tables or lists"),
        ("valid_share=0.1..0.5", "valid_share cannot be searched: its trials would be scored on different documents"),
        ("bootstrap=true|false", "bootstrap cannot be searched: its trials would be scored on different documents"),
        ("seed=1..9", "seed cannot be searched"),
        ("seeds=1|2", "seeds cannot be searched"),
    ],
)
def test_what_is_no_search_is_refused(search, said):
    with pytest.raises(ConfigError) as refused:
        read_space([search], Config())
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_an_option_is_searched_once():
    with pytest.raises(ConfigError, match="search names encoder twice"):
        read_space(["neck=none|bilstm", "encoder=none|cnn"], Config())


def test_the_default_surrounds_the_rates_and_keeps_windows_whole():
    space = default_space(Config(max_length=2000, modifiers="fgm"), learning_rate=1e-3, head_learning_rate=1e-2)
    assert space["learning_rate"] == Interval(2.5e-4, 4e-3) and space["learning_rate"].on_log_scale
    assert space["batch_tokens"] == Choice((2048, 4096))
    assert space["modifiers"] == Choice(("fgm", "ema,fgm"))


@pytest.mark.parametrize("modifiers", ["ema", "fgm,ema:decay=0.9", "swa:first=5"])
def test_what_averages_already_is_not_averaged_again(modifiers):
    assert "modifiers" not in default_space(Config(modifiers=modifiers), learning_rate=1e-3, head_learning_rate=1e-2)


def test_a_text_reads_back_to_the_same_space():
    given = ["recompute=true|false", "batch_tokens=1048576..4194304", "weight_decay=0..0.30000000000000004"]
    for space in (default_space(Config(), learning_rate=1e-3, head_learning_rate=1e-2), read_space(given, Config())):
        assert read_space([f"{name}={values}" for name, values in space.items()], Config()) == space


def test_the_order_of_texts_changes_nothing():
    texts = ["head=crf|w2ner", "epochs=3..9"]
    assert list(read_space(texts, Config())) == list(read_space(texts[::-1], Config()))


@pytest.mark.parametrize(
    ("search", "same"), [("head=crf|w2ner", True), ("epochs=4..20", False), ("warmup=0..0.5", False)]
)
def test_epochs_are_compared_only_where_they_are_alike(search, same):
    assert same_curves(read_space([search], Config())) == same
