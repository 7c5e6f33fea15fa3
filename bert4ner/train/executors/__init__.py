"""Executors of tasks, one per file; see `bert4ner.train.executors.base`."""
