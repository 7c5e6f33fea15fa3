"""Ramps for weights of pseudo-labels and of outputs that cannot be trusted early in training."""

import math

_STEEP = 5.0


def risen(epoch: int, ramp: int) -> float:
    """The factor on a weight in an epoch, counted from 0, if the weight rises over `ramp` epochs.

    It is exp(-5 (1 - t)^2), with t the completed share of the ramp, at most 1: 0.007 in the first epoch, 0.29 halfway,
    1 from epoch `ramp` on.

    References:
        Laine and Aila 2017, Temporal Ensembling for Semi-Supervised Learning; Tarvainen and Valpola 2017, Mean Teachers
        are Better Role Models.
    """
    return 1.0 if epoch >= ramp else math.exp(-_STEEP * (1 - epoch / ramp) ** 2)
