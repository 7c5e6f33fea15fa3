"""Reads and writes annotated text, one module per format; detects formats; audits data sets."""
