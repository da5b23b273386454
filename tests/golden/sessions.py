"""A session in which no field has its usual value."""

from __future__ import annotations

from pathlib import Path

from engine.annotations import regions
from engine.annotations.notes import Note, to_json
from engine.annotations.regions import Box, Region, Stroke, Track
from engine.render import HeatLook
from engine.store.summary import AnalysisSummary
from engine.types import Request
from gui.state.results import Result
from gui.state.session_file import SessionFile
from gui.state.view_state import ViewState

HOME = Path("/home/anna")
FOLDER = HOME / "sessions"

NOTES = (
    Note(3, 9, "a step\n„zwei“"),
    Note(9, 10, "heel & toe <strong>"),
    Note(20, 36, "Schwung: движение"),
)
REGION = Region(
    (
        Box(0, 40, 0.25, 0.125, 0.5, 0.75),
        Track((Box(2, 3, 0.0, 0.0, 0.25, 0.25), Box(12, 14, 0.5, 0.5, 0.75, 0.75))),
        Stroke(5, 6, ((0.25, 0.25), (0.375, 0.5)), 0.0625),
        Stroke(5, 6, ((0.25, 0.375),), 0.03125, erases=True),
    )
)
SUMMARY = AnalysisSummary(
    request=Request(HOME / "videos" / "walk.mp4", method="lrp", frames=(3, 38)),
    content="100-abc",
    size=(320, 240),
    model="figures",
    labels=("walking", "jogging"),
    against="running",
    start=3,
    stop=38,
    windows=4,
    made_s=1.75e9,
    share=0.75,
    verdict="movement",
    name="the first",
)
SESSION = SessionFile(
    request=Request(
        HOME / "videos" / "walk.mp4",
        model="r3d_18",
        weights=HOME / "own.pth",
        labels=HOME / "labels.txt",
        method="smooth_grad",
        options=(("samples", 8), ("noise", 0.5), ("squared", True), ("kind", "x")),
        target="walking",
        against=3,
        preset="paper-2020",
        sigma=2.5,
        frames=(3, 38),
        device="cpu",
        overlap=0.25,
        stream=0,
        deinterlace=True,
        evidence="quick",
        step="max",
        prior=HOME / "own.pth.prior.json",
        keep_cuts=True,
        input="flow",
    ),
    view=ViewState(
        frame=17,
        preset="paper-2020",
        sigma=2.5,
        heat=HeatLook("red and blue", 0.5, 1.5, "positive", 3e-5, "colour", 99.0),
        panes=("flow", "difference", "model", "other relevance", "other motion", "other static"),
        range=(5, 36),
        loop="ping-pong",
        pace="every frame",
        speed=0.25,
    ),
    content="100-abc",
    beside=HOME / "videos" / "walk.mp4",
    notes=tuple(to_json(NOTES)),
    paint={"region": regions.to_json(REGION)},
    layout={"docks": "AAAA/wAAAAE="},
    analysis=HOME / "videos" / "walk.analysis",
    explain=True,
    results=(Result(HOME / "videos" / "first.analysis", SUMMARY, "folder"),),
    other={"of a newer minor version": [1, {"a": None}]},
)
