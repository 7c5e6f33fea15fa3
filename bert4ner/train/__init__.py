"""Training: optimizer, batches, callbacks, one model, cross-validation."""
