"""prior: the file that evidence is counted from, made of stills of a folder's videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.evidence.prior import is_prior, prior_places
from engine.export.inputs import inputs_of
from engine.types import Request
from engine.utils.folder_update import refuse_foreign
from engine.utils.targets import check_target
from engine.video.encode.errors import export_errors
from engine.video.folder import videos_below
from inspector import cli_options as options
from inspector.commands import Command
from inspector.leftovers import remember_target
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
    overwrite: options.Overwrite = False,
    trust: options.Trust = False,
) -> None:
    """Write the prior of a model."""
    request = Request(video=videos, model=model, weights=weights, labels=labels, device=device)
    run_with_trust_prompt(
        lambda: write_prior(request, out, stills, overwrite=overwrite), trusted=trust
    )


def write_prior(
    request: Request, out: Path | None, stills: int | None, *, overwrite: bool = False
) -> None:
    """Measure a model on stills of a folder's videos, and write its prior.

    Parameters
    ----------
    request : Request
        Its ``video`` is the folder; the model, its weights, labels and device are used besides.
    out : Path or None
        The file; None takes the place where it is found by itself.
    stills : int or None
        Of each video.
    overwrite : bool
        Whether a file that is no prior may be replaced.

    Raises
    ------
    EngineError
        If the model or the folder cannot be used, or the file not be written.
    """
    path = out or prior_places(request.model, request.weights)[0]
    videos = videos_below(request.video)
    check_target(path, [file for file in (*inputs_of(request), *videos) if not file.is_dir()])
    if path.exists() and not overwrite and not is_prior(path):
        refuse_foreign([path])
    remember_target(path)
    with progress_bar() as bars:
        from engine.evidence import save_prior
        from engine.models.load import load_requested
        from engine.pipeline.folder_prior import videos_prior

        model = load_requested(request, bars.report)
        made = videos_prior(model, videos, stills=stills, report=bars.report)
    with export_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_prior(made, path)
    print_line(f"{path}: {model.spec.name} on {made.source}")


COMMAND = Command(
    "prior",
    prior,
    "Make the file that evidence is counted from, of stills of a folder's videos.",
    order=80,
)
