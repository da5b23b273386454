from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.annotations.notes import (
    MOST_CHARACTERS,
    MOST_NOTES,
    Note,
    captions_at,
    from_json,
    read_webvtt,
    to_json,
    write_webvtt,
)
from engine.errors import EngineError, ExportError

TIMES_S = np.arange(40) / 15.0
END_S = 40 / 15.0


def notes_within(frames: int) -> st.SearchStrategy[tuple[Note, ...]]:
    texts = st.text(min_size=1, max_size=60).filter(_is_note)
    spans = st.tuples(st.integers(0, frames - 1), st.integers(1, frames))
    made = st.builds(
        lambda span, text: Note(span[0], max(span[0] + 1, span[1]), text), spans, texts
    )
    return st.lists(made, max_size=8).map(lambda notes: tuple(sorted(notes)))


def _is_note(text: str) -> bool:
    try:
        return bool(Note(0, 1, text).text)
    except EngineError:
        return False


def written(path: Path, *notes: Note) -> str:
    write_webvtt(notes, TIMES_S, END_S, path)
    return path.read_text(encoding="utf-8")


def test_note_tidies_its_text() -> None:
    note = Note(0, 1, "  one \r\n\n\t\u2028two\x00\x07\nthree\ud800 ")
    assert note.text == "one\ntwo\nthree"


@pytest.mark.parametrize(("first", "stop"), [(-1, 2), (3, 3), (5, 2), (0, 2**31)])
def test_note_refuses_frames_that_are_no_range(first: int, stop: int) -> None:
    with pytest.raises(EngineError, match="cannot lie on the frames"):
        Note(first, stop, "text")


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), (" \n\t", "is empty"), ("x" * 2001, "2001 characters")]
)
def test_note_refuses_texts(text: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        Note(7, 8, text)


def test_captions_are_those_of_the_frame_in_order() -> None:
    notes = (Note(0, 5, "whole"), Note(2, 3, "here"), Note(3, 5, "later"))
    assert captions_at(notes, 2) == ("whole", "here")
    assert captions_at(notes, 3) == ("whole", "later")
    assert captions_at(notes, 5) == ()


@given(notes_within(40))
def test_notes_come_back_from_json(notes: tuple[Note, ...]) -> None:
    assert from_json(json.loads(json.dumps(to_json(notes)))) == notes


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "not a list"),
        (None, "not a list"),
        ([3], "Note 1 cannot be read"),
        ([{"first": 0, "stop": 1}], "text is missing"),
        ([{"first": 0, "stop": 1, "text": "a", "more": 1}], "more does not exist"),
        ([{"first": float("nan"), "stop": 1, "text": "a"}], "should be a whole number"),
        ([{"first": True, "stop": 2, "text": "a"}], "should be a whole number"),
        ([{"first": 0, "stop": "1", "text": "a"}], "should be a whole number"),
        ([{"first": 0, "stop": 1, "text": ["a"]}], "should be a text"),
        ([{"first": 5, "stop": 2, "text": "a"}], "frames 5 to 1"),
        ([{"first": -3, "stop": 2, "text": "a"}], "frames -3"),
        ([{"first": 0, "stop": 1, "text": "a" * (MOST_CHARACTERS + 1)}], "characters long"),
        ([{"first": 0, "stop": 1, "text": ""}], "is empty"),
        ([{"first": 0, "stop": 10**30, "text": "a"}], "cannot lie"),
        ([None] * (MOST_NOTES + 1), "too many"),
    ],
)
def test_json_that_is_no_notes_is_refused(document: object, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        from_json(document)


def test_json_is_put_in_order() -> None:
    later, earlier = Note(9, 10, "b"), Note(1, 2, "a")
    assert from_json(to_json([later, earlier])) == (earlier, later)


def test_webvtt_has_a_cue_a_note(tmp_path: Path) -> None:
    text = written(tmp_path / "n.vtt", Note(3, 6, "a < b & c --> d\ntwo"), Note(0, 40, "whole"))
    assert text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.667\nwhole\n\n"
        "00:00:00.200 --> 00:00:00.400\na &lt; b &amp; c --&gt; d\ntwo\n"
    )


