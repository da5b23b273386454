"""Notes and painted regions that are spoiled, as WebVTT and in sessions."""

from __future__ import annotations

from pathlib import Path
from random import Random

from benchmarks.hostile.session import valid_session
from benchmarks.hostile.spoil import json_text, spoiled_file, spoiled_tree

_CUES = """WEBVTT

NOTE a comment

STYLE
::cue { color: red }

1
00:00.000 --> 00:00.500 align:start
Begins to <b>walk</b>

00:00:00.400 --> 00:00:02.000
&lt;turns&gt;
"""
_ODD_CUES = (
    *(
        "00:00.000 --> ",
        "99999999999:00:00.000 --> 99999999999:00:01.000",
        "00:02.000 --> 00:01.000",
    ),
    *("99:99:99.999 --> 00:00:00.000", "&#0;&#xd800;&#x110000;", "a" * 100_000, "NOTE", "STYLE"),
    *("\0", "\u202e", "-->" * 1000, "<" * 10_000, "&" * 10_000, "00:00.000 --> 00:00.001\n" * 2000),
)


def mutated_annotations(folder: Path, random: Random) -> Path:
    """Write notes as WebVTT, or notes and a region in a session, and return the path."""
    if random.random() < 0.5:
        text = _CUES
        if random.random() < 0.5:
            place = random.randrange(len(text))
            text = text[:place] + random.choice(_ODD_CUES) + text[place:]
        path = folder / "notes.vtt"
    else:
        session = valid_session()
        key = random.choice(("notes", "paint"))
        text = json_text(session | {key: spoiled_tree(session[key], random)}, random)
        path = folder / "notes.mi"
    path.write_text(text, errors="replace")
    return spoiled_file(path, random, often=0.5)
