"""The bias report of a folder of clips: tables, a picture and a page. Never imports Qt.

The figures of each video are saved in the results' folder at once, so that an interrupted report
continues there.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.attribution.catalogue import find_entry
from engine.bias import (
    BiasClip,
    BiasSettings,
    BiasSummary,
    ClassBias,
    ReportText,
    agreement_sentence,
    clips_of_folder,
    measure_video,
    write_report,
)
from engine.bias.page import CLASSES_FILE, CLIPS_FILE, PAGE_FILE, PICTURE_FILE
from engine.diagnostics.out_of_distribution import advice
from engine.errors import ModelError, VideoError
from engine.evidence import Prior
from engine.evidence.heads import check_probabilities
from engine.evidence.words import VERDICTS, bits_text
from engine.export.inputs import inputs_of
from engine.export.whole_file import whole_file
from engine.export.whole_folder import whole_folder
from engine.models import VideoModel
from engine.models.load import load_requested
from engine.pipeline.evidence_meter import prior_of
from engine.pipeline.folder_prior import videos_prior
from engine.selective import checked_sigma, preset_params
from engine.types import ModelSpec, Progress, Report, Request
from engine.utils.bounded_files import read_bounded
from engine.utils.folder_update import check_conflicts, check_folder_of_its_own, refuse_foreign
from engine.utils.printable import printable_lines
from engine.utils.targets import check_targets
from engine.video.encode.errors import export_errors
from inspector.cli_options import check_folder
from inspector.leftovers import remember_target
from inspector.terminal import print_line, print_text, progress_bar

UNFINISHED_FILE = "unfinished.json"
"""Figures of the measured videos, until the report is written."""

FILES = (PAGE_FILE, PICTURE_FILE, CLASSES_FILE, CLIPS_FILE)
"""Files of the report."""

_MOST_BYTES = 256 * 2**20

PRIOR_OF_CLIP = "scrambled stills of the first clip of each video"


def bias_report(
    request: Request, settings: BiasSettings, folder: Path, *, overwrite: bool = False
) -> None:
    """Measure all videos, write the report and print a summary.

    Parameters
    ----------
    request : Request
        Its ``video`` is a folder of videos, of folders of them, or one video; the model, its
        weights, labels and device are used besides.
    settings : BiasSettings
    folder : Path
        Made if needed.
    overwrite : bool
        Whether files in it that the program did not write may be replaced.

    Raises
    ------
    EngineError
        If the model, the method or the folder cannot be used, or no video at all could be.
    """
    checked_sigma(settings.sigma)
    preset_params(settings.preset)
    _check_place(request, folder, overwrite=overwrite)
    if not request.video.exists():
        raise VideoError(f"{request.video} does not exist.", "Check the name.")
    with progress_bar() as bars:
        model = load_requested(request, bars.report)
        check_probabilities(model.spec)
        videos = clips_of_folder(request.video, model.spec.labels)
        folder.mkdir(parents=True, exist_ok=True)
        settings = replace(settings, prior=_prior(model, videos, request, bars.report))
        measured = _Measurements(folder / UNFINISHED_FILE, _key(request, settings, model))
        failed = _measure_all(model, videos, request, settings, measured, bars.report)
    clips = measured.clips()
    if not clips:
        raise VideoError(f"None of {len(videos)} videos could be used.", failed[0])
    text = _text(request, settings, model, failed, clips)
    with whole_folder(folder, _inputs(request), overwrite=overwrite) as partial:
        summary = write_report(clips, text, partial)
    measured.remove()
    print_text(_summary_text(summary, f"{model.spec.name}, {settings.method}", text.notes))
    print_line(f"Written to {folder}: {', '.join(FILES)}")


def _check_place(request: Request, folder: Path, *, overwrite: bool) -> None:
    """Refuse at once what would be refused when all videos are measured."""
    check_folder(folder)
    with export_errors(folder):
        check_targets(folder, (*FILES, UNFINISHED_FILE), _inputs(request))
        check_folder_of_its_own(folder)
        check_conflicts(folder, FILES.__contains__, overwrite=overwrite)
    unfinished = folder / UNFINISHED_FILE
    if unfinished.exists() and _saved(unfinished) is None and not overwrite:
        refuse_foreign([unfinished])
    remember_target(folder.resolve())


def _inputs(request: Request) -> list[Path]:
    """Return the files that are read, but not the folder of videos that a report may stand in."""
    return [path for path in inputs_of(request) if not path.is_dir()]


def _saved(path: Path) -> dict[str, Any] | None:
    """Return the figures saved in a file, which may be NaN, or None where it holds others."""
    try:
        saved = json.loads(read_bounded(path, _MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    is_ours = isinstance(saved, dict) and saved.keys() == {"key", "videos"}
    return saved if is_ours and isinstance(saved["videos"], dict) else None


def _prior(
    model: VideoModel, videos: list[tuple[Path, str | None]], request: Request, report: Report
) -> Prior | None:
    """Return the request's prior, or one of all videos, or what is kept with the model."""
    if request.prior is None and len(videos) > 1:
        with suppress(ModelError):  # fewer than two can be read
            made = videos_prior(model, [path for path, _ in videos], report=report)
            return replace(made, source=f"{made.source} of the folder, its own among them")
    return prior_of(request, len(model.spec.labels))


