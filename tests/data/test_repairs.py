"""Repairs are counted by kind."""

from bert4ner.data.repairs import Repairs


def test_repairs_say_how_often_and_where_first():
    repairs = Repairs()
    repairs.note("dots", "a:1")
    repairs.note("dots", "a:2", count=2)
    repairs.note("dashes", "a:3", count=0)
    assert repairs.describe() == ["3 dots (first: a:1)"]


def test_repairs_of_a_whole_file_are_not_counted_unless_there_are_several():
    repairs = Repairs()
    repairs.note_file("mark removed", "a")
    assert repairs.describe() == ["mark removed (a)"]
    repairs.note_file("mark removed", "b")
    assert repairs.describe() == ["mark removed (in 2 files, first: a)"] and repairs["mark removed"] == 2


def test_what_is_said_without_a_repair_is_a_note():
    repairs = Repairs()
    repairs.note("dots", "a:1")
    repairs.remark("column x is not read", "a:1")
    repairs.remark("guesses", "a:2", count=2)
    assert repairs.describe(called=True) == [
        "note: 2 guesses (first: a:2)",
        "note: column x is not read (a:1)",
        "repaired: 1 dots (first: a:1)",
    ]
