"""What the command line says when Ctrl-C ends it."""

import sys

INTERRUPTED = 130  # the shell's exit code for a program that SIGINT ended


def stopped(advice: str = "") -> int:
    """Say that Ctrl-C ended the process, and perhaps how to go on; returns the exit code."""
    after_echo = "\n" if sys.stderr.isatty() else ""  # the terminal has just written ^C
    print(f"{after_echo}bert4ner: stopped{advice}", file=sys.stderr)
    return INTERRUPTED
