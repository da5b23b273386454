"""`BOUT_FORMATS`: every kind of file that bouts are read from and written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.annotations.bouts import Bout
from engine.annotations.formats import boris_project, elan, tables, via
from engine.annotations.formats.source import VideoTimes
from engine.errors import EngineError
from engine.utils.atomic import AtomicPath
from engine.utils.bounded_files import decoded, read_bounded
from engine.utils.targets import check_target
from engine.video.encode.errors import export_errors

_MOST_BYTES = 64 * 2**20
"""Of a file; a day's observations of BORIS take a few."""


@dataclass(frozen=True, slots=True)
class BoutFormat:
    """A kind of file.

    Attributes
    ----------
    name : str
        On the command line.
    title : str
        In menus.
    suffix : str
        Of new files.
    write : callable
        Bouts and their video -> the text of a file.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Iterable[Bout], VideoTimes], str]


BOUT_FORMATS = {
    each.name: each
    for each in (
        BoutFormat("csv", "CSV (start, stop, label)", ".csv", tables.write_plain),
        BoutFormat("boris", "BORIS project", ".boris", boris_project.write),
        BoutFormat("boris-aggregated", "BORIS aggregated events", ".tsv", tables.write_aggregated),
        BoutFormat("boris-tabular", "BORIS tabular events", ".tsv", tables.write_tabular),
        BoutFormat("elan", "ELAN", ".eaf", elan.write),
        BoutFormat("via", "VIA 3 project", ".json", via.write_project),
        BoutFormat("via-csv", "VIA 3 CSV", ".csv", via.write_csv),
    )
}
"""Formats by name, in the order of the menu."""


def read_bouts(path: Path, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the bouts of a file of any of the formats, told by its content.

    Raises
    ------
    EngineError
        If it cannot be read, is none of them, or is for another video; it is named.
    """
    try:
        raw = read_bounded(path, _MOST_BYTES)
    except OSError as error:
        reason = error.strerror or error
        raise EngineError(f"{path} cannot be read ({reason}).", "Choose another file.") from error
    try:
        return _read(raw, video)
    except UnicodeDecodeError as error:
        raise EngineError(f"{path} is not text.", "Save it as UTF-8.") from error
    except EngineError as error:
        raise EngineError(f"{path}: {error}", error.hint) from error


def write_bouts(
    bouts: Sequence[Bout], video: VideoTimes, path: Path, name: str, inputs: Iterable[Path] = ()
) -> None:
    """Write bouts in one of `BOUT_FORMATS`, whole or not at all.

    Raises
    ------
    EngineError
        If the format cannot hold them, or the file cannot be written or is one of the inputs.
    """
    text = BOUT_FORMATS[name].write(bouts, video)
    check_target(path, inputs)
    with export_errors(path), AtomicPath(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def _read(raw: bytes, video: VideoTimes) -> tuple[Bout, ...]:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or raw[:4].replace(b"\0", b"")[-1:] == b"<":
        return elan.read(raw, video)
    text = decoded(raw).lstrip("\ufeff")
    if text.lstrip()[:1] == "{":
        reads = boris_project.read if '"behaviors_conf"' in text else via.read_project
        return reads(text, video)
    if "temporal_coordinates" in text[:100_000] and text.startswith("#"):
        return via.read_csv(text, video)
    return tables.read(text, video)
