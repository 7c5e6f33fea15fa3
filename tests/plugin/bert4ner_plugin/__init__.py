"""One of everything that can be added to bert4ner: a command, a format, a head, a family and more."""
