"""Download of one file, with progress, cancel, checksum, and resume.

Apart from torch's own download, which can neither be cancelled, nor go on where it stopped, nor
report to a window. The file appears under its name only when it is complete and verified; until
then it is NAME.part beside it, which is kept where a checksum can tell later that its parts
belong together.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from engine.cancel import Check
from engine.errors import ModelError
from engine.types import Progress, Report

_BLOCK_BYTES = 256 * 1024
_TIMEOUT_S = 15.0
_REPORT_EVERY_S = 0.1
_TRIES = 5
"""How often a broken connection is taken up again, as long as each try brings something."""
_CHECKSUM = re.compile(r"-([0-9a-f]{8,64})\.")
"""Begin of the SHA-256 that torchvision writes into the names of its files."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_RANGE_NOT_SATISFIABLE = 416


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be fetched.

    Attributes
    ----------
    url : str
        Where it is; the last part of the path is its name.
    folder : Path
        Where it goes; made if it is missing.
    title : str
        What people call it, for progress and messages: "r3d_18 weights".
    """

    url: str
    folder: Path
    title: str

    @property
    def path(self) -> Path:
        """Path of the finished file."""
        return self.folder / Path(urlsplit(self.url).path).name

    @property
    def part(self) -> Path:
        """Path of the unfinished file."""
        return self.path.with_name(f"{self.path.name}.part")


def fetch(download: Download, report: Report, check: Check) -> Path:
    """Return the path of the file, downloaded first if it is missing.

    Parameters
    ----------
    download : Download
        What, and where to.
    report : callable
        Told the bytes received and in all, at most ten times a second.
    check : callable
        Asked before every block of at most 256 kB. After `Cancelled` the next call goes on
        from there.

    Raises
    ------
    ModelError
        If it cannot be fetched, arrives incomplete or damaged, or cannot be written; also if
        the file that is already there is damaged.
    """
    path = download.path
    try:
        if not path.exists():
            download.folder.mkdir(parents=True, exist_ok=True)
            _fetch_through_part(download, report, check)
        elif not _verified(path):
            raise ModelError(
                f"The file {path} is damaged: it does not have the checksum in its name.",
                "Delete it and try again.",
            )
    except OSError as error:
        raise ModelError(
            f"The {download.title} cannot be kept at {path} ({error.strerror or error}).",
            "Check that the folder can be written to and the disk is not full.",
        ) from error
    return path


class _BrokenError(Exception):
    """The connection ended before the file did."""


def _fetch_through_part(download: Download, report: Report, check: Check) -> None:
    """Receive into NAME.part, and move it to its name once verified."""
    try:
        _receive_all(download, report, check)
        if not _verified(download.part, download.path.name):
            download.part.unlink()
            raise _failure(download, "what arrived is damaged: its checksum is wrong")
        download.part.replace(download.path)
    finally:
        if not _goes_on(download) or not _size(download.part):
            download.part.unlink(missing_ok=True)


def _receive_all(download: Download, report: Report, check: Check) -> None:
    """Receive the file, resuming broken connections as long as data arrives."""
    for tries_left in reversed(range(_TRIES)):
        before = _size(download.part)
        try:
            _receive(download, report, check)
            return
        except _BrokenError as error:
            if not tries_left or _size(download.part) == before or not _goes_on(download):
                raise _failure(download, str(error)) from error


def _goes_on(download: Download) -> bool:
    """Return true if a part can be resumed: only a checksum can verify it afterwards."""
    return _CHECKSUM.search(download.path.name) is not None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _receive(download: Download, report: Report, check: Check) -> None:
    """Append the server's response to the part, and check that it is complete."""
    check()
    start = _size(download.part) if _goes_on(download) else 0
    started_s = reported_s = time.monotonic()
    done = total = 0
    with (
        download.part.open("r+b" if start else "wb") as file,
        closing(_blocks(download, start)) as blocks,  # a cancel must close the connection, too
    ):
        for offset, block, total in blocks:
            _write(file, offset, block)
            done = offset + len(block)
            now_s = time.monotonic()
            if now_s - reported_s >= _REPORT_EVERY_S or done == total:
                report(_progress(download, done, total, start, now_s - started_s))
                reported_s = now_s
            check()
    if total and done != total:
        raise _BrokenError(f"the connection broke after {done} of {total} bytes")


def _write(file: BinaryIO, offset: int, block: bytes) -> None:
    """Write a block at its place, the first one into an empty file."""
    file.seek(offset)
    if offset == 0:
        file.truncate()
    file.write(block)


def _blocks(download: Download, start: int) -> Generator[tuple[int, bytes, int], None, None]:
    """Yield blocks as they arrive, each with its place and the total bytes (0: unknown).

    Network errors are told here, so that an OSError outside is one of the disk.
    """
    headers = {"User-Agent": "motion-inspector"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with urlopen(Request(download.url, headers=headers), timeout=_TIMEOUT_S) as response:
            offset, total = _extent(response)
            yield offset, b"", total  # what is to come counts even if nothing of it arrives
            # read1 returns what is there, so that a slow line still reports and cancels.
            while block := response.read1(_BLOCK_BYTES):
                yield offset, block, total
                offset += len(block)
    except HTTPError as error:
        error.close()
        if error.code == _RANGE_NOT_SATISFIABLE and start:
            return  # all of it is here already: the checksum has the last word
        raise _failure(download, f"the server answered {error.code}") from error
    except (OSError, HTTPException) as error:
        raise _BrokenError(f"the connection failed ({getattr(error, 'reason', error)})") from error


def _extent(response: HTTPResponse) -> tuple[int, int]:
    """Return the first byte's place and the total, from 0 if the server knows no ranges."""
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None:
        return 0, response.length or 0
    return int(match.group(1)), int(match.group(2))


def _failure(download: Download, reason: str) -> ModelError:
    """Return an error that names the file, and the folder to put it in by hand."""
    path, have = download.path, _size(download.part)
    resumed = bool(have) and _goes_on(download)
    again = f" (it goes on after the {have} bytes that are here)" if resumed else ""
    return ModelError(
        f"The {download.title} ({path.name}) could not be downloaded: {reason}.",
        f"Try again with a connection{again}, or put {path.name} into "
        f"{download.folder}, or give a weights file (--weights FILE).",
    )


def _progress(download: Download, done: int, total: int, start: int, elapsed_s: float) -> Progress:
    known = total > 0 and elapsed_s > 0 and done > start
    return Progress(
        stage=f"Downloading {download.title}",
        done=done,
        total=total,
        seconds_left=elapsed_s / (done - start) * (total - done) if known else None,
    )


def _verified(path: Path, name: str | None = None) -> bool:
    """Return true if a file has the checksum in its name (or another), or none is there."""
    announced = _CHECKSUM.search(name or path.name)
    if announced is None:
        return True
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest.startswith(announced.group(1))
