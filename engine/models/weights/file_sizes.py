"""Checks of the claims of an archive before anything is allocated.

An archive of a few kilobytes can unpack to terabytes. Real ones store their weights uncompressed;
only the little code of a TorchScript file unpacks to more than it takes.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from engine.errors import ModelError
from engine.utils.bounded_files import open_regular

_CODE_BYTES = 64 * 2**20
_DIRECTORY_BYTES = 2**23
"""Of the list of entries at the end: about 100,000 of them."""
_LONGEST_COMMENT = 2**16 + 22


def check_archive(path: Path) -> None:
    """Refuse an archive whose entries unpack to more than its own size and 64 MB of code.

    Raises
    ------
    ModelError
        If it is one, or has an endless list of entries.
    OSError, zipfile.BadZipFile
        If it cannot be read.
    """
    if _directory_bytes(path) > _DIRECTORY_BYTES:
        raise _overstated(path, "lists more parts than a network has")
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        claimed = sum(entry.file_size for entry in archive.infolist())
    if claimed > path.stat().st_size + _CODE_BYTES:
        raise _overstated(path, f"unpacks to {claimed}")


def check_claim(path: Path, claimed: int) -> None:
    """Refuse a file that asks for more bytes of memory than it has.

    Raises
    ------
    ModelError
        If it does.
    """
    if claimed > path.stat().st_size:
        raise _overstated(path, f"asks for {claimed} bytes of memory")


def _directory_bytes(path: Path) -> int:
    """Return the size of the list of entries, which is read as a whole, 0 where it is not found."""
    with open_regular(path) as file:
        size = path.stat().st_size
        file.seek(max(0, size - _LONGEST_COMMENT - 76))
        tail = file.read()
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    found = struct.unpack_from("<I", tail, end + 12)[0] if 0 <= end <= len(tail) - 22 else 0
    if found == 0xFFFFFFFF and 0 <= end64 <= len(tail) - 56:
        found = struct.unpack_from("<Q", tail, end64 + 40)[0]
    return min(found, size)


def _overstated(path: Path, claim: str) -> ModelError:
    return ModelError(
        f"{path} has {path.stat().st_size} bytes but {claim}: it is damaged or made to harm.",
        "Get the file again from its source, or save the network's state_dict() anew.",
    )
