"""A new field of `Request`: the files and the cache key follow from the dataclass."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, cast

import pytest
from msgspec import Meta

from engine.errors import EngineError
from engine.pipeline import cache_key
from engine.store import document
from engine.types import Request
from gui.explain.video_requests import as_viewed
from gui.main_window.window import MainWindow
from gui.session.session_contents import request_within
from gui.state import session_file
from gui.state.session_file import SessionFile, dump, load
from tests.engine.store.analyses import header_of
from tests.gui.conftest import clip, engine, opened, window

__all__ = ["clip", "engine", "opened", "window"]


@dataclass(frozen=True, slots=True)
class WiderRequest(Request):
    """A request with a field more."""

    haste: Annotated[int, Meta(ge=0)] = 1
    mask: Path | None = None


@pytest.fixture(autouse=True)
def wider(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (document, session_file):
        monkeypatch.setattr(module, "Request", WiderRequest)


def test_new_field_comes_back_from_an_analysis() -> None:
    header = replace(header_of(4), request=WiderRequest(Path("a"), haste=3, mask=Path("m")))
    values = json.loads(json.dumps(document.header_to_dict(header)))
    assert document.header_from_dict(values).request == header.request
    del values["request"]["haste"]
    assert cast(WiderRequest, document.header_from_dict(values).request).haste == 1


def test_new_field_comes_back_from_a_session(tmp_path: Path) -> None:
    request = WiderRequest(tmp_path / "a.mp4", preset="evidence", haste=3, mask=tmp_path / "m")
    session = SessionFile(request)
    assert load(dump(session)) == session
    with pytest.raises(EngineError, match=r"request\.haste"):
        load(dump(session).replace('"haste": 3', '"haste": -3'))


def test_new_field_makes_another_key(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a video")
    request = WiderRequest(tmp_path / "a.mp4")
    key = cache_key.request_key(request)
    assert key is not None
    assert cache_key.request_key(replace(request)) == key
    assert cache_key.request_key(replace(request, haste=3)) != key


def test_new_field_goes_from_the_panel_to_the_engine_and_back(opened: MainWindow) -> None:
    assert opened.video is not None
    request = as_viewed(WiderRequest(Path(), haste=3), opened.video, opened.view.state)
    assert (request.video, cast(WiderRequest, request).haste) == (opened.video.path, 3)
    assert cast(WiderRequest, request_within(request, 20)).haste == 3
