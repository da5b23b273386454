"""Where the workers of a study run: processes of this computer, Ray, or SLURM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from engine.study.place import Stage
from engine.study.worker import Post


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that are wanted.

    Attributes
    ----------
    folder : Path
        Of the study, absolute.
    workers : int or None
        How many; None takes one a GPU or core.
    device : str
        As of `engine.types.Request`.
    address : str
        Of a cluster, "" where the launcher starts one of its own.
    options : dict of str to str
        Of the launcher.
    stage, maps, agreed
        As of `engine.study.worker.Post`.
    """

    folder: Path
    workers: int | None = None
    device: str = "auto"
    address: str = ""
    options: dict[str, str] = field(default_factory=dict)
    stage: Stage = "units"
    maps: bool = False
    agreed: str = ""

    def posts(self, count: int, devices: Sequence[str]) -> list[Post]:
        """Return the posts of so many workers, devices dealt out in turn."""
        common = (self.stage, self.maps, self.agreed)
        return [Post(n, count, devices[n % len(devices)], *common) for n in range(count)]


class Launcher(Protocol):
    """Workers that were started. Those that die are started anew while there is work."""

    def look(self) -> int:
        """Return how many are at work, after dead ones were replaced; 0 once all have ended.

        Raises
        ------
        EngineError
            If they cannot work.
        """

    def stop(self) -> None:
        """End all that are at work."""


ENGINES = ("local", "ray", "slurm")


def launch(engine: str, crew: Crew) -> Launcher:
    """Start the workers of a study.

    Raises
    ------
    EngineError
        If a package is missing, or the cluster cannot be used.
    """
    start: Callable[[Crew], Launcher] = import_module(f"{__name__}.{engine}").start
    return start(crew)
