"""The command line: what can be asked for, and how its end is told.

Exit codes: 0 done, 1 an error told in one line and a hint, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.attribution import DEFAULT_METHOD, METHODS
from engine.attribution.catalogue import find_entry
from engine.attribution.method_cards import card_text
from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.export.formats import clip_formats
from engine.models import known_models
from engine.types import DEFAULT_PRESET, DEFAULT_SIGMA, PRESETS, Preset, Request

app = typer.Typer(
    name="motion-inspector",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    help="See which motion drove a video model's decision, frame by frame.",
)
_out = Console(soft_wrap=True)
_err = Console(stderr=True, soft_wrap=True, highlight=False)
_COMMANDS = (
    "open",
    "explain",
    "motion-use",
    "probe",
    "flow",
    "bias",
    "layers",
    "demo",
    "models",
    "check-model",
    "methods",
)
_MODEL = "A name that 'motion-inspector models' lists, or a model card (.toml)."
_PRESET = f"How relevance is separated: {', '.join(PRESETS)}."
_SIGMA = "Threshold in standard deviations, from 0 up."
_TRUST = "Run the code that comes with the model, now and later; see docs/model-card.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0] not in _COMMANDS and not words[0].startswith("-")):
        words.insert(0, "open")
    try:
        app(words, prog_name="motion-inspector")
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Cancelled:
        _err.print("Interrupted.")
        return 130
    except EngineError as error:
        return _told(str(error), error.hint)
    except Exception as error:
        logging.getLogger(__name__).debug("internal error", exc_info=True)
        return _told(
            f"Internal error: {type(error).__name__}: {error}",
            "Please report it, with what --log-level debug prints.",
        )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Tell Ctrl-C apart from an error, which the command line library would not."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise Cancelled from interrupt


def _told(message: str, hint: str) -> int:
    one_line = " ".join(message.split())
    _err.print(f"motion-inspector: {one_line}", markup=False)
    if hint:
        _err.print(f"Hint: {' '.join(hint.split())}", markup=False)
    return 1


def _version(wanted: bool) -> None:
    if wanted:
        _out.print(f"motion-inspector {metadata.version('motion-inspector')}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it and stop.")
    ] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    levels = logging.getLevelNamesMapping()
    if log_level.upper() not in levels:
        raise typer.BadParameter(f"{log_level!r} is not a log level.", param_hint="--log-level")
    logging.basicConfig(level=levels[log_level.upper()])


@app.command("open", help="Open the window, on a video or a saved analysis. The default command.")
def open_window(
    path: Annotated[Path | None, typer.Argument(help="A video, or a folder of 'explain'.")] = None,
) -> None:
    """Open the window."""
    from inspector.start import show_window

    with _interruptible():
        raise typer.Exit(show_window(path))


@app.command(help="Explain a video without a window and write the annotated clip and its numbers.")
def explain(
    video: Annotated[Path, typer.Argument(help="The video file.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; made if needed.")],
    model: Annotated[str, typer.Option(help=_MODEL)] = "figures",
    weights: Annotated[Path | None, typer.Option(help="Your weights for it.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Class names, one a line.")] = None,
    method: Annotated[str, typer.Option(help="See 'motion-inspector methods'.")] = DEFAULT_METHOD,
    target: Annotated[
        str | None,
        typer.Option(
            "--class", help="Name or index; left out, the top class of each window is explained."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A class to compare with: why --class rather than this one.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE", help="An option of the method; may be repeated."
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help=_PRESET)] = DEFAULT_PRESET,
    sigma: Annotated[float, typer.Option(help=_SIGMA)] = DEFAULT_SIGMA,
    frames: Annotated[
        str | None, typer.Option(metavar="A:B", help="Frames A to B-1, counted from 0.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")] = "auto",
    stream: Annotated[
        int | None, typer.Option(min=0, help="Which video stream of the file, from 0.")
    ] = None,
    deinterlace: Annotated[
        bool, typer.Option("--deinterlace", help="Make interlaced pictures whole first.")
    ] = False,
    format: Annotated[
        str, typer.Option(help=f"Of the annotated clip: {', '.join(clip_formats())} (pictures).")
    ] = "mp4",
    sound: Annotated[
        bool, typer.Option("--sound", help="Keep the video's sound in the annotated clip.")
    ] = False,
    trust: Annotated[bool, typer.Option("--trust", help=_TRUST)] = False,
) -> None:
    """Explain a video headless."""
    from engine.selective import preset_params
    from inspector.commands.explain import explain_to
    from inspector.commands.trust_prompt import asking

    preset_params(preset)
    request = Request(
        video=video,
        model=model,
        weights=weights,
        labels=labels,
        method=find_entry(method).info.name,
        options=_method_options(option or []),
        target=target,
        against=against,
        preset=_preset(preset),
        sigma=sigma,
        frames=None if frames is None else _frames(frames),
        device=device,
        stream=stream,
        deinterlace=deinterlace,
    )
    with _interruptible():
        asking(
            lambda: explain_to(request, out, _err, _out, format=_format(format), sound=sound),
            trusted=trust,
        )


@app.command(
    help="Open the window on the bundled clip and explain it; without a display, write it."
)
def demo() -> None:
    """Show what the program does."""
    from inspector.start import show_demo

    with _interruptible():
        raise typer.Exit(show_demo(_err, _out))


@app.command(help="List the models, or show accuracy, licence and download size of one.")
def models(
    name: Annotated[str | None, typer.Argument(help="A model: shows what is known of it.")] = None,
) -> None:
    """List the models."""
    if name is not None:
        from inspector.commands.models import model_text

        _out.print(model_text(name), highlight=False, markup=False)
        return
    for info in known_models().values():
        _entry(info.name, info.title, info.summary)


@app.command("check-model", help="Check on a video whether a model gets what it was trained on.")
def check_model(
    card: Annotated[str, typer.Argument(help=_MODEL)],
    video: Annotated[Path, typer.Argument(help="A video that it should recognise.")],
    start: Annotated[int, typer.Option(help="First frame of the clip, counted from 0.")] = 0,
    trust: Annotated[bool, typer.Option("--trust", help=_TRUST)] = False,
) -> None:
    """Print what every check found; the exit code is 1 if one failed."""
    from inspector.commands.models import check_report, report_text
    from inspector.commands.trust_prompt import asking

    with _interruptible():
        report = asking(lambda: check_report(card, video, start), trusted=trust)
    _out.print(report_text(report), highlight=False, markup=False)
    if report.failed:
        raise typer.Exit(1)


@app.command(help="List the attribution methods, or show the card of one.")
def methods(
    name: Annotated[
        str | None, typer.Argument(help="A method: shows its card and options.")
    ] = None,
) -> None:
    """List the attribution methods."""
    if name is not None:
        _out.print(card_text(find_entry(name).info), highlight=False, markup=False)
        return
    for info in METHODS.values():
        _entry(info.name, info.title, f"{info.summary} Cost: {info.cost}.")
        _out.print(f"{'':18}{info.source}", highlight=False, style="dim")


@app.command(
    "motion-use", help="Score a clip frozen, reversed and shuffled: does the model use motion?"
)
def motion_use(
    video: Annotated[Path, typer.Argument(help="The video file.")],
    model: Annotated[str, typer.Option(help=_MODEL)] = "figures",
    weights: Annotated[Path | None, typer.Option(help="Your weights for it.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Class names, one a line.")] = None,
    target: Annotated[
        str | None, typer.Option("--class", help="Name or index; left out, the top class.")
    ] = None,
    start: Annotated[int, typer.Option(help="First frame of the clip, counted from 0.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")] = "auto",
    trust: Annotated[bool, typer.Option("--trust", help=_TRUST)] = False,
) -> None:
    """Print the scores of a clip and of its versions without movement."""
    from inspector.commands.single_clip import motion_use_table
    from inspector.commands.trust_prompt import asking

    with _interruptible():
        table = asking(
            lambda: motion_use_table(video, model, weights, labels, target, start, device),
            trusted=trust,
        )
    _out.print(table, highlight=False, markup=False)


@app.command(help="Check the results of 'explain' against optical flow: is it where things move?")
def flow(
    results: Annotated[Path, typer.Argument(help="A folder written by 'explain'.")],
    kind: Annotated[str, typer.Option(help="dis, dis-fine (slower, finer) or farneback.")] = "dis",
    threshold: Annotated[
        float, typer.Option(help="What counts as moving, in pixels per frame.")
    ] = 1.0,
) -> None:
    """Print the precision against optical flow and write flow.csv into the folder."""
    from inspector.commands.flow import flow_report

    with _interruptible():
        report = flow_report(results, kind, threshold)
    _out.print(report, highlight=False, markup=False)


@app.command(help="Motion or scenery, class by class: a report on a model over a folder of videos.")
def bias(
    videos: Annotated[
        Path, typer.Argument(help="A folder of videos, or of folders named after the classes.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report; made if needed.")],
    model: Annotated[str, typer.Option(help=_MODEL)] = "figures",
    weights: Annotated[Path | None, typer.Option(help="Your weights for it.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Class names, one a line.")] = None,
    method: Annotated[str, typer.Option(help="See 'motion-inspector methods'.")] = DEFAULT_METHOD,
    preset: Annotated[str, typer.Option(help=_PRESET)] = DEFAULT_PRESET,
    sigma: Annotated[float, typer.Option(help=_SIGMA)] = DEFAULT_SIGMA,
    clips: Annotated[int, typer.Option(min=1, help="Clips of each video, spread evenly.")] = 3,
    shuffles: Annotated[int, typer.Option(min=1, help="Random orders of the frames.")] = 8,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")] = "auto",
    trust: Annotated[bool, typer.Option("--trust", help=_TRUST)] = False,
) -> None:
    """Write the bias report of a model."""
    from engine.bias import BiasSettings
    from engine.selective import preset_params
    from inspector.commands.bias import BiasRequest, bias_report
    from inspector.commands.trust_prompt import asking

    preset_params(preset)
    name = find_entry(method).info.name
    settings = BiasSettings(name, _preset(preset), sigma, clips, shuffles)
    wish = BiasRequest(videos, model, weights, labels, device, settings)
    with _interruptible():
        asking(lambda: bias_report(wish, out, _err, _out), trusted=trust)


@app.command(help="List the layers of a model that class activation maps can be made of.")
def layers(
    model: Annotated[str, typer.Argument(help=_MODEL)] = "figures",
    weights: Annotated[Path | None, typer.Option(help="Your weights for it.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help=_TRUST)] = False,
) -> None:
    """Print layers with the shapes of their outputs."""
    from inspector.commands.single_clip import layers_table
    from inspector.commands.trust_prompt import asking

    with _interruptible():
        table = asking(lambda: layers_table(model, weights), trusted=trust)
    _out.print(table, highlight=False, markup=False)


def _entry(name: str, title: str, text: str) -> None:
    _out.print(f"[bold]{name:16}[/]  {title}", highlight=False)
    _out.print(f"{'':18}{text}", highlight=False)


def _method_options(texts: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = [text.partition("=") for text in texts]
    for text, (name, sign, _) in zip(texts, pairs, strict=True):
        if not (name and sign):
            raise typer.BadParameter(
                f"{text!r} is not of the form NAME=VALUE.", param_hint="--option"
            )
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


@app.command(help="Tell what a video file is: codec, frames, rate, colours, damage.")
def probe(
    video: Annotated[Path, typer.Argument(help="The video file, or a folder of pictures.")],
    json: Annotated[bool, typer.Option("--json", help="For programs, rather than people.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Decode everything, to find all damage.")
    ] = False,
    stream: Annotated[
        int | None, typer.Option(min=0, help="Which video stream of the file, from 0.")
    ] = None,
) -> None:
    """Tell what a video is."""
    from inspector.commands.probe import print_facts

    with _interruptible():
        print_facts(video, _out, _err, stream=stream, verify=verify, json=json)


def _format(name: str) -> str:
    if name not in clip_formats():
        raise typer.BadParameter(
            f"{name!r} is none of {', '.join(clip_formats())}.", param_hint="--format"
        )
    return name


def _preset(name: str) -> Preset:
    return next(preset for preset in PRESETS if preset == name)


def _frames(text: str) -> tuple[int, int]:
    try:
        first, last = (int(part) for part in text.split(":"))
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not of the form A:B, two frame numbers.", param_hint="--frames"
        ) from error
    return first, last
