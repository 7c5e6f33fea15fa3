"""A run's configuration is read whole: what is missing is not made up of defaults."""

import re

import pytest

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.runs.configuration import ALWAYS_WRITTEN, read_config
from bert4ner.runs.record import open_run

NAMES = [name for names in ALWAYS_WRITTEN.values() for name in names]


def test_a_configuration_round_trips(run):
    assert read_config(run) == Config().replace(epochs=3, head="softmax", pretrained="bert")


@pytest.mark.parametrize("content", ["", "\n# nothing\n", "format = 3\n", '[spans]\nnesting = "auto"\n'])
def test_what_holds_none_of_the_options_is_refused_by_name(run, content):
    (run / "config.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml: damaged, the option 'max_length' is missing"):
        _ = open_run(run).config


@pytest.mark.parametrize("name", NAMES)
def test_each_option_that_every_version_wrote_is_needed(run, name):
    path = run / "config.toml"
    path.write_text(re.sub(rf"(?m)^{name} = .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"the option '{name}' is missing"):
        read_config(run)


def test_options_that_came_later_may_be_absent(run):
    path = run / "config.toml"
    old = re.sub(r"(?m)^(format|joint_layers|modifiers) = .*\n|\[step\]\n", "", path.read_text(encoding="utf-8"))
    path.write_text(old, encoding="utf-8")
    assert read_config(run).model.head == "softmax"


def test_toml_nested_too_deeply_is_reported_in_a_line(run):
    (run / "config.toml").write_text("a = " + 5000 * "[" + 5000 * "]", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml: not valid TOML: nested too deeply"):
        read_config(run)
