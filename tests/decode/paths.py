"""Every path through a small lattice, scored one by one, and random scores with forbidden steps."""

import itertools
import math

import numpy as np


def path_score(path, emissions, transitions, starts, ends):
    score = starts[path[0]] + ends[path[-1]] + sum(emissions[place, tag] for place, tag in enumerate(path))
    return score + sum(transitions[before, after] for before, after in itertools.pairwise(path))


def weights_of_paths(*problem):
    """Every path with the exponential of its score."""
    length, tags = problem[0].shape
    return {path: math.exp(path_score(path, *problem)) for path in itertools.product(range(tags), repeat=length)}


def random_scores(rng, tags, forbidden):
    scores = [rng.normal(size=(tags, tags)), rng.normal(size=tags), rng.normal(size=tags)]
    for score in scores:
        score[rng.random(score.shape) < forbidden] = -np.inf
        score[(0,) * score.ndim] = 0.1
    return scores
