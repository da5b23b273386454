"""The steps of the tour, in order: from the first picture to a session that is opened again."""

from __future__ import annotations

from benchmarks.tour.steps import (
    CHANGED,
    SAME,
    Deed,
    Step,
    choose,
    click,
    drag,
    has,
    home_path,
    keys,
    lacks,
    other_than,
    text,
    wheel,
    within,
    write,
)

SESSION = "walk.mis.json"
PLAYER = "MainWindow"  # has the keyboard when nothing else does
VIDEO = "panes.panes.video"
TIMELINE = "timeline.plots.view"
RESULTS = "explain.results"
SIGMA = f"{RESULTS}.separation.sigma"
_LAST = 149
_MARKED = [69, 83]
_CHOSEN = [40, 55]


def _goes_to(frame: int) -> tuple[Deed, ...]:
    return keys("g"), text(str(frame)), keys("Return")


_PLAYING = (
    Step("The clip is open", (), {"count": _LAST + 1, "frame": 0, "focus": PLAYER}, within_s=60),
    Step("Space plays", (keys("space"),), {"playing": True, "panel_px": SAME, "least_px": SAME}),
    Step("Space pauses", (keys("space"),), {"playing": False, "panel_px": SAME}),
    Step("End goes to the last frame", (keys("End"),), {"frame": _LAST}),
    Step("Left is a step back", (keys("Left"),), {"frame": _LAST - 1}),
    Step("Shift and Left are ten", (keys("shift+Left"),), {"frame": _LAST - 11}),
    Step("G 120 Return goes there", _goes_to(120), {"frame": 120, "focus": PLAYER, "place": ""}),
    Step("Right is a step again", (keys("Right"),), {"frame": 121}),
    Step("G 77 Escape stays", (keys("g"), text("77"), keys("Escape")), {"frame": 121, "place": ""}),
    Step("A frame too far stays to be corrected", _goes_to(777), {"frame": 121, "place": "777"}),
    Step("Escape gives it up", (keys("Escape"),), {"focus": PLAYER, "place": ""}),
    Step(
        "Frame box and Return go there",
        write("transport.number", "30", "Return"),
        {"frame": 30, "focus": PLAYER},
    ),
    Step(
        "Frame box and Escape stay",
        write("transport.number", "99", "Escape"),
        {"frame": 30, "focus": PLAYER},
    ),
    Step("Bracket is faster", (keys("bracketright"),), {"speed": CHANGED}),
    Step("Backspace is normal speed", (keys("BackSpace"),), {"speed": 1.0}),
    Step("A click on Play plays", (click("transport.play"),), {"playing": True, "focus": PLAYER}),
    Step("Space pauses after a click", (keys("space"),), {"playing": False}),
    Step("The slider jumps", (click("transport.slider"),), {"frame": within(70, 79)}),
    Step("The timeline jumps", (click(TIMELINE, 0.2),), {"frame": within(10, 40), "focus": PLAYER}),
)

_RANGES = (
    Step(
        "I and O set a range",
        (*_goes_to(69), keys("i"), *_goes_to(82), keys("o")),
        {"range": _MARKED, "frames": [_MARKED[0], _MARKED[1] - 1]},
    ),
    Step("U clears it", (keys("u"),), {"range": None}),
    Step(
        "A range is drawn",
        (drag(TIMELINE, (0.4, 0.5), (0.5, 0.5), "shift"),),
        {"range": other_than(None)},
    ),
    Step("The button clears it", (click("transport.clear"),), {"range": None, "focus": PLAYER}),
)

_FIELDS = (
    Step(
        "A list of choices gives the keys back",
        (click("explain.separation.preset"), keys("Down", "Return")),
        {"preset": CHANGED, "focus": PLAYER, "popup": ""},
    ),
    Step("Return in Sigma takes it", write(SIGMA, "2", "Return"), {"sigma": 2.0, "focus": PLAYER}),
    Step("Escape in Sigma gives it up", write(SIGMA, "3", "Escape"), {"sigma": 2.0, "frame": SAME}),
    Step(
        "Letters stay in a field",
        write("panel.first", "110ign160o]"),
        {"frame": SAME, "speed": SAME, "notes": SAME, "focus": "WholeNumberEdit"},
    ),
    Step("Escape gives them up", (keys("Escape"),), {"frames": [0, _LAST], "focus": PLAYER}),
    Step(
        "A click on the picture gives the keys back",
        (*_goes_to(30), click("panel.last"), click(VIDEO), keys("Right")),
        {"frame": 31, "focus": PLAYER},
    ),
    Step(
        "A click on the timeline gives the keys back",
        (click("panel.last"), click(TIMELINE, 0.5), keys("space")),
        {"playing": True, "focus": PLAYER},
    ),
    Step(
        "A click on empty ground gives the keys back",
        (click("panel.last"), click("panel", 0.5, 0.995), keys("space", "Home")),
        {"playing": False, "frame": 0, "focus": PLAYER},
    ),
)

