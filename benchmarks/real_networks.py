"""Evidence on real networks and clips: ``python -m benchmarks.real_networks --weights DIR``.

DIR has a folder for each network, under the network's name, with its weights, its clips, and
``labels.txt`` if the network's own labels are others. A network without a folder is left out, and
the reason printed. Of each clip the middle window is measured, against a prior that is made of
stills of all clips in the folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import resolve_goal
from engine.attribution.baselines import frozen
from engine.errors import EngineError
from engine.evidence import Evidence, Prior, decision_evidence
from engine.evidence.decision import score_clips
from engine.evidence.prior import mean_prior
from engine.evidence.variants import still_frames
from engine.metrics import spearman
from engine.models import load_model
from engine.models.model import Clip, VideoModel
from engine.models.preprocess.frame_sampling import sample_frames
from engine.pipeline.single_clip import clip_at
from engine.video import open_video
from engine.video.folder import VIDEO_SUFFIXES

NETWORKS = ("shufflenet3d_x0_5", "i3d")
"""Networks whose evidence is known from freezing: gestures, and activities with scenery."""

_WEIGHTS = (".pt", ".pth", ".safetensors")
_STILLS = 2


class MissingFilesError(Exception):
    """A network's files are not there; the text says which."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Evidence of one clip.

    Attributes
    ----------
    name : str
        File name.
    answer : str
        Label of the model's answer.
    clip, frozen : float
        Probability of the answer for the clip, and for a still (geometric mean over stills).
    evidence : Evidence
    """

    name: str
    answer: str
    clip: float
    frozen: float
    evidence: Evidence

    @property
    def lost(self) -> float:
        """Share of the answer's probability that a still loses, at most 1."""
        return 1 - self.frozen / self.clip

    @property
    def beyond(self) -> float:
        """Bits beyond a still."""
        return self.evidence.frames_bits + self.evidence.order_bits


def main(arguments: list[str] | None = None) -> None:
    """Print a table and a summary for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, metavar="DIR")
    parser.add_argument("--network", action="append", help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    for name in options.network or NETWORKS:
        print(f"\n{name}")
        try:
            rows = []
            for row in measure(name, options.weights / name):
                print(line(row), flush=True)
                rows.append(row)
            print(summary(rows))
        except (MissingFilesError, EngineError) as error:
            print(f"left out: {error}")


def measure(name: str, folder: Path) -> Iterator[Measured]:
    """Measure the evidence of every clip in a network's folder.

    Raises
    ------
    MissingFilesError
        If there are no weights or no clips.
    """
    weights, labels, videos = files(folder)
    model = load_model(name, weights=weights, labels=labels, device="cpu")
    clips = [middle_clip(model, path) for path in videos]
    prior = clips_prior(model, clips)
    for path, clip in zip(videos, clips, strict=True):
        yield _measured(model, path.name, clip, prior)


def files(folder: Path) -> tuple[Path, Path | None, list[Path]]:
    """Return the weights, the labels if there are any, and the videos of a folder.

    Raises
    ------
    MissingFilesError
        If there are no weights or no videos.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    weights = [path for path in found if path.suffix in _WEIGHTS]
    videos = [path for path in found if path.suffix.lower() in VIDEO_SUFFIXES]
    for kind, paths in (("weights", weights), ("clips", videos)):
        if not paths:
            raise MissingFilesError(f"there are no {kind} in {folder}")
    labels = folder / "labels.txt"
    return weights[0], labels if labels.is_file() else None, videos


def middle_clip(model: VideoModel, path: Path) -> Clip:
    """Return the window in the middle of a video."""
    with open_video(path) as video:
        frames = sample_frames(model.spec, video.timestamps_s, 0, len(video))
    return clip_at(model, path, int(frames[max(len(frames) - model.spec.frames, 0) // 2]))


def clips_prior(model: VideoModel, clips: list[Clip]) -> Prior:
    """Return the prior of the stills of clips, `_STILLS` of each."""
    explained = ExplainedModel(model, resolve_goal(model.spec, None))
    logits = [
        score_clips(explained, [frozen(clip.tensor, frame)])
        for clip in clips
        for frame in still_frames(clip.tensor.shape[2], _STILLS)
    ]
    source = f"{len(logits)} stills of {len(clips)} videos"
    return mean_prior(np.concatenate(logits), explained.activation, source)


def _measured(model: VideoModel, name: str, clip: Clip, prior: Prior) -> Measured:
    evidence = decision_evidence(model, clip, prior=prior)
    _, still, _, whole = 2.0 ** evidence.log2_steps[:, evidence.target]
    answer = model.spec.label(evidence.target)
    return Measured(name, answer, float(whole), float(still), evidence)


def line(row: Measured) -> str:
    """Return a row of the table."""
    told = row.evidence
    bits = f"{told.still_bits:6.2f} {told.frames_bits:6.2f} {told.order_bits:6.2f}"
    return (
        f"{row.name[:24]:24} {row.answer[:24]:24} clip {row.clip:.2f} frozen {row.frozen:.2f}  "
        f"still, frames, order {bits} bits  share {told.share:.2f}  {told.verdict}"
    )


def summary(rows: list[Measured]) -> str:
    """Return the median share, and the agreement of the bits beyond a still with freezing."""
    shares = [row.evidence.share for row in rows]
    rank = spearman([row.beyond for row in rows], [row.lost for row in rows])
    return (
        f"{len(rows)} clips: median share {np.nanmedian(shares):.2f}; bits beyond a still against "
        f"1 - p(frozen) / p(clip): Spearman {rank:.2f}"
    )


if __name__ == "__main__":
    main()
