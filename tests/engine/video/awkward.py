"""All awkward files, written once into a folder of the user's cache that tests and benchmark share.

``python -m tests.engine.video.awkward FOLDER`` writes all of them and lists them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from platformdirs import user_cache_path

from engine.types import UInt8Array
from tests.engine.video.awkward_file import Awkward, MissingToolError
from tests.engine.video.kinds_altered import ALTERED
from tests.engine.video.kinds_damaged import DAMAGED
from tests.engine.video.kinds_encoded import ENCODED
from tests.engine.video.kinds_streams import STREAMED

FILES: dict[str, Awkward] = {file.name: file for file in [*ENCODED, *ALTERED, *STREAMED, *DAMAGED]}
_SOURCES = (
    "numbered",
    "surgery",
    "awkward_file",
    "kinds_encoded",
    "kinds_altered",
    "kinds_damaged",
)


def main() -> int:
    """Write all files into the folder asked for and list them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    for file in FILES.values():
        try:
            size = f"{written(file, folder).stat().st_size:9d} bytes"
        except MissingToolError as error:
            size = f"not written: {error}"
        print(f"{file.name:32} {file.right:8} {len(file.numbers):4d} frames {size}")  # noqa: T201
    print(f"{len(FILES)} files in {time.perf_counter() - start:.0f} s")  # noqa: T201
    return 0


def cache_folder() -> Path:
    """Folder of the present version's files; those of other versions are removed."""
    root = Path(user_cache_path("motion-inspector-tests"))
    folder = root / _version()
    if not folder.exists():
        folder.mkdir(parents=True)
        for other in root.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
    return folder


def written(file: Awkward, folder: Path | None = None) -> Path:
    """Path of a file, which is made if it is not there yet.

    Raises
    ------
    MissingToolError
        If this machine lacks what makes it.
    """
    path = (folder or cache_folder()) / file.name
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as making:
            file.make(Path(making) / file.name)
            os.replace(Path(making) / file.name, path)
    return path


def plain_pictures(path: Path) -> list[UInt8Array]:
    """Pictures that a plain decoding loop sees; slice threads, which lose none after an error."""
    pictures: list[UInt8Array] = []
    with suppress(av.FFmpegError), av.open(str(path)) as container:
        stream = container.streams.best("video")
        if stream is None:
            return []
        if stream.codec_context is None:
            return []
        stream.codec_context.thread_type = "SLICE"
        for packet in container.demux(stream):
            with suppress(av.FFmpegError):
                pictures += [_rgb(frame) for frame in packet.decode() if not frame.is_corrupt]
    return pictures


def _rgb(frame: av.VideoFrame) -> UInt8Array:
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def numbers_in(file: Awkward, pictures: Sequence[UInt8Array]) -> list[int]:
    """Numbers that the pictures of a file tell."""
    return [file.read(picture) for picture in pictures]


def unharmed(
    file: Awkward, pictures: Sequence[UInt8Array], sound: Sequence[UInt8Array]
) -> list[int]:
    """Places in the sound video of the pictures that are in it exactly."""
    place = {picture.tobytes(): number for number, picture in enumerate(sound)}
    found = (place.get(picture.tobytes()) for picture in pictures)
    return [number for number in found if number is not None]


def _version() -> str:
    digest = hashlib.sha256(av.__version__.encode())
    for name in _SOURCES:
        for source in sorted(Path(__file__).parent.glob(f"{name}.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
