"""Notes on frames, and their way to JSON and WebVTT and back. No torch."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.types import MOST_FRAMES, Float64Array
from engine.utils.atomic import AtomicPath
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import SchemaError, convert, to_plain
from engine.video.encode.errors import export_errors

MOST_CHARACTERS = 2_000
MOST_NOTES = 10_000
_MOST_BYTES = 16 * 2**20
_GRACE_S = 0.0006  # WebVTT has whole milliseconds, and half of one is lost in rounding
_ARROW = "-->"
_CLOCK = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_SPAN = re.compile(rf"\s*{_CLOCK}\s+{_ARROW}\s+{_CLOCK}(?:\s.*)?")
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A text on frames of a video, ordered by its frames.

    The text is kept tidy: no blank lines, no spaces at the ends of lines, no control characters.

    Attributes
    ----------
    first, stop : int
        The first frame, and the one after the last.
    text : str
        One or more lines, up to `MOST_CHARACTERS`.

    Raises
    ------
    EngineError
        If the frames or the text cannot be those of a note; the message says why.
    """

    first: int
    stop: int
    text: str

    def __post_init__(self) -> None:
        self._refuse_long(16 * MOST_CHARACTERS)  # before much is made of it
        object.__setattr__(self, "text", _tidy(self.text))
        if not 0 <= self.first < self.stop <= MOST_FRAMES:
            raise EngineError(
                f"A note cannot lie on the frames {self.first} to {self.stop - 1}.",
                "Its first frame is 0 or later, and its last is not before that.",
            )
        if not self.text:
            raise EngineError(f"The note on frame {self.first} is empty.", "Type a text for it.")
        self._refuse_long(MOST_CHARACTERS)

    def _refuse_long(self, most: int) -> None:
        if len(self.text) > most:
            raise EngineError(
                f"The note on frame {self.first} is {len(self.text)} characters long.",
                f"Shorten it to {MOST_CHARACTERS}.",
            )


def captions_at(notes: Iterable[Note], frame: int) -> tuple[str, ...]:
    """Return the texts of the notes on a frame, in the order of the notes."""
    return tuple(note.text for note in notes if note.first <= frame < note.stop)


