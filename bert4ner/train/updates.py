"""Whether a training plans too few updates of the weights, and which options would give enough.

Only numbers: who plans batches counts them.
"""

from dataclasses import dataclass

from bert4ner.runs.history import ENOUGH_UPDATES

_PER_EPOCH = 20
"""Updates in an epoch that the suggested batches give, where windows are short enough."""
_FEW_PER_EPOCH = 10
_MANY_WINDOWS = 32
"""Windows that make one update; with fewer updates than `_FEW_PER_EPOCH` in an epoch, more are too many.

Measured with tcm-mini: in the first 4 of 10 epochs, 446 sentences of CLUENER had F1 11.1 with 6 updates an epoch and
24.1 with 19; the 129 leaflets of the sample learn well from 5 updates an epoch, of 17 windows each.
"""


@dataclass(frozen=True)
class Plan:
    """The batches of a training."""

    batches: int
    """In one epoch."""
    windows: int
    """In one epoch."""
    tokens: int
    """In one epoch, without padding."""
    epochs: int
    in_one: int = 1
    """Batches that make one update."""

    @property
    def per_epoch(self) -> int:
        """Updates in an epoch; batches left over at its end make one more."""
        return -(-self.batches // self.in_one)

    @property
    def is_coarse(self) -> bool:
        """Whether an epoch has few updates because each is made of many windows, as short sentences have them."""
        return self.per_epoch < _FEW_PER_EPOCH and self.windows > _MANY_WINDOWS * self.per_epoch

    def per_epoch_with(self, batch_tokens: int) -> int:
        """The least number of updates in an epoch with other batches; padding makes them more."""
        return -(-self.tokens // (batch_tokens * self.in_one))


def few_updates(plan: Plan, *, batch_tokens: int, longest: int) -> str | None:
    """A warning with the cure if a training plans too few updates; otherwise None.

    Too few are less than `ENOUGH_UPDATES` in all, and less than `_FEW_PER_EPOCH` in an epoch that smaller batches would
    make more of, if each is made of more than `_MANY_WINDOWS`.

    Args:
        plan: its batches.
        batch_tokens: the option's value.
        longest: tokens of the longest window; no batch can be smaller.
    """
    total, smaller = plan.per_epoch * plan.epochs, _smaller_batch(plan, batch_tokens, longest)
    if total >= ENOUGH_UPDATES and not (plan.is_coarse and smaller):
        return None
    per_epoch, cures = plan.per_epoch, []
    if smaller:
        per_epoch = plan.per_epoch_with(smaller)
        cures.append(f"--batch-tokens {smaller} (about {per_epoch} an epoch)")
    if per_epoch * plan.epochs < ENOUGH_UPDATES:
        cures.append(f"--epochs {-(-ENOUGH_UPDATES // per_epoch)}")
    batches = f" of {plan.in_one} batches each" if plan.in_one > 1 else ""
    return (
        f"planned updates of the weights: {total}, {plan.per_epoch} an epoch{batches}, with "
        f"batch_tokens={batch_tokens}: too few to learn well. For this data try {' and '.join(cures)}"
    )


def _smaller_batch(plan: Plan, batch_tokens: int, longest: int) -> int | None:
    """The largest power of two that gives `_PER_EPOCH` updates and holds a window; None if it would not give more."""
    if plan.per_epoch >= _PER_EPOCH:
        return None
    enough = plan.tokens // (_PER_EPOCH * plan.in_one)
    value = max(1 << max(enough.bit_length() - 1, 0), 1 << (longest - 1).bit_length())
    return value if value < batch_tokens and plan.per_epoch_with(value) > plan.per_epoch else None
