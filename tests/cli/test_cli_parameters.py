"""How another package declares a command: arguments, options with ranges and choices, objects of options."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from bert4ner.cli.parameters import read_signature
from bert4ner.cli.parsing import parse
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options import Options, describe, option


@dataclass(frozen=True)
class TuneOptions(Options):
    """How options are searched for."""

    trials: int = option(20, "How many configurations are tried.", low=1)
    prune: bool = option(True, "Whether hopeless ones are stopped.")
    weights: Mapping[str, int] = option(dict, "How often each label counts.", example="DRUG=1")


def tune(
    data: Annotated[Path, describe("Documents.", metavar="DATA")],
    others: Annotated[tuple[Path, ...], describe("More of them.", metavar="DATA")] = (),
    *,
    hours: Annotated[float | None, describe("How long.", above=0)] = None,
    names: Annotated[tuple[str, ...], describe("Labels.", metavar="LABEL")] = (),
    search: TuneOptions = TuneOptions(trials=5),
    options: Config = Config(),  # noqa: B008
) -> None:
    """Search.

    e.g.  bert4ner tune data.jsonl
    """


def parsed(*arguments: object) -> dict:
    values = parse(tune, [str(each) for each in arguments], prog="bert4ner tune")
    assert values is not None
    return values


def test_what_a_function_declares_is_read_off_it():
    labels = [each.label for each in read_signature(tune).all()]
    assert labels[:6] == ["DATA", "DATA", "--hours", "--names", "--config", "--quiet"]
    assert labels[6:9] == ["--trials", "--prune", "--weights"] and labels[9] == "--max-length"


def test_defaults_are_those_of_the_function():
    values = parsed("a")
    assert values.pop("search") == TuneOptions(trials=5) and values.pop("options") == Config()
    assert values == {"data": Path("a"), "others": (), "hours": None, "names": (), "quiet": False}


def test_annotations_may_be_text():
    scope: dict = {"Annotated": Annotated, "describe": describe}
    code = "from __future__ import annotations\ndef count(*, times: Annotated[int, describe('How often.')] = 1): ..."
    exec(code, scope)
    assert [each.label for each in read_signature(scope["count"]).parameters] == ["--times", "--quiet"]


def test_own_options_keep_their_range():
    assert parsed("a", "--hours", 0.5)["hours"] == 0.5
    with pytest.raises(ConfigError, match="hours must be above 0, got 0"):
        parsed("a", "--hours", 0)


def test_several_objects_share_one_file(tmp_path):
    path = tmp_path / "tune.toml"
    path.write_text(
        "trials = 7\nprune = false\n[weights]\nDRUG = 2\nDOSE = 3\n[model]\nhead = 'span'\n", encoding="utf-8"
    )
    values = parsed("a", "--config", path, "--weights", "DRUG=4", "--epochs", 2)
    assert values["search"] == TuneOptions(7, False, {"DRUG": 4, "DOSE": 3})
    assert values["options"] == Config().replace(head="span", epochs=2)
    assert "config" not in values
    assert parsed("a", "--config", path, "--prune")["search"].prune is True
    path.write_text("trails = 7\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tune\.toml: unknown option 'trails'; did you mean 'trials'"):
        parsed("a", "--config", path)
