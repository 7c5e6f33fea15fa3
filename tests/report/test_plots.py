import re
from xml.etree import ElementTree

import matplotlib
import pytest

from bert4ner.report.plots import curve_limits, draw_curves, draw_reliability
from bert4ner.scoring.reliability import reliability


@pytest.fixture
def curves(history):
    """Draws a history of some epochs whose last is the best."""

    def draw(num_epochs: int, name: str = "fold-0") -> str:
        lines = history(num_epochs)
        return draw_curves(lines, best_epoch=num_epochs, limits=curve_limits([lines]), name=name)

    return draw


def words(svg: str) -> set[str]:
    return {"".join(element.itertext()) for element in parsed(svg).iter("text")}


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("xlink:", ""))


def test_curves_are_one_element_that_scales_with_the_page(curves):
    root = parsed(curves(4))
    assert root.tag == "svg" and "viewBox" in root.attrib
    assert not {"width", "height"} & set(root.attrib)
    assert {"percent", "loss", "epoch", "1", "4"} <= words(curves(4))


def test_colours_are_left_to_the_page(curves):
    svg = curves(3)
    assert all(f"var(--{name})" in svg for name in ("precision", "recall", "f1", "loss", "line"))
    assert re.findall(r"#[0-9a-f]{6}\b", svg) == []
    assert "<style" not in svg and "<metadata" not in svg


def test_two_plots_share_no_id_and_every_reference_leads_somewhere(curves):
    first, second = curves(3, "fold-0"), curves(3, "fold-1")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0] and not ids[0] & ids[1]
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', first)) <= ids[0]


def test_the_same_numbers_give_the_same_plot(curves):
    assert curves(3) == curves(3)


def test_a_single_epoch_and_scores_that_never_move_can_be_drawn(curves, history):
    assert "var(--f1)" in curves(1)
    flat = [{**line, "precision": 0.0, "recall": 0.0, "f1": 0.0, "loss": 0.0} for line in history(2)]
    limits = curve_limits([flat])
    assert all(low < high for low, high in limits.values())
    assert "var(--f1)" in draw_curves(flat, best_epoch=1, limits=limits, name="flat")


def test_limits_hold_all_folds(history):
    limits = curve_limits([history(2), history(5)])
    assert limits["score"][0] <= 8 and limits["score"][1] >= 50
    assert limits["loss"][0] <= 0 and limits["loss"][1] >= 2


def test_reliability_shows_scores_and_counts():
    svg = draw_reliability(reliability([0.15, 0.95, 0.97], [False, True, False]), name="reliability")
    assert {"percent right", "entities", "score, percent", "100"} <= words(svg)
    assert 'id="reliability-' in svg


def test_drawing_leaves_the_settings_of_matplotlib_alone(curves):
    before = dict(matplotlib.rcParams)
    curves(2)
    assert dict(matplotlib.rcParams) == before
