"""Curves and badges of an analysis at one separation, and what is to be told of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.cancel import Check
from engine.diagnostics.reliability import Badge, reliability_badges
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import Preset
from engine.what_if.checks import FreezeCheck
from gui.state.curves import CurveSet, curves_of
from gui.state.view_state import ViewState


@dataclass(frozen=True, slots=True, eq=False)
class Separated:
    """Curves and badges for one preset and sigma."""

    curves: CurveSet
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """What else is known of an analysis when its badges are made.

    Attributes
    ----------
    conserves : bool
        Whether its method conserves the score.
    flow : FlowPrecision or None
        Its agreement with optical flow, if that was measured.
    freezing : FreezeCheck or None
        A check of the map at the separation that is shown, if one was made.
    """

    conserves: bool
    flow: FlowPrecision | None
    freezing: FreezeCheck | None


def separated(analysis: Analysis, state: ViewState, checks: Checks, check: Check) -> Separated:
    """Compute curves and badges at the preset and sigma of the view. For a worker thread."""
    curves = curves_of(analysis, state.preset, state.sigma, check)
    flow, freezing = checks.flow, checks.freezing
    badges = reliability_badges(analysis, checks.conserves, flow=flow, freezing=freezing)
    return Separated(curves, badges)


def fitting(made: FreezeCheck | None, analysis: Analysis, state: ViewState) -> FreezeCheck | None:
    """Return a check of a map if it was made of the separation that the view shows."""
    shown = analysis.shown_preset(state.preset), state.sigma
    return made if made is not None and (made.preset, made.sigma) == shown else None


def notices_of(analysis: Analysis, chosen: Preset) -> tuple[str, ...]:
    """Return what the engine says, and why another separation is shown than the chosen one."""
    shown = analysis.shown_preset(chosen)
    if shown == chosen or not analysis.frames_written:
        return analysis.notices
    told = f"This analysis has no maps of {chosen}: it is separated as {shown}."
    again = () if analysis.header.wants_maps else ("Explain again to see them.",)
    return (" ".join((told, *again)), *analysis.notices)
