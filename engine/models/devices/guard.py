"""The guard of loading: models compute where, and as, the self-test of the device allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from engine.errors import ModelError
from engine.models.devices.choice import resolve_device
from engine.models.devices.faults import device_faults
from engine.models.devices.precisions import Precision
from engine.models.devices.proof import judged
from engine.models.model import VideoModel
from engine.types import SELF_TEST

_HALVES: dict[torch.dtype, Precision] = {torch.bfloat16: "bf16", torch.float16: "fp16"}
_NAMES: dict[Precision, str] = {"tf32": "TF32", "bf16": "bfloat16", "fp16": "float16"}
_TELL = "'motion-inspector doctor' tests it anew and says what is wrong."


def usable_device(name: str) -> tuple[torch.device, tuple[str, ...]]:
    """Return the device of a user's choice, and what to tell: the CPU if "auto" computes wrong.

    Raises
    ------
    ModelError
        As `resolve_device`, or if a device that was named computes wrong.
    """
    device = resolve_device(name)
    if name != "auto" or device.type == "cpu":
        return device, ()
    with _memory_told(device):
        refusal = judged(device, "float32").refusal
    if not refusal:
        return device, ()
    told = f"{SELF_TEST} {device} computes wrong ({refusal}), so the CPU is used. {_TELL}"
    return torch.device("cpu"), (told,)


def guarded(model: VideoModel) -> VideoModel:
    """Return a model as its device may compute it, in float32 if that refuses its half precision.

    Raises
    ------
    ModelError
        If the device computes wrong, or is too full for its self-test.
    """
    device, module = model.device, model.module
    with _memory_told(device):
        verdict = judged(device, "float32")
        if verdict.refusal:
            raise ModelError(
                f"The device {device} computes wrong: {verdict.refusal}.",
                f"Choose another device, or another version of torch. {_TELL}",
            )
        halves = {_HALVES[one.dtype] for one in module.parameters() if one.dtype in _HALVES}
        refused = _refused(device, halves)
    if halves & set(refused):
        module = module.float()
    told = [verdict.switched_off] if verdict.switched_off else []
    told += [f"{_NAMES[one]} is not used ({why})" for one, why in refused.items()]
    notices = (f"{SELF_TEST} {one}; float32 is right, but slower. {_TELL}" for one in told)
    return replace(model, module=module, notices=(*model.notices, *notices))


def _refused(device: torch.device, halves: set[Precision]) -> dict[Precision, str]:
    """Return why precisions are not used, of those that a model could be computed in."""
    wanted: list[Precision] = ["tf32"] if device.type == "cuda" else []
    verdicts = {one: judged(device, one) for one in (*wanted, *sorted(halves))}
    return {one: verdict.refusal for one, verdict in verdicts.items() if verdict.refusal}


@contextmanager
def _memory_told(device: torch.device) -> Iterator[None]:
    """Turn the lack of a megabyte into an error of the tree."""
    try:
        with device_faults():
            yield
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"The device {device} has no free memory, not even for its self-test.",
            "Close other programs that use it, or choose the device cpu.",
        ) from error
