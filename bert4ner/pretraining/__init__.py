"""Continued pre-training: train an encoder on unlabelled text as a masked language model, write a checkpoint."""
