from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.render import HeatLook
from engine.store.summary import summary_of
from engine.types import Request
from gui.state.results import Result
from gui.state.session_file import (
    FORMAT,
    SUFFIX,
    SessionFile,
    dump,
    load,
    read_session,
    save_session,
)
from gui.state.view_state import ViewState
from tests.engine.store.analyses import filled


@pytest.fixture
def session(tmp_path: Path) -> SessionFile:
    return SessionFile(
        request=Request(
            tmp_path / "videos" / "walk.mp4",
            model="r3d_18",
            weights=tmp_path / "own.pth",
            labels=tmp_path / "labels.txt",
            method="smooth_grad",
            options=(("samples", 8), ("noise", 0.5), ("squared", True), ("kind", "x")),
            target="walking",
            against=3,
            preset="paper-2020",
            sigma=2.5,
            frames=(3, 90),
            device="cpu",
            overlap=0.25,
            stream=1,
            deinterlace=True,
        ),
        view=ViewState(
            frame=17,
            preset="paper-2020",
            sigma=2.5,
            heat=HeatLook("red and blue", 0.5, 1.5, "positive", 3e-5),
            panes=("flow", "difference"),
            range=(5, 40),
            loop="ping-pong",
            pace="every frame",
            speed=0.25,
        ),
        content="100-abc",
        beside=tmp_path / "videos" / "walk.mp4",
        notes=({"first": 3, "stop": 9, "text": "a step\n„zwei“"}, {"text": ""}),
        paint={"size": [4, 4], "runs": [1, 2, 3]},
        layout={"geometry": "AdnQyw==", "state": ""},
        analysis=tmp_path / "videos" / "analysis",
        other={"of a newer minor version": [1, {"a": None}]},
    )


@pytest.fixture
def values(session: SessionFile, tmp_path: Path) -> dict[str, Any]:
    return json.loads(dump(session, tmp_path))


def test_a_session_comes_back_as_it_was_saved(session: SessionFile, tmp_path: Path) -> None:
    path = tmp_path / f"a{SUFFIX}"
    save_session(session, path)
    assert read_session(path) == session
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_plain_session_comes_back(tmp_path: Path) -> None:
    plain = SessionFile(Request(tmp_path / "a.mp4", preset="evidence"), beside=tmp_path / "a.mp4")
    assert load(dump(plain, tmp_path), tmp_path) == plain
    assert load(dump(plain)) == replace(plain, beside=None)


def test_what_moves_together_is_found_beside_the_session(
    session: SessionFile, tmp_path: Path
) -> None:
    moved = load(dump(session, tmp_path / "videos"), tmp_path / "elsewhere")
    assert moved.request.video == session.request.video
    assert moved.beside == tmp_path / "elsewhere" / "walk.mp4"
    assert moved.analysis == tmp_path / "elsewhere" / "analysis"
    up = load(dump(session, tmp_path / "sessions"), tmp_path / "new" / "sessions")
    assert up.beside == tmp_path / "new" / "videos" / "walk.mp4"


def test_what_plays_is_not_saved(session: SessionFile) -> None:
    playing = replace(session, view=replace(session.view, playing=True, frame_count=200))
    assert load(dump(playing)).view == session.view


def test_missing_fields_have_their_usual_values(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    text = json.dumps(
        {"kind": "Motion Inspector session", "format": 1, "video": {"path": str(video)}}
    )
    usual = SessionFile(Request(video), ViewState(preset="recommended"))
    assert load(text) == usual  # as when it was written: a new window begins with another one


def test_a_byte_order_mark_is_passed_over(session: SessionFile, tmp_path: Path) -> None:
    path = tmp_path / "a.mis.json"
    path.write_text(dump(session, tmp_path), encoding="utf-8-sig")
    assert read_session(path) == session


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ('{"kind": NaN}', "damaged"),
        ("[" * 100_000, "damaged"),
        ("1" * 5_000, "damaged"),
        ("[]", "not a session"),
        ("null", "not a session"),
        ("{}", "not a session"),
        ('{"kind": "Motion Inspector session"}', "not a session"),
        ('{"kind": "Motion Inspector session", "format": "1"}', "not a session"),
        ('{"kind": "Motion Inspector session", "format": true}', "not a session"),
        ('{"kind": "Motion Inspector session", "format": 0}', "not a session"),
        ('{"kind": "Motion Inspector session", "format": 7}', "newer version.*format 7"),
        ('{"kind": "Motion Inspector session", "format": 1}', "video.path is missing"),
    ],
    ids=range(14),
)
def test_what_is_no_session_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(EngineError, match=complaint) as caught:
        load(text, name="a.mis.json")
    assert str(caught.value).startswith("a.mis.json")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("video", 3),
        ("video.path", ["a"]),
        ("video.path", ""),
        ("video.content", 1.5),
        ("video.beside", 7),
        ("request", []),
        ("request.model", None),
        ("request.weights", 3),
        ("request.options", {"a": 1}),
        ("request.options", [["a"]]),
        ("request.options", [["a", None]]),
        ("request.options", [["a", [1]]]),
        ("request.target", 1.5),
        ("request.target", -1),
        ("request.target", True),
        ("request.against", [1]),
        ("request.frames", [5, 5]),
        ("request.frames", [-1, 5]),
        ("request.frames", [1]),
        ("request.frames", ["a", "b"]),
        ("request.frames", [1, 2**31]),
        ("request.overlap", 1),
        ("request.overlap", -0.1),
        ("request.overlap", "half"),
        ("request.stream", -1),
        ("request.deinterlace", 1),
        ("view", None),
        ("view.frame", -1),
        ("view.frame", 1.5),
        ("view.frame", 10**30),
        ("view.frame", False),
        ("view.preset", 3),
        ("view.sigma", -1),
        ("view.sigma", 10**400),
        ("view.sigma", True),
        ("view.sigma", "1"),
        ("view.heat", "red"),
        ("view.heat.colours", ["mauve"]),
        ("view.heat.opacity", 1.1),
        ("view.heat.gamma", 0),
        ("view.heat.polarity", None),
        ("view.heat.scale", -2),
        ("view.heat.scale", "auto"),
        ("view.panes", ["video", 3]),
        ("view.panes", ["video"] * 3),
        ("view.panes", [["video"]]),
        ("view.panes", "video"),
        ("view.range", [4, 2]),
        ("view.loop", None),
        ("view.pace", 1),
        ("view.speed", 0),
        ("view.speed", 100),
        ("notes", {}),
        ("notes", [3]),
        ("notes", [{"first": 1}]),
        ("notes", [{"text": 1}]),
        ("paint", []),
        ("layout", []),
        ("layout.geometry", 3),
        ("layout.geometry", "not base64!"),
        ("analysis", 3),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_named(
    values: dict[str, Any], place: str, value: object
) -> None:
    *parts, key = place.split(".")
    inside = values
    for part in parts:
        inside = inside[part]
    inside[key] = value
    with pytest.raises(EngineError, match=place.replace(".", r"\.")) as caught:
        load(json.dumps(values))
    assert str(caught.value).count("\n") == 0
    assert len(str(caught.value)) < 300
    assert caught.value.hint


