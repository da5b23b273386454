"""check-model: the checks of a model card on a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.types import CardReport
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text
from inspector.trust_prompt import run_with_trust_prompt


def check_model(
    card: options.ModelArgument,
    video: Annotated[Path, typer.Argument(help="A video that it should recognise.")],
    start: options.Start = 0,
    trust: options.Trust = False,
) -> None:
    """Print the result of every check, and exit with 1 if one failed."""
    from engine.model_check import check_card  # here: it imports torch
    from engine.models.load import card_of

    report = run_with_trust_prompt(lambda: check_card(card_of(card), video, start), trusted=trust)
    print_text(report_text(report))
    if report.failed:
        raise typer.Exit(1)


def report_text(report: CardReport) -> str:
    """Return the findings as a table, the top classes, and a summary."""
    lines = [
        f"{finding.level.upper():4}  {finding.check:10}  {finding.text}"
        for finding in report.findings
    ]
    if report.top:
        top = ", ".join(f"{label} {chance:.1%}" for label, chance in report.top)
        lines.append(f"Top classes: {top}")
    levels = [finding.level for finding in report.findings]
    failed, doubtful = levels.count("fail"), levels.count("warn")
    lines.append(f"{failed} failed, {doubtful} to look at, of {len(levels)}.")
    return "\n".join(lines)


COMMAND = Command(
    "check-model",
    check_model,
    "Check on a video whether a model gets what it was trained on.",
    order=50,
)
