"""Choice of the device that a model computes on."""

from __future__ import annotations

import torch
from torch import nn

from engine.errors import ModelError
from engine.models.devices.faults import device_faults


def resolve_device(name: str) -> torch.device:
    """Turn a user's choice into a device that exists.

    Parameters
    ----------
    name : str
        "auto" (CUDA where there is one, else Apple's MPS, else the CPU), "cpu", "mps", "cuda"
        or "cuda:N".

    Raises
    ------
    ModelError
        If the name means nothing, or the device is not there.
    """
    if name == "auto":
        return _best()
    device = _parse(name)
    if device.type == "cpu":
        return torch.device("cpu")
    if device.type == "mps":
        return _mps()
    if not torch.cuda.is_available():
        raise ModelError(
            f"The device {name} is not available: no CUDA GPU is usable on this machine.",
            "Choose the device cpu or auto.",
        )
    count = torch.cuda.device_count()
    if device.index is not None and device.index >= count:
        raise ModelError(
            f"The device {name} is not available: this machine has {count} CUDA GPU(s).",
            f"Choose cuda:0 to cuda:{count - 1}, cpu or auto.",
        )
    return device


def move(module: nn.Module, device: torch.device, name: str) -> nn.Module:
    """Put a network on a device.

    Raises
    ------
    ModelError
        If the device has not enough memory for it.
    DeviceError
        If the device stopped working.
    """
    try:
        with device_faults():
            return module.to(device)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"The device {device} has not enough free memory for {name}.",
            "Close other programs that use it, or choose the device cpu.",
        ) from error


def _best() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _mps() -> torch.device:
    if torch.backends.mps.is_available():
        return torch.device("mps")
    raise ModelError(
        "The device mps is not available: this machine has no Apple GPU that torch can use.",
        "Choose the device cpu or auto.",
    )


def _parse(name: str) -> torch.device:
    """Parse the name of a CPU, MPS or CUDA device."""
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "mps", "cuda"):
        raise ModelError(
            f"There is no device {name!r}.", "Choose auto, cpu, mps, cuda or cuda:N (N from 0)."
        )
    return device
