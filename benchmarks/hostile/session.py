"""Session files that are spoiled."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.hostile.spoil import json_text, spoiled_file, spoiled_tree

_REGION: list[dict[str, Any]] = [
    {"first": 0, "stop": 8, "left": 0.1, "top": 0.1, "right": 0.5, "bottom": 0.5},
    {"points": [[0.1, 0.1], [0.5, 0.6]], "radius": 0.05, "first": 0, "stop": 8},
    {"track": [{"first": 0, "stop": 4, "left": 0.1, "top": 0.1, "right": 0.5, "bottom": 0.5}]},
]


def mutated_session(folder: Path, random: Random) -> Path:
    """Write a session with notes and a painted region, and return its path."""
    path = folder / "work.mi"
    text = json_text(spoiled_tree(valid_session(), random), random)
    path.write_text(text, errors="replace")
    return spoiled_file(path, random)


def valid_session() -> dict[str, Any]:
    """Return what the file of a session holds."""
    session: dict[str, Any] = json.loads(_saved())
    session["notes"] = [{"first": i, "stop": i + 2, "text": "turns"} for i in range(3)]
    session["paint"] = {"region": _REGION}
    return session


@cache
def _saved() -> str:
    from engine.types import Request
    from gui.state.session_file import SessionFile, save_session

    request = Request(
        video=Path("/tmp/a.mp4"), model="figures", frames=(0, 16), options=(("a", "1"),)
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "work.mi")
        save_session(SessionFile(request, layout={"window": "AAAA"}), path)
        return path.read_text()
