"""Checks of the scores: repeatable, not constant, traceable to the pixels, as the card states."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from engine.attribution.base.dropout import NOTICE as DROPOUT_NOTICE
from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.network_call import called
from engine.attribution.base.network_habits import ONE_BY_ONE, habits_of
from engine.attribution.base.outputs import read_outputs
from engine.descriptions import Finding
from engine.errors import EngineError
from engine.model_check.forward import logits_of, output_of
from engine.model_check.input_checks import failed, passed, warned
from engine.models.cards.card_schema import Expected
from engine.models.model import Clip, VideoModel
from engine.pipeline.single_clip import clip_at, noise_clip
from engine.utils.foreign_code import described, exits_as_errors

_ALIKE = 1e-5  # relative; what float32 leaves of equal scores
_ONLY_PERTURBATION = "Only perturbation methods, such as occlusion, will work."
_FAR = 25.0  # variance over the one in training that no ordinary video reaches


def behaviour_findings(model: VideoModel, clip: Clip, logits: Tensor) -> Iterator[Finding]:
    """Check the scores: equal for the same clip, other for another one, differentiable."""
    scale = float(logits.abs().max()) or 1.0
    known = list(_habit_findings(model))
    yield from known
    again = _difference(model, clip.tensor, logits)
    if again > _ALIKE * scale and not any(finding.check == "memory" for finding in known):
        yield warned(
            "repeatable",
            f"The same clip is scored differently each time (by {again:.2g}): dropout or noise is "
            "on. An exported network must be exported in eval().",
        )
    other = clip.low + clip.high - clip.tensor
    if _difference(model, other, logits) <= _ALIKE * scale and not _differs_on_noise(
        model, clip, logits, scale
    ):
        yield failed(
            "output",
            "The scores are the same whatever the clip shows: check the checkpoint, and whether "
            "the forward uses its input.",
        )
    else:
        yield passed("output", "Other clips get other scores.")
    yield from _gradient(model, clip)
    far = _far_from_training(model, clip)
    if far is not None:
        yield far


def _habit_findings(model: VideoModel) -> Iterator[Finding]:
    """Tell what the network does besides scoring a clip: a memory, one clip at a time."""
    habits = habits_of(model)
    if habits.memory:
        yield warned("memory", habits.memory)
    if habits.one_by_one:
        yield warned("batch", ONE_BY_ONE)


def reference_finding(model: VideoModel, expected: Expected) -> Finding:
    """Check whether the reference clip gets the scores that the card states."""
    try:
        logits = logits_of(model, clip_at(model, expected.clip, expected.start).tensor)[0]
    except EngineError as error:
        return failed("expected", f"{error} {error.hint}")
    labels = model.spec.labels
    named = [*expected.scores, *([expected.top] if expected.top else [])]
    unknown = [name for name in named if name not in labels]
    if unknown:
        return failed("expected", f"[expected] names the class {unknown[0]!r}, which is no label.")
    top = labels[int(logits.argmax())]
    if expected.top not in (None, top):
        return failed(
            "expected", f"{expected.clip.name} is scored {top!r} highest, not {expected.top!r}."
        )
    for name, score in expected.scores.items():
        logit = float(logits[labels.index(name)])
        if abs(logit - score) > expected.tolerance:
            return failed(
                "expected",
                f"{expected.clip.name} gives {name!r} a logit of {logit:.4g}, not {score:.4g}: "
                "preprocessing or weights differ.",
            )
    return passed("expected", f"{expected.clip.name} is scored as the card says.")


def _difference(model: VideoModel, values: Tensor, logits: Tensor) -> float:
    return float((logits_of(model, values) - logits.detach()).abs().max())


def _differs_on_noise(model: VideoModel, clip: Clip, logits: Tensor, scale: float) -> bool:
    noise = noise_clip(model).tensor
    return noise.shape == clip.tensor.shape and _difference(model, noise, logits) > _ALIKE * scale


def _gradient(model: VideoModel, clip: Clip) -> Iterator[Finding]:
    """Check whether a gradient of the top score reaches the pixels of every frame."""
    if model.scores_only:
        text = f"It is {model.closed}, which gives scores alone. {_ONLY_PERTURBATION}"
        yield warned("gradient", text)
        return
    values = model.planes(clip.tensor).clone().requires_grad_()
    with evaluating(model.module), habits_of(model).minded(model.module):
        logits, kept, had_dropout = _traced_logits(model, values)
        if had_dropout:
            yield warned("dropout", DROPOUT_NOTICE)
        yield _traced(logits, values, kept)


def _traced(logits: Tensor, values: Tensor, kept: bool) -> Finding:
    if not logits.requires_grad:
        return failed(
            "gradient",
            "The forward cannot be differentiated: it uses inference_mode, detach or NumPy. "
            f"{_ONLY_PERTURBATION}",
        )
    try:
        with exits_as_errors():
            (slope,) = torch.autograd.grad(logits.max(), values, allow_unused=True)
    except Exception as error:  # noqa: BLE001 - whatever a network's backward raises
        text = f"The backward pass fails: {described(error)}. {_ONLY_PERTURBATION}"
        return failed("gradient", text)
    return _slope_finding(slope, kept)


def _traced_logits(model: VideoModel, values: Tensor) -> tuple[Tensor, bool, bool]:
    """Return logits with history if the forward allows it.

    And whether gradients were kept on for that, and whether dropout was held off.
    """
    for keeps_gradients in (False, True):
        made = called(model, values.clone(), keeps_gradients=keeps_gradients)
        logits = read_outputs(made.output, 1, model.spec).logits
        if logits.requires_grad:
            break
    return logits, keeps_gradients, made.had_dropout


def _slope_finding(slope: Tensor | None, kept: bool) -> Finding:
    if slope is None or not bool(slope.any()):
        return failed(
            "gradient",
            "No gradient reaches the clip: the forward rounds, thresholds or detaches it. "
            f"{_ONLY_PERTURBATION}",
        )
    if not bool(torch.isfinite(slope).all()):
        return failed("gradient", "The gradient is not finite (nan or inf).")
    still = [frame for frame in range(slope.shape[2]) if not bool(slope[:, :, frame].any())]
    if still:
        return warned(
            "gradient",
            f"No gradient reaches {len(still)} of {slope.shape[2]} frames (first {still[0]}): the "
            "network does not look at them.",
        )
    own = " The forward turns gradients off (no_grad); they are kept on to explain it."
    return passed("gradient", f"It reaches every frame.{own if kept else ''}")


def _far_from_training(model: VideoModel, clip: Clip) -> Finding | None:
    """Compare the values at the first BatchNorm, if there is one, with those in training."""
    norm = next((part for part in model.module.modules() if isinstance(part, _BatchNorm)), None)
    if norm is None or norm.running_var is None or norm.running_mean is None:
        return None
    if not bool(norm.running_mean.any()):
        return None  # never trained
    caught: list[Tensor] = []
    handle = norm.register_forward_hook(lambda _norm, given, _output: caught.append(given[0]))
    try:
        output_of(model, clip.tensor)
    finally:
        handle.remove()
    if not caught:
        return None
    places = caught[0].float().transpose(0, 1).flatten(1)
    off = (places - norm.running_mean[:, None]).square().mean(1)
    return _spread_finding(float((off / (norm.running_var + norm.eps)).median()))


def _spread_finding(ratio: float) -> Finding:
    text = f"The first layer's values spread {ratio**0.5:.2g} times as far as in training"
    if 1 / _FAR < ratio < _FAR:
        return passed("training", f"{text}.")
    return warned("training", f"{text}: check range, mean, std and channels.")
