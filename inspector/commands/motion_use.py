"""motion-use: scores of a clip, and of it frozen, reversed and shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.types import ModelSpec, Request
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text
from inspector.trust_prompt import run_with_trust_prompt

if TYPE_CHECKING:
    from engine.attribution import MotionUse


def motion_use(
    video: options.Video,
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    target: Annotated[
        str | None, typer.Option("--class", help="Name or index; left out, the top class.")
    ] = None,
    start: options.Start = 0,
    device: options.Device = "auto",
    trust: options.Trust = False,
) -> None:
    """Print the scores of a clip and of its versions without movement."""
    request = Request(
        video=video, model=model, weights=weights, labels=labels, target=target, device=device
    )
    print_text(run_with_trust_prompt(lambda: motion_use_table(request, start), trusted=trust))


def motion_use_table(request: Request, start: int) -> str:
    """Return the scores of the clip at a frame, and of its variants, as a table.

    Raises
    ------
    EngineError
        If the video, the model or the class cannot be used.
    """
    from engine.attribution import motion_use as score_variants  # here: it imports torch
    from engine.models.load import load_requested
    from engine.pipeline.single_clip import clip_at

    model = load_requested(request)
    use = score_variants(model, clip_at(model, request.video, start), request.target)
    return _table(use, model.spec)


def _table(use: MotionUse, spec: ModelSpec) -> str:
    names = ("as it is", "frozen", "reversed", f"shuffled (mean of {use.shuffles})")
    scores = (use.original, use.frozen, use.reversed, use.shuffled)
    chances = use.probabilities or (float("nan"),) * 4
    label = "" if use.target is None else spec.label(use.target)
    lines = [f"{'Explained: ' + label:28} {'logit':>9} {'probability':>12}"]
    for name, score, chance in zip(names, scores, chances, strict=True):
        lines.append(f"{name:28} {score:9.3f} {chance:12.1%}")
    return "\n".join(lines)


COMMAND = Command(
    "motion-use",
    motion_use,
    "Score a clip frozen, reversed and shuffled: does the model use motion?",
    order=70,
)
