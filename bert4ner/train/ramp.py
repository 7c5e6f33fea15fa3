"""How what is not to be trusted at once, labels or outputs of a half-trained network, comes to count."""

import math

_STEEP = 5.0


def risen(epoch: int, ramp: int) -> float:
    """What a weight is multiplied by in an epoch, counted from 0, if it rises over so many epochs.

    exp(-5 (1 - t)^2), with t the share of the ramp that is over, at most 1: 0.007 in the first epoch, 0.29 in the
    middle, 1 from the epoch `ramp` on.

    References:
        Laine and Aila 2017, Temporal Ensembling for Semi-Supervised Learning; Tarvainen and Valpola 2017, Mean Teachers
        are Better Role Models.
    """
    return 1.0 if epoch >= ramp else math.exp(-_STEEP * (1 - epoch / ramp) ** 2)
