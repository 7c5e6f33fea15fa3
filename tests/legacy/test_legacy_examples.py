"""The runner of bert4keras' examples, on our own: what it replaces, what they read, how it judges their end."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

OWN = """#! -*- coding: utf-8 -*-
# 自己的例子
import json
epochs, other = 10, 20000
steps_per_epoch = 1000
learing_rate = 1e-5
corpus = '/root/ner/china-people-daily-ner-corpus/example.%s'  # 语料
saved, address = 'gs://xxxx/bert4keras/saved_model/x.ckpt', 'grpc://10.0.0.1:8470'

def fit(epochs, batch_size): return epochs, batch_size

with open(corpus % 'train', encoding='utf-8') as lines:
    first = next(lines).split()
print(json.dumps([epochs, other, steps_per_epoch, fit(epochs=50, batch_size=32), saved, address, first]))
"""
SERVICE = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 0}')
server = HTTPServer(("127.0.0.1", 0), Answer)
open("port", "w").write(str(server.server_port))
server.serve_forever()
"""


@pytest.fixture
def examples(monkeypatch):
    """The runner, with python in the place of `bert4ner legacy`: TensorFlow has no part in what it does."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import legacy_examples

    monkeypatch.setattr(legacy_examples, "LEGACY", [sys.executable])
    return legacy_examples


def run(examples, folder, **texts):
    """Outcomes of scripts by name, and what each printed."""
    (folder / "examples").mkdir()
    scripts = []
    for name, text in texts.items():
        scripts.append(folder / "examples" / f"{name}.py")
        scripts[-1].write_text(text, encoding="utf-8")
    work = folder / "work"
    work.mkdir()
    outcomes = dict(examples.run_examples(scripts, work, 20))
    return outcomes, {path.stem: path.read_text(encoding="utf-8") for path in work.glob("runs/*/examples/*.log")}


def test_paths_and_numbers_are_replaced_and_nothing_else(examples, tmp_path):
    shorter = examples.replaced(OWN, Path("/W"))
    changed = [(old, new) for old, new in zip(OWN.splitlines(), shorter.splitlines(), strict=True) if old != new]
    assert [new for _, new in changed] == [
        "steps_per_epoch = 2",
        "learing_rate = 0.05",
        "corpus = '/W/root/ner/china-people-daily-ner-corpus/example.%s'  # 语料",
        "saved, address = '/W/gs/xxxx/bert4keras/saved_model/x.ckpt', None",
        "print(json.dumps([epochs, other, steps_per_epoch, fit(epochs=1, batch_size=32), saved, address, first]))",
    ]


def test_an_example_reads_what_was_made_for_it(examples, tmp_path):
    from legacy_inputs import make_inputs

    (tmp_path / "examples").mkdir()
    script = tmp_path / "examples" / "own.py"
    script.write_text(OWN, encoding="utf-8")
    make_inputs(tmp_path / "work")
    [(name, outcome)] = examples.run_examples([script], tmp_path / "work", 20)
    printed = json.loads((tmp_path / "work/runs/own/examples/own.log").read_text(encoding="utf-8"))
    assert (name, outcome.result, outcome.line) == ("examples/own.py", "ran to the end", "")
    assert printed == [
        10,
        20000,
        2,
        [1, 32],
        f"{tmp_path}/work/gs/xxxx/bert4keras/saved_model/x.ckpt",
        None,
        ["王", "B-PER"],
    ]


def test_each_end_is_told_apart(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "SERVICES", {})
    refusal = "import sys\nprint('a.py:1: tf.contrib: does not exist', file=sys.stderr)\nsys.exit(2)"
    outcomes, _ = run(examples, tmp_path, fails="print('so far')\n[][0]", refused=refusal)
    assert {name: (each.result, each.line) for name, each in outcomes.items()} == {
        "examples/fails.py": ("failed", "fails.py:2: IndexError: list index out of range"),
        "examples/refused.py": ("refused", "a.py:1: tf.contrib: does not exist"),
    }


def test_a_script_that_goes_on_is_stopped_at_its_limit(examples, tmp_path):
    script = tmp_path / "long.py"
    script.write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)", encoding="utf-8")
    outcome = examples.run_script(script, tmp_path, 1)
    assert (outcome.result, outcome.line) == ("time limit", "begun")
    assert outcome.seconds < 60


def test_a_service_has_ended_well_when_it_has_answered(examples, tmp_path, monkeypatch):
    script = tmp_path / "service.py"
    script.write_text(SERVICE, encoding="utf-8")

    def answers(service):
        port = tmp_path / "port"
        return port.exists() and port.read_text() and answered(f"http://127.0.0.1:{port.read_text()}")

    answered = examples._answers
    monkeypatch.setattr(examples, "_answers", answers)
    monkeypatch.setattr(examples, "SERVICES", {"service.py": "its own port"})
    assert examples.run_script(script, tmp_path, 20).result == "ran to the end"


def test_rows_stay_in_the_folder_and_only_those_that_are_named_run_again(examples, tmp_path):
    (tmp_path / "examples").mkdir()
    (tmp_path / "work").mkdir()
    scripts = [tmp_path / "examples" / f"{name}.py" for name in ("one", "two")]
    for script in scripts:
        script.write_text("open('ran', 'a').write('x')", encoding="utf-8")

    def rows(only, given):
        results = examples.run_rows(given, tmp_path / "work", only, 20)
        times = {path.parent.parent.name: len(path.read_text()) for path in tmp_path.glob("work/runs/*/examples/ran")}
        return sorted(results), times

    assert rows("*", scripts[:1]) == (["examples/one.py"], {"one": 1})
    assert rows("*", scripts) == (["examples/one.py", "examples/two.py"], {"one": 1, "two": 1})
    assert rows("on*", scripts) == (["examples/one.py", "examples/two.py"], {"one": 2, "two": 1})


def test_what_a_script_imports_from_beside_it_ran_in_the_same_folder(examples, tmp_path):
    outcomes, printed = run(
        examples,
        tmp_path,
        first="value = 3\nif __name__ == '__main__':\n    open('weights', 'w').write('trained')",
        then="from first import *\nprint(value, open('weights').read())",
    )
    assert [each.result for each in outcomes.values()] == ["ran to the end"] * 2
    assert printed["then"] == "3 trained\n"


def test_made_data_is_in_the_formats_of_the_data_sets(examples, tmp_path):
    from legacy_inputs import IFLYTEK_CLASSES, VOCABULARY, make_inputs

    make_inputs(tmp_path)
    vocabulary = (tmp_path / "root/kg/bert/chinese_L-12_H-768_A-12/vocab.txt").read_text(encoding="utf-8").split("\n")
    assert len(set(vocabulary) - {""}) == VOCABULARY
    classified = (tmp_path / "root/CLUE-master/baselines/CLUEdataset/iflytek/dev.json").read_text(encoding="utf-8")
    labels = [json.loads(line)["label"] for line in classified.splitlines()]
    assert sorted(map(int, labels)) == list(range(IFLYTEK_CLASSES))
    described = json.loads(
        (tmp_path / "root/caption/coco/annotations/captions_val2014.json").read_text(encoding="utf-8")
    )
    assert all((tmp_path / "root/caption/coco/val2014" / image["file_name"]).is_file() for image in described["images"])
    assert "。" in (tmp_path / "root/金庸/小说/0.txt").read_text(encoding="gbk")
