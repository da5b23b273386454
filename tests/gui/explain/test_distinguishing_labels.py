from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.attribution import METHODS
from engine.store import Header
from engine.types import Request
from gui.explain.comparison import distinguishing_labels
from tests.gui.conftest import FRAMES, header_for


@pytest.fixture
def header() -> Header:
    return header_for(Request(Path("clip.mp4"), model="figures", method="lrp"), 0, FRAMES)


def changed(header: Header, **values: object) -> Header:
    return replace(header, request=replace(header.request, **values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"method": "gradient"}, ("LRP", "Gradient")),
        ({"target": "boxing"}, ("the top class", "boxing")),
        ({"target": 0}, ("the top class", "0")),
        ({"against": "boxing"}, ("no contrast", "contrast with boxing")),
        ({"weights": Path("/w/own.pt")}, ("its own weights", "own.pt")),
        ({"options": (("samples", 8),)}, ("usual options", "samples 8")),
        ({}, ("this", "pinned")),
    ],
)
def test_labels_names_the_first_difference(
    values: dict[str, object], names: tuple[str, str], header: Header
) -> None:
    assert distinguishing_labels(header, changed(header, **values), METHODS) == names


def test_labels_names_models_before_methods(header: Header) -> None:
    other = changed(header, method="gradient")
    other = replace(other, spec=replace(other.spec, name="Another"))
    assert distinguishing_labels(header, other, METHODS) == ("fake", "Another")
