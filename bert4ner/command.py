"""What a command of the command line is before anything of it is imported."""

from collections.abc import Callable
from dataclasses import dataclass

from bert4ner.entry_points import attribute_at
from bert4ner.errors import EnvironmentProblem, in_one_line


@dataclass(frozen=True)
class Command:
    """A command of `bert4ner`, as the overview shows it before anything of it is imported.

    Its function is called with the values of its parameters, which `cli.parsing` reads off their annotations; its
    docstring is the help, the last paragraph of it an example.
    """

    place: str
    """"module:function"."""
    help: str
    """What the overview says of it, in a few words."""
    resumable: bool = False
    """Whether the same command again goes on where it was stopped."""
    runner: bool = False
    """What follows the first argument of a runner is none of ours: it is passed on as it is."""
    often: str = ""
    """The options that are used most, without dashes and with spaces between: help tells them first."""

    def load(self) -> Callable[..., None]:
        """The function, imported now.

        Raises:
            EnvironmentProblem: it cannot be.
        """
        try:
            function: Callable[..., None] = attribute_at(self.place)
        except EnvironmentProblem:
            raise
        except (Exception, SystemExit) as error:
            raise EnvironmentProblem(
                f"the command at {self.place} cannot be loaded ({in_one_line(error)}); repair or uninstall the package "
                "that it is from"
            ) from error
        return function
