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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import Request

from engine.cancel import Check
from engine.errors import ModelError
from engine.types import Progress, Report
from engine.utils.bounded_files import open_regular
from engine.utils.http_exchange import Exchange, Head, HttpError
from engine.utils.locks import FileLock

_BLOCK_BYTES = 256 * 1024
_ANSWER_S = 30.0
"""For the connection, redirects and the head of the answer."""
_STALL_S, _STALL_BYTES = 30.0, 30_000
"""Time in which at least so many bytes must arrive: a server that sends less never ends."""
_SLACK_BYTES = 2**20
_LOCK_S = 0.1
_REPORT_EVERY_S = 0.1
_TRIES = 5
"""How often a broken connection is taken up again, as long as each try brings something."""
_CHECKSUM = re.compile(r"-([0-9a-f]{8,64})\.")
"""Begin of the SHA-256 that torchvision writes into the names of its files."""
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})")
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
    size_bytes : int
        Its size, about: more than that and 1 MB is refused.
    """

    url: str
    folder: Path
    title: str
    size_bytes: int

    @property
    def most_bytes(self) -> int:
        """Bytes beyond which it is not the file."""
        return self.size_bytes + _SLACK_BYTES

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

    Where another process downloads the same file, it is waited for.

    Parameters
    ----------
    download : Download
        What, and where to.
    report : callable
        Told the bytes received and in all, at most ten times a second.
    check : callable
        Asked ten times a second, whatever the server does. After `Cancelled` the next call goes
        on from there.

    Raises
    ------
    ModelError
        If it cannot be fetched, is larger than it should be, arrives too slowly, incomplete or
        damaged, or cannot be written; also if the file that is already there is damaged.
    """
    path = download.path
    try:
        if not path.exists():
            download.folder.mkdir(parents=True, exist_ok=True)
            with _turn(download, report, check):
                if not path.exists():  # the one that was waited for has it now
                    _fetch_through_part(download, report, check)
        elif not path.is_file() or not _verified(download, path, check):
            raise ModelError(
                f"The file {path} is damaged: it does not have the size or the checksum of the "
                f"{download.title}.",
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


class _WrongError(Exception):
    """What arrives is not the file."""


@contextmanager
def _turn(download: Download, report: Report, check: Check) -> Iterator[None]:
    """Enter a context that one download of a file at a time can be in."""
    place = download.path.with_name(f".{download.path.name}.lock")
    while (lock := FileLock.take(place)) is None:
        report(Progress(stage=f"Waiting for another download of {download.title}"))
        check()
        time.sleep(_LOCK_S)
    try:
        yield
    finally:
        lock.release()


def _fetch_through_part(download: Download, report: Report, check: Check) -> None:
    """Receive into NAME.part, and move it to its name once verified."""
    part = download.part
    if part.is_symlink() or (part.exists() and not part.is_file()):
        part.unlink()  # nothing of ours: what it leads to must not be written
    try:
        _receive_all(download, report, check)
        if not _verified(download, part, check):
            raise _WrongError("what arrived is damaged: its checksum is wrong")
        part.replace(download.path)
    except _WrongError as error:
        part.unlink(missing_ok=True)
        raise _failure(download, str(error)) from error
    except OSError:
        part.unlink(missing_ok=True)  # it would keep a full disk full
        raise
    finally:
        if not _goes_on(download) or not _size(part):
            part.unlink(missing_ok=True)


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
    """Append the server's answer to the part, and check that it is complete."""
    check()
    start = _size(download.part) if _goes_on(download) else 0
    headers = {"User-Agent": "motion-inspector"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with Exchange(Request(download.url, headers=headers), follow=True) as exchange:
            head = exchange.head(time.monotonic() + _ANSWER_S, check)
            if head.status == _RANGE_NOT_SATISFIABLE and start:
                return  # all of it is here already: the checksum has the last word
            start, total = _extent(download, head, start)
            with download.part.open("r+b" if start else "wb") as file:
                file.seek(start)
                done = start + _copy(_blocks(exchange, check), file, download, total, report)
    except HttpError as error:
        raise _BrokenError(str(error)) from error
    if total and done != total:
        raise _BrokenError(f"the connection broke after {done} of {total} bytes")


def _copy(
    blocks: Iterator[bytes], file: BinaryIO, download: Download, total: int, report: Report
) -> int:
    """Write blocks from where the file stands, and return how many bytes they were."""
    start = done = file.tell()
    started_s = reported_s = time.monotonic()
    for block in blocks:
        done += len(block)
        if done > download.most_bytes:
            raise _WrongError(f"what arrives is larger than {download.most_bytes} bytes")
        file.write(block)
        now_s = time.monotonic()
        if now_s - reported_s >= _REPORT_EVERY_S or done == total:
            report(_progress(download, done, total, start, now_s - started_s))
            reported_s = now_s
    return done - start


def _blocks(exchange: Exchange, check: Check) -> Iterator[bytes]:
    """Yield blocks as they arrive, as long as enough of them do."""
    deadline_s, arrived = time.monotonic() + _STALL_S, 0
    while block := exchange.block(deadline_s, check):
        yield block
        arrived += len(block)
        if arrived >= _STALL_BYTES:
            deadline_s, arrived = time.monotonic() + _STALL_S, 0


def _extent(download: Download, head: Head, start: int) -> tuple[int, int]:
    """Return the place of the answer's first byte and the total bytes (0: unknown)."""
    match = _RANGE.fullmatch(head.content_range)
    if head.status not in (200, 206):
        raise _failure(download, f"the server answered {head.status}")
    if head.encoding not in ("", "identity"):
        raise _WrongError(f"the server sends it compressed ({head.encoding[:40]})")
    if head.status == 206 and (match is None or int(match[1]) != start):
        raise _WrongError("the server sends another part than it was asked for")
    if head.status == 200 or match is None:  # the whole file, from a server that knows no ranges
        start, total = 0, head.length or 0
    else:
        total = int(match[2])
    if total > download.most_bytes:
        raise _WrongError(f"the server announces more than the file's {download.size_bytes} bytes")
    return start, total


def _failure(download: Download, reason: str) -> ModelError:
    """Return an error that names the file, and the folder to put it in by hand."""
    path, have = download.path, _size(download.part)
    resumed = bool(have) and _goes_on(download)
    again = f" (it goes on after the {have} bytes that are here)" if resumed else ""
    return ModelError(
        f"The {download.title} ({path.name}) could not be downloaded: {reason}.",
        f"Try again with a connection{again}; or get {download.url} elsewhere and put {path.name} "
        f'into {download.folder}; or choose a weights file: the button "Own weights..." in the '
        "window, --weights FILE on the command line.",
    )


def _progress(download: Download, done: int, total: int, start: int, elapsed_s: float) -> Progress:
    known = total > 0 and elapsed_s > 0 and done > start
    return Progress(
        stage=f"Downloading {download.title}",
        done=done,
        total=total,
        seconds_left=elapsed_s / (done - start) * (total - done) if known else None,
    )


def _verified(download: Download, path: Path, check: Check) -> bool:
    """Return true if a file is not too large and has the checksum in the name, if one is there."""
    announced = _CHECKSUM.search(download.path.name)
    if _size(path) > download.most_bytes:
        return False
    if announced is None:
        return True
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(_BLOCK_BYTES):
            check()
            digest.update(block)
    return digest.hexdigest().startswith(announced.group(1))
