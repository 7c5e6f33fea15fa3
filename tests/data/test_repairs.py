"""Repairs are counted by kind."""

from bert4ner.data.repairs import Repairs


def test_repairs_say_how_often_and_where_first():
    repairs = Repairs()
    repairs.note("dots", "a:1")
    repairs.note("dots", "a:2", count=2)
    repairs.note("dashes", "a:3", count=0)
    assert repairs.describe() == ["3 dots (first: a:1)"]
