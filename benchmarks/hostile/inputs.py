"""The table of hostile inputs, each with the command that gets it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.hostile import reading
from benchmarks.hostile.analysis import spoiled_folder
from benchmarks.hostile.videos import NAMES, broken_videos, written

Words = list[str]
Make = Callable[[Path], Words]


@dataclass(frozen=True, slots=True)
class HostileInput:
    """An input and who gets it.

    Attributes
    ----------
    kind, name : str
        What it is.
    make : callable
        Makes it in a folder that holds ``walk.mp4``, which is valid, and returns the words of the
        command line; those of "read" are a kind of `benchmarks.hostile.reading` and a path.
    """

    kind: str
    name: str
    make: Make


@dataclass(frozen=True, slots=True)
class Valid:
    """What is spoiled: a video, and the folder that `explain` wrote of it."""

    video: Path
    results: Path


def hostile_inputs(valid: Valid) -> list[HostileInput]:
    """Return the table, in an order that stays."""
    made = (_videos, _names, _seeded, _outs, _folders, _results, _options)
    return [case for part in made for case in part(valid)]


def _videos(valid: Valid) -> Iterator[HostileInput]:
    """Broken videos, for every command that takes one."""
    commands: tuple[Words, ...] = (["probe"], ["probe", "--verify", "--json"], _EXPLAIN, _USE)
    for name, (file, make) in broken_videos(valid.video.read_bytes()).items():
        for words in commands:
            yield HostileInput(
                "video", f"{name}, {' '.join(words[:2])}", _with_video(words, file, make)
            )
    for name in ("text.mp4", "pipe.mp4", "cut to 50 %", "folder of texts", "missing"):
        file, make = broken_videos(valid.video.read_bytes())[name]
        for words in (["check-model", "figures"], ["frozen-frames"]):
            yield HostileInput("video", f"{name}, {words[0]}", _with_video(words, file, make))


_FAST = ["--evidence", "off", "--device", "cpu"]
_EXPLAIN = ["explain", "--out", "results", *_FAST]
_USE = ["motion-use", "--shuffles", "1", "--device", "cpu"]


def _with_video(words: Words, name: str, make: Callable[[Path], object]) -> Make:
    def made(folder: Path) -> Words:
        path = folder / "given" / name
        path.parent.mkdir()
        make(path)
        return [*words, str(path)]

    return made


def _names(valid: Valid) -> Iterator[HostileInput]:
    """Odd names of videos, cards, labels, weights and folders, of good content and of bad."""
    good = written(valid.video.read_bytes())
    for name in NAMES:
        for words in (["probe"], _EXPLAIN):
            yield HostileInput("name", f"{name!r}, {words[0]}", _with_video(words, name, good))
        for words in (["probe", "--"], ["layers", "--model"], ["flow"], ["models"]):
            bare = _words_only(*words, name)
            yield HostileInput("name", f"{name!r} of nothing, {words[0]}", bare)
        labels = _with_video([*_USE, "walk.mp4", "--labels"], name, written(b"a\n\x1b[31mb\n"))
        yield HostileInput("name", f"{name!r}, labels", labels)


def _words_only(*words: str) -> Make:
    return lambda _: list(words)


def _seeded(_: Valid) -> Iterator[HostileInput]:
    """Files of the fuzz harness, by the commands that read them."""
    commands: dict[str, tuple[Words, ...]] = {
        "card": (["layers", "--model"], ["check-model", "{}", "walk.mp4"], ["models"]),
        "checkpoint": (["layers", "--model", "figures", "--weights"],),
        "labels": ([*_USE, "walk.mp4", "--labels"],),
        "prior": ([*_USE, "walk.mp4", "--prior"],),
        "session": (["read", "session"],),
        "annotations": (["read", "annotations"],),
        "analysis": (["flow"], ["read", "analysis"]),
    }
    for kind, ways in commands.items():
        for words in ways:
            for seed in range(20 if len(ways) == 1 else 12):
                made = _by_seed(kind, words, seed)
                yield HostileInput(kind, f"{kind} {seed}, {words[0]}", made)


def _by_seed(kind: str, words: Words, seed: int) -> Make:
    def made(folder: Path) -> Words:
        path = str(reading.KINDS[kind].make(folder, Random(f"inputs/{kind}/{seed}")))
        return [path if word == "{}" else word for word in words] + [path] * ("{}" not in words)

    return made


def _outs(_: Valid) -> Iterator[HostileInput]:
    """Places for results in which nothing can or may be written."""
    outs: dict[str, Callable[[Path], object]] = {
        "a file": lambda path: path.write_text("mine"),
        "a pipe": os.mkfifo,
        "a full device": lambda path: path.symlink_to("/dev/full"),
        "a loop": lambda path: path.symlink_to(path.name),
        "a link to nothing": lambda path: path.symlink_to("nowhere/else"),
        "a folder of others": _of_others,
        "in /proc": lambda path: path.symlink_to("/proc/1"),
    }
    for name, make in outs.items():
        for words in (["explain", "walk.mp4", *_FAST, "--out"], _PRIOR):
            yield HostileInput("out", f"{name}, {words[0]}", _with_video(words, "results", make))
    for out in (".", "walk.mp4", "walk.mp4/x", "/proc/x", "x" * 300, "a/" * 2100, "", "/dev/null"):
        words = _words_only("explain", "walk.mp4", *_FAST, "--out", out)
        yield HostileInput("out", f"{out[:20]!r}", words)


_PRIOR = ["prior", ".", "--stills", "1", "--device", "cpu", "--out"]


def _of_others(path: Path) -> None:
    path.mkdir()
    for name in ("annotated.mp4", "analysis.json", "frames.csv", "timeline.png"):
        (path / name).write_text("mine")
    (path / "arrays.zarr").mkdir()


def _folders(valid: Valid) -> Iterator[HostileInput]:
    """Folders of videos for a report or a prior."""
    videos = broken_videos(valid.video.read_bytes())
    names = ("text.mp4", "pipe.mp4", "hole.mp4", "link to itself", "folder.mp4", "missing")
    bias = ["bias", "--out", "report", "--clips", "1", "--shuffles", "1", "--device", "cpu"]
    for words in (bias, ["prior", "--out", "p.json", "--stills", "1", "--device", "cpu"]):
        for name in names:
            made = _folder_with(words, *videos[name], around="=cmd|x\x1b[31m")
            yield HostileInput("folder", f"{name}, {words[0]}", made)
        for path in ("/dev", "/proc/self/fd", "walk.mp4", "nowhere", "", "loop"):
            made = _with_loop(*words, path)
            yield HostileInput("folder", f"{path!r}, {words[0]}", made)


def _folder_with(words: Words, name: str, make: Callable[[Path], object], around: str) -> Make:
    def made(folder: Path) -> Words:
        inside = folder / "given" / around
        inside.mkdir(parents=True)
        make(inside / name)
        shutil.copy(folder / "walk.mp4", inside / "a\x1b[31m.mp4")
        return [*words, str(folder / "given")]

    return made


def _with_loop(*words: str) -> Make:
    def made(folder: Path) -> Words:
        (folder / "loop").mkdir()
        (folder / "loop" / "again").symlink_to("..")
        return list(words)

    return made


def _results(valid: Valid) -> Iterator[HostileInput]:
    """Results of `explain`, spoiled."""
    for seed in range(24):

        def made(folder: Path, seed: int = seed) -> Words:
            return ["flow", str(spoiled_folder(valid.results, folder, Random(seed)))]

        yield HostileInput("results", f"results {seed}, flow", made)


def _options(_: Valid) -> Iterator[HostileInput]:
    """Values of options that make no sense."""
    values = {
        "--sigma": ("nan", "inf", "-1", "1e400", "x", ""),
        "--frames": ("0:0", "5:2", "-1:3", "0:99999999999999999999", ":", "a:b", "0:1", "\x1b"),
        "--overlap": ("1", "-0.1", "nan", "0.999999999"),
        "--class": ("\x1b[31m", "", "-1", "99", "9" * 5000),
        "--step": ("mean", "7", "\n"),
        "--option": ("x", "=", "a=b", "gamma=nan", "gamma=1e400", "\x1b=\x1b"),
        "--device": ("cuda:99", "x\x1b", "meta"),
        "--stream": ("1", "-1", "99999999999999999999"),
        "--method": ("\x1b", "LRP "),
        "--format": ("exe", ""),
        "--preset": ("\u202e", "code"),
        "--input": ("flow", "\x1b[2J"),
        "--model": ("os:system", "hf:../../..", "http://127.0.0.1:1/", "\u202egpj", "/dev/zero"),
    }
    for option, texts in values.items():
        for text in texts:
            words = _words_only(*_EXPLAIN, "walk.mp4", f"{option}={text}")
            yield HostileInput("option", f"{option} {text[:20]!r}", words)
