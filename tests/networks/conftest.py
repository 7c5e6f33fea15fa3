"""Tests here may import bert4keras by its own name."""

from bert4ner.compat import activate

activate()
