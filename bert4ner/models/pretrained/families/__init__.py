"""Families of pretrained models, one file for each kin."""
