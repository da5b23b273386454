"""The bias report of a folder of clips: tables, a picture and a page. Never imports Qt.

What is measured of each video is kept in the results' folder at once, so an interrupted report
goes on where it was.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.attribution.catalogue import find_entry
from engine.bias import (
    BiasClip,
    BiasSettings,
    ReportText,
    agreement_sentence,
    clips_of_folder,
    measure_video,
    write_report,
)
from engine.diagnostics.out_of_distribution import advice
from engine.errors import VideoError
from engine.export.whole_file import whole_file
from engine.models import VideoModel, load_model
from engine.selective import checked_sigma, preset_params
from engine.types import ModelSpec, Progress, Report
from inspector.commands.explain import check_folder, progress_bar

KEPT_FILE = "unfinished.json"
"""What is done of a report that is not finished."""


@dataclass(frozen=True, slots=True)
class BiasRequest:
    """What a report is asked for.

    Attributes
    ----------
    videos : Path
        Folder of videos, of folders of them, or one video.
    model : str
        As for `engine.models.load_model`, like ``weights``, ``labels`` and ``device``.
    settings : BiasSettings
    """

    videos: Path
    model: str
    weights: Path | None
    labels: Path | None
    device: str
    settings: BiasSettings


def bias_report(wish: BiasRequest, folder: Path, errors: Console, output: Console) -> None:
    """Measure all videos and write the report.

    Parameters
    ----------
    wish : BiasRequest
    folder : Path
        Made if needed.
    errors, output : Console
        For progress, and for the summary.

    Raises
    ------
    EngineError
        If the model, the method or the folder cannot be used, or no video at all could be.
    """
    checked_sigma(wish.settings.sigma)
    preset_params(wish.settings.preset)
    check_folder(folder)
    if not wish.videos.exists():
        raise VideoError(f"{wish.videos} does not exist.", "Check the name.")
    with progress_bar(errors) as bars:
        model = load_model(
            wish.model,
            weights=wish.weights,
            labels=wish.labels,
            device=wish.device,
            report=bars.report,
        )
        videos = clips_of_folder(wish.videos, model.spec.labels)
        folder.mkdir(parents=True, exist_ok=True)
        kept = _Kept(folder / KEPT_FILE, _key(wish, model))
        failed = _measure_all(model, videos, wish, kept, bars.report)
    clips = kept.clips()
    if not clips:
        raise VideoError(f"None of {len(videos)} videos could be used.", failed[0])
    text = _text(wish, model, failed, clips)
    summary = write_report(clips, text, folder)
    kept.remove()
    everything = summary.overall
    lines = [
        f"{everything.clips} clips of {everything.videos} videos, {len(summary.classes)} classes, "
        f"{model.spec.name}, {wish.settings.method}",
        f"Motion share {everything.motion_share.value:.1%}; frozen, the class loses "
        f"{everything.freeze_drop.value:.1%} of its probability",
        agreement_sentence(summary),
        *(f"Note: {note}" for note in text.notes),
        f"Written to {folder}: bias.html, bias.png, bias.csv, clips.csv",
    ]
    output.print("\n".join(lines), highlight=False, markup=False)


def _measure_all(
    model: VideoModel,
    videos: list[tuple[Path, str | None]],
    wish: BiasRequest,
    kept: _Kept,
    report: Report,
) -> list[str]:
    """Measure what is not kept yet; sentences about videos that could not be used."""
    root = wish.videos if wish.videos.is_dir() else wish.videos.parent
    failed = []
    for number, (path, label) in enumerate(videos):
        name = path.relative_to(root).as_posix()
        report(Progress("Measuring videos", number, len(videos)))
        if name in kept:
            continue
        try:
            kept.add(name, measure_video(model, path, name, label, wish.settings))
        except VideoError as error:
            failed.append(f"{name} was left out: {error}")
    report(Progress("Measuring videos", len(videos), len(videos)))
    return failed


class _Kept:
    """Figures of the videos that are done, in a file that is whole at any time."""

    def __init__(self, path: Path, key: dict[str, Any]) -> None:
        self._path, self._key = path, key
        self._videos: dict[str, list[dict[str, Any]]] = {}
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["key"] == key:
                self._videos = found["videos"]

    def __contains__(self, name: str) -> bool:
        return name in self._videos

    def add(self, name: str, clips: list[BiasClip]) -> None:
        """Keep the clips of one video."""
        self._videos[name] = [asdict(clip) for clip in clips]
        with whole_file(self._path) as partial:
            partial.write_text(json.dumps({"key": self._key, "videos": self._videos}))

    def clips(self) -> list[BiasClip]:
        """All that is kept, by the order of their names."""
        return [BiasClip(**clip) for name in sorted(self._videos) for clip in self._videos[name]]

    def remove(self) -> None:
        """The report is written, and nothing is left to go on with."""
        self._path.unlink(missing_ok=True)


def _key(wish: BiasRequest, model: VideoModel) -> dict[str, Any]:
    """What must be the same for kept figures to be used again."""
    files = {
        name: [str(path), path.stat().st_mtime_ns]
        for name, path in (("weights", wish.weights), ("labels", wish.labels))
        if path is not None
    }
    asked = {"model": wish.model, "videos": str(wish.videos.resolve()), **files}
    return asked | asdict(wish.settings) | {"labels of it": list(model.spec.labels)}


def _text(
    wish: BiasRequest, model: VideoModel, failed: list[str], clips: list[BiasClip]
) -> ReportText:
    settings = wish.settings
    asked = (
        ("model", model.spec.name),
        ("weights", "its own" if wish.weights is None else wish.weights.name),
        ("videos", str(wish.videos)),
        ("method", find_entry(settings.method).info.title),
        ("relevance separated by", f"{settings.preset}, sigma {settings.sigma:g}"),
        ("clips a video", f"up to {settings.clips_per_video}, {model.spec.frames} frames each"),
        ("random orders of the frames", str(settings.shuffles)),
    )
    notes = (*_stranger(model.spec, clips), *failed)
    title = f"Motion or scenery? {model.spec.name} on {len({c.video for c in clips})} videos"
    return ReportText(title, asked, notes)


def _stranger(spec: ModelSpec, clips: list[BiasClip]) -> list[str]:
    """A sentence where the clips are unlike what the model was trained on."""
    if spec.least_familiar is None:
        return []
    strange = sum(clip.highest_logit < spec.least_familiar for clip in clips)
    if 2 * strange < len(clips):
        return []
    return [f"{strange} of {len(clips)} clips are unlike what {spec.name} knows. {advice(spec)}"]
