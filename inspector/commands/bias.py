"""bias: a report on a model over a folder of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.attribution import DEFAULT_METHOD
from engine.attribution.catalogue import check_options, find_entry
from engine.types import DEFAULT_PRESET, DEFAULT_SIGMA, Request
from inspector import cli_options as options
from inspector.cli_options import parse_method_options, parse_preset
from inspector.commands import Command
from inspector.trust_prompt import run_with_trust_prompt


def bias(
    videos: Annotated[
        Path, typer.Argument(help="A folder of videos, or of folders named after the classes.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report; made if needed.")],
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    method: options.Method = DEFAULT_METHOD,
    option: options.MethodOptions = None,
    preset: options.SplitPreset = DEFAULT_PRESET,
    sigma: options.Sigma = DEFAULT_SIGMA,
    clips: Annotated[int, typer.Option(min=1, help="Clips of each video, spread evenly.")] = 3,
    shuffles: Annotated[int, typer.Option(min=1, help="Random orders of the frames.")] = 8,
    prior: options.Prior = None,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    trust: options.Trust = False,
) -> None:
    """Write the bias report of a model."""
    from engine.bias import BiasSettings  # here: it imports torch
    from inspector.bias_report import bias_report

    checked_preset = parse_preset(preset)
    name = find_entry(method).info.name
    pairs = parse_method_options(option)
    check_options(name, dict(pairs))
    settings = BiasSettings(name, checked_preset, sigma, clips, shuffles, options=pairs)
    request = Request(
        video=videos, model=model, weights=weights, labels=labels, device=device, prior=prior
    )
    run_with_trust_prompt(
        lambda: bias_report(request, settings, out, overwrite=overwrite), trusted=trust
    )


COMMAND = Command(
    "bias",
    bias,
    "Motion or scenery, class by class: a report on a model over a folder of videos.",
    order=90,
)
