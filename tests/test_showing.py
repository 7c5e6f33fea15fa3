"""What a prompt and a notebook show of documents, scores and the package itself."""

import re
import subprocess
import sys
from itertools import combinations

import pytest

import bert4ner
from bert4ner.entities import Document, Entity
from bert4ner.scoring.metrics import evaluate
from bert4ner.showing import table_html

GOLD = Document("1", "头晕<b>咳嗽", (Entity(0, 2, "症状"), Entity(5, 7, "A&B")))


def marked(html: str) -> list[str]:
    return [plain(piece) for piece in re.findall("<mark[^>]*>(.*?)</mark>", html)]


def plain(html: str) -> str:
    return re.sub("<sub.*?</sub>|<.*?>", "", html)


def test_a_document_is_shown_with_its_entities_marked():
    html = GOLD._repr_html_()
    assert marked(html) == ["头晕", "咳嗽"] and "A&amp;B</sub>" in html
    assert plain(html) == "头晕&lt;b&gt;咳嗽"


def test_nested_entities_and_those_in_pieces_are_shown_once_each():
    pieces = Entity(0, 5, "X", fragments=((0, 1), (3, 5)))
    document = Document("1", "甲乙丙丁戊己", (pieces, Entity(3, 4, "Y"), Entity(0, 6, "Z")))
    html = document._repr_html_()
    assert plain(html) == document.text
    assert marked(html) == ["甲", "乙丙", "丁", "戊", "己"] and html.count("<sub") == 3
    colours = dict(zip(marked(html), re.findall("hsl.*?,", html), strict=True))
    assert colours["甲"] == colours["戊"] != colours["丁"] and colours["乙丙"] == colours["己"]


def test_scores_are_one_line_and_a_table():
    scores = evaluate([GOLD], [Document("1", GOLD.text, GOLD.entities[:1])])
    assert repr(scores) == "Scores(micro precision 100.00, recall 50.00, F1 66.67; 2 entities of 2 labels)"
    assert repr(scores.micro) == "Score(precision 100.00, recall 50.00, F1 66.67)"
    rows = re.findall("<tr>(.*?)</tr>", scores._repr_html_())
    assert [re.sub("<.*?>", " ", row).split()[0] for row in rows[1:]] == [
        "micro",
        "macro",
        "weighted",
        "A&amp;B",
        "症状",
    ]
    assert [re.sub("<.*?>", " ", row).split()[-1] for row in rows[1:]] == ["2", "2", "2", "1", "1"]


def test_nothing_of_a_table_is_taken_for_html():
    assert "<b>" not in table_html("<b>", ["<b>"], [["<b>"]])


def test_dir_has_the_promised_names_and_no_others():
    script = (
        "import bert4ner; print([n for n in dir(bert4ner) if n not in bert4ner.__all__ and not n.startswith('__')])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "[]"
    assert {"read_documents", "Config", "__doc__"} <= set(dir(bert4ner))


@pytest.mark.parametrize(
    "labels",
    [
        "DRUG DRUG_INGREDIENT DRUG_DOSAGE DRUG_TASTE DRUG_EFFICACY DRUG_GROUP DISEASE DISEASE_GROUP SYMPTOM SYNDROME "
        "FOOD FOOD_GROUP PERSON_GROUP",
        "name address company government position organization scene book movie game",
        "dis sym dru pro equ bod mic ite dep",
        "PER ORG LOC GPE",
    ],
)
def test_labels_of_one_corpus_have_colours_that_differ(labels):
    text = "字" * len(labels.split())
    document = Document("1", text, tuple(Entity(at, at + 1, label) for at, label in enumerate(labels.split())))
    colours = [tuple(map(int, each)) for each in re.findall(r"hsl\((\d+),85%,(\d+)%\)", document._repr_html_())]
    assert len(colours) == len(text)
    for (hue, lightness), (other, another) in combinations(colours, 2):
        turned = abs(hue - other)
        assert min(turned, 360 - turned) + 2.5 * abs(lightness - another) >= 16
