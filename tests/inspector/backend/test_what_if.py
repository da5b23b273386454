from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.annotations.regions import Box, Region
from engine.cancel import Check, never
from engine.errors import ModelError
from engine.models import VideoModel, load
from engine.types import Progress, Report, Request
from engine.what_if.queries import WhatIfQuery
from inspector.backend.what_if import Asking, what_if_services
from resources import resource_path

PERSON = WhatIfQuery(Region((Box(0, 10_000, 0.2, 0.1, 0.8, 1.0),)), fill="mean")


def nobody(progress: Progress) -> None:
    """Report to nobody."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def request_() -> Iterator[Request]:
    with resource_path("demo.mp4") as path:
        yield Request(video=path, frames=(0, 64), device="cpu")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    load_requested = load.load_requested

    def counted(request: Request, report: Report, check: Check) -> VideoModel:
        names.append(request.model)
        return load_requested(request, report, check)

    monkeypatch.setattr(load, "load_requested", counted)
    return names


def test_asking_the_bundled_network_about_the_person_changes_its_mind(request_: Request) -> None:
    services = what_if_services()
    answer = services.ask(request_, PERSON, 40, nobody, never)
    top = int(answer.probabilities.argmax())
    assert answer.probabilities[top] > 0.9
    assert answer.changed_probabilities[top] < answer.probabilities[top] - 0.2
    assert answer.probabilities.sum() == pytest.approx(1)
    assert len(answer.labels) == len(answer.logits)
    np.testing.assert_array_less(0.3, answer.changed_share)


def test_asking_keeps_the_model_between_questions(request_: Request, loads: list[str]) -> None:
    asking = Asking()
    first = asking.ask(request_, PERSON, 20, nobody, never)
    second = asking.ask(request_, PERSON, 20, nobody, never)
    tests = asking.motion_tests(request_, "window", 20, nobody, never)
    assert loads == ["figures"]
    np.testing.assert_array_equal(first.changed_logits, second.changed_logits)
    assert tests.probabilities["original"] == pytest.approx(first.probabilities.max(), abs=1e-6)


def test_asking_another_model_loads_it_anew(
    request_: Request, loads: list[str], tmp_path: Path
) -> None:
    labels = tmp_path / "labels.txt"
    count = len(Asking().ask(request_, PERSON, 20, nobody, never).labels)
    labels.write_text("\n".join(f"mine {k}" for k in range(count)), "utf-8")
    asking = Asking()
    asking.ask(request_, PERSON, 20, nobody, never)
    answer = asking.ask(replace(request_, labels=labels), PERSON, 20, nobody, never)
    assert answer.labels[0] == "mine 0"
    assert len(loads) == 3
    labels.write_text("\n".join(f"other {k}" for k in range(count)), "utf-8")
    os.utime(labels, ns=(1, 1))  # told apart however coarse the clock of the disk is
    answer = asking.ask(replace(request_, labels=labels), PERSON, 20, nobody, never)
    assert answer.labels[0] == "other 0"


def test_asking_a_model_that_is_not_there_leaves_none_behind(request_: Request) -> None:
    asking = Asking()
    with pytest.raises(ModelError):
        asking.ask(replace(request_, model="no such model"), PERSON, 20, nobody, never)
    assert asking.ask(request_, PERSON, 20, nobody, never).windows == 1


def test_what_if_services_are_made_without_torch() -> None:
    code = (
        "import sys; import inspector.backend.what_if as part; part.what_if_services();"
        "import gui.what_if.panel, gui.what_if.paint_layer; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
