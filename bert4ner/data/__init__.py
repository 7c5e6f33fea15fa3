"""Annotated text in and out: one reader and writer per format, the detector of formats, and the audit of a data set."""
