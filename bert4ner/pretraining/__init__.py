"""Continued pre-training: an encoder reads unlabelled text as a masked language model and is written out again."""
