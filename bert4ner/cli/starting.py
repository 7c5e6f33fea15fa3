"""What the command ``bert4ner`` begins with: Ctrl-C is one line even while the modules of the command line load."""

from bert4ner.cli.stopping import stopped


def start() -> int:
    """Run the command that the process was started with; returns the exit code."""
    try:
        from bert4ner.cli.main import main  # deferred: loading it is what can be interrupted

        return main()
    except KeyboardInterrupt:  # before a command ran, or after it
        return stopped()
