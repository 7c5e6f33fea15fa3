"""Describes a command of the command line before any of its code is imported."""

from collections.abc import Callable
from dataclasses import dataclass

from bert4ner.entry_points import attribute_at
from bert4ner.errors import EnvironmentProblem, in_one_line


@dataclass(frozen=True)
class Command:
    """A command of `bert4ner`, as the overview shows it without importing its code.

    `cli.parsing` reads the parameters from the function's annotations and calls it with their values. The docstring is
    the help; its last paragraph is an example.
    """

    place: str
    """"module:function"."""
    help: str
    """What the command does, in a few words, for the overview."""
    resumable: bool = False
    """Whether running the same command again continues where it stopped."""
    runner: bool = False
    """Whether all words after the first argument are passed on unchanged."""
    often: str = ""
    """The most used options, without dashes, separated by spaces: help lists them first."""

    def load(self) -> Callable[..., None]:
        """Import the function and return it.

        Raises:
            EnvironmentProblem: it cannot be imported.
        """
        try:
            function: Callable[..., None] = attribute_at(self.place)
        except EnvironmentProblem:
            raise
        except (Exception, SystemExit) as error:
            raise EnvironmentProblem(
                f"the command at {self.place} cannot be loaded ({in_one_line(error)}); repair or uninstall the package "
                "that provides it"
            ) from error
        return function
