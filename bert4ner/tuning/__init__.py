"""Search for the options of a training: the space of options, what is drawn from it, and the trials on disk."""
