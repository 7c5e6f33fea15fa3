"""The main job from end to end, on an encoder with random weights: what it finds is nonsense, but it is all there."""

import json

import pytest

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.runs.pseudo_labels import read_pseudo_labels

SMALL = ("--max-length", 16, "--overlap", 4, "--epochs", 2, "--precision", "float32")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return tmp_path_factory.mktemp("loop")


@pytest.fixture
def crossval(bert4ner, data, tiny_bert, workshop):
    """Cross-validates into the run of this module, at the first call; prints the same at every later one."""

    def run():
        arguments = ("crossval", data, "--output", workshop / "run", "--folds", 2, "--pretrained", tiny_bert, *SMALL)
        return bert4ner(*arguments)

    return run


def test_crossval_then_evaluate_report_and_predict(crossval, bert4ner, refused, data, documents, workshop):
    run = workshop / "run"
    code, out, err = crossval()
    assert code == 0, err
    summary = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    for name, value in (("mean", summary["f1_mean"]), ("std", summary["f1_std"])):
        line = next(line.split() for line in out.splitlines() if line.split()[:1] == [name])
        assert line[3] == f"{100 * value:.2f}"
    assert "optimistic" in out and f"next:  bert4ner predict {run} NEW.txt --output found.jsonl" in out
    assert [each.id for each in read_documents(run / "out_of_fold.jsonl")] == [each.id for each in documents]

    assert crossval().out == out  # complete: nothing is trained again, all is shown again

    code, out, err = bert4ner("evaluate", run, data, "--json")
    assert code == 0 and json.loads(out)["support"] == 16
    assert "8 of 8 gold texts were used to make this run" in err
    assert bert4ner("evaluate", run / "fold-0", data, "--quiet").code == 0

    code, out, err = bert4ner("report", run, "--gold", data, "--quiet")
    assert (code, out, err) == (0, "", "")
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"F1 {100 * summary['out_of_fold']['micro']['f1']:.2f}</title>" in page

    new = workshop / "new.txt"
    new.write_text("人参用于头痛。\n\n当归用于发热。\n", encoding="utf-8")
    code, out, err = bert4ner("predict", run, new, "--output", "-", "--quiet")
    assert code == 0
    records = [json.loads(line) for line in out.splitlines()]
    assert bert4ner("predict", run, new, "--output", workshop / "found.jsonl", "--batch-tokens", 16).code == 0
    found = read_documents(workshop / "found.jsonl")
    assert [each.text for each in found] == [record["text"] for record in records]
    assert [len(each.entities) for each in found] == [len(record["entities"]) for record in records]

    assert bert4ner("info", run, "--verify").out == f"{run}: 20 files are what was written\n"
    manifest = run / "fold-1" / "model" / "manifest.json"
    written = manifest.read_text(encoding="utf-8")
    manifest.write_text(written.replace('"sha256": "', '"sha256": "0'), encoding="utf-8")
    assert "fold-1/model/config.json: has another SHA-256" in refused("predict", run, new, "--output", workshop / "no")
    assert bert4ner("predict", run, new, "--output", workshop / "unverified.jsonl", "--no-verify").code == 0
    manifest.write_text(written, encoding="utf-8")

    foreign = workshop / "foreign.jsonl"
    write_documents([Document("1", "人参用于头痛。", (Entity(0, 2, "HERB"),))], foreign, "jsonl")
    code, out, err = bert4ner("evaluate", run, foreign, "--json")
    assert code == 0 and json.loads(out)["labels"]["HERB"]["gold"] == 1 and json.loads(out)["micro"]["recall"] == 0
    assert f"gold has labels that {run} was not trained for: ['HERB']; their 1 entities of 1 count as missed" in err


