"""Corrupted videos by the thousand, each read in a child with little time and little memory.

``python -m tests.engine.video.fuzzing [--files N] [--first SEED] [--keep FOLDER]`` runs them and
lists what ended otherwise than in frames or a `VideoError`. A file depends on its seed only.
"""

from __future__ import annotations

import argparse
import collections
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import VideoError
from engine.video import Video, open_video
from tests.engine.video.awkward import FILES, written
from tests.engine.video.awkward_file import MissingToolError
from tests.engine.video.child import Child, say
from tests.engine.video.kinds_damaged import SOUND

LIMIT_S = 10.0
"""Seconds that one file may take, from opening to closing."""
LIMIT_BYTES = 2 * 2**30
"""Address space that a child may take beyond what it has at its start."""
_FRAMES_READ = 60
_EXTRA_SOURCES = (
    "edit_inside_group.mp4", "edit_two_pieces.mp4", "frame_fragments.mp4", "opengop264.mp4",
    "interlaced.ts", "refresh.ts", "pyramid.mp4", "vp9_alpha.webm", "av1.mkv", "animated.avif",
    "packed_b.avi", "msmpeg4.avi", "cinepak.avi", "svq1.mov", "rpza.mov", "snow.nut", "h261.avi",
    "png.mov", "png_alpha.mov", "qtrle.mov", "rgb.mkv", "grey16.mkv", "utvideo.avi", "huffyuv.avi",
    "jpeg2000.mov", "dnxhr.mov", "cineform.mov", "resized264.mkv", "laced.mkv", "two_videos.mkv",
    "with_sound.mp4", "with_cover.mp4", "captions.ts", "wrapping.ts", "restarting.ts",
    "cleared.gif", "alpha.apng", "lossless.webp", "right.mp4", "variable.mkv", "repeated.mkv",
)  # fmt: skip
SOURCES: list[str] = [*(file.name for file in SOUND), *_EXTRA_SOURCES]


@dataclass(frozen=True)
class Outcome:
    """How one file ended.

    Attributes
    ----------
    seed : int
        Makes the same file again.
    kind : str
        ``frames``, ``refused``, ``skipped``; or a failure: ``error``, ``crash``, ``hang``.
    detail : str
        Number of frames, or what was raised.
    seconds : float
        Time taken.
    """

    seed: int
    kind: str
    detail: str
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether this must not happen."""
        return self.kind in ("error", "crash", "hang")

    def __str__(self) -> str:
        return f"seed {self.seed} ({source_of(self.seed)}): {self.kind} {self.detail}"


def source_of(seed: int) -> str:
    """Name of the awkward file that a seed corrupts."""
    return SOURCES[seed % len(SOURCES)]


def corrupted(seed: int) -> bytes:
    """Bytes of the file with that seed."""
    rng = np.random.default_rng(seed)
    content = bytearray(written(FILES[source_of(seed)]).read_bytes())
    for _ in range(int(rng.integers(1, 4))):
        content = _HARMS[int(rng.integers(len(_HARMS)))](content, rng)
    return bytes(content)


def _flip_bits(content: bytearray, rng: np.random.Generator) -> bytearray:
    for place in _places(content, rng, int(rng.integers(1, 40))):
        content[place] ^= 1 << int(rng.integers(8))
    return content


def _flip_head(content: bytearray, rng: np.random.Generator) -> bytearray:
    head, rest = content[:1500], content[1500:]
    return _flip_bits(head, rng) + rest


def _flip_tail(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Tables are at the end in files that were not prepared for streaming."""
    rest, tail = content[:-1500], content[-1500:]
    return rest + _flip_bits(tail, rng)


