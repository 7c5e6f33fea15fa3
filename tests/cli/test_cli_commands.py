"""The commands that need no model; those that do are in test_cli_loop."""

import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tokenizers
from rich.cells import cell_len

from bert4ner.cli.crossval import crossval
from bert4ner.cli.options import is_run
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.registry import FORMATS
from bert4ner.scoring.errors import analyse_errors
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import CharacterTokenizer
from bert4ner.train.crossval import cross_validate
from tests.made_runs import gold_documents, predicted_documents, write_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def predictions(documents, tmp_path) -> Path:
    """The documents with every drug found and every symptom called a drug."""
    path = tmp_path / "predicted.jsonl"
    found = [Document(each.id, each.text, (Entity(0, 2, "DRUG"), Entity(4, 6, "DRUG"))) for each in documents]
    write_documents(found, path, "jsonl")
    return path


def row(table: str, name: str) -> list[str]:
    return next(line.split() for line in table.splitlines() if line.split()[:1] == [name])


def test_defaults_are_those_of_the_library():
    command, function = (inspect.signature(each).parameters for each in (crossval, cross_validate))
    assert command["folds"].default == function["folds"].default
    assert command["execution"].default.executor == function["executor"].default


# --- audit ---


def test_audit_reports_sizes_and_findings(bert4ner, documents, tmp_path):
    path = tmp_path / "data.jsonl"
    bare = Document("bare", documents[0].text)
    write_documents([*documents, bare], path, "jsonl")
    code, out, _ = bert4ner("audit", path)
    assert code == 0
    assert "9 documents, 16 entities, " in out and row(out, "DRUG")[:4] == ["DRUG", "8", "人参", "2,"]
    assert "texts annotated in different ways: 1" in out
    assert "Where: annotated in different ways\n  bare [0, 2): «人参»用于头痛。  (DRUG, only in " in out


@pytest.mark.parametrize("mention", ["", ",mention"])
def test_audit_suspects_inclusive_ends_where_no_mention_rules_them_out(bert4ner, tmp_path, mention):
    path = tmp_path / "jobs.csv"
    rows = [f"第{number}次招聘司机。,5,6,职位{',司' if mention else ''}" for number in range(6)]
    path.write_text("\n".join([f"text,start,end,label{mention}", *rows]), encoding="utf-8")
    out = bert4ner("audit", path).out
    assert row(out, "职位") == ["职位", "6", "司", "6"]
    assert ("as if ends were inclusive" in out) is ("one character long (职位)" in out) is (not mention)
    assert json.loads(bert4ner("audit", path, "--json").out)["commonest"] == {"职位": [["司", 6]]}


def test_the_commonest_mentions_fit_into_a_line(bert4ner, tmp_path):
    path, long = tmp_path / "long.jsonl", "很" * 3000
    write_documents([Document("1", long + "长", (Entity(0, 3000, "A"), Entity(3000, 3001, "B")))], path, "jsonl")
    out = bert4ner("audit", path).out.replace(str(path), "PATH")
    assert row(out, "A")[2] == "很很很很很很很很…很很很很很很" and max(map(len, out.splitlines())) < 130


def test_audit_as_json_with_vocabulary_and_second_set(bert4ner, data, documents, tiny_bert, tmp_path):
    other = tmp_path / "other.jsonl"
    write_documents([documents[0], Document("new", "蜂蜜用于咳嗽。")], other, "jsonl")
    code, out, err = bert4ner("audit", other, "--pretrained", tiny_bert, "--other", data, "--json", "--quiet")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["format"] == "jsonl" and report["sizes"]["window_size"] == 254
    assert report["vocabulary"]["lacking"] == len("蜂蜜咳嗽")
    assert report["leakage"]["shared_texts"] == 1


