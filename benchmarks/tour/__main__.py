"""The tour: the real program on a real X server, every step with its expected state and picture.

    python -m benchmarks.tour [--out DIR] [--size 1280x800] [--scale 2] [--theme light]

Prints a line a step, and exits with 1 if one fails. Needs Xvfb, openbox and xdotool.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.tour.desktop import Desktop, missing
from benchmarks.tour.story import REOPENED, SESSION, STEPS
from benchmarks.tour.tour import Tour
from resources import resource_path


def main() -> int:
    """Take the tour, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, help="folder for the pictures; none without it")
    parser.add_argument("--size", default="1280x800", help="of the window")
    parser.add_argument("--scale", type=int, default=1, help="pixels of the screen to one")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    wanted = parser.parse_args()
    if missing():
        print(f"The tour needs {', '.join(missing())}: install them to take it.", file=sys.stderr)
        return 1
    width, height = map(int, wanted.size.split("x"))
    with (
        tempfile.TemporaryDirectory() as home,
        resource_path("demo.mp4") as clip,
        Desktop((width, height), wanted.scale) as desktop,
    ):
        tour = Tour(desktop, Path(home), wanted.out, wanted.theme)
        tour.take(clip, STEPS)
        tour.take(Path(home) / SESSION, REOPENED)
    print(f"{tour.passed} of {len(STEPS) + len(REOPENED)} steps as expected")
    return int(bool(tour.wrong))


if __name__ == "__main__":
    sys.exit(main())
