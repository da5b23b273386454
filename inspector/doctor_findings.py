"""Findings of the doctor on this installation, but for its devices. Never imports torch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from engine.errors import EngineError
from engine.utils.folder_size import folder_bytes
from engine.utils.paths import CACHE_VARIABLE, cache_folder, config_folder
from inspector.display import has_display, missing_packages
from resources import resource_path

Level = Literal["ok", "note", "trouble"]

_PACKAGES = ("motion-inspector", "torch", "torchvision", "numpy", "av", "opencv-python-headless")
_MORE_PACKAGES = ("PySide6-Essentials", "pyqtgraph", "transformers")
_OPTIONAL = ("transformers",)
_DECODERS = ("h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg", "prores", "ffv1")
_NEEDED_DECODERS = ("h264", "hevc", "vp9", "mpeg4", "mjpeg")
_FOLDERS_NEED_MB = 500
_QT_PROGRAM = """
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
screen = app.primaryScreen()
size = screen.size()
shown = f"{size.width()}x{size.height()} at {screen.devicePixelRatio():g}"
print(f"Qt {qVersion()}, platform {app.platformName()}, screen {shown}")
"""
_QT_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact about this installation.

    Attributes
    ----------
    group, name, text : str
        Heading, what it is of, and the fact.
    level : str
        "ok", "note" (something is missing that not everybody needs) or "trouble".
    advice : str
        What to do; empty where all is well.
    """

    group: str
    name: str
    text: str
    level: Level = "ok"
    advice: str = ""


class QtProbe:
    """A program of its own that opens Qt, which aborts where its platform cannot load."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _QT_PROGRAM]
        self._process = None
        if has_display() or os.environ.get("QT_QPA_PLATFORM"):
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, text=True, stdout=pipe, stderr=pipe)

    def finding(self) -> Finding:
        """Wait for what Qt says of platform and screen."""
        missing = missing_packages()
        if missing:
            advice = f"On Debian or Ubuntu: apt-get install {' '.join(missing)}"
            return Finding("Window", "Qt", "system libraries are missing", "trouble", advice)
        if self._process is None:
            advice = "The command line works without one."
            return Finding("Window", "Qt", "there is no display", "note", advice)
        try:
            told, error = self._process.communicate(timeout=_QT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            told, error = "", f"no answer within {_QT_TIMEOUT_S} s"
            self._process.communicate()
        if self._process.returncode == 0:
            return Finding("Window", "Qt", told.strip())
        reason = (error.strip().splitlines() or ["it ended without a word"])[-1]
        advice = "Install PySide6-Essentials anew; on Linux check DISPLAY and QT_QPA_PLATFORM."
        return Finding("Window", "Qt", f"Qt does not start: {reason}", "trouble", advice)


def version_findings() -> Iterator[Finding]:
    """Yield the versions of Python and of the packages that compute, decode and show."""
    group = "Versions"
    yield Finding(group, "Python", f"{platform.python_version()} on {platform.platform()}")
    for package in (*_PACKAGES, *_MORE_PACKAGES):
        try:
            yield Finding(group, package, metadata.version(package))
        except metadata.PackageNotFoundError:
            level: Level = "note" if package in _OPTIONAL else "trouble"
            yield Finding(group, package, "not installed", level, f"pip install {package}")


def codec_findings() -> Iterator[Finding]:
    """Yield the versions of FFmpeg's libraries, and the decoders there are."""
    group = "Video"
    try:
        import av
    except ImportError as error:
        advice = "Install it anew: pip install --force-reinstall av"
        yield Finding(group, "PyAV", f"cannot be imported: {error}", "trouble", advice)
        return
    versions = {name: ".".join(map(str, got)) for name, got in av.library_versions.items()}
    yield Finding(group, "FFmpeg", ", ".join(f"{name} {got}" for name, got in versions.items()))
    present = [name for name in _DECODERS if _decodes(name)]
    yield Finding(group, "Decoders", ", ".join(present) or "none")
    missing = [name for name in _DECODERS if name not in present]
    if missing:
        level: Level = "trouble" if set(missing) & set(_NEEDED_DECODERS) else "note"
        advice = "Videos in it cannot be read. The wheels of PyAV on PyPI have all of them."
        yield Finding(group, "Missing", ", ".join(missing), level, advice)


def folder_findings() -> Iterator[Finding]:
    """Yield the folders that are written to, with their sizes and room."""
    cache = cache_folder()
    advice = f"Choose another folder: set {CACHE_VARIABLE}."
    yield _folder("Cache", cache, f"{_megabytes(folder_bytes(cache))} used, ", advice)
    yield _folder("Settings", config_folder(), "", "Check who owns that folder.")
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError as error:  # none of those that are tried can be written to
        yield Finding("Folders", "Temporary", str(error), "trouble", "Set TMPDIR to one that can.")
        return
    yield _folder("Temporary", temporary, "", "Choose another folder: set TMPDIR.")


def weights_findings(hub: Path | None) -> Iterator[Finding]:
    """Yield whether the bundled network is there, and what was downloaded to torch's hub."""
    try:
        with resource_path("figures.safetensors") as path:
            size = path.stat().st_size
        yield Finding("Weights", "Bundled", f"figures, {_megabytes(size)}")
    except (OSError, EngineError) as error:
        advice = "Install motion-inspector anew."
        yield Finding("Weights", "Bundled", f"missing: {error}", "trouble", advice)
    if hub is not None:
        files = sorted(hub.glob("*.pt*")) if hub.is_dir() else []
        names = ", ".join(path.name for path in files) or "nothing yet"
        yield Finding("Weights", "Downloaded", f"{names} in {hub}")


def _decodes(name: str) -> bool:
    import av

    try:
        return av.Codec(name, "r").is_decoder
    except (ValueError, LookupError):
        return False


def _folder(name: str, folder: Path, used: str, advice: str) -> Finding:
    """Return whether files can be made in a folder, or in the one where it will be made."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            free = shutil.disk_usage(place).free
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding(
            "Folders", name, f"{folder} cannot be written to ({reason})", "trouble", advice
        )
    text = f"{folder}: {used}{_megabytes(free)} free"
    if free < _FOLDERS_NEED_MB * 2**20:
        return Finding("Folders", name, text, "trouble", f"There is little room. {advice}")
    return Finding("Folders", name, text)


def _megabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