def test_audit_knows_the_characters_that_the_tokenizer_knows(bert4ner, tmp_path):
    pieces = [(name, -1.0) for name in ("<s>", "<pad>", "</s>", "<unk>", "▁", ",", "1", "▁a", "人", "参", "e")]
    library = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=3, byte_fallback=False))
    library.normalizer = tokenizers.normalizers.NFKC()
    library.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    library.save(str(tmp_path / "tokenizer.json"))
    path = tmp_path / "data.jsonl"
    write_documents([Document("a", "人参，①Ａa A é蜂")], path, "jsonl")
    gaps = json.loads(bert4ner("audit", path, "--pretrained", tmp_path, "--json").out)["vocabulary"]
    assert gaps["most_frequent"] == [["é", 1], ["蜂", 1]] and gaps["white_space"] == 2
    vocabulary, _ = open_vocabulary(tmp_path)
    assert CharacterTokenizer(vocabulary).known("人，é蜂") == {"人", "，"}


def test_audit_reports_repairs(bert4ner, tmp_path):
    path = tmp_path / "data.txt"
    path.write_bytes("人 I-DRUG\r\n参 I-DRUG\r\n。 O\r\n".encode())
    out = bert4ner("audit", path).out
    assert "read as bio" in out and "1 I-, M- or E- tags without a beginning" in out


