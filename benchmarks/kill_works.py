"""Works that write files, to be killed: what they start from, and what they write."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.cancel import never
from engine.export import export_clip
from engine.models.weights.download import Download, fetch
from engine.store import Analysis
from engine.types import Request, unreported
from engine.utils.atomic import remove_leftovers
from engine.utils.folder_update import updated_folder
from engine.utils.written_files import LIST_NAME
from engine.video import open_video
from gui.state.session_file import SessionFile, save_session
from inspector.backend.analysis_cache import AnalysisCache
from inspector.cli import main
from tests.cards import small_card
from tests.clips import moving_square, write_clip

FRAMES, SIZE = 48, (64, 64)
_WEIGHTS_BYTES = 2**22
WEIGHTS = f"net-{hashlib.sha256(bytes(_WEIGHTS_BYTES)).hexdigest()[:8]}.pth"
_ENTRIES = 12


@dataclass(frozen=True, slots=True)
class Work:
    """Something that writes.

    Attributes
    ----------
    begin : callable
        Inputs and folder: writes what is there before.
    run : callable
        Inputs, folder and a text for this run: what is killed.
    units : callable
        Names of files and folders that are each old or new, given the folder.
    tidy : callable
        Inputs and folder: what the next start or the next run does.
    """

    begin: Callable[[Path, Path], None]
    run: Callable[[Path, Path, str], None]
    units: Callable[[Path], list[str]]
    tidy: Callable[[Path, Path], None]


@contextmanager
def inputs(folder: Path) -> Iterator[Path]:
    """Make videos, an analysis and a server of a weights file, which all works read."""
    for name in ("a", "b"):
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        write_clip(folder / "videos" / f"{name}.mp4", moving_square(FRAMES, SIZE))
    small_card(folder)
    explain(folder, folder, "1")
    (folder / "served").mkdir()
    (folder / "served" / WEIGHTS).write_bytes(bytes(_WEIGHTS_BYTES))
    handler = functools.partial(_Quiet, directory=str(folder / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (folder / "address").write_text(f"http://127.0.0.1:{server.server_port}/{WEIGHTS}")
        yield folder
        server.shutdown()


def explain(inputs: Path, folder: Path, sigma: str) -> None:
    """Run ``explain`` into the folder ``out``."""
    words = ["explain", str(inputs / "videos" / "a.mp4"), "--out", str(folder / "out")]
    words += ["--model", str(inputs / "small.toml"), "--sigma", sigma]
    if main([*words, "--method", "gradient", "--evidence", "quick"]):
        raise RuntimeError("explain failed")


def bias(inputs: Path, folder: Path, sigma: str) -> None:
    """Run ``bias`` into the folder ``out``."""
    words = ["bias", str(inputs / "videos"), "--out", str(folder / "out"), "--sigma", sigma]
    words += ["--model", str(inputs / "small.toml")]
    if main([*words, "--method", "gradient", "--clips", "1", "--shuffles", "1"]):
        raise RuntimeError("bias failed")


def export(inputs: Path, folder: Path, sigma: str) -> None:
    """Write a clip with its numbers."""
    analysis = Analysis.open(inputs / "out")
    with open_video(inputs / "videos" / "a.mp4") as video:
        frames = (0, 40) if sigma == "1" else None
        export_clip(analysis, video, folder / "walk.mp4", frames=frames, numbers=True)


def folder_swap(_inputs: Path, folder: Path, text: str) -> None:
    """Replace a folder of small files again and again, by those of the other text and of this."""
    for content in ("1", "2") * 8 if text == "2" else ("1",):
        with updated_folder(folder / "out") as new:
            for number in range(4):
                (new / f"{number}.txt").write_text(content)


def session(inputs: Path, folder: Path, text: str) -> None:
    """Save a session again and again, each time with the same large note."""
    note = {"text": text * 200_000}
    for _ in range(20):
        save_session(SessionFile(Request(inputs / "a.mp4"), notes=(note,)), folder / "a.mis.json")


def cache(_inputs: Path, folder: Path, _text: str) -> None:
    """Remove all but one of the cached analyses."""
    AnalysisCache(folder, limit_bytes=0).make_room()


def download(inputs: Path, folder: Path, _text: str) -> None:
    """Fetch the weights file."""
    url = (inputs / "address").read_text()
    fetch(Download(url, folder, "weights", _WEIGHTS_BYTES), unreported, never)


def _begin_with(run: Callable[[Path, Path, str], None]) -> Callable[[Path, Path], None]:
    return lambda inputs, folder: run(inputs, folder, "1")


def _begin_cache(inputs: Path, folder: Path) -> None:
    for number in range(_ENTRIES):
        shutil.copytree(inputs / "out", folder / f"entry{number}")


def _leftovers(_inputs: Path, folder: Path) -> None:
    remove_leftovers(folder)
    (folder / "out" / "unfinished.json").unlink(missing_ok=True)  # of a report that goes on


def _of(*names: str) -> Callable[[Path], list[str]]:
    return lambda _folder: list(names)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


WORKS: dict[str, Work] = {
    "export": Work(
        _begin_with(export), export, _of("walk.mp4", "walk.csv", "walk.json"), _leftovers
    ),
    "explain": Work(_begin_with(explain), explain, _of("out"), _leftovers),
    "folder": Work(_begin_with(folder_swap), folder_swap, _of("out"), _leftovers),
    "session": Work(_begin_with(session), session, _of("a.mis.json"), _leftovers),
    "cache": Work(
        _begin_cache,
        cache,
        lambda _folder: [f"entry{number}" for number in range(_ENTRIES)],
        lambda inputs, folder: cache(inputs, folder, ""),
    ),
    "download": Work(
        lambda _inputs, _folder: None,
        download,
        _of(WEIGHTS),
        lambda inputs, folder: download(inputs, folder, ""),
    ),
    "bias": Work(_begin_with(bias), bias, _of("out"), _leftovers),
}
HIDDEN = (LIST_NAME, "cache.lock")
"""Files that may be there besides."""
