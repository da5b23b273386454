"""study: evidence over a data set, by many workers, in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.attribution import DEFAULT_METHOD
from engine.attribution.catalogue import check_options, find_entry
from engine.types import DEFAULT_OVERLAP, DEFAULT_PRESET, DEFAULT_SIGMA, Request
from inspector import cli_options as options
from inspector.cli_options import parse_preset, parse_step
from inspector.commands import Command
from inspector.trust_prompt import run_with_trust_prompt

NO_METHOD = "none"


def study(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder; a pattern in quotes; a .csv or .parquet table of path, start, stop and "
            "label; or a .tar in the style of WebDataset."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the study; an earlier run goes on there.")],
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many; left out, one a GPU or core.")
    ] = None,
    engine: Annotated[
        Literal["local", "ray", "slurm"], typer.Option(help="Where the workers run.")
    ] = "local",
    address: Annotated[
        str, typer.Option(help="Of a Ray cluster; left out, Ray starts on this computer.")
    ] = "",
    engine_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Of Ray's actors (num_gpus=0.5) or of submitit (slurm_partition=gpu); repeatable.",
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Measure clips with an error again.")
    ] = False,
    windows: Annotated[
        int | None, typer.Option(min=1, help="Of each clip, spread evenly; left out, all.")
    ] = None,
    maps: Annotated[
        Literal["none", "telling", "all"],
        typer.Option(help="Whose maps are kept: of no clip, of the most telling, or of all."),
    ] = "none",
    telling: Annotated[
        int, typer.Option(min=1, help="How many clips are the most telling ones.")
    ] = 20,
    method: Annotated[
        str, typer.Option(help="For the changing share, see 'methods'; none: no maps, fast.")
    ] = DEFAULT_METHOD,
    preset: options.SplitPreset = DEFAULT_PRESET,
    sigma: options.Sigma = DEFAULT_SIGMA,
    shuffles: Annotated[
        int, typer.Option(min=0, help="Random orders of the frames; 0: no scores without movement.")
    ] = 2,
    evidence: options.Evidence = "full",
    prior: options.Prior = None,
    overlap: Annotated[
        float, typer.Option(help="Share of a window that the next one covers, 0 to below 1.")
    ] = DEFAULT_OVERLAP,
    step: options.StepText = None,
    stream: options.Stream = None,
    keep_cuts: options.KeepCuts = False,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    trust: options.Trust = False,
) -> None:
    """Measure a data set and write its tables."""
    from engine.study.launchers import Crew
    from engine.study.settings import StudySettings
    from inspector.study_run import parse_pairs, study_to

    request = Request(
        video=source,
        model=model,
        weights=weights,
        labels=labels,
        preset=parse_preset(preset),
        sigma=sigma,
        overlap=options.checked_overlap(overlap),
        device=device,
        stream=stream,
        evidence=evidence,
        prior=prior,
        step=parse_step(step),
        keep_cuts=keep_cuts,
    )
    if method != NO_METHOD:
        request = replace(request, method=find_entry(method).info.name)
        check_options(request.method, {})
    settings = StudySettings(request, method != NO_METHOD, windows, shuffles)
    crew = Crew(out, workers, device, address, parse_pairs(engine_option or []))
    failed = run_with_trust_prompt(
        lambda: study_to(
            settings,
            crew,
            engine,
            maps=maps,
            telling=telling,
            retry_failed=retry_failed,
            overwrite=overwrite,
        ),
        trusted=trust,
    )
    if failed:
        raise typer.Exit(3)


COMMAND = Command(
    "study",
    study,
    "Evidence over a data set, by many workers, in tables; a killed one goes on.",
    order=95,
)
