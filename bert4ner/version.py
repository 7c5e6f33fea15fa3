"""The version, read by setup without importing anything."""

VERSION = "0.1.0"
