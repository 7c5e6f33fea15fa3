"""The names that the package promises, and that asking for one loads no more than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

import bert4ner

ROOT = Path(__file__).resolve().parent.parent
PROMISED = """
    read_documents write_documents iterate_documents audit Config Entity Document cross_validate train_model
    NamedEntityRecognizer load_recognizer combine_runs CombineOptions build_model evaluate Scores ViterbiDecoder
    pretrain PretrainingOptions merge_readings compat callbacks compile_for_training training_batches
    pseudo_label self_train read_pseudo_labels write_pseudo_labels PseudoOptions SelfTrainingOptions
    tune TuningOptions
    LocalExecutor MoreText sample_documents
    Bert4NERError DataError ConfigError CheckpointError RunError EnvironmentProblem
""".split()
WITH_TENSORFLOW = set(
    "NamedEntityRecognizer load_recognizer combine_runs CombineOptions build_model callbacks compile_for_training "
    "training_batches pretrain pseudo_label self_train tune".split()
)
WITHOUT_TENSORFLOW = sorted(set(PROMISED) - WITH_TENSORFLOW)


def python(script: str) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.strip()


def test_the_promised_names_are_listed():
    assert set(PROMISED) <= set(bert4ner.__all__)
    assert set(bert4ner.__all__) <= set(dir(bert4ner))
    assert len(bert4ner.__all__) == len(set(bert4ner.__all__))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.tensorflow] if name in WITH_TENSORFLOW else [])
        for name in bert4ner.__all__
    ],
)
def test_every_listed_name_is_there(name):
    assert getattr(bert4ner, name) is not None


def test_an_unknown_name_is_reported():
    with pytest.raises(AttributeError, match="module 'bert4ner' has no attribute 'recognise'"):
        bert4ner.recognise  # noqa: B018


def test_names_below_the_models_load_no_tensorflow():
    script = (
        "import sys, bert4ner\n"
        f"for name in {WITHOUT_TENSORFLOW}: getattr(bert4ner, name)\n"
        "print(sorted({'tensorflow', 'keras', 'tf_keras', 'bert4keras'} & set(sys.modules)))"
    )
    assert python(script) == "[]"


def test_import_alone_loads_nothing_of_its_own_and_not_even_numpy():
    script = "import sys, bert4ner; print(sorted(n for n in sys.modules if n.startswith('bert4ner') or n == 'numpy'))"
    assert python(script) == "['bert4ner', 'bert4ner.version']"


@pytest.mark.slow
def test_editors_see_the_signature_of_a_public_name(tmp_path):
    """As a user's type checker does: outside of the package, with its own settings."""
    script = tmp_path / "script.py"
    script.write_text("import bert4ner\nreveal_type(bert4ner.read_documents)\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent", "--ignore-missing-imports"]
    done = subprocess.run([*command, str(script)], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert "list[bert4ner.entities.Document]" in done.stdout, done.stdout + done.stderr


def test_functions_stay_functions_when_the_modules_below_were_imported_first():
    script = (
        "import bert4ner.train.crossval, bert4ner.data.audit, bert4ner.scoring.metrics\n"
        "import bert4ner\n"
        "print(callable(bert4ner.evaluate), callable(bert4ner.audit))"
    )
    assert python(script) == "True True"
