"""The only package that names TensorFlow, Keras or bert4keras; importing it imports none of them, `activate` does."""

from bert4ner.compat.activation import activate

__all__ = ["activate"]
