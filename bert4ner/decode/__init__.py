"""From scores to tag paths and their probabilities, in numpy alone."""
