"""Units measured by a worker in this process, and what becomes of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UntrustedError, VideoError
from engine.models.cards.trust import trust
from engine.models.load import load_requested
from engine.study import place as place_of_results
from engine.study import worker
from engine.study.claims import FileClaims
from engine.study.members import Member
from engine.study.outcome import Outcome, read_outcome
from engine.study.place import Place
from engine.study.plan import Plan, write_plan
from engine.study.rows import Row
from engine.study.scheduler import MOST_DEATHS
from engine.study.settings import StudySettings, save_study
from engine.study.study import described
from engine.study.worker import Post, label_of, work
from engine.types import Request
from tests.clips import moving_square, write_clip

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(classes))

    def forward(self, clip):
        if float(clip.detach().mean()) > 0.75:
            raise RuntimeError("too bright")
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs().mean(dim=(1, 2, 3, 4))
        return torch.stack([torch.full_like(change, 1.0), 1000 * change], dim=1) * self.weights

def build(classes):
    return Net(classes)
"""
CARD = """
name = "net"
network = "net.py:build"
labels = "labels.txt"
frames = 4
fps = 15
resize = [16, 20]
crop = 16
mean = 0.0
std = 1.0
"""


def make_card(folder: Path) -> Path:
    (folder / "net.py").write_text(NET)
    (folder / "labels.txt").write_text("still\nmoving on\n")
    (folder / "card.toml").write_text(CARD)
    return folder / "card.toml"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A study of four clips: of a class, too bright for the model, no video, and missing."""
    write_clip(tmp_path / "good.mp4", moving_square(10))
    write_clip(tmp_path / "bright.mp4", moving_square(10) // 8 + 220)
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    request = Request(tmp_path, model=str(make_card(tmp_path)), method="gradient", device="cpu")
    try:
        load_requested(request)
    except UntrustedError as error:
        trust(error.asked)
    place = Place(tmp_path / "out")
    place.folder.mkdir()
    save_study(place, described(StudySettings(request, shuffles=1), load_requested(request)))
    names = ("good.mp4", "bright.mp4", "bad.mp4", "gone.mp4")
    rows = [Row(name, str(tmp_path / name), label="Moving-on") for name in names]
    rows.append(Row("good.mp4", str(tmp_path / "good.mp4"), 2, 7, label="dancing"))
    rows.append(Row("good.mp4", str(tmp_path / "good.mp4"), 2, 7))
    rows.append(Row("good.mp4", str(tmp_path / "good.mp4"), 2, 70))
    write_plan(place.plan, rows)
    return place


def outcomes(place: Place) -> list[Outcome]:
    plan = Plan(place.plan)
    found = [read_outcome(place, plan.key(number)) for number in range(len(plan))]
    assert None not in found
    return [one for one in found if one is not None]


def test_work_gives_each_row_a_result_or_a_sentence(place: Place) -> None:
    work(place.folder, Post(0, 1))
    good, bright, bad, gone, label, part, outside = outcomes(place)
    assert (good.error, good.label) == ("", "moving on")
    assert good.clip is not None
    assert (good.clip.answer, good.clip.frames, good.clip.verdict) == (
        "moving on",
        10,
        "several pictures",
    )
    assert good.clip.scores.frozen is not None
    assert good.clip.scores.score is not None
    assert good.clip.scores.frozen < good.clip.scores.score
    assert good.clip.changing_share is not None
    assert [window.first_frame for window in good.windows] == [0, 2, 4, 6]
    assert [(one.start, one.stop) for one in good.stretches][-1][1] == 10
    assert "RuntimeError: too bright" in bright.error
    assert "bad.mp4" in bad.error
    assert "gone.mp4" in gone.error
    assert label.error == "The label 'dancing' is none of the model's classes."
    assert part.clip is not None
    assert part.windows[0].first_frame == part.stretches[0].start == 2
    assert part.windows[-1].last_frame == 6
    assert "2-69" in outside.error
    assert not list((place.folder / "claims").glob("*/*"))


def test_work_again_measures_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    work(place.folder, Post(0, 1))
    before = outcomes(place)
    monkeypatch.setattr(worker._Bench, "outcome", None)
    work(place.folder, Post(1, 2))
    assert outcomes(place) == before


def test_work_gives_up_what_ended_its_workers(place: Place) -> None:
    key = Plan(place.plan).key(0)
    for _ in range(MOST_DEATHS):
        with Member(place) as mortal:
            FileClaims(place, mortal).take(key)
    work(place.folder, Post(0, 1))
    assert outcomes(place)[0].error.startswith("Its worker was ended 3 times")


def test_work_passes_over_what_cannot_be_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Plan(place.plan).key(0)

    def refused(target: Path, raw: bytes, partial: Path) -> bool:
        if full in target.name:
            raise OSError(28, "No space left on device")
        return place_of_results.publish(target, raw, partial)

    monkeypatch.setattr(worker, "publish", refused)
    work(place.folder, Post(0, 1))
    plan = Plan(place.plan)
    missing = [n for n in range(len(plan)) if read_outcome(place, plan.key(n)) is None]
    assert missing == [0]
    (journal,) = place.workers.glob("*.log")
    assert '"unwritten"' in journal.read_text()


def test_label_of_takes_names_and_numbers() -> None:
    labels = ("still", "moving on", "3")
    assert label_of(Row("a", "a", label="MOVING_on"), labels) == "moving on"
    assert label_of(Row("a", "a", label="3"), labels) == "3"
    assert label_of(Row("a", "a", label="0"), labels) == "still"
    assert label_of(Row("a", "a", label="any"), ()) == "any"
    assert label_of(Row("a", "a", label="videos", by_folder=True), labels) == ""
    for row in (Row("a", "a", label="9"), Row("a", "a", fault="No path.")):
        with pytest.raises(VideoError):
            label_of(row, labels)
