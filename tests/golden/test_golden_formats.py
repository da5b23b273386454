"""Small files of the user's that an earlier version wrote: read and written as then."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.annotations.notes import read_webvtt, write_webvtt
from engine.errors import UntrustedError
from engine.models.cards.card import ModelCard
from engine.models.cards.library import find_card, known_models, save_card
from engine.models.cards.trust import require_trust, require_trust_of_address, trust
from engine.pipeline.runtime_history import predict_seconds, record
from engine.utils.paths import cache_folder
from gui.commands.command import Command, CommandTable
from gui.commands.shortcuts import load_keys, save_keys
from gui.main_window.appearance import WindowLook, load_look, save_look
from gui.main_window.window import MainWindow
from inspector.backend.recent_files import RecentFiles
from tests.golden.keeping import KEPT, regenerates, same_bytes
from tests.golden.sessions import HOME, NOTES
from tests.programs import code_of

FORMATS = KEPT / "formats"
CARD = """name = "my net"
network = "figures"
checkpoint = "weights/best.pth"
prefix = "student."
labels = "labels.txt"
frames = 12
stride = 2
resize = [128, 171]
crop = 96
range = [0, 255]
mean = [0.43, 0.39, 0.38]
std = 0.25
layer = "features.5"

[expected]
clip = "wave.mp4"
start = 4
top = "hand waving"
scores = { "hand waving" = 7.5, boxing = -1 }
tolerance = 0.1
"""
LOOK = WindowLook(
    "AdnQ", "AAAA/w==", "light", {"format": "webm", "panes": ["motion"], "speed": 0.5}, "r3d_18"
)
TIMES_S = np.arange(40) / 15.0
PASSES = {"lrp": 1, "gradient": 1, "smooth_grad": 25}

posix = pytest.mark.skipif(sys.platform == "win32", reason="the paths are those of POSIX")


def put(name: str, folder: Path) -> Path:
    """Copy a kept file into a folder, which may not exist yet, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FORMATS / name, folder / name))


def same_file(name: str, path: Path, mask: str = "") -> None:
    text = path.read_bytes()
    same_bytes(f"formats/{name}", text.replace(mask.encode(), b"<folder>") if mask else text)


def nothing() -> None:
    pass


@pytest.fixture
def table(qtbot: QtBot) -> CommandTable:
    return CommandTable(
        (
            Command("play.toggle", "Play", nothing, ("Space", "K")),
            Command("play.next", "Next frame", nothing, ("Right",)),
            Command("view.fit", "Fit", nothing),
        ),
        {"&Playback": (("play.toggle", "play.next"),), "&View": (("view.fit",),)},
    )


def test_keys_are_written_as_they_were(table: CommandTable, tmp_path: Path) -> None:
    table.rebind("play.toggle", ())
    table.rebind("view.fit", ("Ctrl+F", "Space"))
    save_keys(tmp_path / "keys.json", table)
    same_file("keys.json", tmp_path / "keys.json")


def test_keys_are_read_as_they_were(table: CommandTable, tmp_path: Path) -> None:
    load_keys(FORMATS / "keys.json", table)
    assert {name: table.keys(name) for name in table.commands} == {
        "play.toggle": (),
        "play.next": ("Right",),
        "view.fit": ("Ctrl+F", "Space"),
    }
    save_keys(tmp_path / "keys.json", table)
    same_file("keys.json", tmp_path / "keys.json")


def test_look_is_written_and_read_as_it_was(tmp_path: Path) -> None:
    save_look(tmp_path, LOOK)
    same_file("window.json", tmp_path / "window.json")
    look = load_look(put("window.json", tmp_path / "again").parent)
    assert asdict(look) == asdict(LOOK)


def test_docks_are_put_where_they_were(window: MainWindow) -> None:
    window.docks.show("notes")
    window.docks.docks["timeline"].hide()
    state = window.docks.state()
    if regenerates():  # sizes differ with fonts
        same_bytes("formats/docks.txt", state.encode())
    window.docks.reset()
    assert window.docks.restore((FORMATS / "docks.txt").read_text(encoding="utf-8"))
    assert not window.docks.docks["timeline"].isVisible()
    assert not window.docks.docks["notes"].visibleRegion().isEmpty()


@posix
def test_recent_files_are_written_and_read_as_they_were(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path)
    for name in ("videos/walk.mp4", "sessions/walk.mis.json", "videos/ölfass.webm"):
        recent.add(HOME / name)
    same_file("recent.json", tmp_path / "recent.json")
    again = RecentFiles(put("recent.json", tmp_path / "again").parent)
    assert [entry.path for entry in again.entries()] == [
        HOME / "videos/ölfass.webm",
        HOME / "sessions/walk.mis.json",
        HOME / "videos/walk.mp4",
    ]


