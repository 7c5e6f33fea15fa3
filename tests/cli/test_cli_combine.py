"""``bert4ner combine`` on runs as training leaves them; what it makes is predicted with, evaluated and reported on."""

import json

import pytest

from bert4ner.config import Config
from bert4ner.data.documents import read_documents
from bert4ner.models.ner_model import NERModel
from tests.combine.conftest import write_run


@pytest.fixture(scope="module")
def runs(documents, tiny_bert, tmp_path_factory):
    """Two runs of one fold each and networks with random weights."""
    folder = tmp_path_factory.mktemp("members")
    config = Config().replace(pretrained=str(tiny_bert), max_length=16, overlap=4, precision="float32")
    paths = []
    for seed, head in enumerate(("crf", "softmax")):
        own = config.replace(head=head, seed=seed)
        models = [NERModel.create(own, ["DRUG", "SYMPTOM"])]
        paths.append(write_run(folder / head, own, models, documents))
    return paths


def test_combine_then_evaluate_predict_and_report(bert4ner, runs, data, documents, tmp_path):
    run = tmp_path / "both"
    options = ("--output", run, "--gold", data, "--weights", "2,1", "--aim", "f1", "--threshold", 0)
    code, out, err = bert4ner("combine", *runs, *options)
    assert code == 0, err
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.split()}
    assert [rows[name][0] for name in ("crf", "softmax")] == ["2", "1"]
    summary = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert rows["micro"][-1] == f"{100 * summary['out_of_fold']['micro']['f1']:.2f}"
    assert "chosen on the other folds" in out and f"next:  bert4ner predict {run} NEW.txt" in out

    code, out, err = bert4ner("evaluate", run, data, "--json")
    assert code == 0 and json.loads(out)["support"] == 16 and "8 of 8 gold texts were used to make this run" in err
    found = tmp_path / "found.jsonl"
    assert bert4ner("predict", run, data, "--output", found, "--batch-tokens", 64).code == 0
    assert [document.id for document in read_documents(found)] == [document.id for document in documents]
    code, out, err = bert4ner("report", run, "--gold", data, "--quiet")
    assert (code, err) == (0, "") and "2 runs combined by probability" in (run / "report.html").read_text("utf-8")

    crf = tmp_path / "crf"
    assert bert4ner("combine", runs[0], "--output", crf, "--gold", data, "--threshold", 0).code == 0
    code, out, err = bert4ner("compare", run, crf, "--gold", data, "--json")
    told = json.loads(out)
    assert code == 0 and [each["run"] for each in told["runs"]] == [str(run), str(crf)] and told["options"] == {}
    assert told["runs"][0]["f1"] == summary["out_of_fold"]["micro"]["f1"]
    assert told["pairs"][0]["documents"] == 8 and 0 < told["pairs"][0]["p_value"] <= 1
    code, out, err = bert4ner("compare", run, crf, "--gold", data)
    assert code == 0 and "p-value" in out and f"{100 * told['pairs'][0]['f1']:+.2f}" in out
    assert "p-value" not in bert4ner("compare", run, crf).out


def test_votes_without_gold_say_what_is_missing(bert4ner, runs, tmp_path):
    options = ("--method", "vote", "--quorum", 1, "--output", tmp_path / "votes", "--label-quorum", "DRUG=2")
    code, out, err = bert4ner("combine", *runs, *options)
    assert code == 0, err
    assert "without scores; combine with --gold DATA" in out
    stored = json.loads((tmp_path / "votes" / "combination.json").read_text(encoding="utf-8"))
    assert (stored["quorum"], stored["label_quorum"], stored["threshold"]) == (1, {"DRUG": 2}, 0.0)


def test_mistakes_are_told_in_one_line(refused, runs, data, tmp_path):
    output = ("--output", tmp_path / "run")
    assert "nothing is there" in refused("combine", tmp_path / "nowhere", *output)
    assert "numbers such as 2,1,1, found 'best'" in refused("combine", *runs, *output, "--weights", "best")
    assert "LABEL=INT such as DRUG=1, found 'DRUG'" in refused("combine", *runs, *output, "--label-quorum", "DRUG")
    assert "aim must be f1" in refused("combine", *runs, *output, "--gold", data, "--aim", "best")
    assert "given twice" in refused("combine", runs[0], runs[0], *output)
    assert "nothing to combine" in refused("combine", *output)
    assert "nothing to compare" in refused("compare")
    assert not (tmp_path / "run").exists()
