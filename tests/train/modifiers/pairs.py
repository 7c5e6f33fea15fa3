"""Heads with kinds of arithmetic, for tests of single modifiers."""

from bert4ner.registry import HEADS

HEADS_AND_PRECISIONS = (
    *((head, "float32") for head in HEADS.own()),
    ("crf", "bfloat16"),
    ("global_pointer", "bfloat16"),
)
"""Every head in float32, one that tags and one that scores spans in bfloat16.

Every pair of head, arithmetic and modifier occurs in some test: `test_together` has all heads in bfloat16.
"""
