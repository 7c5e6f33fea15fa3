"""Keras callbacks around the epochs of a training, one per task; `bert4ner.callbacks` is their public module."""
