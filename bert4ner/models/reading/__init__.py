"""How the encoder reads windows for a head: alone, or once for each label after a query. The head chooses."""
