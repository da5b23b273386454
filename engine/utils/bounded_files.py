"""Files of strangers: opened only where they are files, read whole only where they are small."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
"""First bytes of a text, and the encoding that they tell."""
_PART_BYTES = 2**20
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
"""A pipe without a writer does not hold up the program, a terminal does not take it over."""
_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a pipe, not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the content of a regular file, or of a link to one.

    Takes the memory of the content, not of the limit, and reads no more where a file grows.

    Raises
    ------
    OSError
        If it is missing, unreadable, something else (a folder, a pipe, a device), or larger.
        ``strerror`` is the reason in words.
    """
    parts, left = [], most_bytes + 1
    with open_regular(path) as file:
        while left > 0 and (part := file.read(min(left, _PART_BYTES))):
            parts.append(part)
            left -= len(part)
    if left <= 0:
        raise OSError(errno.EFBIG, f"it is larger than {_in_words(most_bytes)}", str(path))
    return b"".join(parts)


def open_regular(path: Path) -> BufferedReader:
    """Return a regular file, or what a link to one leads to, open for reading its bytes.

    Looked at twice: before it is opened, since opening can change a device, and once it is open,
    since the name may lead to another file by then.

    Raises
    ------
    OSError
        As `read_bounded` does.
    """
    try:
        _refuse_others(os.stat(path).st_mode, path)
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a NUL or half a surrogate in the path
        raise OSError(errno.EINVAL, "no file can have this name", str(path)) from error
    try:
        _refuse_others(os.fstat(descriptor).st_mode, path)
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def is_regular(path: Path) -> bool:
    """Return whether there is a regular file, or a link to one, whatever the path is."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _refuse_others(mode: int, path: Path) -> None:
    for is_kind, number, words in _KINDS:
        if is_kind(mode):
            raise OSError(number, words, str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a file", str(path))


def _in_words(size: int) -> str:
    return f"{size // 2**20} MB" if size >= 2**20 else f"{size // 2**10} kB"


def decoded(raw: bytes) -> str:
    """Return text in UTF-8, UTF-16 or UTF-32, told by its first bytes.

    Raises
    ------
    UnicodeDecodeError
        If it is in none of them.
    """
    encoding = next((name for begin, name in _BOMS if raw.startswith(begin)), "utf-8")
    if encoding == "utf-8" and raw[1:2] == b"\0":
        encoding = "utf-16-le"  # without a mark, as some editors of Windows save it
    return raw.decode(encoding)