def to_json(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Return notes as what `json.dump` takes."""
    return [to_plain(note) for note in notes]


def from_json(document: object) -> tuple[Note, ...]:
    """Return notes from what `json.load` gave, in order.

    Raises
    ------
    EngineError
        If it is not what `to_json` writes; the message names the entry.
    """
    if not isinstance(document, list):
        raise EngineError("The notes are not a list.", "Remove them from the file.")
    _require_few(len(document))
    return tuple(sorted(_note_of(entry, i) for i, entry in enumerate(document, 1)))


def _note_of(entry: object, number: int) -> Note:
    try:
        return convert(entry, Note, closed=True)
    except SchemaError as error:
        raise EngineError(
            f"Note {number} cannot be read: {error}.", "Mend or remove it in the file."
        ) from error


def _require_few(count: int) -> None:
    if count > MOST_NOTES:
        raise EngineError(f"{count} notes are too many.", f"Keep {MOST_NOTES} of them.")


def write_webvtt(
    notes: Iterable[Note], timestamps_s: Float64Array, end_s: float, path: Path
) -> None:
    """Write notes as a WebVTT file, one cue a note, and replace an old file.

    Parameters
    ----------
    notes : iterable of Note
    timestamps_s : float64 array, (N,)
        Time of each frame of the video from the start of the file, in seconds, increasing.
    end_s : float
        When the last frame ends, in seconds.
    path : Path

    Raises
    ------
    ExportError
        If the file cannot be written.
    EngineError
        If a note lies behind the end of the video.
    """
    edges_s = np.append(timestamps_s, end_s)
    text = "\n".join(["WEBVTT\n", *(_cue(note, edges_s) for note in sorted(notes))])
    with export_errors(path), AtomicPath(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def _cue(note: Note, edges_s: Float64Array) -> str:
    frames = len(edges_s) - 1
    if note.first >= frames:
        raise EngineError(
            f"The note on frame {note.first} lies behind the video, which has {frames} frames.",
            "Remove it, or open the video that it was made for.",
        )
    start_ms = max(round(float(edges_s[note.first]) * 1000), 0)
    stop_ms = round(float(edges_s[min(note.stop, frames)]) * 1000)
    stop_ms = max(stop_ms, start_ms + 1)  # a cue that takes no time would not be shown
    return f"{_clock(start_ms)} {_ARROW} {_clock(stop_ms)}\n{html.escape(note.text, False)}\n"


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{rest:03d}"


def read_webvtt(path: Path, timestamps_s: Float64Array) -> tuple[Note, ...]:
    """Return notes from the cues of a WebVTT file, each on the frames shown during its time.

    Settings of cues, styles and comments are left out; tags are taken off the texts.

    Parameters
    ----------
    path : Path
    timestamps_s : float64 array, (N,)
        Time of each frame of the video from the start of the file, in seconds, increasing.

    Raises
    ------
    EngineError
        If the file cannot be read, is no WebVTT, or has a cue that cannot be a note.
    """
    lines = _text_of(path).splitlines()
    if not lines or re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]) is None:
        raise EngineError(f"{path} is not a WebVTT file.", "Its first line must be WEBVTT.")
    notes = []
    for number, block in _blocks(lines):
        try:
            notes.extend(_notes_of(block, timestamps_s))
        except EngineError as error:
            raise EngineError(f"{path}, line {number}: {error}", error.hint) from error
        _require_few(len(notes))
    return tuple(sorted(notes))


def _text_of(path: Path) -> str:
    try:
        return read_bounded(path, _MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise EngineError(f"{path} cannot be read ({reason}).", "Choose another file.") from error
    except UnicodeDecodeError as error:
        raise EngineError(f"{path} is not a WebVTT file.", "Save it as UTF-8.") from error


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Iterate over the parts between blank lines, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines[1:], ""], 2):
        if line:
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _notes_of(block: list[str], timestamps_s: Float64Array) -> list[Note]:
    """Return the note of a block, none if it is no cue or has no text."""
    if _ARROW not in block[0]:
        block = block[1:]  # the cue's name, or a comment
    if not block or _ARROW not in block[0]:
        return []
    found = _SPAN.fullmatch(block[0])
    if found is None:
        raise EngineError(
            f"'{block[0][:80]}' is not a time span.", "Write it as 00:01.000 --> 00:02.500."
        )
    text = html.unescape(_TAG.sub("", "\n".join(block[1:])))
    times = found.groups()
    frames = _frames(_seconds(times[:4]), _seconds(times[4:]), timestamps_s)
    is_long = len(text) > 16 * MOST_CHARACTERS  # refused before it is tidied
    return [Note(*frames, text)] if is_long or _tidy(text) else []


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def _frames(start_s: float, stop_s: float, timestamps_s: Float64Array) -> tuple[int, int]:
    """Return the frames shown between two times: the first, and the one after the last."""
    if stop_s <= start_s:
        raise EngineError("The cue ends before it starts.", "Exchange its times.")
    last_s = float(timestamps_s[-1]) if len(timestamps_s) else -np.inf
    if start_s > last_s + 1:  # the last frame is shown for a while too
        raise EngineError("The cue starts after the end of the video.", "Is it for another video?")
    first = int(np.searchsorted(timestamps_s, start_s + _GRACE_S, side="right")) - 1
    stop = int(np.searchsorted(timestamps_s, stop_s - _GRACE_S, side="left"))
    return max(first, 0), max(stop, first + 1, 1)


def _tidy(text: str) -> str:
    """Return a text without characters that end a cue, cannot be written, or are not seen."""
    spaced = ("".join(map(_printable, line)).strip() for line in text.splitlines())
    return "\n".join(line for line in spaced if line)


def _printable(character: str) -> str:
    return " " if unicodedata.category(character) in ("Cc", "Cs") else character
