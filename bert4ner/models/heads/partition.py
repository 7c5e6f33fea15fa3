"""The log partition function of a linear-chain CRF, and its gradient, the marginals, by one forward-backward pass.

Both directions run in one loop over probabilities that are scaled at every step, in float64. The gradient is explicit;
automatic differentiation would add a second loop at several times the cost. Where underflow could lose terms of a sum,
everything is computed in log space.

References:
    Rabiner 1989, A Tutorial on Hidden Markov Models, section V.A (scaling).
    Sutton and McCallum 2012, An Introduction to Conditional Random Fields, section 4.1 (marginals by both directions).
"""

from typing import Any

from bert4ner.backend.frameworks import tf

_SAFE = 1e-290  # a sum of products of factors up to 1 below this may have lost terms
_STEPS = 8  # recursion steps per iteration of TensorFlow's loop: an iteration costs more than a step


@tf.custom_gradient
def log_partition(emissions: Any, mask: Any, transitions: Any, starts: Any, ends: Any) -> Any:
    """Log of the total weight of all tag sequences, ``(batch,)`` float64.

    Args:
        emissions: ``(batch, length, tags)`` float64; values where the mask is false have no effect but must be finite.
        mask: ``(batch, length)`` bool, true from the first position to the last real one of each row.
        transitions: ``(tags_from, tags_to)`` float64; very low, but finite, where forbidden.
        starts: ``(tags,)`` float64, likewise.
        ends: ``(tags,)`` float64, likewise.
    """
    given = emissions, mask, transitions, starts, ends
    lengths = tf.reduce_sum(tf.cast(mask, "int32"), axis=1)  # (batch,)
    messages = _Messages(emissions, lengths, transitions, starts, ends)
    safe = tf.reduce_min(tf.where(tf.transpose(mask)[:, None, :], messages.totals, 1)) > _SAFE

    def gradient(upstream: Any) -> tuple[Any, ...]:
        parts = tf.cond(safe, lambda: messages.gradient(mask, upstream), lambda: _gradient_in_logs(given, upstream))
        return parts[0], None, *parts[1:]

    return tf.cond(safe, lambda: messages.log_partition(mask), lambda: _log_partition_in_logs(*given)), gradient