def test_a_number_beyond_floats_is_refused(session: SessionFile) -> None:
    with pytest.raises(EngineError, match=r"view\.speed"):
        load(dump(session).replace('"speed": 0.25', '"speed": 1e999'))


def test_a_path_typed_by_hand_is_seen_from_the_file(session: SessionFile, tmp_path: Path) -> None:
    values = json.loads(dump(session, tmp_path))
    values["video"] |= {"path": "walk.mp4", "beside": "walk.mp4"}
    loaded = load(json.dumps(values), tmp_path)
    assert loaded.request.video == tmp_path / "walk.mp4"
    assert load(dump(loaded, tmp_path), tmp_path) == loaded


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_anywhere_is_taken_or_refused(session: SessionFile, data: st.DataObject) -> None:
    values = json.loads(dump(session))
    inside, path = values, data.draw(st.integers(1, 3))
    for _ in range(path):
        key = data.draw(st.sampled_from(sorted(inside)))
        if not isinstance(inside[key], dict) or not inside[key]:
            break
        inside, outer = inside[key], inside
        key = data.draw(st.sampled_from(sorted(inside)))
        assert outer is not None
    inside[key] = data.draw(JSON)
    try:
        loaded = load(json.dumps(values))
    except EngineError:
        return
    assert load(dump(loaded)) == loaded


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.integers(0, 2_000))
def test_a_file_that_was_cut_is_refused(session: SessionFile, cut: int) -> None:
    text = dump(session)
    if cut < len(text.rstrip()):
        with pytest.raises(EngineError, match="damaged"):
            load(text[:cut])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00" * 9])
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mis.json").write_bytes(content)
    with pytest.raises(EngineError, match=r"a\.mis\.json"):
        read_session(tmp_path / "a.mis.json")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mis.json"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(EngineError, match="larger than 32 MB"):
        read_session(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mis.json", tmp_path):
        with pytest.raises(EngineError, match="cannot be read") as caught:
            read_session(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("step", ["os.replace", "os.fsync"])
def test_a_full_disk_leaves_the_old_file(
    session: SessionFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.mis.json"
    save_session(session, path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(EngineError, match="No space left") as caught:
        save_session(replace(session, content="other"), path)
    assert caught.value.hint
    assert read_session(path) == session
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_json_cannot_hold_is_told_before_anything_is_written(
    session: SessionFile, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match="cannot be saved"):
        save_session(replace(session, paint={"a": float("nan")}), tmp_path / "a.mis.json")
    assert not list(tmp_path.iterdir())


def test_the_format_is_told(session: SessionFile) -> None:
    assert json.loads(dump(session))["format"] == FORMAT


def test_session_files_need_no_qt() -> None:
    code = "import sys, gui.state.session_file; sys.exit('PySide6' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_session_keeps_its_results_and_their_names(tmp_path: Path) -> None:
    analysis = filled(None)
    summary = replace(summary_of(analysis, 5.0), name="Mine")
    analysis.close()
    results = Result(tmp_path / "made", summary, "folder"), Result(tmp_path / "key", summary)
    session = SessionFile(Request(tmp_path / "v.mp4"), results=results)
    text = dump(session, tmp_path)
    assert load(text, tmp_path).results == results
    moved = load(text, tmp_path / "moved").results
    assert [each.folder for each in moved] == [tmp_path / "moved" / "made", tmp_path / "key"]


def test_session_of_an_earlier_version_has_no_results(tmp_path: Path) -> None:
    text = dump(SessionFile(Request(tmp_path / "v.mp4")), tmp_path)
    assert "results" not in json.loads(text)
    assert load(text, tmp_path).results == ()