def test_train_with_validation_documents_and_a_configuration_file(bert4ner, data, documents, tiny_bert, workshop):
    valid = workshop / "valid.jsonl"
    write_documents([Document(f"valid-{each.id}", each.text, each.entities) for each in documents], valid, "jsonl")
    config = workshop / "config.toml"
    config.write_text(f'pretrained = "{tiny_bert}"\nepochs = 5\nhead = "softmax"\n', encoding="utf-8")
    arguments = ("train", data, "--output", workshop / "one", "--valid", valid, "--config", config, *SMALL)
    code, out, err = bert4ner(*arguments)
    assert code == 0, err
    assert "8 texts of the validation data are also in the training data" in err
    assert "95 % interval" in out and "mean" not in out
    saved = (workshop / "one" / "config.toml").read_text(encoding="utf-8")
    assert "epochs = 2" in saved and 'head = "softmax"' in saved

    new = workshop / "more.txt"
    new.write_text("人参用于头痛。\n", encoding="utf-8")
    code, out, err = bert4ner("pseudo", workshop / "one", new, "--output", workshop / "from_one.jsonl", "--sure", 0.5)
    assert code == 0, err  # the run counts the 8 documents that its model learned from: 5 to 10 times 8 for 1 new one
    assert "40.0000 to 80.0000" in out


def test_pseudo_labels_teach_each_fold_what_its_own_models_found_and_leaks_are_refused(
    crossval, bert4ner, data, tiny_bert, workshop
):
    crossval()
    run, new = workshop / "run", workshop / "unlabelled.txt"
    new.write_text("人参用于头痛。\n地黄用于咳嗽，当归亦可。\n", encoding="utf-8")
    leaking, by_fold = workshop / "leaking.jsonl", workshop / "by_fold.jsonl"
    limits = ("--sure", 0.5, "--unsure", 0.01)
    assert bert4ner("pseudo", run, new, "--output", leaking, *limits, "--quiet").code == 0
    code, out, err = bert4ner("pseudo", run, new, "--output", by_fold, *limits, "--by-fold", "--weight", 0.25)
    assert code == 0, err
    assert "left open" in out and f"next:  bert4ner crossval DATA --pseudo {by_fold}" in out

    whole, apart = (read_pseudo_labels(path) for path in (leaking, by_fold))
    assert [each.teachers.folds for each in whole] == [(0, 1)] * 2
    assert [each.teachers.folds for each in apart] == [(0,), (0,), (1,), (1,)]
    assert [each.document.weight for each in (*whole, *apart)] == [1.0] * 2 + [0.25] * 4  # 7.5 * 8 / 2 is above 1
    for fold in (0, 1):
        candidates = NamedEntityRecognizer.load(run / f"fold-{fold}").predict(read_documents(new), nbest=50)
        for document, each in zip(candidates, apart[2 * fold : 2 * fold + 2], strict=True):
            assert each.document.id == f"{document.id}#fold-{fold}" and each.document.text == document.text
            assert set(each.document.entities) == {entity for entity in document.entities if entity.score >= 0.5}
            open_ones = {entity for entity in document.entities if 0.01 <= entity.score < 0.5}
            assert set(each.document.unsure) == open_ones
    assert any(each.document.unsure for each in apart)

    arguments = ("--folds", 2, "--pretrained", tiny_bert, *SMALL, "--executor", "in_process", "--pseudo-ramp", 2)
    again = ("crossval", data, "--output", workshop / "again", *arguments)

    def message(*more):
        code, out, err = bert4ner(*again, *more, "--quiet")
        assert (code, out) == (2, "")
        return err.splitlines()[-1]

    leak = message("--pseudo", leaking)  # planted: whatever is held out, one of the models that labelled saw it
    assert "was labelled by the models of fold 0, 1, and whatever a fold holds out, one of them was trained on" in leak
    assert "--by-fold" in leak and not (workshop / "again").exists()
    assert "a run of other documents or other folds" in message("--pseudo", by_fold, "--seed", 7)
    assert "does not say what its teachers were trained on" in message("--pseudo", data)
    assert "nothing learns from document 'unlabelled-1', which has no labels" in message(
        "--pseudo", by_fold, "--unlabelled", new
    )
    texts = ("--unlabelled", new, "--modifiers", "mmd,mean_teacher")
    code, out, err = bert4ner(*again, "--pseudo", by_fold, *texts)
    assert code == 0, err
    assert "and 2 pseudo-labelled and 2 without labels to learn, 4 held out" in err
    assert (workshop / "again" / "out_of_fold.jsonl").is_file()
    shorter = workshop / "shorter.jsonl"
    shorter.write_text("".join(by_fold.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert "holds another run (the pseudo-labelled or unlabelled documents differ)" in message(
        "--pseudo", shorter, *texts
    )