@pytest.fixture
def programs(tmp_path: Path) -> Callable[[str], Path]:
    """Programs by their names: each holds its name."""

    def made(name: str) -> Path:
        (tmp_path / name).write_text(name, encoding="utf-8")
        return tmp_path / name

    return made


@posix
def test_trust_is_written_as_it_was(
    programs: Callable[[str], Path], tmp_path: Path, own_settings: Path
) -> None:
    trust(code_of(programs("net.py"), "build"))
    trust(code_of(programs("other.pt2")))
    trust("http://127.0.0.1:8765/score")
    same_file("trusted.json", own_settings / "trusted.json", mask=str(tmp_path))


@posix
def test_trust_is_read_as_it_was(
    programs: Callable[[str], Path], tmp_path: Path, own_settings: Path
) -> None:
    kept = put("trusted.json", own_settings)
    kept.write_text(kept.read_text().replace("<folder>", str(tmp_path)))
    for name, call in (("net.py", "net.py:build"), ("other.pt2", "")):
        (file,) = code_of(programs(name)).files
        require_trust(tmp_path, {file.path: file.sha256}, call)
    require_trust_of_address("http://127.0.0.1:8765/score")
    (file,) = code_of(programs("another.py")).files
    with pytest.raises(UntrustedError):
        require_trust(tmp_path, {file.path: file.sha256})


def test_trust_of_version_0_1_is_kept_for_servers_alone(
    programs: Callable[[str], Path], tmp_path: Path, own_settings: Path
) -> None:
    put("trusted-0.1.json", own_settings).rename(own_settings / "trusted.json")
    require_trust_of_address("http://127.0.0.1:8765/score")
    (file,) = code_of(programs("net.py")).files
    with pytest.raises(UntrustedError):
        require_trust(tmp_path, {file.path: file.sha256})


def test_times_are_written_and_read_as_they_were() -> None:
    path = cache_folder() / "speed.json"
    record("figures", "lrp", "auto", 0.5)
    record("small.toml", "smooth_grad", "cuda:1", 12.25)
    same_file("speed.json", path)
    put("speed.json", cache_folder())
    assert predict_seconds("figures", "lrp", "auto", 4, PASSES) == 2.0
    assert predict_seconds("figures", "gradient", "auto", 2, PASSES) == 1.0
    assert predict_seconds("small.toml", "smooth_grad", "cuda:1", 2, PASSES) == 24.5


def test_notes_are_written_and_read_as_they_were(tmp_path: Path) -> None:
    write_webvtt(NOTES, TIMES_S, 40 / 15.0, tmp_path / "notes.vtt")
    same_file("notes.vtt", tmp_path / "notes.vtt")
    assert read_webvtt(FORMATS / "notes.vtt", TIMES_S) == NOTES


def test_card_is_kept_as_it_was(own_settings: Path) -> None:
    info = save_card(CARD)
    assert (info.name, info.title, info.bundled) == ("my-net", "my net", False)
    same_file("my-net.toml", own_settings / "models" / "my-net.toml")


def test_card_is_read_as_it_was(own_settings: Path) -> None:
    folder = put("my-net.toml", own_settings / "models").parent
    assert "my-net" in known_models()
    card = find_card("my-net")
    assert card is not None
    assert values(card, folder) == {
        "path": "my-net.toml",
        "name": "my net",
        "network": "figures",
        "endpoint": None,
        "timeout": None,
        "checkpoint": "weights/best.pth",
        "prefix": "student.",
        "labels": "labels.txt",
        "frames": 12,
        "fps": None,
        "stride": 2,
        "resize": (128, 171),
        "crop": (96, 96),
        "layout": "NCTHW",
        "channels": "rgb",
        "range": (0.0, 255.0),
        "mean": (0.43, 0.39, 0.38),
        "std": (0.25, 0.25, 0.25),
        "sampling": None,
        "activation": None,
        "unit": None,
        "step": None,
        "output_layout": None,
        "layer": "features.5",
        "inputs": (),
        "pass_as": "positions",
        "expected": {
            "clip": "wave.mp4",
            "start": 4,
            "top": "hand waving",
            "scores": {"hand waving": 7.5, "boxing": -1.0},
            "tolerance": 0.1,
        },
        "frame_network": None,
        "temporal": None,
        "readout": None,
        "rename": None,
    }


def values(card: ModelCard, folder: Path) -> dict[str, Any]:
    """Return what a card says, with paths from its folder."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return value.relative_to(folder).as_posix() if isinstance(value, Path) else value

    return {key: plain(value) for key, value in asdict(card).items()}
