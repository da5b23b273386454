"""Analyses made of noise, without a model or a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.evidence import Evidence, Verdict
from engine.store import Analysis, Header
from engine.types import ModelSpec, Rect, Request, Window
from engine.windows import window_starts

LENGTH = 8
CROP = (6, 5)
SPEC = ModelSpec(
    name="tiny",
    labels=("walking", "running", "jumping"),
    frames=LENGTH,
    fps=None,
    stride=1,
    resize=8,
    crop=CROP,
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
)


def header_of(steps: int, every: int = 1, start: int = 0) -> Header:
    """Header of a range with that many sampled frames, one in every so many."""
    count = (steps - 1) * every + 1
    return Header(
        request=Request(
            video=Path("clips/square.mp4"),
            model="tiny",
            weights=Path("tiny.pth"),
            target=1,
            frames=(start, start + count),
            preset="code-2021",
            sigma=1.5,
        ),
        spec=SPEC,
        size=(96, 64),
        fps=29.97,
        start=start,
        stop=start + count,
        timestamps_s=(start + np.arange(count)) / 29.97,
        step_frames=np.arange(steps, dtype=np.int64) * every,
        seen=Rect(0.1, 0, 0.9, 1),
    )


def window_of(header: Header, first: int, seed: int = 0) -> Window:
    """A window with random logits."""
    logits = np.random.default_rng((seed, first)).standard_normal(3).astype(np.float32)
    steps = np.minimum(np.arange(first, first + LENGTH), len(header.step_frames) - 1)
    return Window(
        start_step=first,
        frame_indices=header.step_frames[steps],
        padded=max(first + LENGTH - len(header.step_frames), 0),
        logits=logits,
        target=int(logits.argmax()),
        conservation=1.0 + first / 100,
    )


def evidence_of(
    still: float, frames: float, order: float, verdict: Verdict = "mixed", seed: int = 0
) -> Evidence:
    """Evidence of so many bits for the class in the middle, an interval of 0.1 on both sides."""
    total = still + frames + order
    share = order / total if total else float("nan")
    return Evidence(
        share=share,
        interval=(share - 0.1, share + 0.1),
        still_bits=still,
        frames_bits=frames,
        order_bits=order,
        verdict=verdict,
        reason=f"It is {verdict}.",
        target=1,
        prior="4 stills of 2 videos",
        log2_steps=-np.random.default_rng(seed).random((4, 3)),
    )


def noise(steps: int, seed: int = 0) -> np.ndarray:
    """Relevance, float32 (steps, 6, 5)."""
    return np.random.default_rng(seed).standard_normal((steps, *CROP)).astype(np.float32)


def filled(folder: Path | None, steps: int = 21, every: int = 1, start: int = 0) -> Analysis:
    """A complete analysis, written window by window as the pipeline does."""
    header = header_of(steps, every, start)
    analysis = Analysis.create(header, folder)
    relevance = noise(steps)
    starts = window_starts(steps, LENGTH, 0.5)
    for first, following in zip(starts, (*starts[1:], steps), strict=True):
        analysis.append([window_of(header, first)], relevance[first:following])
    return analysis
