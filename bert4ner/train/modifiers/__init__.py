"""Modifiers of the training step, one per file; see `bert4ner.train.step`."""
