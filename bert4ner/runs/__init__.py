"""A run on disk: the names of its files, and the code that writes and reads them. No TensorFlow."""
