"""What cannot be played is refused in one sentence that names the file, with a hint."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from engine.cancel import Cancelled, never
from engine.errors import VideoError
from engine.types import UInt8Array
from engine.video import Video, open_video
from engine.video.container.source import Source, Stream
from engine.video.decode.decoder import Decoder
from engine.video.index.packets import read_table
from tests.engine.video.numbered import Clip, cut, number_in


def assert_refused(path: Path, reason: str) -> None:
    with pytest.raises(VideoError, match=reason) as caught:
        open_video(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.mp4", b"hello " * 500, "invalid data"),
        ("notes.txt", b"hello\n" * 500, "text, not a video"),
        ("empty.mp4", b"", "0 bytes"),
        ("noise.mp4", np.random.default_rng(0).bytes(20_000), "cannot be read"),
        (
            "list.m3u8",
            b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
            "a playlist",
        ),
    ],
)
def test_open_video_refuses_a_file_that_is_no_video(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert_refused(tmp_path / name, reason)


def test_open_video_refuses_missing_files_and_folders(tmp_path: Path) -> None:
    assert_refused(tmp_path / "missing.mp4", "does not exist")
    assert_refused(tmp_path, "is a folder")


def test_open_video_refuses_a_file_without_its_index(tmp_path: Path) -> None:
    whole = Clip("whole.mp4", "libx264", frames=8).write(tmp_path)
    assert_refused(cut(whole, 0, 0.6, "no_moov.mp4"), "cannot be read")


def write_sound(path: Path, codec: str, *, cover: bool) -> Path:
    with av.open(str(path), "w") as container:
        sound = container.add_stream(codec, rate=44_100)
        picture = container.add_stream("mjpeg", rate=1) if cover else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = Disposition.attached_pic
        for number in range(8):
            samples = np.zeros((2, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44_100, number * 1024
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
        if picture is not None:
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            container.mux(picture.encode(image) + picture.encode(None))
    return path


def test_open_video_refuses_sound_without_pictures(tmp_path: Path) -> None:
    assert_refused(write_sound(tmp_path / "sound.mp4", "aac", cover=False), "no video stream")


def test_open_video_refuses_a_cover_picture(tmp_path: Path) -> None:
    assert_refused(write_sound(tmp_path / "a.mp3", "libmp3lame", cover=True), "only a cover")


def test_open_video_refuses_giant_pictures_by_what_they_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTION_INSPECTOR_MAX_PIXELS", "100")
    assert_refused(Clip("a.mp4", "libx264", frames=1).write(tmp_path), "the limit is 100 pixels")


def test_open_video_takes_a_name_that_looks_like_a_protocol(tmp_path: Path) -> None:
    path = Clip("a.mp4", "libx264", frames=2).write(tmp_path).rename(tmp_path / "take:2%03d.mp4")
    with open_video(path) as video:
        assert len(video) == 2


def test_open_video_can_be_cancelled(tmp_path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    path = Clip("a.ts", "mpeg2video", frames=4).write(tmp_path)
    with pytest.raises(Cancelled):
        open_video(path, check=cancel)


def damaged_file(folder: Path) -> Path:
    """A file whose table is whole, with the data of two packets overwritten."""
    path = Clip("a.mkv", "mjpeg", frames=12, pix_fmt="yuvj420p").write(folder)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for packet in packets[5:7]:
        start = content.find(bytes(packet))
        content[start : start + packet.size] = bytes(packet.size)
    path.write_bytes(content)
    return path


def test_video_says_which_frame_is_damaged_and_reads_the_others(tmp_path: Path) -> None:
    with open_video(damaged_file(tmp_path)) as video:
        with pytest.raises(VideoError, match=r"Frame 5 of .* cannot be decoded"):
            video[5]
        assert video.damaged_frames == {5, 6}
        numbers = [number_in(video[i]) for i in range(12) if i not in video.damaged_frames]
    assert numbers == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]


def test_video_opened_again_after_damage_keeps_its_numbers_and_knows_what_is_lost(
    tmp_path: Path,
) -> None:
    path = damaged_file(tmp_path)
    with open_video(path) as video, pytest.raises(VideoError):
        video[6]
    with open_video(path) as video:
        assert len(video) == 12
        assert video.damaged_frames == {5, 6}
        assert video.damaged_ranges == ((5, 7),)
        assert number_in(video[7]) == 7


def test_video_held_shows_the_frame_before_one_that_does_not_decode(tmp_path: Path) -> None:
    with open_video(damaged_file(tmp_path), hold=True) as video:
        assert [number_in(picture) for picture in video] == [0, 1, 2, 3, 4, 4, 4, 7, 8, 9, 10, 11]


def test_open_video_verified_leaves_out_what_does_not_decode(tmp_path: Path) -> None:
    with open_video(damaged_file(tmp_path), verify=True) as video:
        assert len(video) == 10


def test_decoder_notices_that_the_file_is_another_one(tmp_path: Path) -> None:
    path = Clip("a.mkv", "libx264", frames=6).write(tmp_path)
    indexed = Source(Stream(path))
    table = read_table(indexed, never, lambda progress: None)
    indexed.close()
    Clip("a.mkv", "libx264", {"crf": "45"}, frames=6).write(tmp_path)
    decoder = Decoder(Stream(path), table)
    with pytest.raises(VideoError, match="has changed"):
        list(decoder.run(0))
    decoder.close()


def picture_or_none(video: Video, number: int) -> UInt8Array | None:
    try:
        return video[number]
    except VideoError:
        return None


@pytest.mark.parametrize("seed", range(4))
def test_video_picture_painted_over_damage_does_not_depend_on_the_way(
    seed: int, tmp_path: Path
) -> None:
    path = Clip("a.mp4", "libx264", {"g": "12", "bf": "3"}).write(tmp_path)
    content = bytearray(path.read_bytes())
    random = np.random.default_rng(seed)
    start = int(random.integers(len(content) // 4, len(content) * 3 // 4))
    content[start : start + 60] = random.bytes(60)
    path.write_bytes(content)
    with open_video(path, verify=True, cache_bytes=0) as video:
        forward = [picture_or_none(video, number) for number in range(len(video))]
        for number in range(len(video))[::-1]:
            assert np.array_equal(picture_or_none(video, number), forward[number])
        assert sum(picture is not None for picture in forward) > 30
