"""`bert4ner tune` from end to end, and what it refuses before anything is trained."""

import json
import shlex

import pytest

from bert4ner.config import Config
from bert4ner.data.documents import write_documents
from bert4ner.train.callbacks.behind import Others, StopBehind
from bert4ner.train.crossval import train_model
from bert4ner.tuning.trials import read_trials

SMALL = ("--max-length", 16, "--overlap", 4, "--epochs", 2, "--precision", "float32", "--executor", "in_process")


def test_a_search_continues_and_its_options_train_a_run(bert4ner, data, tiny_bert, tmp_path):
    folder = tmp_path / "my search"
    begin = ("tune", data, "--output", folder, "--pretrained", tiny_bert, *SMALL)
    choices = ("--search", "head=crf|softmax", "--search", "batch-tokens=16..64")
    code, out, err = bert4ner(*begin, *choices, "--trials", 2)
    assert code == 0, err
    first = read_trials(folder)
    assert [each.state for each in first] == ["complete"] * 2 and first[0].options["head"] == "crf"
    assert [len(each.epochs) for each in first] == [2, 2]
    assert "trial 2 of 2: batch_tokens=" in err

    code, out, err = bert4ner(*begin, *choices, "--trials", 3)
    assert code == 0 and read_trials(folder)[:2] == first and len(read_trials(folder)) == 3
    best = max(read_trials(folder), key=lambda each: (each.f1, -each.number))
    assert f"best:  {folder / best.name}, all its options: {folder / 'best.toml'}" in out
    assert "better on these documents than on others" in out
    following = next(line for line in out.splitlines() if line.startswith("next:"))
    command = shlex.split(following.removeprefix("next:").replace(" RUN", f" {shlex.quote(str(tmp_path / 'run'))}"))
    assert bert4ner(*command[1:], "--folds", 2, "--executor", "in_process").code == 0
    made_with = Config.load_saved(tmp_path / "run/config.toml")
    assert {name: made_with.options()[name] for name in best.options} == dict(best.options)
    assert bert4ner("predict", folder / best.name, data, "--output", tmp_path / "found.jsonl").code == 0

    code, out, err = bert4ner(*begin, *choices, "--epochs", 3)
    assert (code, out) == (2, "") and "holds another search (epochs was 2, now 3); choose" in err.splitlines()[-1]
    assert bert4ner(*begin, *choices, "--trials", 3, "--quiet").out == ""


def test_folds_score_every_trial(bert4ner, data, tiny_bert, tmp_path):
    given = ("--folds", 2, "--trials", 2, "--search", "head=crf|softmax")
    assert bert4ner("tune", data, "--output", tmp_path / "s", "--pretrained", tiny_bert, *SMALL, *given).code == 0
    scores = json.loads((tmp_path / "s/trial-1/scores.json").read_text(encoding="utf-8"))
    first = read_trials(tmp_path / "s")[0]
    assert first.f1 == scores["out_of_fold"]["micro"]["f1"] and first.epochs == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--search", "hed=crf|span"), "unknown option 'hed'; did you mean 'head'?"),
        (("--search", "head=crf"), "needs values with | between them"),
        (("--trials", 1), "trials must be at least 2, got 1"),
        (("--folds", 1), "folds must be at least 2, got 1"),
        (("--keep", "none"), "--keep"),
    ],
)
def test_mistakes_are_refused_in_one_line_and_nothing_is_written(refused, data, tiny_bert, tmp_path, given, said):
    assert said in refused("tune", data, "--output", tmp_path / "s", "--pretrained", tiny_bert, *SMALL, *given)
    assert not (tmp_path / "s").exists()


def test_other_documents_and_folds_contradict_each_other(refused, data, documents, tiny_bert, tmp_path):
    other = tmp_path / "other.jsonl"
    write_documents(documents, other, "jsonl")
    given = ("--pretrained", tiny_bert, "--valid", other, "--folds", 2)
    assert "leave out valid or folds" in refused("tune", data, "--output", tmp_path / "s", *given)


@pytest.mark.parametrize(
    ("others", "executor", "epochs"),
    [((0.99,) * 4, "local", 2), ((0.99,) * 4, "in_process", 2), ((0.0,) * 4, "in_process", 4)],
)
def test_a_training_behind_the_median_of_others_stops_and_is_complete(
    documents, tiny_bert, tmp_path, others, executor, epochs
):
    config = Config(pretrained=str(tiny_bert), max_length=16, overlap=4, epochs=4, precision="float32")
    ahead = Others((others,) * 4, free=1)
    train_model(documents, config, output=tmp_path, executor=executor, callbacks=[StopBehind(ahead)], verbose=0)
    lines = (tmp_path / "fold-0/history.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == epochs and (tmp_path / "scores.json").is_file()
