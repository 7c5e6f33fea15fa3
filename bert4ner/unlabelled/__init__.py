"""Learning from text without annotation: pseudo-labels and self-training."""
