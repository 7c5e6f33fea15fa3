"""The configuration of a training: relations between its options, and files of all versions."""

import json

import pytest

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options import Options
from bert4ner.registry import HEADS
from tests.conftest import ROOT

RECORDED = json.loads((ROOT / "tests" / "recorded_options.json").read_text(encoding="utf-8"))
AUTOMATIC_LEXICON = 13
"""The version since which a lexicon is the default."""
AGAINST_RELATIONS = {
    "_overlap_fits": (
        {"max_length": 16, "overlap": 8},
        r"overlap must be in \[0, 7\], half of a window of max_length=16, got 8",
    ),
    "_a_window_fits_a_batch": (
        {"batch_tokens": 255},
        "batch_tokens must be at least 256, a window of max_length, got 255",
    ),
    "_seeds_are_in_range": (
        {"seed": 2**31 - 2, "seeds": 3},
        r"seed \+ seeds - 1 must be at most 2147483647, got 2147483648",
    ),
    "_elements_pair": ({"head_size": 7}, "head_size must be even, its elements are turned in pairs, got 7"),
    "_labels_weigh_something": ({"label_weights": {"A": 1, "B": 0}}, "label_weights must be above 0, got that of 'B'"),
    "_samples_differ": (
        {"dropout_samples": 4, "head_dropout": 0.0},
        "dropout_samples=4 draws the same every time where head_dropout is 0; leave one of them out",
    ),
}


def unrecorded(cls: type[Options], recorded: dict[str, object]) -> list[str]:
    """A sentence for each option that was not as it is now when its version was recorded."""
    now = {each.name: each.default for group in cls.groups() for each in group.options}
    return [
        f"{name}: {recorded.get(name, 'not there')!r} in version {cls.version()}, now {now.get(name, 'not there')!r}; "
        "add a migration (bert4ner/migrations.py), and record the version that it makes in tests/recorded_options.json"
        for name in sorted({*now, *recorded})
        if name not in now or name not in recorded or now[name] != recorded[name]
    ]


@pytest.mark.parametrize("relation", Config.relations, ids=lambda relation: relation.__name__)
def test_what_contradicts_another_option_is_refused(relation):
    options, message = AGAINST_RELATIONS[relation.__name__]
    with pytest.raises(ConfigError, match=message):
        Config().replace(**options)
    assert relation(Config()) is None


def test_short_windows_overlap_less_unless_reported_how_much():
    short = Config().replace(max_length=64)
    assert (short.windows.overlap, Config().replace(max_length=66).windows.overlap) == (16, 32)
    assert Config().replace(max_length=64, overlap=31).windows.overlap == 31
    with pytest.raises(ConfigError, match="got 32"):
        Config().replace(max_length=64, overlap=32)
    assert Config().with_table(short.to_table()) == short


def test_the_option_at_fault_is_named():
    with pytest.raises(ConfigError, match=r"^max_length must be at most 4096, .*\(batch_tokens\), got 10000$"):
        Config().replace(max_length=10_000)
    with pytest.raises(ConfigError, match=r"^batch_tokens must be at least 10000"):
        Config().replace(max_length=10_000, batch_tokens=5000)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("neck", "encoder"),
        ("lr", "learning_rate"),
        ("max_len", "max_length"),
        ("Epochs", "epochs"),
        ("bert", "pretrained"),
    ],
)
def test_an_option_named_as_on_the_command_line_or_in_other_tools_is_recognised(name, meant, tmp_path):
    with pytest.raises(ConfigError, match=f"unknown option '{name}'; did you mean '{meant}'"):
        Config(**{name: 1})
    path = tmp_path / "mine.toml"
    path.write_text(f"[{Config.option(meant).group}]\n{name} = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"did you mean '{meant}'"):
        Config.load(path)


def test_an_unknown_head_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"head must be one of crf, softmax, .*, got 'crv'; did you mean 'crf'\?"):
        Config().replace(head="crv")


def test_a_head_of_another_package_can_be_chosen(monkeypatch):
    monkeypatch.setitem(HEADS._loaded, "foreign", object)
    assert Config().replace(head="foreign").model.head == "foreign"
    assert Config.option("head").words()[-1] == "foreign"


def test_no_option_is_added_or_changed_without_a_migration():
    assert list(RECORDED) == [str(version) for version in range(1, Config.version() + 1)]
    assert unrecorded(Config, RECORDED[str(Config.version())]) == []


def test_an_option_that_is_new_gone_or_other_is_reported():
    recorded = dict(RECORDED[str(Config.version())])
    del recorded["epochs"]
    recorded.update(seed=7, old=1)
    assert [sentence.split(" in version")[0] for sentence in unrecorded(Config, recorded)] == [
        "epochs: 'not there'",
        "old: 1",
        "seed: 7",
    ]


@pytest.mark.parametrize("version", RECORDED)
def test_files_of_every_version_can_be_read(version):
    saved = {"format": int(version), **RECORDED[version]}
    lexicon = "auto" if int(version) >= AUTOMATIC_LEXICON else "none"
    assert Config.restore(saved) == Config(lexicon=lexicon)
    if version == "1":
        assert Config.restore(RECORDED[version]) == Config(lexicon=lexicon)


@pytest.mark.parametrize(("head", "joint"), [("mrc", 0), ("crf", "auto")])
def test_a_run_of_before_joint_layers_reads_all_together(head, joint, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f'[model]\nhead = "{head}"\n', encoding="utf-8")
    assert Config.load_saved(path).spans.joint_layers == joint
    assert Config.load(path).spans.joint_layers == "auto"  # somebody's own file: what it leaves out is as it is now


@pytest.mark.parametrize(("head", "smoothing"), [("span", 0.1), ("crf", 0.0), ("softmax", 0.0), ("foreign", 0.1)])
def test_a_run_of_before_the_losses_had_a_group_trains_on_what_it_did(head, smoothing, tmp_path, monkeypatch):
    monkeypatch.setitem(HEADS._loaded, "foreign", object)
    path = tmp_path / "config.toml"
    table = f'[model]\nhead = "{head}"\n[spans]\nlabel_smoothing = 0.1\n'
    path.write_text("format = 4\n" + table, encoding="utf-8")
    assert Config.load_saved(path).losses.label_smoothing == smoothing
    path.write_text(table, encoding="utf-8")
    assert Config.load(path).losses.label_smoothing == 0.1


def test_a_saved_choice_is_kept_by_migrations():
    assert Config.restore({"head": "mrc", "joint_layers": 2}).spans.joint_layers == 2


def test_the_file_of_a_configuration_says_its_version():
    assert Config().to_toml().startswith(f"format = {Config.version()}\n\n[windows]\nmax_length = 256\n")
