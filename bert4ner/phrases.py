"""The phrases of a page in English and Chinese, by key; phrases.json holds all of them.

English phrases in phrases.json may have two forms, separated by " | ": the first is used where `count` is 1.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

ENGLISH, CHINESE = "en", "zh-Hans"
PLURALS = " | "
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+(?:[\u3000-\u303f\uff00-\uffef]*[\u3400-\u9fff]+)*")


class Phrase(str):
    """An English phrase that carries its Chinese version; used as text, it is its English version."""

    chinese: str

    def __new__(cls, english: str, chinese: str) -> "Phrase":
        """The same in both languages."""
        made = super().__new__(cls, english)
        made.chinese = chinese
        return made

    def __reduce__(self) -> tuple[type["Phrase"], tuple[str, str]]:
        return Phrase, (str(self), self.chinese)

    def __html__(self) -> str:
        return both(with_language(escape(str(self))), escape(self.chinese))


@cache
def phrases() -> dict[str, tuple[str, str]]:
    """All phrases: key -> English, Chinese."""
    text = (Path(__file__).parent / "phrases.json").read_text(encoding="utf-8")
    return {key: (english, chinese) for key, (english, chinese) in json.loads(text).items()}


def phrase(key: str, /, **values: object) -> Phrase:
    """The phrase of a key with its values filled in; values that are phrases use the same language."""
    english, chinese = phrases()[key]
    in_chinese = {name: value.chinese if isinstance(value, Phrase) else value for name, value in values.items()}
    return Phrase(form(english, values).format(**values), chinese.format(**in_chinese))


def form(english: str, values: Mapping[str, Any]) -> str:
    """The form of an English phrase that agrees with `count`."""
    one, _, many = english.partition(PLURALS)
    return one if not many or values.get("count") == 1 else many


def known(english: str) -> str:
    """The phrase with this English text, if there is one: files of a run hold plain text."""
    return next((Phrase(one, other) for one, other in phrases().values() if one == english), english)


def both(english: str, chinese: str) -> str:
    """HTML in both languages; the page shows one, by the classes `en` and `zh`. Arguments are HTML, too."""
    if english == chinese:
        return english
    return f'<span class="en" lang="{ENGLISH}">{english}</span><span class="zh" lang="{CHINESE}">{chinese}</span>'


def is_chinese(text: str) -> bool:
    """Whether the text contains Chinese characters."""
    return _HAN.search(text) is not None


def with_language(markup: str) -> str:
    """HTML without attributes, with Chinese passages marked by `lang`."""
    return _HAN.sub(lambda found: f'<bdi lang="{CHINESE}">{found[0]}</bdi>', markup)
