"""Names for the content of files, by which moved videos and cached results are recognised.

A video is sampled, because reading hours of it takes minutes; weights are read whole, because
training anew may change a small part of them only. Hashes are remembered by path, size and time
of the last change, so that asking again costs a stat.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from engine.errors import VideoError
from engine.utils.bounded_files import is_regular, open_regular
from engine.video.container.stamp import FileStamp, VideoChangedError, file_facts, unchanged
from engine.video.images.stills import find_stills

_END_BYTES = 2**20
_BLOCK_BYTES = 2**16
_BLOCKS = 62
_PICTURES = 64
_DIGEST_BYTES = 20


def content_id(path: Path) -> str:
    """Return a name for the content of a video, the same for any path.

    From its size, its first and last MiB, and 62 blocks of 64 KiB spread evenly between them; a
    file up to 6 MiB is read whole. A folder or pattern of pictures: the names and sizes of all,
    and the content of 64 spread evenly. So files that differ anywhere in size, in the table of
    their frames or by another encoding have other names; a few bytes changed in the middle of a
    large file, at the same size, may not be seen.

    Parameters
    ----------
    path : Path
        A file, a folder of pictures, or a pattern of their names.

    Returns
    -------
    str
        Its size in bytes, or the number of pictures and an "x"; "-"; 40 hexadecimal digits.

    Raises
    ------
    VideoError
        If it cannot be read.
    """
    try:
        if not is_regular(path) and (pictures := find_stills(path)):
            return f"{len(pictures)}x-{_digest_of_pictures(pictures)}"
        facts, stamp = path.stat(), FileStamp(path)
        with unchanged(stamp):
            return _sampled_id(path.absolute(), facts.st_size, facts.st_mtime_ns)
    except VideoChangedError:
        _sampled_id.cache_clear()  # or what was read would be remembered of the file as it was
        raise
    except OSError as error:
        raise _unreadable(path, error) from error


def holds(path: Path, content: str) -> bool:
    """Return True if a video has a content, or had it before more was recorded behind.

    Raises
    ------
    VideoError
        If it cannot be read.
    """
    size, facts = size_in(content), file_facts(path)
    if size is None or facts is None or facts[0] <= size:
        return content_id(path) == content
    digest = _digest()
    try:
        with unchanged(FileStamp(path, may_grow=True)):
            _add_samples(digest, path, size)
    except OSError as error:
        raise _unreadable(path, error) from error
    return f"{size}-{digest.hexdigest()}" == content


def size_in(content: str) -> int | None:
    """Return the size in bytes of the file with a `content_id`, or None for pictures."""
    size = content.partition("-")[0]
    return int(size) if size.isdecimal() else None


def file_id(path: Path) -> str:
    """Return a name for all bytes of a file: 40 hexadecimal digits.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    facts = path.stat()
    return _file_id(path.absolute(), facts.st_size, facts.st_mtime_ns)


def _unreadable(path: Path, error: OSError) -> VideoError:
    reason = error.strerror or error
    return VideoError(f"{path} cannot be read ({reason}).", "Check the path of the video.")


@lru_cache(maxsize=256)
def _sampled_id(path: Path, size: int, changed_ns: int) -> str:
    digest = _digest()
    _add_samples(digest, path)
    return f"{size}-{digest.hexdigest()}"


@lru_cache(maxsize=256)
def _file_id(path: Path, size: int, changed_ns: int) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, _digest).hexdigest()


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=_DIGEST_BYTES)


def _digest_of_pictures(pictures: list[Path]) -> str:
    digest = _digest()
    for picture in pictures:
        digest.update(f"{picture.name}\0{picture.stat().st_size}\0".encode())
    last = len(pictures) - 1
    for number in sorted({step * last // (_PICTURES - 1) for step in range(_PICTURES)}):
        _add_samples(digest, pictures[number])
    return digest.hexdigest()


def _add_samples(digest: hashlib.blake2b, path: Path, size: int | None = None) -> None:
    """Add a file's size and the blocks that stand for it, or those of its first bytes."""
    with open_regular(path) as file:
        size = file.seek(0, 2) if size is None else size
        digest.update(f"{size}\0".encode())
        for start, length in _places(size):
            file.seek(start)
            digest.update(file.read(length))


def _places(size: int) -> list[tuple[int, int]]:
    """Return the starts and lengths of the blocks that stand for a file."""
    if size <= 2 * _END_BYTES + _BLOCKS * _BLOCK_BYTES:
        return [(0, size)]
    between = size - 2 * _END_BYTES - _BLOCK_BYTES
    inner = [
        (_END_BYTES + number * between // (_BLOCKS - 1), _BLOCK_BYTES) for number in range(_BLOCKS)
    ]
    return [(0, _END_BYTES), *inner, (size - _END_BYTES, _END_BYTES)]