def _summary_text(summary: BiasSummary, settings: str, notes: tuple[str, ...]) -> str:
    overall = summary.overall
    lines = [
        f"{overall.clips} clips of {overall.videos} videos, {len(summary.classes)} classes, "
        f"{settings}",
        _verdict_text(overall),
        f"Frozen, the class loses {overall.freeze_drop.value:.1%} of its probability; changing "
        f"share of the maps {overall.changing_share.value:.1%}",
        agreement_sentence(summary),
        *(f"Note: {note}" for note in notes),
    ]
    return printable_lines(lines)


def _verdict_text(overall: ClassBias) -> str:
    """Return the verdict on all clips in a sentence, its interval over videos."""
    bits = (overall.still_bits, overall.frames_bits, overall.order_bits)
    still, several, order = (figure.value for figure in bits)
    verdict = VERDICTS[overall.verdict]
    told = f"{bits_text((still, several, order))}; {overall.told} of {overall.clips} clips told"
    if overall.verdict == "cannot tell":
        return f"{verdict} ({told})"
    share = overall.motion_share
    interval = ""
    if math.isfinite(share.low):
        interval = f" ({share.low:.0%} to {share.high:.0%} over videos)"
    return f"{verdict}: {share.value:.0%}{interval} of the evidence is movement ({told})"


def _measure_all(
    model: VideoModel,
    videos: list[tuple[Path, str | None]],
    request: Request,
    settings: BiasSettings,
    measured: _Measurements,
    report: Report,
) -> list[str]:
    """Measure the remaining videos and return sentences about those that could not be used."""
    root = request.video if request.video.is_dir() else request.video.parent
    failed = []
    for number, (path, label) in enumerate(videos):
        name = path.relative_to(root).as_posix()
        report(Progress("Measuring videos", number, len(videos)))
        if name in measured:
            continue
        try:
            measured.add(name, measure_video(model, path, name, label, settings))
        except VideoError as error:
            failed.append(f"{name} was left out: {error}")
    report(Progress("Measuring videos", len(videos), len(videos)))
    return failed


class _Measurements:
    """Figures of the measured videos, in a file that is complete at any time."""

    def __init__(self, path: Path, key: dict[str, Any]) -> None:
        self._path, self._key = path, key
        self._videos: dict[str, list[dict[str, Any]]] = {}
        saved = _saved(path)
        if saved is not None and saved["key"] == key:
            self._videos = saved["videos"]

    def __contains__(self, name: str) -> bool:
        return name in self._videos

    def add(self, name: str, clips: list[BiasClip]) -> None:
        """Save the clips of one video."""
        self._videos[name] = [asdict(clip) for clip in clips]
        with whole_file(self._path) as partial:
            partial.write_text(json.dumps({"key": self._key, "videos": self._videos}))

    def clips(self) -> list[BiasClip]:
        """Return the clips of all videos, in the order of their names."""
        return [BiasClip(**clip) for name in sorted(self._videos) for clip in self._videos[name]]

    def remove(self) -> None:
        """Remove the file: the report is written."""
        self._path.unlink(missing_ok=True)


def _key(request: Request, settings: BiasSettings, model: VideoModel) -> dict[str, Any]:
    """Return the settings that must be equal for saved figures to be used again."""
    files = {
        name: [str(path), path.stat().st_mtime_ns]
        for name in ("weights", "labels", "prior")
        if (path := getattr(request, name)) is not None
    }
    source = {"prior": settings.prior and settings.prior.source}
    key = {"model": request.model, "videos": str(request.video.resolve()), **files}
    given = {"options": dict(settings.options)}
    return key | asdict(settings) | given | source | {"labels of it": list(model.spec.labels)}


def _text(
    request: Request,
    settings: BiasSettings,
    model: VideoModel,
    failed: list[str],
    clips: list[BiasClip],
) -> ReportText:
    rows = (
        ("model", model.spec.name),
        ("weights", "its own" if request.weights is None else request.weights.name),
        ("videos", str(request.video)),
        ("method", _method_text(settings)),
        ("relevance separated by", f"{settings.preset}, sigma {settings.sigma:g}"),
        ("clips a video", f"up to {settings.clips_per_video}, {model.spec.frames} frames each"),
        ("random orders of the frames", str(settings.shuffles)),
        ("evidence counted from", settings.prior.source if settings.prior else PRIOR_OF_CLIP),
    )
    of_clips = (*_out_of_distribution_note(model.spec, clips), *_chance_note(clips))
    notes = (*model.notices, *of_clips, *failed)
    title = f"Motion or scenery? {model.spec.name} on {len({c.video for c in clips})} videos"
    return ReportText(title, rows, notes)


def _method_text(settings: BiasSettings) -> str:
    """Return a method's title with the options that were given."""
    given = [f"{name}={value}" for name, value in settings.options]
    return ", ".join([find_entry(settings.method).info.title, *given])


def _out_of_distribution_note(spec: ModelSpec, clips: list[BiasClip]) -> list[str]:
    """Return a sentence where most clips are unlike the training data."""
    if spec.least_familiar is None:
        return []
    unlike = sum(clip.highest_logit < spec.least_familiar for clip in clips)
    if 2 * unlike < len(clips):
        return []
    return [f"{unlike} of {len(clips)} clips are unlike what {spec.name} knows. {advice(spec)}"]


def _chance_note(clips: list[BiasClip]) -> list[str]:
    """Return a sentence where many classes are as good as guessed."""
    guessed = sum(clip.guessed for clip in clips)
    if 4 * guessed < len(clips):
        return []
    return [
        f"In {guessed} of {len(clips)} clips the class is as good as guessed: "
        "what is not there cannot be lost."
    ]
