"""Every row of the tables in docs/legacy.md is a test: a function of its name in `scripts/rows_*.py`, or one below.

The scripts run many rows in one process each; a process takes seconds to begin.
"""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from bert4ner.legacy.table import MENDED, NAMES
from bert4ner.legacy.unsupported import INSTEAD, explain
from tests.conftest import ROOT
from tests.legacy.legacy_process import SCRIPTS, run_legacy

_spec = spec_from_file_location("table_of_legacy", ROOT / "docs/table_of_legacy.py")
table_of_legacy = module_from_spec(_spec)
_spec.loader.exec_module(table_of_legacy)

SCRIPTS_OF_ROWS = ("rows_keras", "rows_tf_keras", "rows_bert")
ROWS = {
    name: re.findall(r"^@row\ndef (\w+)", (SCRIPTS / f"{name}.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name in SCRIPTS_OF_ROWS
}
IN_OTHER_TESTS = {
    "shapes": "test_legacy_scripts.py::test_tensorflow_1_names_work",
    "training": "test_legacy_scripts.py::test_adversarial_training_and_a_crf_that_is_saved_and_loaded",
    "bert4keras_choice": "test_legacy_scripts.py::test_recomputed_layers_have_the_same_gradients",
    "bert4keras_own": "test_legacy_scripts.py::test_the_published_recognizer_learns",
    "save_weights_as_checkpoint": "test_legacy_scripts.py::test_checkpoints_are_written_with_googles_names",
    "load_model_with_crf": "test_legacy_scripts.py::test_adversarial_training_and_a_crf_that_is_saved_and_loaded",
    "bert4keras_optimizers": "test_legacy_optimizers.py::test_every_step_is_the_published_one",
    "exponential_moving_average": "test_legacy_optimizers.py::test_an_average_of_embeddings_counts_each_step_once",
    "parameter_wise_lr": "test_legacy_optimizers.py::test_every_step_is_the_published_one",
    "gradient_accumulation": "test_legacy_optimizers.py::test_every_step_is_the_published_one",
    "lookahead": "test_legacy_optimizers.py::test_every_step_is_the_published_one",
    "recompute": "test_legacy_scripts.py::test_recomputed_dropout_drops_the_same",
    "initial_weights": "test_legacy_scripts.py::test_checkpoints_are_written_with_googles_names",
}
KEYS = [row.key for row in (*NAMES, *MENDED)]


@pytest.mark.parametrize("language", table_of_legacy.PAGES)
def test_the_tables_of_a_page_are_those_of_the_code(language):
    text = (ROOT / table_of_legacy.PAGES[language]).read_text(encoding="utf-8")
    assert all(f"\n{head}\n" in text for head in table_of_legacy.HEADS[language])
    assert table_of_legacy.written(text, language) == text, "run: make docs-index"


def test_every_row_has_a_test_and_a_name_of_its_own():
    in_scripts = [key for keys in ROWS.values() for key in keys]
    assert sorted(set(KEYS)) == sorted(KEYS) and len(KEYS) > 30
    assert [key for key in KEYS if (key in in_scripts) + (key in IN_OTHER_TESTS) != 1] == []
    for place in IN_OTHER_TESTS.values():
        file, _, test = place.partition("::")
        assert f"\ndef {test}(" in (SCRIPTS.parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", INSTEAD)
def test_what_is_gone_says_what_to_write(name):
    assert explain(name).endswith(f": does not exist any more; write {INSTEAD[name]} instead")


@pytest.fixture(scope="module")
def run_rows(tmp_path_factory, tiny_checkpoint):
    """What became of the rows of a script, and the process; each script runs once."""
    done = {}

    def run(script):
        if script not in done:
            options = ["--tf1-version", "1.14.0"] if script == "rows_tf_keras" else []
            folder = tmp_path_factory.mktemp(script)
            done[script] = run_legacy(f"{script}.py", folder, tiny_checkpoint, options=options)
        process = done[script]
        found = [line for line in process.stdout.splitlines() if line.startswith('{"')]
        assert found, process.stderr
        return json.loads(found[0]), process

    return run


@pytest.mark.slow
@pytest.mark.parametrize(("script", "key"), [(script, key) for script, keys in ROWS.items() for key in keys])
def test_a_row_holds(run_rows, script, key):
    found, _ = run_rows(script)
    assert found[key] == "", found[key]


@pytest.mark.slow
def test_names_stay_until_the_last_thread_and_the_last_function_have_ended(run_rows):
    _, process = run_rows("rows_tf_keras")
    assert process.stdout.endswith("\nthread True\nexit True\n") and process.returncode == 0
    assert process.stderr == ""
