import re
from pathlib import Path
from typing import Annotated, Literal

import pytest

from bert4ner.cli.parameters import read_signature
from bert4ner.cli.parsing import parse
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.options import describe
from bert4ner.other_names import ADVICE, ALIASES
from bert4ner.registry import COMMANDS


def command(
    data: Annotated[Path, describe("Documents.", metavar="DATA")],
    *,
    output: Annotated[Path, describe("A new run.", metavar="RUN")],
    folds: int = 5,
    color: Literal["red", "green"] = "red",
    options: Config = Config(),  # noqa: B008
) -> None:
    """Do nothing.

    e.g.  bert4ner nothing
    """


def parsed(arguments: str) -> dict:
    values = parse(command, arguments.split(), prog="bert4ner nothing")
    assert values is not None
    return values


def refusal(arguments: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(arguments)
    line, hint, rest = str(caught.value).partition(" (see bert4ner nothing --help)")
    assert hint and not rest
    return line


def test_arguments_become_values():
    values = parsed("data.jsonl --output run --folds 3 --color=green")
    assert values == {
        "data": Path("data.jsonl"),
        "output": Path("run"),
        "folds": 3,
        "color": "green",
        "options": Config(),
        "quiet": False,
    }


def test_every_option_of_the_configuration_is_an_option_without_its_group():
    typed = {"max_length": 128, "head": "softmax", "learning_rate": 0.001, "head_dropout": 0.2, "seed": 7}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in typed.items())
    assert parsed(f"x --output y {words}")["options"] == Config().replace(**typed)


def test_help_shows_every_option_of_the_configuration(capsys):
    assert parse(command, ["--help"], prog="bert4ner nothing") is None
    shown = capsys.readouterr().out
    assert all(re.search(rf"{Config.option(name).flag}[ ,]", shown) for name in Config().options())
    assert "--scheme {bio,bios,bioes}" in shown and "scheme of the heads that tag tokens." in shown


@pytest.mark.parametrize("spelling", ["--config {}", "--config={}"])
def test_a_configuration_file_gives_the_defaults_and_the_command_line_wins(spelling, tmp_path):
    path = tmp_path / "base.toml"
    path.write_text("epochs = 3\nlearning_rate = 1\n[windows]\nmax_length = 100\noverlap = 20\n", encoding="utf-8")
    values = parsed(f"x --epochs 4 --output y {spelling.format(path)} --max-length 64")
    assert values["options"] == Config().replace(epochs=4, learning_rate=1, max_length=64, overlap=20)
    assert "config" not in values


def test_a_configuration_file_that_is_wrong_is_refused(tmp_path):
    path = tmp_path / "base.toml"
    path.write_text("epoch = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"base\.toml: unknown option 'epoch'; did you mean 'epochs'"):
        parsed(f"x --output y --config {path}")
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
        parsed("x --output y --config nowhere.toml")


def test_a_value_out_of_its_range_is_refused():
    with pytest.raises(ConfigError, match=r"^seed must be in \[0, 2147483647\], got -3$"):
        parsed("x --output y --seed -3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "missing: DATA, --output"),
        ("x", "missing: --output"),
        ("x --outptu y", "missing: --output; unknown option --outptu, did you mean --output?"),
        ("x --output", "--output: expected a value, found none"),
        ("x --output y --hed crf", "unknown option --hed, did you mean --head?"),
        (
            "x --output y --max_lenght=3 --zzz",
            "unknown option --max_lenght, did you mean --max-length?; unknown option --zzz",
        ),
        ("--hlep", "unknown option --hlep, did you mean --help?"),
        ("x --output y --gpu 0", f"unknown option --gpu; {ADVICE['--gpu']}"),
        ("x --output y --batch_size 32", f"unknown option --batch_size; {ADVICE['--batch-size']}"),
        ("x y z --output u", "unexpected argument: y, z; a path with blanks needs quotes"),
        ("x --output y --scheme biso", "--scheme: expected one of bio, bios, bioes, found 'biso', did you mean bio?"),
        ("x --output y --color 红", "--color: expected one of red, green, found '红'"),
        ("x --output y --folds 2.5", "--folds: expected a whole number, found '2.5'"),
        ("x --output y --epochs many", "--epochs: expected a whole number, found 'many'"),
        ("x --output y --warmup much", "--warmup: expected a number, found 'much'"),
        ("x --output y --learning-rate fast", "--learning-rate: expected a number or auto, found 'fast'"),
        (f"x --output y {'long/' * 60}", f"unexpected argument: {'long/' * 60}; a path with blanks needs quotes"),
    ],
)
def test_a_mistake_in_the_arguments_is_one_line(arguments, message):
    assert refusal(arguments) == message


def test_options_are_known_by_the_names_of_other_tools():
    values = parsed("x -o y --lr 1e-5 --max_seq_length=100 --num-epochs 3 --bert z")
    assert values["output"] == Path("y")
    assert values["options"] == Config().replace(learning_rate=1e-5, max_length=100, epochs=3, pretrained="z")
    (neck, encoder) = (parsed(f"x -o y --{name} cnn")["options"] for name in ("neck", "encoder"))
    assert neck == encoder == Config(encoder="cnn")
    assert refusal("x -o y --lr fast") == "--learning-rate: expected a number or auto, found 'fast'"


@pytest.mark.parametrize("typed", ["—pretrained tcm-mini", "–-pretrained=tcm-mini", "－－pretrained tcm-mini"])
def test_dashes_of_an_input_method_are_recognised(typed):
    name = typed.partition("=")[0].split()[0]
    assert refusal(f"x -o y {typed}") == f'{name} begins with a dash that is not "-": write --pretrained'


def test_other_dashes_are_found_in_other_names_and_help_and_not_in_values():
    assert refusal("x —lr 1 －－help") == (
        '—lr begins with a dash that is not "-": write --lr; －－help begins with a dash that is not "-": write --help'
    )
    assert parsed("x -o —y")["output"] == Path("—y")
    assert parsed("-o y -- —output")["data"] == Path("—output")


def test_words_are_recognised_in_any_case():
    assert refusal("x -o y --head CRF").endswith("found 'CRF', did you mean crf?")
    assert refusal("x -o y --scheme BIOES").endswith("did you mean bioes?")


def test_other_names_and_advice_are_those_of_options_that_exist():
    flags = {each.option.flag for name in COMMANDS.own() for each in read_signature(COMMANDS.get(name).load()).all()}
    assert set(ALIASES.values()) <= flags and flags.isdisjoint({*ALIASES, *ADVICE})


@pytest.mark.parametrize("terminal", [{"COLUMNS": "40"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_the_line_does_not_depend_on_the_terminal(terminal, monkeypatch):
    for name, value in terminal.items():
        monkeypatch.setenv(name, value)
    assert refusal("x --output y --hed crf") == "unknown option --hed, did you mean --head?"
    assert refusal("") == "missing: DATA, --output"
