"""From scores to tag paths and their probabilities, with NumPy only."""
