"""Rows of a study: the clips that are to be measured, each of which gets one row of results."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from engine.errors import VideoError
from engine.types import Index

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A clip of a source.

    Attributes
    ----------
    name : str
        What it is called in the tables: its path inside the source, or as a table gives it.
    path : str
        The video, or the archive it lies in.
    start, stop : int or None
        First frame, and the frame after the last; None takes all that there is.
    label : str
        Its class; empty where that is not known.
    by_folder : bool
        Whether the label is only the name of the folder, which need not be a class.
    offset, size : int or None
        Where it lies in an archive, in bytes.
    fault : str
        A sentence: why it cannot be measured; empty where it can.
    """

    name: str
    path: str
    start: Index | None = None
    stop: Index | None = None
    label: str = ""
    by_folder: bool = False
    offset: Annotated[int, Meta(ge=0)] | None = None
    size: Annotated[int, Meta(ge=0)] | None = None
    fault: str = ""

    def frames(self, count: int) -> tuple[int, int] | None:
        """Return the range of frames in a video of so many, None for all of them.

        Raises
        ------
        VideoError
            If it ends before it begins.
        """
        if self.start is None and self.stop is None:
            return None
        start, stop = self.start or 0, count if self.stop is None else self.stop
        if start >= stop:
            raise VideoError(
                f"The range {start}:{stop} of {self.name} has no frames.",
                "Frames count from 0, and stop is not included.",
            )
        return start, stop


def keyed(rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Yield rows, each with its key: 32 hexadecimal digits.

    A key is made of what the row says but where its source lies, so that a data set that moved
    is still known. A row that is there twice has two.
    """
    seen: Counter[str] = Counter()
    for row in rows:
        said = (row.name, row.start, row.stop, row.label, row.fault)
        text = json.dumps(said)
        seen[text] += 1
        number = f"{text}{seen[text]}" if seen[text] > 1 else text
        raw = number.encode("utf-8", "surrogateescape")
        yield hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).hexdigest(), row


def to_line(key: str, row: Row) -> str:
    """Return a keyed row as a line of JSON, the key first."""
    values = {name: value for name, value in asdict(row).items() if value not in (None, "", False)}
    return json.dumps({"key": key, **values})


def absolute(path: Path) -> str:
    """Return a path that holds in any working folder."""
    return str(path.absolute())
