"""Modifiers of the training step, one to a file; see `bert4ner.train.step`."""
