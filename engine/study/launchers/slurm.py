"""Workers as an array of SLURM jobs, by submitit.

Each job works until all is done. A job that ends before, killed or out of time, is submitted again.
Documentation: https://github.com/facebookincubator/submitit
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.study.launchers import Crew
from engine.study.optional import optional
from engine.study.worker import Post, work

CLUSTER = "cluster"
"""Option that chooses submitit's executor: "slurm", or "local" for jobs of this computer."""

_MINUTES = 60
_MOST_AGAIN = 100
_HINT = "Check the options of --engine-option, and the logs in the study's folder slurm."


def start(crew: Crew) -> SlurmWorkers:
    """Submit the jobs.

    Raises
    ------
    EngineError
        If submitit is missing, or SLURM does not take the jobs.
    """
    return SlurmWorkers(optional("submitit", "Workers in SLURM"), crew)


class SlurmWorkers:
    """Jobs, each with a model of its own."""

    def __init__(self, submitit: Any, crew: Crew) -> None:
        self._crew, self._again = crew, 0
        options = dict(crew.options)
        cluster = options.pop(CLUSTER, "slurm")
        count = crew.workers or 1
        try:
            self._executor = submitit.AutoExecutor(crew.folder / "slurm", cluster=cluster)
            values = {name: _value(text) for name, text in options.items()}
            self._executor.update_parameters(
                **{"name": "motion-inspector", "timeout_min": _MINUTES, **values}
            )
            device = "" if crew.device == "auto" else crew.device
            posts = crew.posts(count, [device])
            jobs = self._executor.map_array(_work, [str(crew.folder)] * count, posts)
        except (RuntimeError, ValueError, NameError, TypeError, OSError) as error:
            reason = " ".join(str(error).split())
            raise EngineError(f"The jobs cannot be submitted ({reason}).", _HINT) from error
        self._running = dict(zip(posts, jobs, strict=True))

    def look(self) -> int:
        """Return how many are at work; see `engine.study.launchers.Launcher`."""
        for post, job in list(self._running.items()):
            if job.done():
                del self._running[post]
                self._judge(post, job)
        return len(self._running)

    def stop(self) -> None:
        """Cancel all that are at work."""
        for job in self._running.values():
            job.cancel()
        self._running.clear()

    def _judge(self, post: Post, job: Any) -> None:
        """Take what a job returned, and submit one that was ended again."""
        fault = job.exception()
        if fault is None:
            error = job.result()
            if error is not None:
                raise EngineError(*error)
            return
        self._again += 1
        if self._again > _MOST_AGAIN:
            reason = str(fault).strip().splitlines()[-1]
            raise EngineError(f"Jobs end one after the other ({reason}).", _HINT) from fault
        self._running[post] = self._executor.submit(_work, str(self._crew.folder), post)


def _value(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _work(folder: str, post: Post) -> tuple[str, str] | None:
    """Work as a job, and return why that cannot be."""
    try:
        work(Path(folder), post)
    except EngineError as error:
        return str(error), error.hint
    return None
