"""The command line: one module per command, each a thin translation of one library function."""
