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
    rows = {line.split()[0]: line.split()[1:] for line in reversed(out.splitlines()) if line.split()}
    assert [rows[name][0] for name in ("crf", "softmax")] == ["2", "1"]
    summary = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert rows["micro"][-1] == f"{100 * summary['out_of_fold']['micro']['f1']:.2f}"
    assert "Objective: micro F1" in out and "crf alone" in out and "all together, nothing fitted" in out
    assert "estimated gain over" in out or "Estimated to be no better than" in out
    assert "chosen on the other folds" in out and f"run:   {run}" in out
    assert (f"next:  bert4ner predict {run} NEW.txt" in out) == ("estimated gain over" in out)

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
    result = json.loads(out)
    assert code == 0 and [each["run"] for each in result["runs"]] == [str(run), str(crf)] and result["options"] == {}
    assert result["runs"][0]["f1"] == summary["out_of_fold"]["micro"]["f1"]
    assert result["pairs"][0]["documents"] == 8 and 0 < result["pairs"][0]["p_value"] <= 1
    code, out, err = bert4ner("compare", run, crf, "--gold", data)
    assert code == 0 and "p-value" in out and f"{100 * result['pairs'][0]['f1']:+.2f}" in out
    assert "p-value" not in bert4ner("compare", run, crf).out


def test_votes_without_gold_say_what_is_missing(bert4ner, runs, tmp_path):
    options = ("--method", "vote", "--quorum", 1, "--output", tmp_path / "votes", "--label-quorum", "DRUG=2")
    code, out, err = bert4ner("combine", *runs, *options)
    assert code == 0, err
    first, *_, last, _ = out.splitlines()
    assert first.startswith("without --gold DATA, the documents that the runs were made from, the new run will have no")
    assert last.startswith("without scores; to get them, remove it (rm -r ") and last.endswith("again with --gold DATA")
    assert bert4ner("combine", *runs, *options).err.endswith(f"or remove it: rm -r {tmp_path / 'votes'}\n")
    stored = json.loads((tmp_path / "votes" / "combination.json").read_text(encoding="utf-8"))
    assert (stored["quorum"], stored["label_quorum"], stored["threshold"]) == (1, {"DRUG": 2}, 0.0)
    kinds, path = tmp_path / "kinds", tmp_path / "kinds.toml"
    path.write_text('method = "vote"\nby_kind = true\nmixed_vocabularies = true\n', encoding="utf-8")
    code, _, err = bert4ner("combine", *runs, "--output", kinds, "--config", path)
    assert code == 0, err
    members = json.loads((kinds / "combination.json").read_text(encoding="utf-8"))["members"]
    assert sorted(folder for member in members for folder in member["folders"]) == ["member-0", "member-1"]


def test_mistakes_are_reported_in_one_line(refused, runs, data, tmp_path):
    output = ("--output", tmp_path / "run")
    assert "nothing is there" in refused("combine", tmp_path / "nowhere", *output)
    assert "numbers such as 2,1,1, found 'best'" in refused("combine", *runs, *output, "--weights", "best")
    assert "LABEL=INT such as DRUG=1, found 'DRUG'" in refused("combine", *runs, *output, "--label-quorum", "DRUG")
    assert "aim must be f1" in refused("combine", *runs, *output, "--gold", data, "--aim", "best")
    assert "given twice" in refused("combine", runs[0], runs[0], *output)
    assert "nothing to combine" in refused("combine", *output)
    assert "nothing to compare" in refused("compare")
    assert not (tmp_path / "run").exists()


def test_all_of_it_in_a_file_and_on_the_command_line(bert4ner, runs, data, tmp_path):
    path = tmp_path / "combine.toml"
    path.write_text(
        'method = "stacking"\ncalibration = "isotonic"\nnbest = 2\naim = "f2"\n\n[rules.longest]\n"*" = 4\nDRUG = 3\n',
        encoding="utf-8",
    )
    rules = ("--longest", "DRUG=2", "--forbid", "*=。", "--contain", "SYMPTOM=.")
    output = tmp_path / "run"
    code, out, err = bert4ner(
        "combine", *runs, "--output", output, "--gold", data, "--config", path, "--nbest", 500, *rules
    )
    assert code == 0, err
    stored = json.loads((output / "combination.json").read_text(encoding="utf-8"))
    assert (stored["method"], stored["nbest"], stored["calibration"]["kind"]) == ("stacking", 500, "isotonic")
    assert stored["rules"] == {"longest": {"*": 4, "DRUG": 2}, "forbidden": {"*": "。"}, "contains": {"SYMPTOM": "."}}
    assert "by stacking" in out and "calibration error of" in out and "fitted to the other folds" in out
    assert bert4ner("report", output, "--gold", data, "--quiet").code == 0
    page = (output / "report.html").read_text("utf-8")
    assert "A logistic model" in page and "Precision against recall" in page and "Scores are calibrated" in page
    assert bert4ner("predict", output, data, "--output", tmp_path / "found.jsonl").code == 0


def test_predict_gives_candidates(bert4ner, refused, runs, data, tmp_path):
    found = {}
    for nbest in (1, 9):
        path = tmp_path / f"{nbest}.jsonl"
        assert bert4ner("predict", runs[0], data, "--output", path, "--nbest", nbest).code == 0
        found[nbest] = [set(document.entities) for document in read_documents(path)]
    assert all(one <= many for one, many in zip(found[1], found[9], strict=True))
    assert sum(map(len, found[9])) > sum(map(len, found[1]))
    combined = tmp_path / "both"
    assert bert4ner("combine", *runs, "--output", combined).code == 0
    message = refused("predict", combined, data, "--output", tmp_path / "no.jsonl", "--nbest", 3)
    assert "fixed when runs are combined" in message
    assert "at least 1, got 0" in refused("predict", runs[0], data, "--output", tmp_path / "no.jsonl", "--nbest", 0)
    assert not (tmp_path / "no.jsonl").exists()


def test_mistakes_in_rules_and_files_are_reported_in_one_line(refused, runs, data, tmp_path):
    output = ("--output", tmp_path / "run", "--gold", data)
    path = tmp_path / "combine.toml"
    path.write_text("metod = 'vote'", encoding="utf-8")
    assert "did you mean 'method'" in refused("combine", *runs, *output, "--config", path)
    assert "cannot be read" in refused("combine", *runs, *output, "--config", tmp_path / "nowhere.toml")
    assert "LABEL=INT such as DRUG=1, found 'DRUG=x'" in refused("combine", *runs, *output, "--longest", "DRUG=x")
    assert "not a valid regular expression" in refused("combine", *runs, *output, "--contain", "DRUG=[")
    assert "unknown label 'HERB'" in refused("combine", *runs, *output, "--forbid", "HERB=。")
    assert "a quorum needs the method vote" in refused("combine", *runs, *output, "--quorum", 1)
    assert "nbest must be" in refused("combine", *runs, *output, "--nbest", 0)
    assert not (tmp_path / "run").exists()