def test_webvtt_has_hours(tmp_path: Path) -> None:
    times_s = np.array([0.0, 3_723.5, 360_000.25])
    write_webvtt([Note(1, 3, "late")], times_s, 360_001.0, tmp_path / "n.vtt")
    assert "01:02:03.500 --> 100:00:01.000" in (tmp_path / "n.vtt").read_text()
    assert read_webvtt(tmp_path / "n.vtt", times_s) == (Note(1, 3, "late"),)


def test_webvtt_ends_with_the_video(tmp_path: Path) -> None:
    assert "00:00:02.667" in written(tmp_path / "n.vtt", Note(39, 90, "end"))


def test_webvtt_refuses_a_note_behind_the_video(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="frame 40 lies behind the video, which has 40 frames"):
        written(tmp_path / "n.vtt", Note(40, 41, "no"))
    assert not list(tmp_path.iterdir())


def test_webvtt_replaces_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "n.vtt"
    path.write_text("old")
    written(path, Note(0, 1, "new"))
    assert "new" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["missing/n.vtt", "file/n.vtt", "folder"])
def test_webvtt_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="cannot be written"):
        written(tmp_path / place, Note(0, 1, "a"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@settings(deadline=None, max_examples=50)  # each waits for the disk
@given(
    notes=notes_within(12), steps_ms=st.lists(st.floats(1.3, 5_000_000), min_size=12, max_size=12)
)
def test_notes_come_back_from_webvtt(
    tmp_path_factory: pytest.TempPathFactory, notes: tuple[Note, ...], steps_ms: list[float]
) -> None:
    edges_s = np.concatenate([[0.0], np.cumsum(steps_ms) / 1000])
    path = tmp_path_factory.getbasetemp() / "round.vtt"
    write_webvtt(notes, edges_s[:-1], float(edges_s[-1]), path)
    assert read_webvtt(path, edges_s[:-1]) == notes


def test_ffmpeg_reads_the_same_times_and_texts(tmp_path: Path) -> None:
    notes = (Note(0, 40, "whole\ntwo lines"), Note(3, 6, "part"), Note(3, 6, "other"))
    written(tmp_path / "n.vtt", *notes)
    with av.open(str(tmp_path / "n.vtt")) as container:
        packets = [packet for packet in container.demux() if packet.size]
    spans = [(packet.pts, packet.pts + packet.duration) for packet in packets]
    assert spans == [(0, 2667), (200, 400), (200, 400)]
    assert sorted(bytes(packet).decode() for packet in packets) == [
        "other",
        "part",
        "whole\ntwo lines",
    ]


def test_webvtt_of_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "n.vtt"
    path.write_bytes(
        b"\xef\xbb\xbfWEBVTT - a title\r\nKind: captions\r\n\r\nNOTE 00:00 said by nobody\r\n\r\n"
        b"STYLE\r\n::cue { color: red }\r\n\r\n"
        b"first cue\r\n00:00.210 --> 00:00.390 align:start\r\n<v Ann>a <b>&amp;</b>&nbsp;b\r\n\r\n"
        b"00:01.000 --> 00:01.100\r\n\r\n"
        b"00:02.600 --> 00:09.000\r\nlast"
    )
    assert read_webvtt(path, TIMES_S) == (Note(3, 6, "a &\xa0b"), Note(39, 40, "last"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a WebVTT file"),
        (b"WEBVTTX\n", "not a WebVTT file"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nsubrip", "not a WebVTT file"),
        (b"\xff\xfe\x00", "not a WebVTT file"),
        (b"WEBVTT\n\n00:01 --> 00:02\na", "line 3: '00:01 --> 00:02' is not a time span"),
        (b"WEBVTT\n\n00:01.000 --> never\na", "is not a time span"),
        (b"WEBVTT\n\nx\n00:02.000 --> 00:01.000\na", "line 3: The cue ends before it starts"),
        (b"WEBVTT\n\n10:00.000 --> 10:01.000\na", "after the end of the video"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"a" * 2001, "2001 characters"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<" * 200_000, "200000 characters"),
        (b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\na\n\n" * 10_001, "10001 notes are too many"),
        (b"WEBVTT\n" + b"a" * 2**24, "larger than 16 MB"),
    ],
)
def test_webvtt_that_is_nonsense_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "n.vtt"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=said):
        read_webvtt(path, TIMES_S)


def test_webvtt_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"gone\.vtt cannot be read"):
        read_webvtt(tmp_path / "gone.vtt", TIMES_S)
