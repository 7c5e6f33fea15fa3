"""The table of phrases: both languages say the same, every phrase is used, and the template says nothing else."""

import copy
import json
import pickle
import re
from pathlib import Path

import bert4ner
from bert4ner.phrases import PLURALS, Phrase, is_chinese, known, phrase, phrases

PACKAGE = Path(bert4ner.__file__).parent
TEMPLATE = (PACKAGE / "report/report.html.jinja").read_text(encoding="utf-8")
NEUTRAL = {"P", "R", "F", "DOCTYPE", "html", "h", "min", "s", "bert"}
"""Words of the template that are no English: symbols, units, and the name."""


def fields(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w+)[^}]*\}", text)))


def tags(text: str) -> list[str]:
    return re.findall(r"</?[a-z][^>]*>", text)


def test_both_languages_hold_the_same_values_and_tags():
    for key, (english, chinese) in phrases().items():
        for form in english.split(PLURALS):
            assert (fields(form), tags(form)) == (fields(chinese), tags(chinese)), key
        words = re.sub(r"\{.*?\}|<.*?>", "", english)
        assert not is_chinese(english) and (is_chinese(chinese) or re.fullmatch(r"(of|[\W_])*", words)), key
        assert english.endswith(".") == chinese.endswith("。"), key


def test_keys_are_unique():
    pairs = json.loads((PACKAGE / "phrases.json").read_text(encoding="utf-8"), object_pairs_hook=list)
    assert len(pairs) == len(phrases())


def test_every_phrase_is_used_and_every_one_used_is_there():
    sources = [
        TEMPLATE,
        *(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if "_vendor" not in path.parts),
    ]
    quoted = {key for source in sources for key in re.findall(r'"([a-z0-9]+(?:\.[a-z0-9]+)*)"', source)}
    assert set(phrases()) - quoted == set()
    said = set(re.findall(r'\b(?:say|name|phrase)\("([^"]+)"', "".join(sources)))
    assert said - set(phrases()) == set()


def test_the_template_itself_has_no_words():
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|<button.*?</button>", " ", TEMPLATE, flags=re.DOTALL)
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', text)
    outside = re.sub(r"<[^>]*>", " ", text) + " ".join(attributes)
    assert set(re.findall(r"[A-Za-z]+|[\u4e00-\u9fff]+", outside)) - NEUTRAL == set()


def test_a_phrase_is_its_english_and_keeps_its_chinese():
    made = phrase("finding.kind", kind=phrase("kind.missed"), count=3, total=7)
    assert made == "Most frequent kind of error: missed, 3 of 7." and json.loads(json.dumps(made)) == made
    assert made.chinese == "最常见的错误：漏报，7 个中占 3 个。"
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert copied == made and copied.chinese == made.chinese


def test_english_agrees_in_number():
    assert phrase("count.folds", count=1) == "1 fold" and phrase("count.folds", count=2000) == "2,000 folds"


def test_as_html_a_phrase_is_escaped_in_both_languages_and_chinese_is_said_to_be_so():
    assert Phrase("<a> 血虚", "<b>").__html__() == (
        '<span class="en" lang="en">&lt;a&gt; <bdi lang="zh-Hans">血虚</bdi></span>'
        '<span class="zh" lang="zh-Hans">&lt;b&gt;</span>'
    )
    assert Phrase("F1", "F1").__html__() == "F1"


def test_text_of_a_file_is_known_by_its_english():
    assert known(str(phrase("note.folds"))).chinese == phrase("note.folds").chinese
    assert known("of somebody else") == "of somebody else"
