"""Sound of a range: in step with the pictures, and copied where it can be."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import ExportError
from engine.video import open_video, open_writer
from engine.video.encode import SoundRange
from tests.clips import moving_square, write_clip
from tests.engine.video.encode.clicks import FPS, click_times, flash_times, write_clicking

FRAMES = (33, 118)


def cut_out(source: Path, target: Path) -> Path:
    """Write frames 33 to 117 of a video with their sound."""
    with open_video(source) as video:
        times_s = video.timestamps_s
        sound = SoundRange(source, float(times_s[FRAMES[0]]), float(times_s[FRAMES[1]]))
        with open_writer(target, FPS, video.size, sound=sound) as writer:
            for number in range(*FRAMES):
                writer.write(video[number], time_s=float(times_s[number]))
    return target


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def sound_codec(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.canonical_name


CASES = [
    ("a.mp4", "aac", "libx264", "b.mp4", "aac"),
    ("a.mp4", "libmp3lame", "libx264", "b.mp4", "mp3"),
    ("a.ts", "aac", "libx264", "b.mp4", "aac"),
    ("a.mkv", "pcm_s16le", "libx264", "b.mp4", "aac"),
    ("a.mkv", "flac", "libx264", "b.webm", "opus"),
    ("a.mp4", "aac", "libx264", "b.webm", "opus"),
    ("a.webm", "libopus", "libvpx", "b.webm", "opus"),
    ("a.webm", "libopus", "libvpx", "b.mp4", "aac"),
]


@pytest.mark.parametrize(("source", "codec", "pictures", "target", "expected"), CASES)
def test_sound_stays_with_the_pictures(
    source: str, codec: str, pictures: str, target: str, expected: str, tmp_path: Path
) -> None:
    original = write_clicking(tmp_path / source, 6, codec, pictures)
    written = cut_out(original, tmp_path / target)
    assert sound_codec(written) == expected
    flashes, clicks = flash_times(written), click_times(written)
    assert len(flashes) == len(clicks) == 4
    lag_before = np.median(click_times(original) - flash_times(original))
    assert np.abs(clicks - flashes - lag_before).max() < 0.001


@pytest.mark.parametrize(
    ("name", "codec", "pictures"), [("a.mp4", "aac", "libx264"), ("a.webm", "libopus", "libvpx")]
)
def test_sound_that_fits_is_copied(name: str, codec: str, pictures: str, tmp_path: Path) -> None:
    original = write_clicking(tmp_path / name, 6, codec, pictures)
    written = cut_out(original, tmp_path / f"b{original.suffix}")
    assert set(packets(written)) <= set(packets(original))
    assert len(packets(written)) > 100


@pytest.mark.parametrize("target", ["b.mp4", "b.webm"])
def test_sound_lasts_as_long_as_the_pictures(target: str, tmp_path: Path) -> None:
    written = cut_out(write_clicking(tmp_path / "a.mkv", 6, "flac"), tmp_path / target)
    with av.open(str(written)) as container:
        ends = [(p.pts + p.duration) * p.time_base for p in container.demux(audio=0) if p.size]
    assert float(max(ends)) == pytest.approx((FRAMES[1] - FRAMES[0]) / FPS, abs=0.03)


def test_video_without_sound_gives_none(tmp_path: Path) -> None:
    silent = write_clip(tmp_path / "a.mp4", moving_square(130), fps=FPS)
    with av.open(str(cut_out(silent, tmp_path / "b.mp4"))) as container:
        assert not container.streams.audio


def test_format_without_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="carries none") as caught:
        open_writer(tmp_path / "a.gif", 25, (8, 8), sound=SoundRange(tmp_path / "a.mp4", 0, 1))
    assert ".mp4" in caught.value.hint


def test_source_of_the_sound_is_given_back_when_cancelled(tmp_path: Path) -> None:
    original = write_clicking(tmp_path / "a.mp4", 1, "aac")
    sound = SoundRange(original, 0.0, 1.0)

    def interrupt() -> None:
        with open_writer(tmp_path / "b.mp4", FPS, (64, 48), sound=sound) as writer:
            writer.write(np.zeros((48, 64, 3), np.uint8))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
