"""Reading video: which frames are right, and what it costs.

``python -m benchmarks.video [--exactness] [--speed] [FILE]``; both without an option.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import exactness, video_speed


def main() -> None:
    """Run the chosen measurements, on the given file or on made ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exactness", action="store_true", help="compare libraries frame by frame")
    parser.add_argument("--speed", action="store_true", help="measure this project's reader")
    parser.add_argument("file", nargs="?", type=Path, help="video to measure the speed with")
    chosen = parser.parse_args()
    everything = not (chosen.exactness or chosen.speed or chosen.file)
    if chosen.exactness or everything:
        exactness.main()
    if chosen.file is not None:
        video_speed.measure(chosen.file)
    elif chosen.speed or everything:
        with tempfile.TemporaryDirectory() as folder:
            for size, gop in (((1280, 720), 60), ((1920, 1080), 250)):
                path = Path(folder) / f"{size[1]}p_gop{gop}.mp4"
                video_speed.measure(video_speed.make_clip(path, size, gop))


if __name__ == "__main__":
    main()
