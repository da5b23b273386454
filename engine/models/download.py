"""Fetching one file: with progress, cancel and a checksum, whole or not at all.

Apart from torch's own download, which can neither be cancelled nor report to a window. The
file appears under its name only when it is complete and verified, so a broken connection,
a cancel or a full disk leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from engine.cancel import Check
from engine.errors import ModelError
from engine.types import Progress

Report = Callable[[Progress], None]
"""Told how far a job is."""

_BLOCK_BYTES = 256 * 1024
_TIMEOUT_S = 15.0
_REPORT_EVERY_S = 0.1
_CHECKSUM = re.compile(r"-([0-9a-f]{8,64})\.")
"""Begin of the SHA-256 that torchvision writes into the names of its files."""


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
        """Where the finished file lies."""
        return self.folder / Path(urlsplit(self.url).path).name


def fetch(download: Download, report: Report, check: Check) -> Path:
    """Path of the file, downloaded first where it is not there yet.

    Parameters
    ----------
    download : Download
        What, and where to.
    report : callable
        Told the bytes received and in all, at most ten times a second.
    check : callable
        Asked before every block of at most 256 kB; `Cancelled` leaves nothing behind.

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


def _fetch_through_part(download: Download, report: Report, check: Check) -> None:
    """Receive into a temporary file beside the target; move it there when it is verified."""
    handle, name = tempfile.mkstemp(
        dir=download.folder, prefix=f"{download.path.name}.", suffix=".part"
    )
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _receive(download, file, report, check)
        if not _verified(part, download.path.name):
            raise _failure(download, "what arrived is damaged: its checksum is wrong")
        part.chmod(0o644)  # mkstemp gives it to the owner alone; shared caches are shared
        part.replace(download.path)
    finally:
        part.unlink(missing_ok=True)


def _receive(download: Download, file: BinaryIO, report: Report, check: Check) -> None:
    """Write what the server sends, and make sure that it sent all."""
    started_s = reported_s = time.monotonic()
    done = total = 0
    check()
    with closing(_blocks(download)) as blocks:  # a cancel must close the connection, too
        for block, total in blocks:
            file.write(block)
            done += len(block)
            now_s = time.monotonic()
            if now_s - reported_s >= _REPORT_EVERY_S or done == total:
                report(_progress(download, done, total, now_s - started_s))
                reported_s = now_s
            check()
    if total and done != total:
        raise _failure(download, f"the connection broke after {done} of {total} bytes")


def _blocks(download: Download) -> Generator[tuple[bytes, int], None, None]:
    """Blocks as they arrive, each with the bytes to expect in all (0: unknown).

    Network errors are told here, so that an OSError outside is one of the disk.
    """
    request = Request(download.url, headers={"User-Agent": "motion-inspector"})
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as response:
            total = response.length or 0
            # read1 returns what is there, so that a slow line still reports and cancels.
            while block := response.read1(_BLOCK_BYTES):
                yield block, total
    except HTTPError as error:
        error.close()
        raise _failure(download, f"the server answered {error.code}") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise _failure(download, f"the connection failed ({reason})") from error


def _failure(download: Download, reason: str) -> ModelError:
    """One sentence that names the file, and where to put it by hand."""
    path = download.path
    return ModelError(
        f"The {download.title} ({path.name}) could not be downloaded: {reason}.",
        f"Try again with a connection, or put {path.name} into {download.folder}, "
        "or give a weights file (--weights FILE).",
    )


def _progress(download: Download, done: int, total: int, elapsed_s: float) -> Progress:
    known = total > 0 and elapsed_s > 0
    return Progress(
        stage=f"Downloading {download.title}",
        done=done,
        total=total,
        seconds_left=elapsed_s / done * (total - done) if known else None,
    )


def _verified(path: Path, name: str | None = None) -> bool:
    """Whether a file has the checksum that its name (or another) announces, if any."""
    announced = _CHECKSUM.search(name or path.name)
    if announced is None:
        return True
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest.startswith(announced.group(1))
