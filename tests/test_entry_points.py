"""A registry by itself: what it knows without importing, whom it lets in, and that a broken package stops nothing."""

import logging
from importlib import metadata

import pytest

from bert4ner.entry_points import Registry, attribute_at
from bert4ner.errors import ConfigError, EnvironmentProblem

GROUP = "bert4ner.codecs"
OWN = {"json": "json:JSONDecoder", "plain": str}


@pytest.fixture
def codecs(tmp_path, monkeypatch):
    """Makes a registry of classes beside a package that announces what is given: name -> place."""

    def make(announced, **options):
        folder = tmp_path / f"codec_pack-{len(list(tmp_path.iterdir()))}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: codec-pack\nVersion: 1\n", encoding="utf-8")
        lines = "".join(f"{name} = {place}\n" for name, place in announced.items())
        (folder / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        return Registry("codec", GROUP, OWN, **options)

    return make


def test_names_come_ours_first_and_import_nothing(codecs):
    registry = codecs({"zip": "no_such_module:Zip", "ascii": "neither:Ascii"})
    assert registry.names() == tuple(registry) == ("json", "plain", "ascii", "zip")
    assert (registry.own(), registry.added()) == (("json", "plain"), ("ascii", "zip"))
    assert "zip" in registry and "yaml" not in registry


def test_a_thing_is_imported_when_it_is_asked_for(codecs):
    registry = codecs({"dump": "json:JSONEncoder"})
    assert [registry.get(name).__name__ for name in registry] == ["JSONDecoder", "str", "JSONEncoder"]


def test_an_unknown_name_is_reported_with_the_nearest(codecs):
    with pytest.raises(ConfigError, match=r"^unknown codec 'jsn'; did you mean 'json'\?$"):
        codecs({}).get("jsn")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("no_such_module:Zip", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:Zip", "AttributeError: module 'json' has no attribute 'Zip'"),
        ("json:dumps", "TypeError: expected a subclass of json:JSONDecoder, found <function dumps"),
    ],
)
def test_a_package_that_cannot_deliver_is_reported_and_stops_nothing_else(place, expected, codecs, caplog):
    registry = codecs({"zip": place}, subclass_of="json:JSONDecoder")
    with pytest.raises(EnvironmentProblem) as caught:
        registry.get("zip")
    message = str(caught.value)
    assert message.startswith(f"codec-pack: its codec 'zip' cannot be loaded from {place} ({expected}")
    assert message.endswith("; repair or uninstall that package")
    assert [name for name, _ in registry.items()] == [name for name, _ in registry.items()] == ["json", "plain"]
    assert caplog.messages == [message]


def test_a_package_that_exits_or_speaks_in_lines_is_reported_in_one_line(codecs, tmp_path, caplog):
    (tmp_path / "exits_at_import.py").write_text("import sys\nsys.exit('no licence,\\n  sorry')\n", encoding="utf-8")
    assert [name for name, _ in codecs({"zip": "exits_at_import:Zip"}).items()] == ["json", "plain"]
    assert "(SystemExit: no licence, sorry); repair" in caplog.messages[0] and "\n" not in caplog.messages[0]


def test_what_is_not_installed_is_not_blamed_on_another_package(codecs, tmp_path):
    text = "from bert4ner.errors import EnvironmentProblem\nraise EnvironmentProblem('install TensorFlow')\n"
    (tmp_path / "needs_tensorflow.py").write_text(text, encoding="utf-8")
    with pytest.raises(EnvironmentProblem, match=r"^install TensorFlow$"):
        codecs({"zip": "json:JSONEncoder"}, subclass_of="needs_tensorflow:Base").get("zip")


@pytest.mark.parametrize("name", [3, None, ["json"]])
def test_a_name_that_is_no_text_is_refused(name, codecs):
    with pytest.raises(ConfigError, match=r"^the name of a codec must be text, got "):
        codecs({}).get(name)


@pytest.mark.parametrize("name", ["", " ", "a b", "a\n", 3])
def test_a_name_that_is_no_word_is_not_registered(name, codecs):
    with pytest.raises(ConfigError, match=r"^the name of a codec must be a word without white space, got "):
        codecs({}).register(name, bytes)


def test_a_taken_name_is_left_out_and_reported(codecs, caplog):
    registry = codecs({"json": "json:JSONEncoder"})
    assert registry.names() == ("json", "plain")
    assert registry.get("json").__name__ == "JSONDecoder"
    assert caplog.record_tuples == [
        ("bert4ner.entry_points", logging.WARNING, "codec-pack: the codec 'json' is there already; it is left out")
    ]


def test_of_two_packages_the_first_place_has_the_name(codecs, tmp_path, caplog):
    codecs({"zip": "json:JSONEncoder"})
    registry = codecs({"zip": "json:JSONDecoder"})
    assert len(metadata.entry_points(group=GROUP)) == 1  # Python itself takes one version of a package only
    (folder,) = (each for each in tmp_path.iterdir() if "pack-1" in each.name)
    text = (folder / "METADATA").read_text(encoding="utf-8")
    (folder / "METADATA").write_text(text.replace("codec-pack", "other-pack"), encoding="utf-8")
    folder.rename(tmp_path / "other_pack-1.dist-info")
    assert registry.get("zip").__name__ == "JSONDecoder"
    assert "codec-pack: the codec 'zip' is there already" in caplog.text


def test_a_thing_may_be_registered_for_this_process(codecs):
    registry = codecs({}, instance_of="builtins:type")
    registry.register("bytes", bytes)
    assert registry.get("bytes") is bytes
    assert registry.names() == ("json", "plain", "bytes")
    with pytest.raises(ConfigError, match=r"^the codec 'bytes' is there already; choose another name$"):
        registry.register("bytes", str)
    with pytest.raises(ConfigError, match=r"^the codec 'x' cannot be registered: expected an instance of"):
        registry.register("x", "text")


def test_a_thing_that_calls_itself_otherwise_is_refused(codecs):
    class Named:
        name = "other"

    with pytest.raises(ConfigError, match="it calls itself 'other'"):
        codecs({}).register("mine", Named)


def test_a_place_names_module_and_attribute():
    assert attribute_at("json.decoder:JSONDecoder").__name__ == "JSONDecoder"
