"""Heads, one final class per file: each owns its targets, its weights, its loss and its decoding."""
