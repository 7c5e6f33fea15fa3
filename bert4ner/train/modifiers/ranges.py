"""Checks the ranges of modifiers' numeric options."""

from bert4ner.errors import ConfigError
from bert4ner.options import Range
from bert4ner.options.kinds import is_number


def check_whole(modifier: str, allowed: Range, **options: object) -> None:
    """Refuse options of a modifier that are not whole numbers or outside a range.

    Raises:
        ConfigError: naming the modifier and the first such option.
    """
    for option, value in options.items():
        if not is_number(value) or not isinstance(value, int) or value not in allowed:
            raise ConfigError(f"{option} of the modifier {modifier} must be a whole number, {allowed}, got {value!r}")


def check_number(modifier: str, allowed: Range, **options: object) -> None:
    """Refuse options of a modifier that are not numbers or outside a range.

    Raises:
        ConfigError: naming the modifier and the first such option.
    """
    for option, value in options.items():
        if not is_number(value) or value not in allowed:
            raise ConfigError(f"{option} of the modifier {modifier} must be a number, {allowed}, got {value!r}")
