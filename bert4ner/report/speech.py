"""The template's text: phrases in both languages, and marked data; the page shows one language."""

from collections.abc import Callable

from markupsafe import Markup

from bert4ner.data.visible import visible
from bert4ner.phrases import CHINESE, Phrase, both, form, is_chinese, phrase, phrases


def say(key: str, /, **values: object) -> Markup:
    """The phrase of a key as HTML; it may contain tags, the values are escaped and isolated from other text."""
    english, chinese = phrases()[key]
    one = Markup(form(english, values)).format(**_filled(values, str))
    other = Markup(chinese).format(**_filled(values, lambda value: value.chinese))
    return Markup(both(one, other))


def _filled(values: dict[str, object], side: Callable[[Phrase], str]) -> dict[str, object]:
    return {name: _isolated(side(each) if isinstance(each, Phrase) else each) for name, each in values.items()}


def _isolated(value: object) -> object:
    return data(value) if type(value) is str and not value.isascii() else value


def name(key: str) -> Markup:
    """Attributes that name an element in the page's language, which its script changes."""
    both_names = phrase(key)
    return Markup('aria-label="{0}" data-en="{0}" data-zh="{1}"').format(str(both_names), both_names.chinese)


def data(value: object) -> Markup:
    """Text from the data or a file: isolated, visible, and marked as Chinese if it is."""
    if isinstance(value, Phrase):
        return Markup(both(data(str(value)), data(value.chinese)))
    text = visible(str(value))
    opening = f'<bdi lang="{CHINESE}">' if is_chinese(text) else "<bdi>"
    return Markup(opening) + text + Markup("</bdi>")