class _Messages:
    """Scaled sums that reach each tag at each step from the start (direction 0) and from the end (direction 1).

    `arriving` and `leaving`, without and with the emission of the step, are (length, 2, batch, tags). Steps of
    direction 1 count from the last real one, so that both directions run at once. `leaving` sums to 1 over tags;
    `totals` (length, 2, batch) are its divisors; `shifts` (length, batch) were subtracted from emissions.
    """

    def __init__(self, emissions: Any, lengths: Any, transitions: Any, starts: Any, ends: Any):
        self.lengths = lengths
        top = tf.reduce_max(emissions, axis=2)  # (batch, length)
        self.shifts = tf.transpose(top)
        weights = tf.exp(emissions - top[:, :, None])  # (batch, length, tags)
        both = tf.stack([weights, tf.reverse_sequence(weights, lengths, seq_axis=1)])  # (2, batch, length, tags)
        self.highest = [tf.reduce_max(scores) for scores in (transitions, starts, ends)]
        moves, starts, ends = (
            tf.exp(scores - highest) for scores, highest in zip((transitions, starts, ends), self.highest, strict=True)
        )
        self.moves = tf.stack([moves, tf.transpose(moves)])  # (2, from, to)
        first = tf.broadcast_to(tf.stack([starts, ends])[:, None], tf.shape(both[:, :, 0]))
        self.arriving, self.leaving, self.totals = self._recursion(tf.transpose(both, [2, 0, 1, 3]), first)

    def _recursion(self, weights: Any, first: Any) -> tuple[Any, Any, Any]:
        """Run over weights (length, 2, batch, tags), starting with the sums `first` (2, batch, tags)."""
        length = tf.shape(weights)[0]
        turns = (length + _STEPS - 1) // _STEPS
        weights = tf.pad(weights, [[0, turns * _STEPS - length], [0, 0], [0, 0], [0, 0]], constant_values=1)
        in_turns = tf.reshape(weights, tf.concat([[turns, _STEPS], tf.shape(weights)[1:]], axis=0))

        def turn(number: Any, arriving: Any, *written: Any) -> Any:
            steps: list[tuple[Any, Any, Any]] = []
            for weight in tf.unstack(in_turns[number], num=_STEPS):
                product = arriving * weight
                total = tf.reduce_sum(product, axis=-1, keepdims=True)
                leaving = tf.math.divide_no_nan(product, total)
                steps.append((arriving, leaving, total[..., 0]))
                arriving = tf.matmul(leaving, self.moves)
            parts = zip(written, zip(*steps, strict=True), strict=True)
            return number + 1, arriving, *(array.write(number, tf.stack(part)) for array, part in parts)

        arrays = [tf.TensorArray("float64", size=turns) for _ in range(3)]
        results = tf.while_loop(lambda number, *_: number < turns, turn, [0, first, *arrays])[2:]
        return tuple(array.concat()[:length] for array in results)

    def log_partition(self, mask: Any) -> Any:
        """Log of the total weight of all sequences, ``(batch,)``."""
        real = tf.transpose(mask)  # (length, batch)
        steps = tf.where(real, tf.math.log(self.totals[:, 0]) + self.shifts, 0)  # (length, batch)
        last = self._at_last(self.leaving[:, 0])  # (batch, tags)
        ended = tf.math.log(tf.reduce_sum(last * self.arriving[0, 1], axis=1))  # (batch,)
        moved = self.highest[0] * tf.cast(self.lengths - 1, "float64")
        return tf.reduce_sum(steps, axis=0) + ended + moved + self.highest[1] + self.highest[2]

    def _at_last(self, by_step: Any) -> Any:
        """From values (length, batch, ...), those at each row's last real step, (batch, ...)."""
        return tf.gather(tf.transpose(by_step, [1, 0, 2]), self.lengths - 1, batch_dims=1)

    def _from_start(self, by_step: Any) -> Any:
        """Values (length, batch, tags) of direction 1 with steps counted from the start."""
        return tf.reverse_sequence(by_step, self.lengths, seq_axis=0, batch_axis=1)

    def gradient(self, mask: Any, upstream: Any) -> tuple[Any, Any, Any, Any]:
        """For emissions, transitions, starts, ends: expected number of uses of each, times upstream ``(batch,)``."""
        real = tf.cast(tf.transpose(mask), "float64") * upstream  # (length, batch)
        joint = self.leaving[:, 0] * self._from_start(self.arriving[:, 1])  # (length, batch, tags)
        used = tf.math.divide_no_nan(joint, tf.reduce_sum(joint, axis=2, keepdims=True)) * real[:, :, None]
        behind = self._from_start(self.leaving[:, 1])[1:]  # (length - 1, batch, tags)
        together = tf.reduce_sum(self.arriving[1:, 0] * behind, axis=2)  # (length - 1, batch)
        behind = behind * tf.math.divide_no_nan(real[1:], together)[:, :, None]
        moved = self.moves[0] * tf.einsum("lbi,lbj->ij", self.leaving[:-1, 0], behind)
        return (
            tf.transpose(used, [1, 0, 2]),
            moved,
            tf.reduce_sum(used[0], axis=0),
            tf.reduce_sum(self._at_last(used), axis=0),
        )


def _log_partition_in_logs(emissions: Any, mask: Any, transitions: Any, starts: Any, ends: Any) -> Any:
    """As `log_partition`, slow, but for scores of any size."""

    def step(alphas: Any, inputs: Any) -> Any:
        emission, real = inputs  # (batch, tags), (batch,)
        moved = tf.reduce_logsumexp(alphas[:, :, None] + transitions, axis=1) + emission
        return tf.where(real[:, None], moved, alphas)

    by_step = tf.transpose(emissions, [1, 0, 2])  # (length, batch, tags)
    alphas = tf.foldl(step, (by_step[1:], tf.transpose(mask)[1:]), initializer=starts + by_step[0])
    return tf.reduce_logsumexp(alphas + ends, axis=1)


def _gradient_in_logs(given: tuple[Any, ...], upstream: Any) -> tuple[Any, ...]:
    emissions, mask, *chain = given
    with tf.GradientTape() as tape:
        tape.watch([emissions, *chain])
        total = tf.reduce_sum(_log_partition_in_logs(emissions, mask, *chain) * upstream)
    return tuple(tape.gradient(total, [emissions, *chain], unconnected_gradients="zero"))
