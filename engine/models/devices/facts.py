"""What a device is: its name, its libraries and its memory."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any

import torch

_SETTINGS = (
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
"""Environment variables that change arithmetic behind torch's back."""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device with what computes on it.

    Attributes
    ----------
    device : str
        As it is chosen: "cpu", "cuda:0", "mps".
    name : str
        Of the card, or the processor's instruction set.
    library : str
        What computes the layers, with its version: "cuDNN 9.24.0", "oneDNN", or empty.
    memory_bytes, free_bytes : int
        0 where torch does not tell.
    """

    device: str
    name: str
    library: str
    memory_bytes: int = 0
    free_bytes: int = 0


def available_devices() -> list[torch.device]:
    """Return the devices of this machine that torch can use, the CPU first."""
    found = [torch.device("cpu")]
    if torch.backends.mps.is_available():
        found.append(torch.device("mps"))
    if torch.cuda.is_available():
        found += [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    return found


def device_facts(device: torch.device) -> DeviceFacts:
    """Return the facts of a device.

    Raises
    ------
    RuntimeError
        If the device is gone.
    """
    if device.type != "cuda":
        name = "Apple GPU" if device.type == "mps" else _processor()
        library = "oneDNN" if device.type == "cpu" else ""
        return DeviceFacts(str(device), name, library, *_host_memory())
    card = torch.cuda.get_device_properties(device)
    free, total = torch.cuda.mem_get_info(device)
    return DeviceFacts(str(device), card.name, _cudnn_text(), total, free)


def self_test_key(device: torch.device) -> str:
    """Return all that a result of the self-test depends on, as one text."""
    parts: list[object] = [device.type, torch.__version__]
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        parts += [card.name, getattr(card, "uuid", ""), card.major, card.minor]
        parts += [torch.version.cuda, cudnn_version(), _driver()]
    else:
        parts += [_processor()]
    parts += [f"{name}={os.environ[name]}" for name in _SETTINGS if name in os.environ]
    return " | ".join(map(str, parts))


def cudnn_version() -> int:
    """Return the version of cuDNN as it counts (91500 for 9.15.0), 0 where there is none."""
    cudnn: Any = torch.backends.cudnn
    return 0 if torch.version.cuda is None else int(cudnn.version() or 0)


def _cudnn_text() -> str:
    version = cudnn_version()
    return f"cuDNN {version // 10000}.{version // 100 % 100}.{version % 100}" if version else ""


def _processor() -> str:
    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def _host_memory() -> tuple[int, int]:
    """Return the bytes of memory of this machine, and those that are free, 0 if not told."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not of this system
        return 0, 0


def _driver() -> int:
    """Return the version of CUDA that the driver has, e.g. 13000, 0 where it does not tell."""
    return int(getattr(torch._C, "_cuda_getDriverVersion", int)())
