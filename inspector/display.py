"""Start of the window, if there is a display and Qt can load."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from engine.errors import EngineError
from engine.types import Request

_UNSEEN = ("offscreen", "minimal")
_ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""Libraries that Qt needs on every platform, and the Debian and Ubuntu packages they are in."""
_WITH_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""The same for its X11 plugin, without which it aborts the process."""


def has_display() -> bool:
    """Return whether a window can be seen: on Linux, a display is named and answers."""
    if not sys.platform.startswith("linux"):
        return True
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform:
        return platform not in _UNSEEN
    return bool(os.environ.get("WAYLAND_DISPLAY")) or _x11_answers()


def missing_packages() -> list[str]:
    """Return the packages of system libraries that Qt needs here and that cannot be loaded.

    Asked before Qt is touched: Qt aborts the process where its display plugin cannot load.
    """
    if not sys.platform.startswith("linux"):
        return []
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    x11 = platform.startswith("xcb") or not (platform or os.environ.get("WAYLAND_DISPLAY"))
    needed = _ALWAYS | (_WITH_X11 if x11 else {})
    return [package for library, package in needed.items() if not _loads(library)]


def show_window(path: Path | None, request: Request | None = None, *, start: bool = False) -> int:
    """Open the window and return its exit code.

    Raises
    ------
    EngineError
        If there is no display, or Qt's system libraries are missing.
    """
    if not has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        raise EngineError(
            "There is no display to open a window on.",
            "Use 'motion-inspector explain VIDEO --out DIR', which needs none.",
        )
    missing = missing_packages()
    if missing:
        raise EngineError(
            "The window cannot open: system libraries that Qt needs are missing.",
            f"On Debian or Ubuntu: apt-get install {' '.join(missing)}",
        )
    from inspector.app import run_window

    return run_window(path, request, start=start)


def _x11_answers() -> bool:
    """Return whether the X server of DISPLAY accepts us: otherwise Qt aborts the process."""
    if not os.environ.get("DISPLAY"):
        return False
    if not _loads("libxcb.so.1"):
        return True  # then missing_packages has more to say than "no display"
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
