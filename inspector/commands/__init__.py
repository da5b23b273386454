"""The commands of the command line, one module each: a module here is a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules


@dataclass(frozen=True, slots=True)
class Command:
    """A command, declared as ``COMMAND`` by its module.

    Attributes
    ----------
    name : str
        As it is typed.
    function : callable
        Its parameters are the arguments and options, its result is ignored.
    help : str
        One sentence for the list of commands.
    order : int
        Place in that list; equal ones are sorted by name.
    """

    name: str
    function: Callable[..., None]
    help: str
    order: int = 100


def find_commands() -> list[Command]:
    """Return the commands of all modules of this package, in the order of the list."""
    names = [module.name for module in iter_modules(__path__)]
    commands = [import_module(f"{__name__}.{name}").COMMAND for name in names]
    return sorted(commands, key=lambda command: (command.order, command.name))