_EXPLAINING = (
    Step("Classes are offered", (), {"classes": lambda count: count > 2}, within_s=90),
    Step(
        "Return in the list of classes takes one",
        (click("panel.target"), text("wav"), keys("Return")),
        {"class": has("wav"), "frame": SAME, "focus": PLAYER, "popup": ""},
    ),
    Step(
        "It goes back to following",
        write("panel.target", " ", "BackSpace", "Return"),
        {"class": has("Follow")},
    ),
    Step(
        "Another method is chosen",
        (click("panel.method"), keys("Down", "Return")),
        {"method": CHANGED, "focus": PLAYER},
    ),
    Step("And the first again", (click("panel.method"), keys("Home", "Return")), {"focus": PLAYER}),
    Step(
        "Frames are typed",
        (
            *write("panel.last", str(_CHOSEN[1]), "Return"),
            *write("panel.first", str(_CHOSEN[0]), "Return"),
        ),
        {"frames": _CHOSEN, "focus": PLAYER},
    ),
    Step(
        "A double click on Explain explains",
        (click("panel.bar.explain", times=2),),
        {"explained": [_CHOSEN[0], _CHOSEN[1] + 1], "busy": False, "focus": PLAYER},
        within_s=150,
    ),
    Step("Then Space plays", (keys("space"),), {"playing": True, "popup": "", "least_px": SAME}),
    Step(
        "The playhead goes there",
        (keys("space"), *_goes_to(45)),
        {"frame": 45, "top": within(1, 5)},
    ),
    Step(
        "Answer and verdict are above the fold",
        (wheel(RESULTS, -30),),
        seen=(f"{RESULTS}.top", f"{RESULTS}.evidence.verdict", f"{RESULTS}.evidence.tests"),
    ),
)

_LOOKING = (
    Step("Two panes", (keys("ctrl+2"),), {"panes": 2}),
    Step("Four panes", (keys("ctrl+4"),), {"panes": 4}),
    Step("C is the next colour map", (keys("c"),), {"colours": CHANGED}),
    Step("Less opacity", (keys("ctrl+Down"),), {"opacity": CHANGED}),
    Step("Pinned for comparison", (keys("ctrl+k"),), {"compared": True}),
    Step("The comparison ends", choose("Compare", "End the comparison"), {"compared": False}),
)

_WRITING = (
    Step(
        "N opens an editor that is seen",
        (keys("n"),),
        {"focus": "QPlainTextEdit", "front": has("notes")},
    ),
    Step(
        "A note keeps its letters and Return",
        (text("I go on"), keys("Return")),
        {"notes": ["I go on"], "frame": 45, "focus": PLAYER},
    ),
    Step("It is undone", (keys("ctrl+z", "ctrl+z"),), {"notes": []}),
    Step("And done again", (keys("ctrl+y", "ctrl+y"),), {"notes": ["I go on"]}),
)

_ASKING = (
    Step(
        "Freeze, reverse, shuffle is one click from Results",
        (click(f"{RESULTS}.evidence.tests"),),
        {"tests": True, "front": has("what_if"), "focus": PLAYER},
        within_s=90,
    ),
    Step(
        "A box is painted",
        (click("what_if.panel.tools.buttons.box"), drag(VIDEO, (0.4, 0.4), (0.6, 0.8))),
        {"painted": True},
    ),
    Step(
        "The model is asked",
        (keys("space", "space"), click("what_if.panel.ask")),
        {"answered": True},
        within_s=90,
    ),
)

_MOVING = (
    Step(
        "A double click on a title floats the panel",
        (click("title:timeline", 0.3, times=2),),
        {"floating": ["timeline"]},
    ),
    Step("Its keys are the player's", (click("title:timeline", 0.3), keys("Home")), {"frame": 0}),
    Step(
        "Another double click puts it back",
        (click("title:timeline", 0.4, times=2),),
        {"floating": []},
    ),
    Step("A panel is closed", choose("View", "Panels", "Results"), {"closed": ["results"]}),
    Step("And opened again", choose("View", "Panels", "Results"), {"closed": []}),
    Step("The layout is reset", choose("View", "Reset layout"), {"front": has("explain")}),
)

_DIALOGS = (
    Step("Export is set up", (keys("ctrl+e"),), {"dialog": has("Export")}),
    Step("Escape closes it", (keys("Escape"),), {"dialog": ""}),
    Step("F1 lists the keys", (keys("F1"),), {"dialog": "Keys"}),
    Step("Escape closes them", (keys("Escape"),), {"dialog": "", "focus": PLAYER}),
    Step(
        "Keys can be changed", choose("Help", "Keyboard shortcuts..."), {"dialog": other_than("")}
    ),
    Step("Escape leaves them", (keys("Escape"),), {"dialog": ""}),
    Step("The light theme", choose("View", "Theme", "Light"), {"theme": "light"}),
    Step("The dark theme", choose("View", "Theme", "Dark"), {"theme": "dark"}),
    Step("F11 fills the screen", (keys("F11"),), {"full": True}),
    Step("And leaves it", (keys("F11"),), {"full": False}),
    Step(
        "The session is saved",
        (*_goes_to(50), keys("ctrl+s"), keys("ctrl+a"), home_path(SESSION), keys("Return")),
        {"session": SESSION, "dialog": "", "frame": 50, "focus": PLAYER},
    ),
)

STEPS = (
    *_PLAYING,
    *_RANGES,
    *_FIELDS,
    *_EXPLAINING,
    *_LOOKING,
    *_WRITING,
    *_ASKING,
    *_MOVING,
    *_DIALOGS,
)

REOPENED = (
    Step(
        "The session is open as it was left",
        (),
        {"count": _LAST + 1, "frame": 50, "notes": ["I go on"], "frames": _CHOSEN, "focus": PLAYER},
        within_s=60,
    ),
    Step(
        "What was explained comes back from the cache",
        (click("panel.bar.explain"),),
        {"explained": [_CHOSEN[0], _CHOSEN[1] + 1], "busy": False},
        within_s=60,
    ),
    Step("Space plays", (keys("space"),), {"playing": True, "floating": lacks("timeline")}),
)
