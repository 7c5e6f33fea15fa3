"""Training: optimizer, batches, callbacks, one model, K folds."""
