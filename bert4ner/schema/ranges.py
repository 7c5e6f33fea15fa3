"""Ranges of numbers: what an option or a value in a file may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The numbers that an option accepts; `above` and `below` are exclusive bounds.

    Example:
        >>> str(Range(low=1)), str(Range(above=0, high=0.9)), 0 in Range(above=0)
        ('at least 1', 'in (0, 0.9]', False)
    """

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            (self.low is None or self.low <= value)
            and (self.high is None or value <= self.high)
            and (self.above is None or self.above < value)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        least, most = self.above if self.low is None else self.low, self.below if self.high is None else self.high
        if most is None:
            return f"at least {least}" if self.above is None else f"above {least}"
        if least is None:
            return f"at most {most}" if self.below is None else f"below {most}"
        return f"in {'(' if self.low is None else '['}{least}, {most}{')' if self.high is None else ']'}"
