"""A run on disk: what its files are called, who writes them, who reads them. No TensorFlow."""
