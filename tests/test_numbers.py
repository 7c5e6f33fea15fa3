"""Pages and tables of figures are what benchmarks/measured says; its lines say where they come from."""

import json
import re
import statistics
import subprocess
import sys

import pytest

from tests.conftest import ROOT

MEASURED = ROOT / "benchmarks/measured"
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}
HEADS = {"en": "docs/heads.md", "zh": "docs/zh/heads.md"}
PROVENANCE = {"commit", "dirty", "date", "machine", "versions", "command", "recorded_with"}


@pytest.fixture(scope="module", autouse=True)
def _benchmarks_can_be_imported():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield


@pytest.fixture(scope="module")
def made(_benchmarks_can_be_imported):
    from make_pages import files

    return files()


def lines():
    return [
        (f"{path.name}:{number}", json.loads(line))
        for path in sorted(MEASURED.glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


def test_pages_and_readmes_say_what_was_measured(made):
    assert len(made) == 6
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make numbers` and commit"


@pytest.mark.parametrize(
    ("page", "table"),
    [*((page, "measured") for page in READMES.values()), *((page, "heads") for page in HEADS.values())],
)
def test_each_table_stands_in_its_page(page, table):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"<!-- numbers: (\w+) -->\n\| ", text) == [table]
    assert text.count("<!-- /numbers -->") == 1


@pytest.mark.parametrize("language", READMES)
def test_figures_of_heads_are_means_of_the_kept_lines(language):
    heads = [line for place, line in lines() if place.startswith("heads") and line["job"]["seed"] is not None]
    block = (ROOT / HEADS[language]).read_text(encoding="utf-8").partition("<!-- numbers: heads -->")[2]
    block = block.partition("<!-- /numbers -->")[0]
    rows = {row[0].strip(" `"): row for row in re.findall(r"^\| (`\w+`)(.*)\|$", block, flags=re.MULTILINE)}
    for name in ("crf", "w2ner", "efficient_global_pointer"):
        for data in ("cmeee", "tcm"):
            job = {"head": name, "set": data}
            f1 = [line["figures"]["f1"] for line in heads if job.items() <= line["job"].items()]
            assert len(f1) == 3
            assert f"| {100 * statistics.mean(f1):.2f} ± {100 * statistics.stdev(f1):.2f} |" in rows[name][1]


def test_lines_say_where_they_come_from_or_that_git_does():
    for place, line in lines():
        provenance = line.get("provenance")
        if provenance is None:  # from before there was provenance; `make numbers` fills in what git proves
            continue
        assert set(provenance) == PROVENANCE, place
        assert provenance["recorded_with"] in ("measurement", "git history"), place
        if provenance["recorded_with"] == "git history":
            assert re.fullmatch(r"[0-9a-f]{40}", provenance["commit"]), place
        else:  # whose commit is null in a copy without its history
            known = (provenance["date"], provenance["versions"]["tensorflow"], provenance["command"])
            assert all(known) and provenance["machine"]["cores"], place
        assert " /" not in (provenance["command"] or ""), f"{place}: a path of one machine"


def test_commits_filled_in_from_history_exist():
    found = [line["provenance"] for _, line in lines() if "provenance" in line]
    commits = {each["commit"] for each in found if each["recorded_with"] == "git history"}
    git = ["git", "-C", str(ROOT), "rev-list", "--all"]
    try:
        known = set(subprocess.run(git, check=True, capture_output=True, text=True).stdout.split())
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a copy without its history")
    if (ROOT / ".git/shallow").exists():
        pytest.skip("a part of the history")
    assert commits - known == set()


def test_every_word_of_the_page_has_its_chinese(monkeypatch):
    import make_pages
    import page_words

    missing = []

    class Recording(dict):
        def get(self, text, default=None):
            if text not in self and " " in re.sub("`[^`]*`, ", "", text) and not re.search("[一-鿿]", text):
                missing.append(text)
            return super().get(text, default)

    monkeypatch.setattr(page_words, "CHINESE", Recording(page_words.CHINESE))
    make_pages.page("zh")
    assert missing == []


class TestNewLines:
    def test_say_commit_date_machine_versions_and_command(self, tmp_path, monkeypatch):
        import ablation
        from lanes import Kept

        monkeypatch.setattr(sys, "argv", [str(ROOT / "benchmarks/ablation.py"), "--data", "/home/me/data"])
        job = ablation.Job("tcm", "tcm-mini", "ema", 42)
        Kept(tmp_path / "a.jsonl").add(job, {"f1": 0.5, "gpu": None, "cores": 3})
        (line,) = (json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines())
        provenance = line["provenance"]
        assert set(provenance) == PROVENANCE and provenance["recorded_with"] == "measurement"
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", provenance["date"])
        assert (provenance["machine"]["cores"], provenance["machine"]["gpu"]) == (3, "none")
        assert {"python", "bert4ner", "tensorflow", "tf-keras"} <= set(provenance["versions"])
        assert provenance["command"] == "python benchmarks/ablation.py --data data"
        assert [kept["figures"] for kept in Kept(tmp_path / "a.jsonl").lines_of(job)] == [line["figures"]]

    def test_a_table_measured_anew_leaves_others_alone(self, tmp_path, monkeypatch):
        import figures

        monkeypatch.setattr(figures, "MEASURED", tmp_path)
        figures.keep_rows("speed", "one", {"a": {"ms": 1}, "b": {"ms": 2}})
        figures.keep_rows("speed", "other", {"a": {"ms": 3}})
        figures.keep_rows("speed", "one", {"c": {"ms": 4}})
        assert figures.kept_figures("speed", "one") == {"c": {"ms": 4}}
        assert figures.kept_figures("speed", "other") == {"a": {"ms": 3}}
        for rows in ({"e": {"ms": 5}, "c": {"ms": 6}}, {"d": {"ms": 7}}):
            figures.keep_rows("speed", "one", rows, others_stay=True)
        assert list(figures.kept_figures("speed", "one").items()) == [
            ("c", {"ms": 6}),
            ("d", {"ms": 7}),
            ("e", {"ms": 5}),
        ]
        assert figures.kept_figures("speed", "other") == {"a": {"ms": 3}}

    def test_seeds_are_kept_one_by_one_and_shown_as_mean_and_deviation(self, tmp_path, monkeypatch):
        import figures
        from page_tables import Table, percent, rows_of

        monkeypatch.setattr(figures, "MEASURED", tmp_path)
        for seed, f1 in ((1, 0.4), (2, 0.5), (1, 0.6), (3, 0.7)):  # the first seed again
            figures.keep_rows("combine", "t", {"a": {"f1": f1}}, seed=seed)
        figures.keep_rows("combine", "t", {"b": {"f1": 0.25}}, seed=1)
        table = Table("combine", "t", "title", "", (("F1", "f1", percent),))
        rows = rows_of(table, figures.lines_of("combine", "t"), "en")
        assert [(row.cells, len(row.lines)) for row in rows] == [(["a", "60.00 ± 10.00"], 3), (["b", "25.00"], 1)]


def old_line(tmp_path, trick="ema", seed=42, f1=0.5):
    """A line as it was kept before there was provenance, in a file."""
    import ablation
    from lanes import measured_with

    job = ablation.Job("tcm", "tcm-mini", trick, seed)
    parts = ("precision", "recall", "weighted_f1", "held_out_f1", "seconds_per_epoch")
    figures = {"f1": f1, "counts": [[1, 2, 2]], **dict.fromkeys(parts, 0.25)}
    line = {"job": {**job.key, "config": measured_with(job.config())}, "figures": figures}
    with (tmp_path / "old.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return tmp_path / "old.jsonl"


class TestOldLines:
    def test_are_shown_as_not_recorded(self, tmp_path):
        from lanes import Kept
        from page_lanes import trick_tables

        (table,) = trick_tables(Kept(old_line(tmp_path)), "en")
        assert "| ema | 1 | 25.00 | 25.00 | 50.00 |" in table
        assert "Commit not recorded: ema. Machine: not recorded." in table

    def test_are_filled_in_with_what_git_proves(self, tmp_path):
        from provenance import fill, identity, read_lines

        (line,) = read_lines(old_line(tmp_path))
        added = {"commit": "a" * 40, "date": "2026-01-02T00:00:00+00:00"}
        filled = fill(line, {identity(line): added})
        assert added.items() <= filled["provenance"].items()
        assert filled["provenance"]["recorded_with"] == "git history"
        assert filled["provenance"]["versions"] is None and filled["provenance"]["machine"]["cores"] is None
        assert fill(filled, {identity(line): {"commit": "b" * 40, "date": ""}}) == filled
        assert fill(line, {}) == line

    def test_options_written_otherwise_are_the_same_measurement(self, tmp_path):
        from provenance import identity, read_lines

        (line,) = read_lines(old_line(tmp_path))
        assert identity({**line, "job": {"set": "tcm", "encoder": "tcm-mini", "configuration": "41a2"}}) == identity(
            line
        )
        assert identity({**line, "figures": {**line["figures"], "f1": 0.51}}) != identity(line)


def test_a_table_of_several_commits_says_which_row_is_of_which(tmp_path):
    from lanes import Kept
    from page_lanes import trick_tables

    old_line(tmp_path, "ema")
    kept = Kept(old_line(tmp_path, "swa"))
    for line, commit in zip(kept.lines, ("a", "b"), strict=True):
        found = {"commit": commit * 40, "date": f"2026-01-0{1 + (commit == 'b')}", "recorded_with": "measurement"}
        line["provenance"] = {**line["provenance"], **found, "dirty": commit == "b"}
    (table,) = trick_tables(kept, "en")
    assert re.search(r"^\| ema .* \| `aaaaaaa` \|$", table, flags=re.MULTILINE)
    assert re.search(r"^\| swa .* \| `bbbbbbb\+` \|$", table, flags=re.MULTILINE)
    assert "Measured at: `aaaaaaa` 2026-01-01, `bbbbbbb+` 2026-01-02. +: with changes" in table
    kept.lines.pop()
    assert "`aaaaaaa` |" not in trick_tables(kept, "en")[0]


def test_a_table_typed_by_hand_is_out_of_date():
    from make_pages import with_blocks

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_blocks(text, "en") == text
    assert with_blocks(text.replace("62.68", "66.26"), "en").count("62.68") == text.count("62.68")
