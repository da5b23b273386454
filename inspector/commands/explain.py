"""explain: a video without a window, its results in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.attribution import DEFAULT_METHOD, METHODS
from engine.attribution.catalogue import find_entry
from engine.diagnostics.out_of_distribution import advice, is_out_of_distribution
from engine.errors import ExportError
from engine.evidence.words import basis_sentence, verdict_sentence
from engine.export.formats import EXPORT_FORMATS, clip_formats
from engine.models.preprocess.frame_sampling import repeats_sentence
from engine.network_inputs import inputs_text
from engine.store import Analysis
from engine.types import DEFAULT_OVERLAP, DEFAULT_PRESET, DEFAULT_SIGMA, Request, separation_text
from engine.utils.frame_ranges import parse_range
from engine.utils.printable import printable_lines
from inspector import cli_options as options
from inspector.cli_options import (
    check_folder,
    checked_overlap,
    parse_method_options,
    parse_preset,
    parse_step,
)
from inspector.commands import Command
from inspector.leftovers import remember_target
from inspector.terminal import print_line, print_text, progress_bar
from inspector.trust_prompt import run_with_trust_prompt


def explain(
    video: options.Video,
    out: Annotated[Path, typer.Option(help="Folder for the results; made if needed.")],
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    method: options.Method = DEFAULT_METHOD,
    target: Annotated[
        str | None,
        typer.Option(
            "--class", help="Name or index; left out, the top class of each window is explained."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A class to compare with: why --class rather than this one.")
    ] = None,
    step: options.StepText = None,
    option: options.MethodOptions = None,
    preset: options.Preset = DEFAULT_PRESET,
    sigma: options.Sigma = DEFAULT_SIGMA,
    frames: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Both included, counted from 0: 69-82.")
    ] = None,
    evidence: options.Evidence = "full",
    prior: options.Prior = None,
    input: Annotated[
        str | None,
        typer.Option(
            help="Show the relevance of one of the inputs that the model's card declares alone."
        ),
    ] = None,
    overlap: Annotated[
        float,
        typer.Option(
            help="Share of a window that the next one covers again, from 0 to below 1: of 0.75, "
            "four windows are averaged for each frame."
        ),
    ] = DEFAULT_OVERLAP,
    device: options.Device = "auto",
    stream: options.Stream = None,
    deinterlace: Annotated[
        bool, typer.Option("--deinterlace", help="Make interlaced pictures whole first.")
    ] = False,
    keep_cuts: options.KeepCuts = False,
    format: Annotated[
        str, typer.Option(help=f"Of the annotated clip: {', '.join(clip_formats())} (pictures).")
    ] = "mp4",
    sound: Annotated[
        bool, typer.Option("--sound", help="Keep the video's sound in the annotated clip.")
    ] = False,
    overwrite: options.Overwrite = False,
    trust: options.Trust = False,
) -> None:
    """Explain a video headless."""
    checked_preset = parse_preset(preset)
    request = Request(
        video=video,
        model=model,
        weights=weights,
        labels=labels,
        method=find_entry(method).info.name,
        options=parse_method_options(option),
        target=target,
        against=against,
        preset=checked_preset,
        sigma=sigma,
        frames=None if frames is None else _parse_frames(frames),
        overlap=checked_overlap(overlap),
        device=device,
        stream=stream,
        deinterlace=deinterlace,
        evidence=evidence,
        prior=prior,
        step=parse_step(step),
        keep_cuts=keep_cuts,
        input=input,
    )
    run_with_trust_prompt(
        lambda: explain_to(
            request, out, format=_parse_format(format), sound=sound, overwrite=overwrite
        ),
        trusted=trust,
    )


def explain_to(
    request: Request,
    folder: Path,
    *,
    format: str = "mp4",
    sound: bool = False,
    overwrite: bool = False,
) -> None:
    """Explain a video and write clip, timeline, numbers and arrays to a folder.

    Parameters
    ----------
    request : Request
        What to explain.
    folder : Path
        Made if needed.
    format, sound, overwrite
        As for `engine.export.result_folder.export_all`.

    Raises
    ------
    EngineError
        If something cannot be used or written; the folder is then as it was.
    """
    check_folder(folder)
    _check_sound(format, sound)
    with progress_bar() as bar:
        from engine.export.result_folder import check_result_folder, export_all
        from engine.pipeline import explain
        from engine.store.explained_video import open_explained

        check_result_folder(folder, request, format, overwrite=overwrite)
        remember_target(folder.resolve())
        analysis = explain(request, bar.report)
        try:
            with open_explained(analysis.header) as video:
                export_all(
                    analysis,
                    video,
                    folder,
                    preset=analysis.shown_preset(request.preset),
                    sigma=request.sigma,
                    format=format,
                    sound=sound,
                    overwrite=overwrite,
                    report=bar.report,
                )
            summary = _summary(analysis, request)
        finally:
            analysis.close()
    print_text(summary)
    print_line(f"Written to {folder}: {', '.join(_names(folder))}")


def _check_sound(format: str, sound: bool) -> None:
    """Refuse a format without sound at once, not after minutes of work.

    Raises
    ------
    ExportError
        If sound is wanted and the format has none.
    """
    with_sound = [key for key in clip_formats() if EXPORT_FORMATS[key].has_sound]
    if sound and format not in with_sound:
        raise ExportError(
            f"A clip in the format {format} carries no sound.",
            f"Choose --format {' or '.join(with_sound)}, or leave --sound out.",
        )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _summary(analysis: Analysis, request: Request) -> str:
    preset = analysis.shown_preset(request.preset)
    curves = analysis.separation(preset).curves(request.sigma)
    spec = analysis.header.spec
    names = dict.fromkeys(spec.label(window.target) for window in analysis.windows)
    whole = analysis.clip_evidence()
    lines = [
        *(() if whole is None else (verdict_sentence(whole), basis_sentence(whole))),
        f"{analysis.frame_count} frames, {len(analysis.windows)} windows, {spec.name}, "
        f"{request.method}, explained: {', '.join(list(names)[:8])}",
        f"Changing share of the map {curves.clip_changing_share:.1%} "
        f"({separation_text(preset, request.sigma)})",
    ]
    if METHODS[request.method].conserves:
        lines.append(f"Relevance sums to {analysis.conservation:.2%} of the explained score")
    if analysis.by_input:
        lines.append(inputs_text(analysis.by_input))
    if is_out_of_distribution(spec, analysis.counted_windows):
        lines.append(f"Warning: this video is unlike what {spec.name} knows. {advice(spec)}")
    lines += [f"Warning: {text}" for text in _input_warnings(analysis)]
    lines += [f"Note: {text}" for text in analysis.notices]
    return printable_lines(lines)


def _input_warnings(analysis: Analysis) -> list[str]:
    """Return sentences on frames that the model is given again, and on shot cuts."""
    header = analysis.header
    repeats = repeats_sentence(header.spec, header.fps, header.step_frames)
    padded = sum(window.padded for window in analysis.windows)
    short = (
        f"The range gives {len(header.step_frames)} of the {header.spec.frames} frames that "
        f"{header.spec.name} takes at once; its last one was repeated {padded} times."
    )
    return [text for text in (repeats, short if padded else "", analysis.cuts_sentence) if text]


def _parse_format(name: str) -> str:
    if name not in clip_formats():
        raise typer.BadParameter(
            f"{name!r} is none of {', '.join(clip_formats())}.", param_hint="--format"
        )
    return name


def _parse_frames(text: str) -> tuple[int, int]:
    try:
        return parse_range(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--frames") from error


COMMAND = Command(
    "explain",
    explain,
    "Explain a video without a window and write the annotated clip and its numbers.",
    order=20,
)
