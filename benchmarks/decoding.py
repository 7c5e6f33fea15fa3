"""Time of list Viterbi and of exact span probabilities, with random scores.

    python benchmarks/decoding.py

Medians of several calls; the shapes are those of full windows and of 13 labels under the scheme bio.
"""

import numpy as np
from figures import keep_rows
from timing import median_seconds

from bert4ner.decode.lattice import Lattice
from bert4ner.decode.marginals import span_probabilities
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.text.schemes import TagSet

LENGTH, BATCH, CALLS = 256, 32, 9
TAGS = TagSet("bio", [f"LABEL{number:02}" for number in range(13)])  # 27 tags


def main() -> None:
    """Measure, print, keep."""
    rng = np.random.default_rng(0)
    tags = len(TAGS)
    free = ViterbiDecoder(rng.normal(size=(tags, tags)))
    legal = ViterbiDecoder(
        *(
            np.where(allowed, rng.normal(size=allowed.shape), -np.inf)
            for allowed in (TAGS.transition_allowed, TAGS.start_allowed, TAGS.end_allowed)
        )
    )
    emissions = rng.normal(size=(BATCH, LENGTH, tags)).astype("float32")
    lengths = np.full(BATCH, LENGTH)
    spans = [
        [(start, start + 4, TAGS.encode([(0, 4, "LABEL03")], 4)[0]) for start in range(0, LENGTH - 4, 10)]
        for _ in range(BATCH)
    ]

    def marginals() -> None:
        lattice = Lattice(emissions, lengths, legal.transitions, legal.starts, legal.ends)
        span_probabilities(lattice, spans, TAGS.continues)

    calls = [
        ("best path of each", f"{BATCH} x {LENGTH} x {tags}", lambda: legal.decode_batch(emissions, lengths)),
        ("5 best of each", f"{BATCH} x {LENGTH} x {tags}", lambda: legal.n_best_batch(emissions, lengths, 5)),
        ("1,000 best, all transitions", f"{LENGTH} x {tags}", lambda: free.n_best(emissions[0], 1000)),
        ("1,000 best, legal transitions", f"{LENGTH} x {tags}", lambda: legal.n_best(emissions[0], 1000)),
        ("probabilities of 26 spans each", f"{BATCH} x {LENGTH} x {tags}", marginals),
    ]
    rows = {name: {"shape": shape, "ms": 1e3 * median_seconds(call, calls=CALLS)} for name, shape, call in calls}
    for name, figures in rows.items():
        print(name, figures)
    keep_rows("speed", "decoding", rows)


if __name__ == "__main__":
    main()
