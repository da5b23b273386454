"""prior: the file that evidence is counted from, made of stills of a folder's videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import ExportError, os_errors
from engine.evidence.prior import prior_places
from engine.types import Request
from engine.video.folder import videos_below
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_line, progress_bar
from inspector.trust_prompt import run_with_trust_prompt


def prior(
    videos: Annotated[Path, typer.Argument(help="A folder of videos of all kinds.")],
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The file; left out, it is kept with the model and found by itself."),
    ] = None,
    stills: Annotated[
        int | None, typer.Option(min=1, help="Of each video; left out, 64 in all.")
    ] = None,
    device: options.Device = "auto",
    trust: options.Trust = False,
) -> None:
    """Write the prior of a model."""
    request = Request(video=videos, model=model, weights=weights, labels=labels, device=device)
    run_with_trust_prompt(lambda: write_prior(request, out, stills), trusted=trust)


def write_prior(request: Request, out: Path | None, stills: int | None) -> None:
    """Measure a model on stills of a folder's videos, and write its prior.

    Parameters
    ----------
    request : Request
        Its ``video`` is the folder; the model, its weights, labels and device are used besides.
    out : Path or None
        The file; None takes the place where it is found by itself.
    stills : int or None
        Of each video.

    Raises
    ------
    EngineError
        If the model or the folder cannot be used, or the file not be written.
    """
    videos = videos_below(request.video)
    path = out or prior_places(request.model, request.weights)[0]
    with progress_bar() as bars:
        from engine.evidence import save_prior
        from engine.models.load import load_requested
        from engine.pipeline.folder_prior import videos_prior

        model = load_requested(request, bars.report)
        made = videos_prior(model, videos, stills=stills, report=bars.report)
    with os_errors(ExportError, f"{path} cannot be written", "Choose another --out."):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_prior(made, path)
    print_line(f"{path}: {model.spec.name} on {made.source}")


COMMAND = Command(
    "prior",
    prior,
    "Make the file that evidence is counted from, of stills of a folder's videos.",
    order=80,
)
