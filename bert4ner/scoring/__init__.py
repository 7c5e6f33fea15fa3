"""The quality of predictions: strict entity scores with their spread, and kinds of errors."""
