"""Families of pretrained models, one file per group of related families."""
