"""Whole numbers among the options of modifiers, refused outside their range."""

from bert4ner.errors import ConfigError


def check_whole(modifier: str, option: str, value: object, *, low: int) -> None:
    """Refuse what is no whole number, or below `low`.

    Raises:
        ConfigError: naming the modifier and its option.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < low:
        raise ConfigError(f"{option} of the modifier {modifier} must be a whole number, at least {low}, got {value!r}")
