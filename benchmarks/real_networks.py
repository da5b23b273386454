"""Evidence on real networks and clips: ``python -m benchmarks.real_networks --weights DIR``.

DIR has a folder for each network, under the network's name, with its weights, its clips, and
``labels.txt`` if the network's own labels are others. A network without a folder is left out, and
the reason printed. Of each clip the middle window is measured, against a prior that is made of
stills of all clips in the folder. Where the folder has ``answers.txt``, lines of a clip's name and
its class with a tab between, the answers are compared. The card of the network is checked as
``check-model`` does, also with a range of values that is wrong, which the check must tell.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from engine.attribution import attribute
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import resolve_goal
from engine.attribution.baselines import frozen
from engine.errors import EngineError
from engine.evidence import Evidence, Prior, decision_evidence
from engine.evidence.decision import score_clips
from engine.evidence.prior import mean_prior
from engine.evidence.variants import still_frames
from engine.metrics import spearman
from engine.model_check import check_card
from engine.models import load_model
from engine.models.cards.card import ModelCard
from engine.models.loaders.sources import find_network
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
    lrp_error : float
        How far the sum of LRP's relevance is from the logit, over the logit.
    """

    name: str
    answer: str
    clip: float
    frozen: float
    evidence: Evidence
    lrp_error: float

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
            print(answers(rows, options.weights / name))
            for text in card_checks(name, options.weights / name):
                print(text)
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
    result = attribute(model, clip, evidence.target, "lrp")
    share = float(result.relevance.sum(dtype=np.float64)) / float(result.logits[evidence.target])
    return Measured(name, answer, float(whole), float(still), evidence, abs(share - 1))


def line(row: Measured) -> str:
    """Return a row of the table."""
    told = row.evidence
    bits = f"{told.still_bits:6.2f} {told.frames_bits:6.2f} {told.order_bits:6.2f}"
    return (
        f"{row.name[:24]:24} {row.answer[:24]:24} clip {row.clip:.2f} frozen {row.frozen:.2f}  "
        f"still, frames, order {bits} bits  share {told.share:.2f}  {told.verdict}"
        f"  LRP off by {row.lrp_error:.1e}"
    )


def summary(rows: list[Measured]) -> str:
    """Return the median share, and the agreement of the bits beyond a still with freezing."""
    shares = [row.evidence.share for row in rows]
    rank = spearman([row.beyond for row in rows], [row.lost for row in rows])
    return (
        f"{len(rows)} clips: median share {np.nanmedian(shares):.2f}; bits beyond a still against "
        f"1 - p(frozen) / p(clip): Spearman {rank:.2f}; LRP sums to the logit within "
        f"{max(row.lrp_error for row in rows):.1e}"
    )


def answers(rows: list[Measured], folder: Path) -> str:
    """Compare the answers with ``answers.txt`` of the folder."""
    path = folder / "answers.txt"
    if not path.is_file():
        return "no answers.txt to compare with"
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line)
    known = dict(line.split("\t", 1) for line in lines)
    asked = [row for row in rows if row.name in known]
    wrong = [f"{row.name}: {row.answer}" for row in asked if row.answer != known[row.name]]
    return f"{len(asked) - len(wrong)} of {len(asked)} answers right {' '.join(wrong)}".strip()


def card_checks(name: str, folder: Path) -> list[str]:
    """Check the network's card on its first clip, as it is and with a range that is wrong.

    Raises
    ------
    MissingFilesError
        If there are no weights or no videos.
    """
    weights, labels, videos = files(folder)
    card = ModelCard(name=name, network=name, checkpoint=weights, labels=labels)
    low, high = find_network(name).spec.value_range
    wrong = (0.0, 1.0) if (low, high) != (0.0, 1.0) else (0.0, 255.0)
    texts = []
    for title, one in (("as it is", card), (f"range {wrong}", replace(card, range=wrong))):
        findings = check_card(one, videos[0]).findings
        told = [f"{one.check}: {one.text}" for one in findings if one.level != "pass"]
        texts.append(f"check-model, {title}: {' '.join(told) or f'{len(findings)} pass'}")
    return texts


if __name__ == "__main__":
    main()
