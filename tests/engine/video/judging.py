"""Whether a reader read a file right; the tests and the comparison of libraries share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.errors import VideoError
from engine.types import UInt8Array
from engine.video import Video, open_video
from tests.engine.video.awkward import FILES, numbers_in, plain_pictures, unharmed, written
from tests.engine.video.awkward_file import Awkward

RANDOM_READS = 60
Picture = UInt8Array | None


class RefusedError(Exception):
    """The reader said that it cannot read the file."""


@dataclass(frozen=True)
class Reading:
    """What a reader gave; None stands for a frame that it says is damaged.

    Attributes
    ----------
    forward : sequence of pictures
        All, in sequence.
    random, backward : sequence of (frame number, picture)
        The same pictures, reached otherwise.
    times_s : float array or None
        Times that the reader states.
    """

    forward: Sequence[Picture]
    random: Sequence[tuple[int, Picture]] = ()
    backward: Sequence[tuple[int, Picture]] = ()
    times_s: Sequence[float] | None = field(default=None)


Read = Callable[[Path], Reading]


def random_order(count: int) -> list[int]:
    """Frame numbers to be read at random, always the same ones."""
    return [int(n) for n in np.random.default_rng(0).integers(0, max(count, 1), RANDOM_READS)]


def read_ours(path: Path, *, verify: bool = False) -> Reading:
    """Read a file with this project's reader, with an empty cache for each way.

    A file that turns out to be damaged is opened anew, as the reader asks.
    """
    try:
        with open_video(path, verify=verify) as video:
            forward = [picture_or_none(video, number) for number in range(len(video))]
            times_s = video.timestamps_s
        if not verify and any(picture is None for picture in forward):
            return read_ours(path, verify=True)
        orders = (random_order(len(forward)), range(len(forward))[::-1])
        random, backward = (_read(path, order, verify) for order in orders)
    except VideoError as error:
        raise RefusedError(str(error)) from error
    return Reading(forward, random, backward, times_s)


def _read(path: Path, order: Sequence[int], verify: bool) -> list[tuple[int, Picture]]:
    with open_video(path, verify=verify, cache_bytes=0) as video:
        return [(number, picture_or_none(video, number)) for number in order]


def picture_or_none(video: Video, number: int) -> Picture:
    """Picture, or None where the file is damaged."""
    try:
        return video[number]
    except VideoError:
        return None


def judge(file: Awkward, read: Read, folder: Path | None = None) -> str:
    """``right``, ``refused`` where that is wrong, or what is wrong, in a few words."""
    path = written(file, folder)
    needed = _needed(file, path)
    try:
        reading = read(path)
    except RefusedError:
        return "refused" if needed else "right"
    if file.right == "refused":
        return "wrong: not refused" if reading.forward else "right"
    if file.right == "damaged":
        wrong = _lost(file, reading, needed, read, folder)
    else:
        wrong = _misnumbered(file, reading, needed)
    wrong = wrong or _differs("random", reading, reading.random)
    wrong = wrong or _differs("backward", reading, reading.backward)
    return f"wrong: {wrong}" if wrong else "right"


def _needed(file: Awkward, path: Path) -> list[int]:
    if file.right == "plain":
        return numbers_in(file, plain_pictures(path))
    if file.right == "damaged":
        sound = plain_pictures(written(FILES[file.sound], path.parent))
        return unharmed(file, plain_pictures(path), sound)
    return list(file.numbers)


def _misnumbered(file: Awkward, reading: Reading, numbers: list[int]) -> str:
    seen = numbers_in(file, [picture for picture in reading.forward if picture is not None])
    if seen == numbers:
        return ""
    if len(seen) != len(numbers):
        return f"{len(seen)} frames of {len(numbers)}"
    return f"{sum(a != b for a, b in zip(seen, numbers, strict=True))} frames misnumbered"


def _lost(
    file: Awkward, reading: Reading, needed: list[int], read: Read, folder: Path | None
) -> str:
    sound = read(written(FILES[file.sound], folder)).forward
    pictures = [picture for picture in reading.forward if picture is not None]
    shown = unharmed(file, pictures, [picture for picture in sound if picture is not None])
    if missing := set(needed) - set(shown):
        return f"{len(missing)} sound frames lost"
    if _in_order(needed) and not _in_order(shown):  # some decoders themselves swap pictures
        return "sound frames out of order"
    return ""


def _in_order(numbers: Sequence[int]) -> bool:
    return list(numbers) == sorted(set(numbers))


def _differs(way: str, reading: Reading, pictures: Iterable[tuple[int, Picture]]) -> str:
    wrong = sum(not _same(picture, reading.forward[number]) for number, picture in pictures)
    return f"{wrong} frames differ when read {way}" if wrong else ""


def _same(one: Picture, other: Picture) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
