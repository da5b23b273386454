"""models: the list of models, or the facts of one."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.descriptions import ModelInfo
from engine.errors import ModelError
from engine.models import known_models
from engine.utils.hints import did_you_mean
from engine.utils.printable import printable_lines
from inspector.commands import Command
from inspector.terminal import print_entry, print_text


def models(
    name: Annotated[str | None, typer.Argument(help="A model: shows what is known of it.")] = None,
) -> None:
    """List the models, or show the facts of one."""
    if name is not None:
        print_text(model_text(name))
        return
    for info in known_models().values():
        print_entry(info.name, info.title, info.summary)


def model_text(name: str) -> str:
    """Return the facts of a model that are known before anything is loaded or downloaded.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    known = known_models()
    if name not in known:
        raise ModelError(f"There is no model {name!r}.", did_you_mean(name, known))
    info = known[name]
    rows = [("", info.summary), ("Accuracy", info.accuracy), ("Licence", info.licence)]
    rows.append(("Download", _download(info)))
    lines = [f"{title + ':' if title else '':10}{text}" for title, text in rows if text]
    return printable_lines([f"{info.name}: {info.title}", *lines])


def _download(info: ModelInfo) -> str:
    if info.bundled:
        return "nothing, it is bundled"
    return f"{info.download_mb:.1f} MB, once" if info.download_mb is not None else ""


COMMAND = Command(
    "models",
    models,
    "List the models, or show accuracy, licence and download size of one.",
    order=40,
)
