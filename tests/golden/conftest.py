"""The window with its fake engine, from the tests of the window."""

from __future__ import annotations

from tests.gui.conftest import clip, engine, explained, opened, window

__all__ = ["clip", "engine", "explained", "opened", "window"]
