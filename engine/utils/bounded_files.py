"""Small files of the user's, read whole only if they are files and small."""

from __future__ import annotations

import errno
from pathlib import Path

_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
"""First bytes of a text, and the encoding that they tell."""


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    OSError
        If it is missing, unreadable, something else (a pipe, a device), or larger.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, "no possible path", str(path)) from error
    if len(raw) > most_bytes:
        raise OSError(errno.EFBIG, f"larger than {most_bytes // 2**20} MB", str(path))
    return raw


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