def test_audit_finds_annotation_that_was_left_out(bert4ner, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("文本,实体,标签\n人参用于头痛,人参,药\n当归补血,当归,药\n黄连清热,黄莲,药\n", encoding="utf-8")
    first = f"(first: {path}:4: '黄莲' as '药')"
    left_out = f"1 mentions left out because their text does not contain them {first}, 2 entities kept"
    out = bert4ner("audit", path).out
    assert left_out in out[out.index("Suspicious") :]
    (line,) = json.loads(bert4ner("audit", path, "--json").out)["left_out"]
    assert line == f"{left_out}; correct them in the file"


def test_audit_of_text_without_entities(bert4ner, tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("人参用于头痛。\n", encoding="utf-8")
    assert "read as text: 1 document, 0 entities, 0 labels" in bert4ner("audit", path, "--format", "text").out


# --- convert ---


@pytest.mark.parametrize(
    "format", sorted(name for name in FORMATS if FORMATS.get(name).write and FORMATS.get(name).holds.ids)
)
def test_convert_there_and_back(format, bert4ner, data, documents, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back.jsonl"
    code, out, _ = bert4ner("convert", data, there, "--format", format)
    assert code == 0 and f"written as {format}: 8 documents, 16 entities" in out
    assert bert4ner("convert", there, back, "--input-format", format, "--format", "jsonl").code == 0
    found = read_documents(back)  # from brat in the order of file names
    assert {(each.text, each.entities) for each in found} == {(each.text, each.entities) for each in documents}


def test_convert_writes_the_scheme_asked_for_and_warns_of_losses(bert4ner, data, tmp_path):
    target = tmp_path / "tagged.txt"
    code, _, err = bert4ner("convert", data, target, "--format", "bio", "--scheme", "bioes")
    assert code == 0 and "note: bio has no place for ids; 8 left out" in err
    assert target.read_text(encoding="utf-8").startswith("人\tB-DRUG\n参\tE-DRUG\n")


def test_convert_reports_repairs(bert4ner, tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("人 I-DRUG\n参 I-DRUG\n。 O\n", encoding="utf-8")
    out = bert4ner("convert", path, tmp_path / "out.jsonl", "--format", "jsonl").out
    assert "repaired: 1 I-, M- or E- tags without a beginning opened an entity" in out


# --- evaluate ---


def test_evaluate_prints_labels_and_averages(bert4ner, predictions, data):
    code, out, _ = bert4ner("evaluate", predictions, data)
    assert code == 0
    assert row(out, "DRUG") == ["DRUG", "50.00", "100.00", "66.67", "8", "16", "8"]
    assert row(out, "SYMPTOM") == ["SYMPTOM", "0.00", "0.00", "0.00", "8", "0", "0"]
    assert row(out, "micro") == ["micro", "50.00", "50.00", "50.00", "16", "16", "8"]
    assert row(out, "macro")[1:4] == ["25.00", "50.00", "33.33"]
    assert "95 % interval over documents: 50.00 to 50.00" in out


def test_nesting_is_reported_where_there_is_any(bert4ner, tmp_path, predictions, data):
    path, found = tmp_path / "nested.jsonl", tmp_path / "found.jsonl"
    entities = (Entity(0, 6, "SYM"), Entity(0, 2, "BODY"), Entity(7, 8, "BODY"))
    write_documents([Document("a", "心房内折返性心动过速", entities)], path, "jsonl")
    write_documents([Document("a", "心房内折返性心动过速", entities[1:])], found, "jsonl")
    out = bert4ner("evaluate", found, path).out
    assert "nested entities, which share characters with another: 1 of 2 found, recall 50.00" in out
    assert json.loads(bert4ner("evaluate", found, path, "--json", "--quiet").out)["nested"]["recall"] == 0.5
    out = bert4ner("audit", path).out
    assert "entities inside another: 1, at most 1 deep" in out
    assert "entities that one layer of tags cannot hold: 1; heads that score spans can" in out
    assert "nested" not in bert4ner("evaluate", predictions, data).out
    assert "Nesting" not in bert4ner("audit", data).out


def test_evaluate_misses_its_run_before_it_reads_gold(refused, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text("not read", encoding="utf-8")
    assert f"{tmp_path / 'runs'}: no such file or folder" in refused("evaluate", tmp_path / "runs", gold)


@pytest.mark.parametrize("format", [(), ("--format", "text")])
def test_evaluate_refuses_gold_of_plain_text(refused, predictions, tmp_path, format):
    path = tmp_path / "gold.txt"
    path.write_text("人参用于头痛。\n", encoding="utf-8")
    assert f"{path}: expected annotated documents as GOLD, found the format text" in refused(
        "evaluate", predictions, path, *format
    )


def test_evaluate_as_json_with_errors(bert4ner, predictions, data):
    code, out, err = bert4ner("evaluate", predictions, data, "--json", "--errors", "--quiet")
    scores = json.loads(out)
    assert (code, err) == (0, "")
    assert scores["micro"]["f1"] == 0.5 and scores["documents"] == 8 and scores["bootstrap_f1"] == [0.5, 0.5]
    assert scores["errors"]["counts"]["wrong label"] == 8


def test_evaluate_shows_errors_whole_where_there_is_no_terminal(bert4ner, predictions, data, documents):
    out = bert4ner("evaluate", predictions, data, "--errors").out
    assert row(out, "wrong") == ["wrong", "label", "8"] and "correct" not in out
    lines = out.splitlines()
    first = lines.index("Examples, wrong label") + 1
    assert lines[first] == f"  {documents[0].id}: gold 头痛 SYMPTOM, predicted 头痛 DRUG"
    assert lines[first + 1] == "      人参用于«头痛»。"
    assert [line.partition(":")[0].strip() for line in lines[first::2]] == [each.id for each in documents[:5]]
    assert max(map(cell_len, lines)) < 80


def test_examples_of_errors_are_from_different_documents():
    gold = [Document(str(n), "气血" * 9, tuple(Entity(i, i + 1, "A") for i in range(n, 9))) for n in range(4)]
    report = analyse_errors(gold, [Document(each.id, each.text) for each in gold], num_examples=6)
    places = [(each.id, each.error.gold.start) for each in report.examples["missed"]]
    assert places == [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("0", 1), ("1", 2)]


def test_evaluate_keeps_brackets_in_labels(bert4ner, tmp_path):
    path = tmp_path / "data.jsonl"
    write_documents([Document("1", "人参", (Entity(0, 2, "[bold]药[/]"),))], path, "jsonl")
    assert row(bert4ner("evaluate", path, path).out, "[bold]药[/]")[1] == "100.00"


# --- info ---


@pytest.mark.tensorflow
def test_info_reports_versions_devices_and_precision(bert4ner):
    code, out, _ = bert4ner("info", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["packages"]["bert4keras"].startswith("0.11.5") and found["packages"]["numpy"]
    assert found["devices"][0]["type"] == "CPU" and found["precision"] in ("float32", "bfloat16")
    assert "precision: auto chooses" in bert4ner("info").out


@pytest.mark.tensorflow
def test_info_reports_of_a_gpu_that_is_not_used(bert4ner, monkeypatch):
    monkeypatch.setattr("bert4ner.backend.devices.unused_gpu", lambda: "install it")
    assert "missing: install it" in bert4ner("info").out


def test_info_works_without_tensorflow_and_says_how_to_install_it():
    script = """
import sys
from importlib import metadata
sys.modules["tensorflow"] = None
version = metadata.version
def without_tensorflow(name):
    if name == "tensorflow":
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = without_tensorflow
from bert4ner.cli.main import main
sys.exit(main(["info"]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "missing: the package tensorflow is not installed; pip install " in done.stdout
    assert "precision" not in done.stdout


# --- find-rate ---


@pytest.mark.tensorflow
def test_find_rate_writes_plot_and_numbers_and_says_what_to_try(bert4ner, data, tmp_path, monkeypatch):
    from bert4ner.train.rate_search import RateSearch

    given = {}

    def search(documents, config, **options):
        given.update(options, documents=len(documents), head=config.model.head)
        return RateSearch([1e-4, 1e-3, 1e-2, 1e-1], [2.0, 1.0, 0.5, 3.0], on_top=5.0)

    monkeypatch.setattr("bert4ner.train.rate_search.search_rate", search)
    code, out, _ = bert4ner(
        "find-rate",
        data,
        "--output",
        tmp_path / "rates",
        "--steps",
        30,
        "--head",
        "softmax",
        "--pretrained",
        "tcm-mini",
    )
    assert code == 0 and "try:   --learning-rate 0.001 --head-learning-rate 0.005" in out
    assert given == {"documents": 8, "head": "softmax", "steps": 30, "lowest": 1e-6, "highest": 1.0}
    values = json.loads((tmp_path / "rates/rates.json").read_text(encoding="utf-8"))
    assert values["learning_rate"] == pytest.approx(1e-3) and values["losses"] == [2.0, 1.0, 0.5, 3.0]
    assert (tmp_path / "rates/rates.png").read_bytes().startswith(b"\x89PNG")


def test_find_rate_refuses_a_file_before_it_trains(refused, data):
    assert "expected a folder for the plot and the numbers, found a file" in refused(
        "find-rate", data, "--output", data
    )


# --- bad input ---

COMMANDS_ON_DATA = [
    ("audit", "{}"),
    ("train", "{}", "--output", "{tmp}/run", "--pretrained", "tcm-mini"),
    ("crossval", "{}", "--output", "{tmp}/run", "--pretrained", "tcm-mini"),
    ("find-rate", "{}", "--output", "{tmp}/rates", "--pretrained", "tcm-mini"),
    ("convert", "{}", "{tmp}/out", "--format", "jsonl"),
    ("evaluate", "{}", "{data}"),
    ("evaluate", "{data}", "{}"),
    ("predict", "{run}", "{}", "--output", "{tmp}/out"),
    ("report", "{run}", "--gold", "{}"),
    ("combine", "{run}", "--gold", "{}", "--output", "{tmp}/run"),
    ("compare", "{run}", "--gold", "{}"),
]


@pytest.fixture
def filled(tmp_path, data):
    """Fills the places in a command of COMMANDS_ON_DATA."""
    run = tmp_path / "some-run"
    run.mkdir()
    (run / "folds.json").write_text("{}", encoding="utf-8")

    def fill(command: tuple[str, ...], path: object) -> list[str]:
        return [word.format(path, tmp=tmp_path, data=data, run=run) for word in command]

    return fill


@pytest.mark.parametrize("command", COMMANDS_ON_DATA, ids=lambda command: "-".join(command[:2]).replace("{}", "x"))
def test_data_that_cannot_be_read_is_refused_in_one_line(command, refused, filled, tmp_path):
    assert "no such file or folder" in refused(*filled(command, tmp_path / "nowhere"))
    (tmp_path / "folder").mkdir()
    assert str(tmp_path / "folder") in refused(*filled(command, tmp_path / "folder"))
    (tmp_path / "empty").write_bytes(b"")
    assert "empty" in refused(*filled(command, tmp_path / "empty"))
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 8)
    assert str(tmp_path / "binary") in refused(*filled(command, tmp_path / "binary"))


@pytest.mark.parametrize(
    "command",
    [
        ("convert", "{data}", "{}", "--format", "jsonl"),
        ("predict", "{run}", "{data}", "--output", "{}"),
    ],
    ids=lambda command: command[0],
)
def test_output_that_cannot_be_written_is_refused_in_one_line(command, refused, filled, tmp_path, data):
    assert "folder" in refused(*filled(command, tmp_path))
    (tmp_path / "file").write_bytes(b"")
    assert str(tmp_path / "file") in refused(*filled(command, tmp_path / "file" / "below"))
    before = data.read_bytes()
    assert "is the input itself" in refused(*filled(command, data))
    assert data.read_bytes() == before


def test_unknown_format_is_refused_with_the_nearest_known(refused, data):
    assert "found 'jsnl', did you mean jsonl?" in refused("audit", data, "--format", "jsnl")


def test_scheme_without_tags_is_refused(refused, data, tmp_path):
    message = refused("convert", data, tmp_path / "out", "--format", "brat", "--scheme", "bio")
    assert message == "--scheme is for --format bio; the format brat has no tags"


def test_what_is_no_run_is_refused_at_once(refused, data, tmp_path):
    assert "nothing is there" in refused("predict", tmp_path / "nowhere", data, "--output", tmp_path / "out")
    assert "it is not a folder" in refused("predict", data, data, "--output", tmp_path / "out")
    (tmp_path / "folder").mkdir()
    assert "the folder holds none" in refused("predict", tmp_path / "folder", data, "--output", tmp_path / "out")


def test_stdout_takes_no_folder(refused, data, filled):
    message = refused(*filled(("predict", "{run}", "{data}", "--output", "-", "--format", "brat"), ""))
    assert message == "a folder cannot be written to standard output; name one"


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("brat", "without white space, which the format brat needs"),
        ("bio", "bio needs"),
        ("inline", "at most 41 letters"),
    ],
)
def test_labels_that_a_format_cannot_hold_are_refused_before_a_model_is_loaded(format, told, refused, data, tmp_path):
    run, model = tmp_path / "run", tmp_path / "model"
    for folder in (run, model):
        folder.mkdir()
    (run / "folds.json").touch()
    (run / "labels.txt").write_text("DRUG\n药 品\n", encoding="utf-8")
    (model / "config.json").write_text('{"labels": ["DRUG", "药 品"]}', encoding="utf-8")
    for folder in (run, model):
        error = refused("predict", folder, data, "--output", tmp_path / "found", "--format", format)
        assert (
            error.startswith(f"{folder}: expected a label ") and told in error and "found '药 品'; rename it" in error
        )
    (model / "config.json").write_text('{"labels": [5]}', encoding="utf-8")
    assert "config.json: damaged" in refused("predict", model, data, "--output", tmp_path / "found", "--format", format)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model", "run"]


@pytest.fixture
def finding(monkeypatch, filled, data, documents):
    """Runs predict with what stands in the data itself in the place of a model's findings."""
    monkeypatch.setattr("bert4ner.cli.predict._recognized", lambda run, given, options: iter(documents))
    return filled(("predict", "{run}", "{data}", "--output"), "")


def test_predict_reports_what_it_did_and_where(finding, bert4ner, tmp_path):
    path = tmp_path / "found.jsonl"
    out = bert4ner(*finding, path).out.splitlines()
    assert out[0].startswith(f"{path}: 8 documents, 16 entities, 2 labels, in ") and out[0].endswith(" s")
    assert out[1] == "  leaflet-人参-头痛: 人参  DRUG" and len(out) == 7 and out[-1] == "  and 11 more"
    assert bert4ner(*finding, path, "--overwrite", "--quiet") == (0, "", "")


def test_predict_writes_mentions_beside_offsets_unless_reported_not_to(finding, bert4ner, documents, tmp_path):
    with_mentions, without = tmp_path / "with.jsonl", tmp_path / "without.jsonl"
    bert4ner(*finding, with_mentions)
    bert4ner(*finding, without, "--no-mentions")
    first, bare = (json.loads(path.read_text(encoding="utf-8").splitlines()[0]) for path in (with_mentions, without))
    assert [each.pop("text") for each in first["entities"]] == ["人参", "头痛"] and first == bare
    assert read_documents(with_mentions) == read_documents(without) == documents


def test_predictions_on_stdout_are_alone_there(finding, bert4ner, documents):
    code, out, err = bert4ner(*finding, "-")
    assert code == 0 and [json.loads(line)["id"] for line in out.splitlines()] == [each.id for each in documents]
    assert "-: 8 documents, 16 entities" in err


def test_gold_that_carries_scores_is_reported(bert4ner, data, documents, tmp_path):
    path = tmp_path / "found.jsonl"
    write_documents([Document(each.id, each.text, (Entity(0, 2, "DRUG", 0.5),)) for each in documents], path, "jsonl")
    assert "GOLD" not in bert4ner("evaluate", path, data).err
    err = bert4ner("evaluate", data, path).err
    assert f"{path} is given as GOLD, but its entities carry scores, as predictions do" in err


@pytest.mark.parametrize("named", ["leaflet-{}", "b-{}"])
@pytest.mark.parametrize("name", ["out_of_fold.jsonl", "fold-0/predictions.jsonl"])
def test_held_out_documents_of_a_run_are_scored_without_those_it_learned_from(bert4ner, refused, tmp_path, named, name):
    held_out = gold_documents()
    run = write_run(tmp_path / "run", held_out, predicted_documents(held_out), folds=1)
    texts = [Document("learned", "蜂蜜用于咳嗽。", (Entity(0, 2, "DRUG"),)), *held_out]
    gold = tmp_path / "gold.jsonl"
    write_documents([replace(each, id=named.format(n - 1)) for n, each in enumerate(texts)], gold, "jsonl")
    code, out, err = bert4ner("evaluate", run / name, gold)
    assert code == 0 and "6 documents" in out and row(out, "micro")[1:4] == ["75.00", "75.00", "75.00"]
    assert "holds 6 of the 7 gold documents" in " ".join(err.split())
    write_documents(held_out[1:], gold, "jsonl")
    assert "gold lacks 1 of the 6 documents" in refused("evaluate", run / name, gold)


def test_predictions_of_other_documents_are_refused(refused, data, tmp_path):
    path = tmp_path / "other.jsonl"
    write_documents([Document("other", "人参")], path, "jsonl")
    assert "paired by id" in refused("evaluate", path, data)


@pytest.mark.tensorflow
def test_training_without_an_encoder_is_refused(refused, data, tmp_path):
    assert "--pretrained DIR" in refused("crossval", data, "--output", tmp_path / "run")
    assert "no such folder" in refused("train", data, "--output", tmp_path / "run", "--pretrained", tmp_path / "none")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["audit", "crossval", "train", "find-rate"])
def test_an_encoder_that_is_nowhere_is_refused_alike_and_before_the_data_is_read(refused, tmp_path, command):
    output = [] if command == "audit" else ["--output", tmp_path / "run"]
    for name, end in (("no/such/place", "bert-base-chinese, or tcm-mini"), ("tcm_mini", "that comes along?")):
        said = refused(command, tmp_path / "missing.json", *output, "--pretrained", name)
        assert said.startswith(f"{name}: no such folder; ") and said.endswith(end)


def test_a_network_named_as_one_head_is_divided(refused, data, tmp_path):
    def said(head):
        return refused("crossval", data, "--output", tmp_path / "run", "--head", head)

    assert said("BiLSTM-CRF").startswith("--head: a neck and a head: --neck bilstm --head crf")
    assert said("bert-bilstm-crf").startswith("--head: a neck and a head: --neck bilstm --head crf")
    assert said("crff").startswith("--head: expected one of") and "did you mean crf?" in said("crff")


def test_no_job_at_a_time_is_refused(refused, data, tmp_path):
    assert "jobs must be at least 1, got 0" in refused("crossval", data, "--output", tmp_path / "run", "--jobs", 0)
    assert not (tmp_path / "run").exists()


def test_documents_are_not_taken_for_a_run(data, tmp_path):
    (tmp_path / "1.txt").write_text("人参", encoding="utf-8")
    assert not is_run(data) and not is_run(tmp_path) and not is_run(tmp_path / "nowhere")
