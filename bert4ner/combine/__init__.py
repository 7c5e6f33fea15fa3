"""Several runs as one: voting, averaged probabilities, thresholds chosen on out-of-fold predictions."""
