"""Executors of tasks, one to a file; see `bert4ner.train.executors.base`."""
