"""Heads, one final class per file; each defines its targets, weights, loss and decoding."""
