"""Archives of clips in the style of WebDataset: x.mp4 beside x.cls, x.txt or x.json in a .tar.

Files of one sample have the name up to the first dot of its last part in common. Format:
https://github.com/webdataset/webdataset
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.errors import VideoError, os_errors
from engine.study.rows import Row, absolute
from engine.utils.atomic import TEMPORARY_HINT, TemporaryFolder
from engine.utils.bounded_files import decoded, open_regular
from engine.utils.schema import SchemaError, parse_json
from engine.video.folder import VIDEO_SUFFIXES

_LABELS = (".cls", ".txt", ".json")
_MOST_BYTES = 2**16
_PART_BYTES = 2**20


def archive_rows(archive: Path, name: str) -> Iterator[Row]:
    """Yield the clips of an archive, in its order.

    Parameters
    ----------
    archive : Path
        Not compressed: clips are read where they lie.
    name : str
        What it is called in the tables.

    Raises
    ------
    VideoError
        If it is no such archive.
    """
    try:
        with open_regular(archive) as file, tarfile.TarFile(fileobj=file) as opened:
            yield from _samples(opened, archive, name)
    except (OSError, tarfile.TarError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoError(
            f"{archive} cannot be read as an archive ({reason}).",
            "Give a .tar that is not compressed, or unpack it and give the folder.",
        ) from error


def _samples(opened: tarfile.TarFile, archive: Path, name: str) -> Iterator[Row]:
    """Yield clips once all files of their sample, which follow one another, were seen."""
    sample, clips, label = "", list[Row](), ""
    for member in opened:
        if not member.isfile():
            continue
        stem, ending = _parted(member.name)
        if stem != sample:
            yield from (replace(clip, label=label) for clip in clips)
            sample, clips, label = stem, [], ""
        if Path(member.name).suffix.lower() in VIDEO_SUFFIXES:
            offset, size = member.offset_data, member.size
            clips.append(Row(f"{name}/{member.name}", absolute(archive), offset=offset, size=size))
        elif ending in _LABELS and member.size <= _MOST_BYTES and not (label and ending == ".json"):
            label = _label(opened, member, ending) or label
    yield from (replace(clip, label=label) for clip in clips)


def _parted(name: str) -> tuple[str, str]:
    """Return the name of a sample and the ending, with all its dots: "a/b" and ".seg.json"."""
    folder, _, last = name.rpartition("/")
    stem, _, ending = last.partition(".")
    return f"{folder}/{stem}", f".{ending.lower()}"


def _label(opened: tarfile.TarFile, member: tarfile.TarInfo, ending: str) -> str:
    file = opened.extractfile(member)
    try:
        text = decoded(file.read()) if file else ""
        values = parse_json(text) if ending == ".json" else text
    except (UnicodeError, SchemaError):
        return ""
    label = values.get("label", "") if isinstance(values, dict) else values
    return str(label).strip() if isinstance(label, str | int) else ""


@contextmanager
def video_of(row: Row) -> Iterator[Path]:
    """Yield the path of a row's video, which is taken out of its archive for that time.

    Raises
    ------
    VideoError
        If the archive cannot be read, or ends before the video does.
    """
    if row.offset is None or row.size is None:
        yield Path(row.path)
        return
    room = TemporaryFolder()
    try:
        target = room.path / f"clip{Path(row.name).suffix.lower()}"
        _take_out(row, row.offset, row.size, target)
        yield target
    finally:
        room.discard()


def _take_out(row: Row, offset: int, size: int, target: Path) -> None:
    archive = Path(row.path)
    with os_errors(VideoError, f"{archive} cannot be read", "Check the archive."):
        source = open_regular(archive)
    with source, os_errors(VideoError, f"{row.name} cannot be taken out", TEMPORARY_HINT):
        source.seek(offset)
        with target.open("wb") as file:
            while (left := size - file.tell()) > 0 and (
                part := source.read(min(left, _PART_BYTES))
            ):
                file.write(part)
        if target.stat().st_size != size:
            raise VideoError(f"{archive.name} ends within {row.name}.", "Copy the archive again.")
