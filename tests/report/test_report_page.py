"""The page as a reader of HTML sees it: tags that match, text that was escaped, nothing fetched from elsewhere."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bert4ner import report
from bert4ner.config import Config
from bert4ner.data.left_out import LeftOut
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, RunError
from bert4ner.phrases import is_chinese, phrase
from bert4ner.report.page import write_report
from bert4ner.runs.combination import Combination, read_combination
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.runs.folds import read_folds
from bert4ner.runs.rules import Rule, SpanRules

EVIL = '<script>alert("&")</script>'
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that tags match; collects the text of the body in both languages, ids, references, marks and tag names."""

    def __init__(self, source: str):
        super().__init__()
        self.open, self.ids, self.links, self.marks, self.tags = [], [], [], [], set()
        self.words = {"en": [], "zh": []}
        self.langs = []  # of each text: the language it is said to be in, and the text
        self.feed(source)
        self.close()
        assert self.open == []
        self.text, self.chinese = (" ".join(" ".join(words).split()) for words in self.words.values())

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.add(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag not in VOID:
            self.open.append((tag, values.get("class") or "", values.get("lang")))

    def handle_startendtag(self, tag, attrs):
        assert "svg" in [name for name, *_ in self.open], f"HTML has no <{tag}/>"
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        inside = [tag for tag, *_ in self.open]
        if not {"style", "script", "svg", "title", "button"} & set(inside) and data.strip():
            classes = [name for _, name, _ in self.open]
            for language, other in (("en", "zh"), ("zh", "en")):
                self.words[language] += [] if other in classes else [data]
            self.langs.append(([lang for *_, lang in self.open if lang][-1], data))
        if inside[-1:] == ["mark"]:
            self.marks.append((data, self.open[-1][1]))


def page_of(run, **options) -> Page:
    path = write_report(run, **options)
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_lies_in_the_run_and_holds_all_parts(run, gold):
    assert write_report(run, gold=gold) == run / "report.html"
    page = page_of(run, gold=gold)
    for title in ("Setup", "Data", "Scores", "Labels", "Curves", "Errors", "Calibration", "Speed"):
        assert title in page.text
    assert (
        "F1, micro 75.00" in page.text and "F1（微平均） 75.00" in page.chinese
    )  # 12 gold entities, 12 found, 9 of them right
    assert "DRUG 6 7 5 71.4 83.3 76.9" in page.text
    assert "each fold's best epoch was chosen on the documents it is scored on" in page.text
    assert "Fold 1 : F1" in page.text
    assert "SYMPTOM · score 55.0" in page.text
    assert "5 predicted" not in page.text and "1 wrong boundary" in page.text


def test_nothing_is_fetched_and_the_one_script_is_our_own(run, gold):
    page = page_of(run, gold=gold)
    assert not {"link", "img", "iframe", "object"} & page.tags
    assert page.links and all(link.startswith("#") for link in page.links)
    source = (run / "report.html").read_text(encoding="utf-8")
    assert "http" not in source and "@import" not in source and "src=" not in source
    script = Path(report.__file__).with_name("report.js").read_text(encoding="utf-8").strip()
    assert source.count("<script>") == 1 and script in source
    assert not re.search("fetch|cookie|storage|import|XML|eval", script, re.IGNORECASE)


def test_ids_differ_and_every_link_leads_somewhere(run, gold):
    page = page_of(run, gold=gold)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


@pytest.mark.parametrize("kind", ["run", "combined"])
def test_both_languages_show_the_same_numbers(request, kind, gold):
    page = page_of(request.getfixturevalue(kind), gold=gold)
    numbers = [Counter(re.findall(r"\d+(?:[.,]\d+)*", text)) for text in (page.text, page.chinese)]
    assert numbers[0] == numbers[1] and len(numbers[0]) > 30


def test_what_is_chinese_is_said_to_be(make_run):
    gold = [Document(f"说明书{n}", "人参用于头痛。", (Entity(0, 2, "药品"), Entity(4, 6, "SYMPTOM"))) for n in range(2)]
    found = [Document(each.id, each.text, (Entity(0, 3, "药品", 0.5),)) for each in gold]
    page = page_of(make_run(gold, found, name="说明书"), gold=gold)
    assert {text for _, text in page.langs} >= {"人参", "药品", "说明书0", "标签"}
    assert [text for lang, text in page.langs if is_chinese(text) and lang != "zh-Hans"] == []
    assert "药品" in page.text and "predicted" in page.text and "predicted" not in page.chinese


def test_both_spans_of_an_error_are_marked_in_the_text(run, gold):
    marks = page_of(run, gold=gold).marks
    assert ("川芎", "gold found") in marks and ("用", "found") in marks  # a drug with a character too many
    assert ("头痛", "gold") in marks  # missed
    assert ("用于", "found") in marks  # spurious


def test_options_that_differ_come_first_and_all_are_there(run):
    text = page_of(run).text
    head, _, rest = text.partition(f"All {len(Config().options())} options")
    assert "head softmax crf" in head and "epochs 3 10" in head and "overlap" not in head
    assert "overlap 32" in rest
    assert "bert4ner crossval 'my data.json' --output run" in text
    assert "bert4keras not installed" in text


def test_the_bundled_encoder_is_said_to_be_small_where_it_is_named(make_run, gold, predicted):
    small, usual = (page_of(make_run(gold, predicted, name=name, pretrained=name)) for name in ("tcm-mini", "bert"))
    named, advice = small.text.index("head on tcm-mini"), small.text.index("The encoder tcm-mini is a small one")
    assert named < advice < small.text.index("F1, micro") and "编码器 tcm-mini 很小，只供试用" in small.chinese
    assert "is a small one" not in usual.text and "只供试用" not in usual.chinese


def test_annotation_left_out_is_suspicious_with_and_without_gold(run, gold):
    assert "left out" not in page_of(run, gold=gold).text
    missing = LeftOut(phrase("left.out.missing"), 25, tuple(f"我的.csv:{n}: '<b>' as 'DRUG'" for n in range(2, 22)))
    other = LeftOut("things of a plugin left out", 1, ("a.xyz:1",))
    (run / "folds.json").write_text(replace(read_folds(run), left_out=(missing, other)).to_json(), encoding="utf-8")
    for page in (page_of(run), page_of(run, gold=gold)):
        assert (
            "does not contain them: 25 (first: 我的.csv:2: '<b>' as 'DRUG' ); neither learned nor scored" in page.text
        )
        assert "因文中找不到而略去的实体词 ：25 处（第一处： 我的.csv:2: '<b>' as 'DRUG'" in page.chinese
        assert "things of a plugin left out: 1 (first: a.xyz:1)" in page.text
        assert page.text.count("我的.csv:21:") == 1 and "The first 20 are shown" in page.text
        assert "Where: things of a plugin" not in page.text  # its one place stands in the sentence


def test_without_gold_the_page_says_how_to_get_the_rest(run):
    page = page_of(run)
    assert page.text.count(f"bert4ner report {run} --gold DATA") == 2
    assert page.marks == []


def test_the_interval_of_the_run_is_reported(run):
    assert "between 12.30 and 98.70" in page_of(run).text


def test_a_single_model_speaks_of_no_folds(make_run, gold, predicted):
    run = make_run(gold[2:], predicted[2:], folds=1, epochs=1, only_trained_on=gold[:2])
    page = page_of(run, gold=gold)
    text = page.text
    assert "1 model · learned from 2 documents · 4 held out and scored" in text and "all 4 documents" in text
    assert "documents 6 learned from 2 held out and scored 4" in text
    assert "1 个模型 · 用于训练 2 篇 · 留出评估 4 篇" in page.chinese
    assert "± " not in text and "Fold 0" not in text and "fold 0" not in text
    assert "The best epoch was 1 of 1" in text


def test_text_labels_ids_and_names_are_escaped(make_run):
    gold = [Document(f"{EVIL}{n}", f"{EVIL}头痛\n用于", (Entity(0, len(EVIL), f"<b>{n}"),)) for n in range(2)]
    found = [Document(each.id, each.text, (Entity(0, 3, "<i>&", 0.5),)) for each in gold]
    run = make_run(gold, found, name="<u>&run")
    page = page_of(run, gold=gold)
    assert not {"b>0", "u"} & page.tags and EVIL not in (run / "report.html").read_text(encoding="utf-8")
    assert "<u>&run" in page.text and f"{EVIL}0" in page.text and "<i>&" in page.text
    assert "".join(data for data, _ in page.marks[4:6]) == EVIL
    assert "头痛↵用于" in page.text


def test_characters_that_turn_lines_around_are_spelled_out_and_kept_in_their_place(make_run):
    gold = [Document(f"{n}\u202e", "气\u202e血虚", (Entity(0, 3, "A"),)) for n in range(2)]
    page = page_of(make_run(gold, [Document(each.id, each.text) for each in gold]), gold=gold)
    assert "\u202e" not in page.text and "气\\u202e血" in page.text and "bdi" in page.tags
    assert "Where: an invisible or broken character (2)" in page.text and "0\\u202e 1 to 2 气" in page.text


def test_a_run_that_found_nothing_has_a_report(make_run, gold):
    text = page_of(make_run(gold, [Document(each.id, each.text) for each in gold]), gold=gold).text
    assert "F1, micro 0.00" in text and "The predictions have no scores" in text


def test_a_run_without_an_error_has_a_report(make_run, gold):
    text = page_of(make_run(gold, gold), gold=gold).text
    assert "There is no error." in text and "F1, micro 100.00" in text


def test_corrected_annotation_is_reported(run, gold):
    corrected = [Document(gold[0].id, gold[0].text, gold[0].entities[:1]), *gold[1:]]
    assert "The annotation given is not the one" in page_of(run, gold=corrected).text
    assert "The annotation given is not the one" not in page_of(run, gold=gold).text


def test_gold_from_a_file_of_another_name_is_looked_through_too(make_run, gold, predicted):
    gold[2] = replace(gold[2], entities=gold[2].entities[:1])  # 头痛 is annotated in the first text
    learned = Document("leaflet-9", "蜂蜜用于咳嗽。", (Entity(0, 2, "DRUG"),))
    run = make_run(gold, predicted, only_trained_on=[learned])
    renamed = [replace(each, id=f"b-{number}") for number, each in enumerate([learned, *gold])]
    page = page_of(run, gold=renamed)
    assert "Suspicious in the annotated documents" in page.text and "note leaflet-2 4 to 6" in page.text


def test_the_same_run_gives_the_same_page(run, gold):
    pages = [write_report(run, gold=gold, output=run / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


def test_nothing_is_written_for_an_incomplete_run_or_foreign_gold(run, gold):
    with pytest.raises(DataError, match="gold lacks 6"):
        write_report(run, gold=[Document("other", "人参")])
    (run / "fold-0" / "predictions.jsonl").unlink()
    with pytest.raises(RunError, match=r"fold-0 is not complete \(1 of 2\)"):
        write_report(run, gold=gold)
    assert not (run / "report.html").exists()


def test_a_combined_run_has_a_report_of_its_members_instead_of_curves(combined, gold):
    page = page_of(combined, gold=gold)
    assert "2 runs combined by vote" in page.text and "crf 2 50.00 25.00 33.33" in page.text
    assert "<b>span 0.5" in page.text
    assert "An entity needs 2 votes , of DRUG 1 ." in page.text and "DRUG 0.125, others 0.250" in page.text
    assert "the other folds: 20.00; chosen on the same documents: 30.00" in page.text
    assert "fold documents P R F1" in page.text and "Curves" not in page.text and "Speed" not in page.text
    assert "F1, micro 75.00" in page.text and "1 wrong boundary" in page.text
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_precision_against_recall_of_a_combined_run_is_plotted(combined, gold):
    assert "Precision against recall" not in page_of(combined, gold=gold).text
    curve = {"threshold": [0.9, 0.5], "precision": [1.0, 0.5], "recall": [0.25, 0.75]}
    path = combined / "curves.json"
    path.write_text(json.dumps({"DRUG": curve, "NEVER": curve}), encoding="utf-8")
    page = page_of(combined, gold=gold)
    assert "Precision against recall" in page.text and any(id.startswith("tradeoff-0") for id in page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids) and len(set(page.ids)) == len(page.ids)
    for damage, message in (({**curve, "recall": [0.1]}, "as many thresholds"), ({}, "'DRUG.threshold' is")):
        path.write_text(json.dumps({"DRUG": damage}), encoding="utf-8")
        with pytest.raises(RunError, match=message):
            write_report(combined)


def test_what_was_fitted_to_a_combined_run_is_reported(combined, gold):
    stacker, calibration = Stacker((1.5, -0.25), 0.5, {"DRUG": 0.1}), Calibration("temperature", 1.75)
    rule = Rule(0.5, nbest=7, spans=SpanRules({"*": 9}))
    fitted = Combination("stacking", ("a", "b"), (1.0, 1.0), rule=rule, stacker=stacker, calibration=calibration)
    (combined / "combination.json").write_text(fitted.to_json(), encoding="utf-8")
    assert read_combination(combined) == fitted
    summary = json.loads((combined / "scores.json").read_text(encoding="utf-8"))
    summary["calibration"] = {"kind": "temperature", "candidates": 1234, "ece_before": 0.25, "ece_after": 0.125}
    (combined / "scores.json").write_text(json.dumps(summary), encoding="utf-8")
    text = page_of(combined, gold=gold).text
    assert "combined by stacking" in text and "crf 1.5 50.00" in text and "<b>span -0.25" in text
    assert (
        "from the 7 best paths of each run" in text
        and "longest of all: 9; entities that break one are left out" in text
    )
    assert " Scores are calibrated (temperature, 1.750). The score must be" in " ".join(text.split())
    assert "of all 1,234 candidates: 25.00 before calibration, 12.50 with" in text


def test_a_combined_run_without_scores_says_how_to_get_them(combined):
    (combined / "scores.json").unlink()
    with pytest.raises(RunError, match=r"combined without scores; combine the runs again with --gold DATA"):
        write_report(combined)


@pytest.mark.parametrize("key", ["members", "note", "folds"])
def test_damaged_scores_of_a_combined_run_are_named(combined, key):
    path = combined / "scores.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    del summary[key]
    path.write_text(json.dumps(summary), encoding="utf-8")
    with pytest.raises(RunError, match=f"'{key}' is missing"):
        write_report(combined)


@pytest.mark.parametrize(("head", "shown"), [("mrc", True), ("crf", False)])
def test_windows_of_mrc_are_reported_without_queries(make_run, gold, predicted, head, shown):
    long = Document("long", 400 * "无", ())
    run = make_run([*gold, long], [*predicted, long], head=head)
    page = page_of(run, gold=[*gold, long])
    assert "longer than a window of 254 characters" in page.text
    assert ("Window sizes do not include the tokens of queries" in page.text) is shown
