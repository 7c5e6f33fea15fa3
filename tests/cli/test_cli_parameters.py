"""How another package declares a command: arguments, options with ranges and choices, objects of options."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from bert4ner.cli.parameters import read_signature
from bert4ner.cli.parsing import parse
from bert4ner.config import Config
from bert4ner.errors import ConfigError, EnvironmentProblem
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


def test_a_switch_that_is_on_can_be_turned_off(capsys):
    def count(*, sort: Annotated[bool, describe("Whether sorted.")] = True) -> None:
        """Count.

        e.g.  bert4ner count
        """

    found = [parse(count, arguments, prog="bert4ner count") for arguments in ([], ["--no-sort"], ["--sort"])]
    assert [values and values["sort"] for values in found] == [True, False, True]
    assert parse(count, ["--help"], prog="bert4ner count") is None
    assert "  --sort, --no-sort " in capsys.readouterr().out


BAD = {
    "*rest: str": "its parameter *rest: str cannot be given by its name",
    "**rest: str": "its parameter **rest: str cannot be given by its name",
    "one: str, /": "its parameter one: str cannot be given by its name",
    "sort: bool": "its parameter sort is true or false, so it must stand behind the *",
    "sort: bool = False": "its parameter sort is true or false, so it must stand behind the *",
    "*, sort: bool": "its parameter sort is true or false, so its default must be True or False",
    "*, sort: bool | None = None": "its parameter sort is true or false, so its default must be True or False",
    "one": "its parameter one has no annotation, so its type is not known",
    "*, times=1": "its parameter times has no annotation, so its type is not known",
    "quiet: str": "quiet would mean two things",
    "*, quiet: bool = False": "quiet, --quiet would mean two things",
    "*, help: str = ''": "--help would mean two things",
    "*, config: str = '', one: Options = Config()": "config, --config would mean two things",
    "*, one: Options = TuneOptions(), two: Options = TuneOptions()": (
        "--trials, --prune, --no-prune, --weights, trials, prune, weights would mean two things"
    ),
    "*, sort: bool = True, no_sort: bool = False": "--no-sort would mean two things",
    "*, times: dict[str, list[int]] = 1": "TypeError: no option can be of the kind dict",
    "*, times: 'Unknown' = 1": "NameError: name 'Unknown' is not defined",
}


@pytest.mark.parametrize("parameters", BAD)
def test_what_no_command_line_can_give_is_refused_with_the_function(parameters):
    scope: dict = {"__name__": "pack.count", "Config": Config, "TuneOptions": TuneOptions, "Options": Options}
    exec(f"def count({parameters}) -> None: ...", scope)
    with pytest.raises(EnvironmentProblem) as caught:
        read_signature(scope["count"])
    message = str(caught.value)
    assert message.startswith(f"pack.count:count cannot be a command: {BAD[parameters]}")
    assert message.endswith("; repair or uninstall the package that provides it")


def test_what_is_no_function_is_refused():
    with pytest.raises(EnvironmentProblem, match="'text' cannot be a command: TypeError: 'text' is not a callable"):
        read_signature("text")  # type: ignore[arg-type]


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
