"""Objects of options: relations, changes by name, tables and TOML there and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bert4ner.errors import ConfigError
from bert4ner.options import Migration, Options, option


@dataclass(frozen=True)
class Limits:
    """What must not be exceeded."""

    longest: Mapping[str, int] = option(dict, "Characters by label.")


@dataclass(frozen=True)
class OtherLimits:
    """What must be reached."""

    shortest: int = option(1, "Characters.")


@dataclass(frozen=True)
class Trial(Options):
    """Of no use."""

    count: int = option(3, "How many.", low=1)
    name: str | None = option(None, "What it is called.")
    limits: Limits = field(default_factory=Limits)

    migrations = (Migration("`count` was one less", lambda options: {**options, "count": options.get("count", 2) + 1}),)


CHANGED = Trial(count=5, name='一 "two"\n', limits=Limits({"*": 3, "药": 4}))


def test_what_was_written_is_read_back_equal(tmp_path):
    path = tmp_path / "trial.toml"
    path.write_text(CHANGED.to_toml(), encoding="utf-8")
    assert Trial.load(path) == Trial.load_saved(path) == Trial.restore(CHANGED.to_table()) == CHANGED
    assert Trial.restore(Trial().to_table()) == Trial()


def test_options_are_named_without_their_group():
    assert Trial().replace(count=5, longest={"*": 3}) == Trial(5, None, Limits({"*": 3}))
    assert CHANGED.options() == {"count": 5, "name": '一 "two"\n', "longest": {"*": 3, "药": 4}}
    assert Trial.knows("limits") and Trial.knows("longest") and not Trial.knows("length")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"cuont": 1}, "unknown option 'cuont'; did you mean 'count'?"),
        ({"limits": {"count": 1}}, "unknown option 'count' in [limits]; did you mean 'longest'?"),
        ({"limits": 3}, "limits must be a table, got 3"),
        (
            {"longest": {"A": 1}, "limits": {"longest": {"A": 2}}},
            "longest is at the top and again in [limits]; leave one of them out",
        ),
        (
            {"limits": {"longest": {"A": 2}}, "longest": {"A": 1}},
            "longest is at the top and again in [limits]; leave one of them out",
        ),
        ({"limit": {}}, "unknown table [limit]; did you mean 'limits'?"),
        (
            {"limits": {"longest": {"*": "x"}}},
            "longest must be a table of labels with a whole number",
        ),
        ({"longest": 3}, "longest must be a table of labels"),
        ({"count": 0}, "count must be at least 1, got 0"),
        ({"format": 3}, "its options are of format 3, this bert4ner knows formats up to 2; upgrade bert4ner"),
        ({"format": 0}, "format must be a whole number from 1 to 2, got 0"),
        ({"format": "2"}, "format must be a whole number from 1 to 2, got '2'"),
        (
            {"format": "bio"},
            "format must be a whole number from 1 to 2, got 'bio'; in a file of options it is their version; give the "
            "format of documents on the command line",
        ),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_names(table, message, tmp_path):
    with pytest.raises(ConfigError) as refusal:
        Trial().with_table(table)
    assert str(refusal.value).startswith(message)


@dataclass(frozen=True)
class Moved(Options):
    """Of which an option stood in another group before."""

    limits: Limits = field(default_factory=Limits)
    others: OtherLimits = field(default_factory=OtherLimits)

    migrations = (Migration("`shortest` stands among the others", moved={"limits": ("shortest",)}),)


@pytest.mark.parametrize("version", [1, 2])
def test_an_option_may_stand_where_it_stood_before(version):
    assert Moved().with_table({"format": version, "limits": {"shortest": 2}}).others.shortest == 2
    with pytest.raises(ConfigError, match=r"unknown option 'longest' in \[others\]"):
        Moved().with_table({"format": version, "others": {"longest": {"A": 2}}})
    with pytest.raises(ConfigError, match=r"shortest is in two tables, one of them \[others\]; leave one"):
        Moved().with_table({"limits": {"shortest": 2}, "others": {"shortest": 3}})


def test_what_is_no_table_is_refused():
    with pytest.raises(ConfigError, match=r"options must be in a table, got \['count'\]"):
        Trial.restore(["count"])  # type: ignore[arg-type]


def test_the_message_about_a_file_begins_with_its_path(tmp_path):
    path = tmp_path / "trial.toml"
    path.write_text("name = 0", encoding="utf-8")
    for load in (Trial.load, Trial.load_saved):
        with pytest.raises(ConfigError, match=r"trial\.toml: name must be text, got 0"):
            load(path)
        with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read"):
            load(tmp_path / "nowhere.toml")


def test_only_what_the_library_saved_may_be_of_before_there_were_versions(tmp_path):
    path = tmp_path / "trial.toml"
    path.write_text("count = 3", encoding="utf-8")
    assert (Trial.load(path).count, Trial.load_saved(path).count) == (3, 4)
    path.write_text("format = 1\ncount = 3", encoding="utf-8")
    assert (Trial.load(path).count, Trial.load_saved(path).count) == (4, 4)
    path.write_text("format = 2\ncount = 3", encoding="utf-8")
    assert (Trial.load(path).count, Trial.load_saved(path).count) == (3, 3)
