"""Precision by proof: nothing computes on a device in a way that its self-test refuses.

A wrong float32 switches the library off that computes layers (cuDNN, oneDNN on the CPU), for the
process; where that does not help, the device is refused. A wrong TF32, bf16 or fp16 is not used.
cuDNN 9.8 to 9.15.0 is refused them unasked: its faults in 3D convolutions come and go with sizes
(PyTorch issues 163539, 166480, 167024), so that a test of a second may miss them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import torch

from engine.models.devices.facts import cudnn_version, self_test_key
from engine.models.devices.precisions import Precision
from engine.models.devices.remembered import recall, remember
from engine.models.devices.self_test import SelfTest, self_test

_FAULTY_CUDNN = range(90800, 91501)
_WITHOUT = "without "


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of a precision on a device.

    Attributes
    ----------
    test : SelfTest
        The last that was made, or remembered.
    refusal : str
        Sentence part on why the precision is not used; empty where it is.
    switched_off : str
        Likewise of the library that is off for this process.
    """

    test: SelfTest
    refusal: str = ""
    switched_off: str = ""


_LOCK = threading.RLock()
_VERDICTS: dict[tuple[torch.device, Precision], Verdict] = {}


def judged(device: torch.device, precision: Precision, *, anew: bool = False) -> Verdict:
    """Judge a precision on a device, at its first use in this process.

    Parameters
    ----------
    device : torch.device
    precision : str
        "float32" also decides on the library, before all others.
    anew : bool
        Whether to test it even if it was tested before, now or in an earlier process.

    Raises
    ------
    torch.OutOfMemoryError
        If the device has no room for a megabyte.
    """
    device = _indexed(device)
    with _LOCK:
        if precision != "float32":
            judged(device, "float32")
        if anew or (device, precision) not in _VERDICTS:
            judge = _judged_float32 if precision == "float32" else _judged_other
            _VERDICTS[device, precision] = judge(device, precision, anew)
        return _VERDICTS[device, precision]


def is_proven(device: torch.device, precision: Precision) -> bool:
    """Return whether a precision can be trusted on a device."""
    return not judged(device, precision).refusal


def _judged_float32(device: torch.device, precision: Precision, anew: bool) -> Verdict:
    library, switch = _library_of(device)
    if anew and switch is not None:
        switch.enabled = True
    test = _tested(device, precision, "", anew)
    if not test.faults or switch is None:
        return Verdict(test, _told(test))
    switch.enabled = False
    without = _tested(device, precision, f"{_WITHOUT}{library}", anew)
    if without.faults:
        switch.enabled = True
        return Verdict(test, _told(test))
    return Verdict(without, switched_off=f"{library} computes wrong ({_told(test)}) and is off")


def _judged_other(device: torch.device, precision: Precision, anew: bool) -> Verdict:
    off = _VERDICTS[device, "float32"].switched_off
    library = f"{_WITHOUT}{_library_of(device)[0]}" if off else ""
    test = _tested(device, precision, library, anew)
    version = cudnn_version() if device.type == "cuda" and not off else 0
    if version in _FAULTY_CUDNN:
        return Verdict(test, f"cuDNN {version} has wrong 3D convolutions")
    return Verdict(test, _told(test))


def _tested(device: torch.device, precision: Precision, library: str, anew: bool) -> SelfTest:
    """Recall the self-test of a device, or make it."""
    key = f"{self_test_key(device)} | {library}"
    test = None if anew else recall(key, precision)
    if test is None:
        test = self_test(device, precision)
        if test.ran:
            remember(key, test)
    return test


def _told(test: SelfTest) -> str:
    """Return the first fault of a test, and how many layers have one."""
    faults = test.faults
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    return f"{faults[0]}{more}" if faults else ""


def _library_of(device: torch.device) -> tuple[str, Any]:
    """Return the library that computes layers on a device, and its switch in torch."""
    if device.type == "cuda":
        return "cuDNN", torch.backends.cudnn
    one_dnn: Any = torch.backends.mkldnn
    if device.type == "cpu" and one_dnn.is_available():
        return "oneDNN", one_dnn
    return "", None


def _indexed(device: torch.device) -> torch.device:
    """Return the device with its number: "cuda" is the current one."""
    return torch.device("cuda", torch.cuda.current_device()) if str(device) == "cuda" else device
