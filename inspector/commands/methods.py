"""methods: the list of attribution methods, or the card of one."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.attribution import METHODS
from engine.attribution.catalogue import find_entry
from engine.attribution.method_cards import card_text
from inspector.commands import Command
from inspector.terminal import print_entry, print_text


def methods(
    name: Annotated[
        str | None, typer.Argument(help="A method: shows its card and options.")
    ] = None,
) -> None:
    """List the attribution methods, or show the card of one."""
    if name is not None:
        print_text(card_text(find_entry(name).info))
        return
    for info in METHODS.values():
        print_entry(info.name, info.title, f"{info.summary} Cost: {info.cost}.", info.source)


COMMAND = Command(
    "methods", methods, "List the attribution methods, or show the card of one.", order=60
)
