"""The version, which setup reads without running this module, and that of bert4keras, which built wheels contain."""

from pathlib import Path

VERSION = "0.1.0"
BERT4KERAS_VERSION = "0.11.5"
VENDOR = Path(__file__).resolve().parent / "_vendor"  # filled in built wheels, see setup.py