def _set_numbers(content: bytearray, rng: np.random.Generator) -> bytearray:
    for place in _places(content, rng, int(rng.integers(1, 8))):
        value = [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"]
        content[place : place + 4] = value[int(rng.integers(4))]
    return content


def _cut(content: bytearray, rng: np.random.Generator) -> bytearray:
    start, stop = sorted(_places(content, rng, 2))
    return [content[:stop], content[start:], content[:start] + content[stop:]][int(rng.integers(3))]


def _splice(content: bytearray, rng: np.random.Generator) -> bytearray:
    other = written(FILES[source_of(int(rng.integers(10**6)))]).read_bytes()
    start, stop = sorted(_places(bytearray(other), rng, 2))
    place = _places(content, rng, 1)[0]
    return content[:place] + other[start:stop] + content[place:]


def _repeat(content: bytearray, rng: np.random.Generator) -> bytearray:
    start, stop = sorted(_places(content, rng, 2))
    place = _places(content, rng, 1)[0]
    return content[:place] + content[start:stop] + content[place:]


def _zero(content: bytearray, rng: np.random.Generator) -> bytearray:
    place, size = _places(content, rng, 1)[0], int(rng.integers(1, 3000))
    content[place : place + size] = bytes(len(content[place : place + size]))
    return content


def _noise(content: bytearray, rng: np.random.Generator) -> bytearray:
    place, size = _places(content, rng, 1)[0], int(rng.integers(1, 500))
    content[place : place + size] = rng.bytes(size)
    return content


_HARMS = [
    _flip_bits, _flip_head, _flip_tail, _set_numbers, _cut, _splice, _repeat, _zero, _noise,
]  # fmt: skip


def _places(content: bytearray, rng: np.random.Generator, count: int) -> list[int]:
    return [int(place) for place in rng.integers(0, max(len(content), 1), count)][
        : count if content else 0
    ] or [0] * count


def main() -> int:
    """Run the fuzzing asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child is not None:
        _serve(chosen.child)
        return 0
    outcomes = []
    for outcome in fuzz(range(chosen.first, chosen.first + chosen.files)):
        outcomes.append(outcome)
        if outcome.failed:
            print(outcome, flush=True)  # noqa: T201
            if chosen.keep is not None:
                _keep(outcome, chosen.keep)
    counts = collections.Counter(outcome.kind for outcome in outcomes)
    slowest = max(outcome.seconds for outcome in outcomes)
    print(f"{dict(counts)}; slowest {slowest:.1f} s")  # noqa: T201
    return int(any(outcome.failed for outcome in outcomes))


def _keep(outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{outcome.seed}_{source_of(outcome.seed)}"
    path.write_bytes(corrupted(outcome.seed))


def fuzz(seeds: Sequence[int]) -> Iterator[Outcome]:
    """Read the file of every seed, in children that are replaced when they die or stall."""
    waiting = collections.deque(seeds)
    with tempfile.TemporaryDirectory() as folder:
        while waiting:
            child = Child([__spec__.name, "--child", folder])
            try:
                while waiting and child.alive:
                    yield _ask(child, waiting.popleft())
            finally:
                child.end()


def _ask(child: Child, seed: int) -> Outcome:
    start = time.perf_counter()
    kind, _, detail = child.ask(str(seed), LIMIT_S).partition(" ")
    return Outcome(seed, kind, detail, time.perf_counter() - start)


def _serve(folder: Path) -> None:
    """Child: answer every seed that comes in with a line."""
    _limit_memory()
    say("ready")
    for line in sys.stdin:
        say(_outcome(int(line), folder))


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _outcome(seed: int, folder: Path) -> str:
    path = folder / f"fuzzed{Path(source_of(seed)).suffix}"
    try:
        path.write_bytes(corrupted(seed))
    except MissingToolError as error:
        return f"skipped {error}"
    try:
        with open_video(path, cache_bytes=2**20) as video:
            return f"frames {_read_here_and_there(video)}"
    except VideoError as error:
        return f"refused {error}"
    except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
        return f"error {_origin(error)}"


def _read_here_and_there(video: Video) -> int:
    count = min(len(video), _FRAMES_READ)
    late = range(max(len(video) - 5, 0), len(video))
    came = 0
    for number in (*range(count), *reversed(late), count // 2, 0):
        try:
            came += video[number].shape[2] == 3
        except VideoError:
            continue  # a damaged frame: said, as it should be
    return came


def _origin(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__}: {error} at {where}"


if __name__ == "__main__":
    sys.exit(main())
