"""doctor: what this installation is, whether its devices compute right, and what to mend."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer

from inspector.commands import Command
from inspector.doctor_devices import examined_devices
from inspector.doctor_findings import (
    Finding,
    QtProbe,
    codec_findings,
    folder_findings,
    version_findings,
    weights_findings,
)
from inspector.terminal import print_facts, print_text

_MARKS = {"ok": "", "note": "Note: ", "trouble": "TROUBLE: "}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="For programs, rather than people.")] = False,
) -> None:
    """Print what was found, and exit with 1 if there is trouble."""
    window = QtProbe()  # it starts while torch is imported
    devices = examined_devices()
    findings = [
        *version_findings(),
        *devices.findings,
        *codec_findings(),
        *folder_findings(),
        *weights_findings(devices.hub),
        window.finding(),
    ]
    healthy = all(finding.level != "trouble" for finding in findings)
    if json:
        found = [asdict(finding) for finding in findings]
        told = {"healthy": healthy, "findings": found, "self_tests": list(devices.tests)}
        print_text(json_format.dumps(told, indent=2))
    else:
        _print(findings)
    if not healthy:
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    """Print the findings under their headings, and then what to do."""
    groups = dict.fromkeys(finding.group for finding in findings)
    for group in groups:
        print_text(group)
        rows = [one for one in findings if one.group == group]
        print_facts((f"  {one.name}", _MARKS[one.level] + one.text) for one in rows)
    troubles = [one for one in findings if one.advice]
    print_text("What to do" if troubles else "All is well.")
    for one in troubles:
        print_text(f"  {one.name}: {one.text}. {one.advice}")


COMMAND = Command(
    "doctor",
    doctor,
    "Test devices, codecs, folders and the display, and say what to mend.",
    order=120,
)
