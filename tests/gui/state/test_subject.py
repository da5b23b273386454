from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.attribution import METHODS
from engine.store import Analysis
from gui.state.subject import asked_instead, classes_text, frames_text, subject_of
from tests.engine.store.analyses import filled, header_of, noise, window_of

HEADER = header_of(21)


def test_subject_names_method_class_range_and_model() -> None:
    with_one_class = filled(None)
    with_one_class._windows = with_one_class.windows[:1]
    subject = subject_of(with_one_class, METHODS)
    label = with_one_class.header.spec.label(with_one_class.windows[0].target)
    assert subject.line == f'LRP of "{label}", frames 0-20, model tiny'
    with_one_class.close()


def test_subject_of_a_part_says_how_much_there_is() -> None:
    header = replace(HEADER, request=replace(HEADER.request, against=0))
    analysis = Analysis.create(header)
    analysis.append([window_of(header, 0)], noise(4))
    subject = subject_of(analysis, {})
    assert subject.part == "1 of 5 windows"
    assert 'rather than "walking"' in subject.title
    assert subject.short.endswith('rather than "walking", 0-20, 1 of 5 windows, tiny')
    assert subject.method == "lrp"  # a method of a plugin that is gone
    analysis.close()


def test_subject_before_a_window_is_of_the_top_class() -> None:
    analysis = Analysis.create(HEADER)
    assert subject_of(analysis, METHODS).title == "LRP of the top class"
    analysis.close()


def test_classes_text_names_no_more_than_fit() -> None:
    assert classes_text(("a", "b", "c", "d")) == '"a", "b" and 2 more'
    assert classes_text(("a", "b"), most=1) == '"a" and 1 more'


def test_frames_text_is_inclusive() -> None:
    assert frames_text(0, 47) == "frames 0-47"
    assert frames_text(7, 7) == "frame 7"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ()),
        ({"device": "cuda", "preset": "evidence", "sigma": 3.0, "video": Path("b.mp4")}, ()),
        ({"target": "running"}, ()),  # the same class by name
        ({"frames": None}, ()),
        ({"options": (("rule", "epsilon-plus"),)}, ("other options of the method",)),
        ({"method": "grad_cam"}, ("Grad-CAM",)),
        ({"method": "of a plugin"}, ("of a plugin",)),
        ({"target": None}, ("the top class",)),
        ({"target": 2}, ('"jumping"',)),
        ({"target": 9}, ('"class 9"',)),
        ({"against": "walking"}, ('contrast with "walking"',)),
        ({"frames": (4, 9)}, ("frames 4-8",)),
        ({"frames": (4, 5), "evidence": "off"}, ("frame 4", "evidence off")),
        ({"model": "/cards/mine.toml"}, ("model mine.toml",)),
        ({"model": "r3d_18", "weights": None, "target": None}, ("model r3d_18",)),
        ({"weights": None}, ("its own weights",)),
        ({"labels": Path("l.txt")}, ("other names of classes",)),
        ({"step": 0}, ("time step 0",)),
        ({"input": "pose"}, ("input pose",)),
        ({"prior": Path("p.prior.json")}, ("prior p.prior.json",)),
        ({"keep_cuts": True}, ("windows across cuts counted",)),
    ],
)
def test_asked_instead_names_every_setting_that_differs(
    change: dict[str, Any], said: tuple[str, ...]
) -> None:
    assert asked_instead(HEADER, replace(HEADER.request, **change), METHODS) == said


def test_asked_instead_knows_the_usual_value_of_an_option() -> None:
    option = METHODS["lrp"].options[0]
    spelled = replace(HEADER.request, options=((option.name, option.default),))
    assert asked_instead(HEADER, spelled, METHODS) == ()
