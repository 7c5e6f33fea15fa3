"""``python -m bert4ner COMMAND``, the same as the command ``bert4ner COMMAND``."""

import sys

from bert4ner.cli.starting import start

if __name__ == "__main__":
    sys.exit(start())
