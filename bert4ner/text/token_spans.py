"""The token span: an entity between the text's characters and a network. Knows no tokenizer."""

from typing import NamedTuple


class TokenSpan(NamedTuple):
    """A labelled span of tokens of one window, ``tokens[start:end]``: token 0 is the first of the text, end exclusive.

    Gold spans have no score. Spans without scores sort by position, label and fragments.

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
    """The fragments of a discontinuous entity, each [start, end); empty for others."""

    @property
    def place(self) -> tuple[int, int, str, tuple[tuple[int, int], ...]]:
        """The identity of a span: all fields but the score."""
        return self.start, self.end, self.label, self.pieces

    @property
    def tokens(self) -> tuple[int, ...]:
        """The tokens that belong to the entity, ascending."""
        return tuple(token for piece in self.pieces or ((self.start, self.end),) for token in range(*piece))
