"""Standard input and output in the place of files, pipes that end early, streams that are closed."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = '{"id": "1", "text": "人参用于头痛。", "entities": [{"start": 0, "end": 2, "label": "DRUG"}]}\n'


@pytest.fixture
def typed(monkeypatch):
    """Gives standard input a content."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


@pytest.fixture(scope="module")
def shell():
    """Runs a shell's line in which BERT4NER is the command."""

    def run(line: str) -> subprocess.CompletedProcess[str]:
        command = line.replace("BERT4NER", f'"{sys.executable}" -m bert4ner')
        return subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)

    return run


@pytest.mark.parametrize("dash", ["-", "/dev/stdin"])
def test_a_dash_is_standard_input_and_output(dash, typed, bert4ner):
    typed(LINE)
    code, out, err = bert4ner("convert", dash, "-", "--format", "bio")
    assert (code, out) == (0, "人\tB-DRUG\n参\tI-DRUG\n用\tO\n于\tO\n头\tO\n痛\tO\n。\tO\n")
    assert f"{dash}: read as jsonl: 1 document, 1 entity, 1 label\n" in err
    assert "-: written as bio: 1 document, 1 entity, 1 label\n" in err and "bert4ner-stream" not in err


def test_messages_call_a_copied_stream_by_its_name(typed, refused):
    typed(LINE + "{\n")
    assert refused("audit", "-", "--format", "jsonl").startswith("stdin:2: expected valid JSON")
    typed("")
    assert refused("audit", "-").startswith("stdin: empty data set")


def test_a_folder_cannot_be_written_to_standard_output(typed, refused):
    typed(LINE)
    assert refused("convert", "-", "-", "--format", "brat") == "a folder cannot be written to standard output; name one"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_output_is_told_in_one_line(shell, data):
    for line in (f"BERT4NER convert {data} - --format jsonl --quiet", "BERT4NER --help"):
        done = shell(f"{line} > /dev/full")
        assert done.returncode == 2
        assert done.stderr == (
            "bert4ner: error: standard output: cannot be written (No space left on device); free some space or choose "
            "another place\n"
        )


def test_pipes_and_closed_streams_end_quietly(shell, data):
    audit = f"BERT4NER audit {data} --quiet"
    lines = [
        f"{audit} | true; echo ${{PIPESTATUS[0]}}",
        f"{audit} >&-; echo $?",
        "BERT4NER audit nowhere 2>&-; echo $?",
        f"BERT4NER audit <(cat {data}) --json --quiet | tail -n 1; BERT4NER audit - <&-; echo $?",
    ]
    done = shell("\n".join(lines))
    assert done.stdout.split() == ["141", "0", "2", "}", "2"]
    assert done.stderr.splitlines() == [
        "bert4ner: error: stdin: empty data set; expected at least one document, found no text"
    ]


def test_documents_read_from_a_pipe_are_those_of_the_file(shell, data):
    line = "BERT4NER convert /dev/stdin /dev/stdout --format jsonl --quiet"
    found = shell(f"cat {data} | {line} | cat").stdout
    assert [json.loads(each) for each in found.splitlines()] == [
        json.loads(each) for each in data.read_text(encoding="utf-8").splitlines()
    ]
