"""The weight of members' votes, and the largest quorum: numbers that a combination is checked with."""

import math
from collections.abc import Mapping, Sequence

from bert4ner.errors import ConfigError


def vote_shares(num_members: int, weights: Sequence[float] | None) -> list[float]:
    """The number of votes of each member; in total as many as there are members.

    Raises:
        ConfigError: there are no members, a weight is missing, or one is not above 0 and finite.
    """
    if num_members < 1:
        raise ConfigError("nothing to combine; expected at least one member")
    if weights is None:
        return [1.0] * num_members
    if len(weights) != num_members:
        raise ConfigError(f"expected one weight for each of {num_members} members, got {len(weights)}")
    for weight in weights:
        if not 0 < weight < math.inf:
            raise ConfigError(f"weights must be above 0 and finite, got {weight}")
    largest = max(weights)  # divide by it first: a sum of large weights may overflow
    relative = [weight / largest for weight in weights]
    return [num_members * weight / math.fsum(relative) for weight in relative]


def check_quorum(num_members: int, quorum: int, label_quorum: Mapping[str, int]) -> None:
    """Refuse quorums outside 1 to the number of members.

    Raises:
        ConfigError: a quorum is outside; names the label if it is a label's.
    """
    for label, number in [("", quorum), *label_quorum.items()]:
        if not 1 <= number <= num_members:
            of_label = f" of label {label}" if label else ""
            raise ConfigError(f"quorum{of_label} must be in [1, {num_members}], the number of members, got {number}")
