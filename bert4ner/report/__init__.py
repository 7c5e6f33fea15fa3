"""The HTML report of a run: one page with its scores, curves and errors, complete in itself."""
