"""How the encoder reads windows for a head: as they are, or once for each label after a query. A head names its way."""
