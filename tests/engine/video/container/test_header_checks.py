"""Files that claim absurd numbers are refused in a moment; sound ones are not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import VideoError
from engine.video.container.header_checks import refuse_absurd_claims
from engine.video.container.limits import FRAMES_VARIABLE, PIXELS_VARIABLE, Limits
from tests.engine.video.bombs import changed, equal_samples, frame_bombs, packed_header, pixel_bombs
from tests.engine.video.numbered import Clip

_IN_A_CHILD = """
import json, resource, sys, time
from pathlib import Path
from engine.errors import VideoError
from engine.video.container.header_checks import refuse_absurd_claims
from engine.video.container.limits import Limits

results = {}
before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    start_s, message = time.perf_counter(), ""
    try:
        refuse_absurd_claims(path, Limits())
    except VideoError as error:
        message = str(error)
    results[path.name] = message, time.perf_counter() - start_s
after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([results, (after_kb - before_kb) / 1024]))
"""


def refused_in_a_child(folder: Path) -> tuple[dict[str, tuple[str, float]], float]:
    """Message and seconds for each file of a folder, and megabytes that all took."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", _IN_A_CHILD, str(folder)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    results, megabytes = json.loads(output)
    return results, megabytes


def test_claims_of_frames_are_refused_in_no_time_and_memory(tmp_path: Path) -> None:
    (tmp_path / "bombs").mkdir()
    bombs = frame_bombs(tmp_path)
    for name, content in bombs.items():
        assert len(content) <= 30_000
        (tmp_path / "bombs" / name).write_bytes(content)
    results, megabytes = refused_in_a_child(tmp_path / "bombs")
    assert results.keys() == bombs.keys()
    for name, (message, seconds) in results.items():
        assert "frames" in message, name
        assert "the limit" in message, name
        assert seconds < 2, name
    assert megabytes < 200


@pytest.mark.parametrize("name", list(pixel_bombs(1)))
def test_claims_of_pixels_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(pixel_bombs(30_000)[name])
    with pytest.raises(VideoError, match="30000 x 30000 pixels; the limit is 134,217,728") as told:
        refuse_absurd_claims(tmp_path / name, Limits())
    assert PIXELS_VARIABLE in told.value.hint
    (tmp_path / name).write_bytes(pixel_bombs(1_000)[name])
    refuse_absurd_claims(tmp_path / name, Limits())


def test_claims_over_the_limit_name_the_setting_that_raises_it(tmp_path: Path) -> None:
    path = tmp_path / "billion.mp4"
    path.write_bytes(frame_bombs(tmp_path)["billion.mp4"])
    with pytest.raises(VideoError, match="1,000,000,000 frames; the limit is 50,000,000") as told:
        refuse_absurd_claims(path, Limits())
    assert FRAMES_VARIABLE in told.value.hint


@pytest.mark.parametrize(
    "clip",
    [
        Clip("a.mp4", "libx264", {"bf": "3"}),
        Clip("a.mov", "prores_ks", pix_fmt="yuv422p10le", frames=4),
        Clip("a.mp4", "libx264", {"g": "2"}, mux={"movflags": "frag_keyframe+empty_moov"}),
        Clip("a.mkv", "libx264"),
        Clip("a.flv", "flv"),
        Clip("a.ts", "mpeg2video"),
        Clip("a.gif", "gif", pix_fmt="rgb8"),
    ],
    ids=lambda clip: f"{clip.name} {clip.codec}",
)
def test_sound_files_are_not_refused(clip: Clip, tmp_path: Path) -> None:
    path = clip.write(tmp_path)
    limits = Limits(pixels=clip.size[0] * clip.size[1], frames=clip.frames)
    refuse_absurd_claims(path, limits)
    path.write_bytes(path.read_bytes()[:-50])
    refuse_absurd_claims(path, limits)


@pytest.mark.parametrize("pack", [bytes, packed_header], ids=["plain", "packed"])
@pytest.mark.parametrize(("edits", "counted"), [(0, 2_000), (1_000, 2_000_000)])
def test_samples_are_counted_as_ffmpeg_lists_them(
    edits: int, counted: int, pack: type[bytes], tmp_path: Path
) -> None:
    film = Clip("a.mp4", "libx264", frames=3).write(tmp_path).read_bytes()
    path = tmp_path / "b.mp4"
    path.write_bytes(pack(changed(film, equal_samples(2_000, edits))))
    with pytest.raises(VideoError, match=f"claims {counted:,} frames"):
        refuse_absurd_claims(path, Limits(frames=counted - 1))


def test_edits_that_show_each_part_once_do_not_count_twice(tmp_path: Path) -> None:
    film = Clip("a.mp4", "libx264", frames=3).write(tmp_path).read_bytes()
    tables = equal_samples(200_000, edits=1)
    duration = 200_000 * 512 * 1000 // 12_800 // 1_000  # of a thousandth, in ticks of the movie
    starts = range(0, 200_000 * 512, 200 * 512)
    tables[b"elst"] = b"\0\0\0\0\0\0\x03\xe8" + b"".join(
        number.to_bytes(4, "big") for start in starts for number in (duration, start, 65536)
    )
    path = tmp_path / "b.mp4"
    path.write_bytes(changed(film, tables))
    refuse_absurd_claims(path, Limits(frames=210_000))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        "ffconcat version 1.0\nfile 'a.mp4'\n",
        "[playlist]\nFile1=http://127.0.0.1/a.mp3\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        '<?xml version="1.0"?>\n<!-- made by hand -->\n<MPD type="static"></MPD>',
        '<asx version="3.0"><entry/></asx>',
        "rtsp://127.0.0.1/a",
    ],
)
def test_playlists_are_refused_whatever_their_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text(text)
    with pytest.raises(VideoError, match=f"{path} is a playlist, not a video"):
        refuse_absurd_claims(path, Limits())


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIXELS_VARIABLE, "1000000000")
    monkeypatch.setenv(FRAMES_VARIABLE, "77")
    limits = Limits.from_environment()
    assert limits == Limits(pixels=10**9, frames=77)
    assert limits.decoder_options == {"max_pixels": "1000000000"}


@pytest.mark.parametrize("text", ["", "0", "-5", "1e9", "many"])
def test_limits_that_are_no_numbers_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FRAMES_VARIABLE, text)
    with pytest.raises(VideoError, match=f"{FRAMES_VARIABLE} is '{text}'"):
        Limits.from_environment()
