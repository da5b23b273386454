"""check-model: the checks of a model card on a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.descriptions import CardReport, Finding
from engine.utils.printable import printable_lines
from engine.utils.score_text import score_text
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text
from inspector.trust_prompt import run_with_trust_prompt


def check_model(
    card: options.ModelArgument,
    video: Annotated[Path, typer.Argument(help="A video that it should recognise.")],
    weights: options.Weights = None,
    labels: options.Labels = None,
    start: options.Start = 0,
    device: options.Device = "auto",
    trust: options.Trust = False,
) -> None:
    """Print the result of every check, and exit with 1 if one failed."""
    from engine.model_check import check_card  # here: it imports torch
    from engine.models.load import card_of

    report = run_with_trust_prompt(
        lambda: check_card(card_of(card, weights, labels), video, start, device=device),
        trusted=trust,
    )
    print_text(report_text(report))
    if "fail" in (finding.level for finding in report.findings + report.methods):
        raise typer.Exit(1)


def report_text(report: CardReport) -> str:
    """Return the findings as a table, the top classes, a line a family, and a summary."""
    found = report.findings + report.methods
    width = max(len(finding.check) for finding in found)
    lines = [_line(finding, width) for finding in report.findings]
    if report.top:
        lines.append(_top_text(report))
    if report.methods:
        lines += ["Methods:", *(_line(finding, width) for finding in report.methods)]
    return printable_lines([*lines, summary(found)])


def summary(found: tuple[Finding, ...]) -> str:
    """Return how many checks came out how: "8 checks passed, 1 needs review."."""
    levels = [finding.level for finding in found]
    passed, failed, doubtful = (levels.count(level) for level in ("pass", "fail", "warn"))
    parts = [f"{passed} check{'' if passed == 1 else 's'} passed"]
    if failed:
        parts.append(f"{failed} failed")
    if doubtful:
        parts.append(f"{doubtful} need{'s' if doubtful == 1 else ''} review")
    return ", ".join(parts) + "."


def _line(finding: Finding, width: int) -> str:
    return f"{finding.level.upper():4}  {finding.check:{width}}  {finding.text}"


def _top_text(report: CardReport) -> str:
    if report.unit is None:
        return "Top classes: " + ", ".join(f"{label} {one:.1%}" for label, one in report.top)
    return "Values: " + ", ".join(
        f"{name} {score_text(one, report.unit)}" for name, one in report.top
    )


COMMAND = Command(
    "check-model",
    check_model,
    "Check on a video whether a model gets what it was trained on.",
    order=50,
)
