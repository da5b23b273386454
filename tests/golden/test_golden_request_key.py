from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from engine.pipeline.cache_key import request_key
from engine.types import Request

FILES = ("video", "weights", "labels", "prior")
CHANGES: dict[str, Any] = {
    "video": "other.mp4",
    "model": "c3d",
    "weights": "other.pth",
    "labels": "other.txt",
    "method": "gradient",
    "options": (("composite", "epsilon-plus"),),
    "target": 2,
    "against": 3,
    "frames": (0, 5),
    "device": "cuda:1",
    "overlap": 0.25,
    "stream": 1,
    "deinterlace": True,
    "evidence": "quick",
    "prior": "other.json",
    "step": "max",
    "keep_cuts": True,
    "input": "flow",
}
OF_THE_SEPARATION: dict[str, Any] = {"preset": "paper-2020", "sigma": 2.5}


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    for name in ("a.mp4", "a.pth", "a.txt", "other.mp4", "other.pth", "other.txt", "other.json"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    return Request(tmp_path / "a.mp4", weights=tmp_path / "a.pth", labels=tmp_path / "a.txt")


def test_every_field_is_looked_at() -> None:
    assert {*CHANGES, *OF_THE_SEPARATION} == {field.name for field in fields(Request)}


@pytest.mark.parametrize("name", CHANGES)
def test_request_key_changes_with_what_decides(name: str, asked: Request, tmp_path: Path) -> None:
    before = replace(asked, target=1)  # without a class there is none to compare with
    value = tmp_path / CHANGES[name] if name in FILES else CHANGES[name]
    keys = request_key(before), request_key(replace(before, **{name: value}))
    assert None not in keys
    assert keys[0] != keys[1]


def test_request_key_changes_with_maps_of_evidence(asked: Request) -> None:
    with_maps = replace(asked, preset="evidence")
    assert request_key(with_maps) != request_key(asked)
    assert request_key(replace(with_maps, sigma=2.5)) == request_key(with_maps)


@pytest.mark.parametrize("name", OF_THE_SEPARATION)
def test_request_key_stays_with_the_separation(name: str, asked: Request) -> None:
    assert request_key(replace(asked, **{name: OF_THE_SEPARATION[name]})) == request_key(asked)
