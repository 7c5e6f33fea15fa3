"""The span of tokens: what an entity is between the text's characters and a network. Knows no tokenizer."""

from typing import NamedTuple


class TokenSpan(NamedTuple):
    """A labelled span of tokens of one window, ``tokens[start:end]``: token 0 is the first of the text, end exclusive.

    Gold spans have no score. Spans without scores sort by place, label and pieces.

    Example:
        >>> span = TokenSpan(0, 5, "X", 0.9, ((0, 2), (4, 5)))
        >>> span.place, list(span.tokens)
        ((0, 5, 'X', ((0, 2), (4, 5))), [0, 1, 4])
    """

    start: int
    end: int
    label: str
    score: float | None = None
    pieces: tuple[tuple[int, int], ...] = ()
    """Of an entity in several pieces each of them [start, end), else nothing."""

    @property
    def place(self) -> tuple[int, int, str, tuple[tuple[int, int], ...]]:
        """All but the score: what tells one span from another."""
        return self.start, self.end, self.label, self.pieces

    @property
    def tokens(self) -> tuple[int, ...]:
        """The tokens that belong to the entity, ascending."""
        return tuple(token for piece in self.pieces or ((self.start, self.end),) for token in range(*piece))
