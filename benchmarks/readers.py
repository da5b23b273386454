"""Readers of each library: a whole file in sequence, at random and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.engine.video.judging import Picture, Read, Reading, RefusedError, random_order, read_ours

MOST_FRAMES = 1000


def available() -> dict[str, Read | None]:
    """Return the reader of every library by name, None where it is not installed."""
    readers: dict[str, Read | None] = {
        "ours": read_ours,
        "OpenCV": _read_opencv,
        "PyAV by rate": _read_pyav,
    }
    for name, module, opened in (
        ("torchcodec", "torchcodec", _open_torchcodec),
        ("decord", "decord", _open_decord),
    ):
        readers[name] = partial(_read_indexed, opened) if find_spec(module) else None
    return readers


def _reading(forward: list[Picture], anew: Callable[[], Callable[[int], Picture]]) -> Reading:
    if not any(picture is not None for picture in forward):
        raise RefusedError("no frame came")
    orders: tuple[Iterable[int], ...] = (random_order(len(forward)), range(len(forward))[::-1])
    random, backward = (
        [(number, read(number)) for number in order]
        for order, read in ((order, anew()) for order in orders)
    )
    return Reading(forward, random, backward)


def _read_opencv(path: Path) -> Reading:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise RefusedError("not opened")
    forward: list[Picture] = []
    while len(forward) < MOST_FRAMES:
        ok, picture = capture.read()
        if not ok:
            break
        forward.append(picture[:, :, ::-1])
    return _reading(forward, lambda: partial(_seek_opencv, cv2.VideoCapture(str(path))))


def _seek_opencv(capture: cv2.VideoCapture, number: int) -> Picture:
    capture.set(cv2.CAP_PROP_POS_FRAMES, number)
    ok, picture = capture.read()
    return picture[:, :, ::-1] if ok else None


def _read_pyav(path: Path) -> Reading:
    forward: list[Picture] = []
    try:
        container = av.open(str(path))
        if not container.streams.video:
            raise RefusedError("no video stream")
        with suppress(av.FFmpegError):
            for frame in container.decode(video=0):
                forward.append(frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, ValueError) as error:
        raise RefusedError(str(error)) from error
    return _reading(forward, lambda: partial(_seek_pyav, av.open(str(path))))


def _seek_pyav(container: av.container.InputContainer, number: int) -> Picture:
    stream = container.streams.video[0]
    rate, base = stream.average_rate or 25, stream.time_base
    assert base is not None
    target = int(number / rate / base) + (stream.start_time or 0)
    try:
        container.seek(target, stream=stream)
        for frame in container.decode(stream):
            if frame.pts is not None and frame.pts >= target:
                return frame.to_ndarray(format="rgb24")
    except av.FFmpegError:
        pass  # no picture came, and that is the answer
    return None


def _read_indexed(
    opened: Callable[[Path], tuple[int, Callable[[int], Any]]], path: Path
) -> Reading:
    """Read by a library that has a length and frames by number."""
    try:
        count, read = opened(path)
    except Exception as error:
        raise RefusedError(str(error)) from error
    forward = [_or_none(read, number) for number in range(min(count, MOST_FRAMES))]
    return _reading(forward, lambda: partial(_or_none, opened(path)[1]))


def _or_none(read: Callable[[int], Any], number: int) -> Picture:
    try:
        return np.asarray(read(number), np.uint8)
    except Exception:  # noqa: BLE001 - every library has its own; no picture came
        return None


def _open_torchcodec(path: Path) -> tuple[int, Callable[[int], Any]]:
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(str(path), dimension_order="NHWC", seek_mode="exact")
    return len(decoder), lambda number: decoder[number].numpy()


def _open_decord(path: Path) -> tuple[int, Callable[[int], Any]]:
    import decord

    reader = decord.VideoReader(str(path))
    return len(reader), lambda number: reader[number].asnumpy()
