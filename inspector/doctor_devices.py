"""Findings of the doctor on torch and the devices that it computes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.backend.torch_import import import_torch
from inspector.doctor_findings import Finding

if TYPE_CHECKING:
    import torch

_NEWER = (2, 10)
_SWITCHED = "Maps stay right, but take longer. Update torch, or the driver of the card."
_REFUSED = "Use another device, or another version of torch; the driver may be at fault too."


@dataclass(frozen=True, slots=True)
class Devices:
    """Devices as they were found, with every result of their self-tests.

    Attributes
    ----------
    findings : tuple of Finding
    tests : tuple of dict
        One for each device and precision, for programs.
    hub : Path or None
        Folder of downloaded weights; None without torch.
    """

    findings: tuple[Finding, ...]
    tests: tuple[dict[str, Any], ...] = ()
    hub: Path | None = None


def examined_devices() -> Devices:
    """Test all devices anew, unless torch cannot be imported."""
    try:
        import_torch()
    except Exception as error:  # noqa: BLE001 - a broken installation breaks in any way
        reason = (str(error).strip().splitlines() or [""])[0]
        text = f"torch cannot be imported: {type(error).__name__}: {reason}"
        advice = "Install it anew: pip install --force-reinstall torch torchvision"
        return Devices((Finding("Devices", "torch", text, "trouble", advice),))
    import torch

    from engine.models.devices.facts import available_devices

    findings = list(_torch_findings(torch.__version__))
    tests: list[dict[str, Any]] = []
    for device in available_devices():
        findings += _examined(device, tests)
    return Devices(tuple(findings), tuple(tests), Path(torch.hub.get_dir()) / "checkpoints")


def _torch_findings(version: str) -> Iterator[Finding]:
    import torch

    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    wanted = ".".join(map(str, _NEWER))
    if numbers < _NEWER:
        text = f"{version}, which may come with kernels that compute wrong"
        advice = f"pip install 'torch>={wanted}'"
        yield Finding("Devices", "torch", text, "trouble", advice)
    built = torch.version.cuda
    if not torch.cuda.is_available():
        text = f"built for CUDA {built}, but no card is usable" if built else "built without CUDA"
        yield Finding("Devices", "CUDA", text)
    else:
        yield Finding("Devices", "CUDA", str(built))


def _examined(device: torch.device, tests: list[dict[str, Any]]) -> Iterator[Finding]:
    from engine.models.devices.facts import device_facts
    from engine.models.devices.precisions import PRECISIONS

    try:
        facts = device_facts(device)
        memory = f", {_gigabytes(facts.free_bytes)} of {_gigabytes(facts.memory_bytes)} free"
        named = ", ".join(filter(None, (facts.name, facts.library)))
        more = f", {os.cpu_count()} cores" if device.type == "cpu" else ""
        yield Finding("Devices", str(device), named + more + (memory if facts.memory_bytes else ""))
        for precision in PRECISIONS:
            if precision != "tf32" or device.type == "cuda":
                yield _tested(device, precision, tests)
    except RuntimeError as error:  # out of memory and lost cards among them
        reason = (str(error).strip().splitlines() or [""])[0]
        text = f"does not answer: {reason}"
        advice = "Close other programs that use it, or choose the device cpu."
        yield Finding("Devices", str(device), text, "trouble", advice)


def _tested(device: torch.device, precision: Any, tests: list[dict[str, Any]]) -> Finding:
    from engine.models.devices.proof import judged
    from engine.utils.schema import to_plain

    verdict = judged(device, precision, anew=True)
    test = verdict.test
    tests.append({"device": str(device), **to_plain(verdict)})
    name = f"{device} {precision}"
    if verdict.refusal:
        advice = _REFUSED if precision == "float32" else _SWITCHED
        text = f"wrong, not used: {verdict.refusal}"
        return Finding("Self-test", name, text, "trouble", advice)
    if verdict.switched_off:
        return Finding("Self-test", name, verdict.switched_off, "trouble", _SWITCHED)
    able = sum(layer.forward >= 0 for layer in test.layers)
    text = f"right: {able} of {len(test.layers)} layers, largest error {test.worst:.1e}"
    return Finding("Self-test", name, f"{text}, {test.seconds:.1f} s")


def _gigabytes(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
