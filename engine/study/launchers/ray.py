"""Workers as actors of Ray, on this computer or a cluster.

An actor loads its model once and works until all is done. Ray places it by what it asks for, a GPU
where there are some. All see the study's folder by the same path. Documentation:
https://docs.ray.io/en/latest/ray-core/actors.html
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.study.launchers import Crew
from engine.study.optional import optional
from engine.study.worker import Post, work

_NEEDS = "Workers in Ray"
_MOST_VAIN = 20
_HINT = "Check --address, and that Ray runs there in the version that is installed here."


def start(crew: Crew) -> RayWorkers:
    """Connect to a cluster, or start Ray here, and start the actors.

    Raises
    ------
    EngineError
        If Ray is missing or cannot be reached, or an option is none of its.
    """
    ray = optional("ray", _NEEDS)
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        ray.init(
            address=crew.address or "local",
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=None if crew.address else False,
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise EngineError(f"Ray cannot be used ({reason}).", _HINT) from error
    try:
        return RayWorkers(ray, crew)
    except BaseException:
        ray.shutdown()
        raise


class RayWorkers:
    """Actors, each with a model of its own."""

    def __init__(self, ray: Any, crew: Crew) -> None:
        self._ray, self._crew = ray, crew
        found = ray.cluster_resources()
        gpus = int(found.get("GPU", 0)) if crew.device in ("auto", "cuda") else 0
        count = crew.workers or gpus or max(1, int(found.get("CPU", 1)))
        asked = {"num_cpus": 1.0, "num_gpus": min(1.0, gpus / count) if gpus else 0.0}
        try:
            asked |= {name: float(value) for name, value in crew.options.items()}
        except ValueError as error:
            raise EngineError(
                f"An option of Ray's is no number ({error}).", "num_gpus=0.5"
            ) from error
        # Ray shows an actor its own GPUs alone, as cuda:0
        device = "" if crew.device == "auto" else crew.device
        self._actor = ray.remote(**asked)(_Actor)
        self._running = {post: self._started(post) for post in crew.posts(count, [device])}
        self._vain = 0

    def look(self) -> int:
        """Return how many are at work; see `engine.study.launchers.Launcher`."""
        for post, (_, ended) in list(self._running.items()):
            ready, _ = self._ray.wait([ended], timeout=0)
            if ready:
                del self._running[post]
                self._judge(post, ended)
        return len(self._running)

    def stop(self) -> None:
        """End all that are at work, and Ray where it was started here."""
        for actor, _ in self._running.values():
            self._ray.kill(actor)
        self._running.clear()
        self._ray.shutdown()

    def _started(self, post: Post) -> tuple[Any, Any]:
        actor = self._actor.remote()
        return actor, actor.work.remote(str(self._crew.folder), post)

    def _judge(self, post: Post, ended: Any) -> None:
        """Take what a worker returned, and replace one that died."""
        try:
            error = self._ray.get(ended)
        except self._ray.exceptions.RayActorError as fault:
            self._vain += 1
            if self._vain > _MOST_VAIN * post.workers:
                raise EngineError(f"Workers end one after the other ({fault}).", _HINT) from fault
            self._running[post] = self._started(post)
            return
        except self._ray.exceptions.RayError as fault:
            reason = str(fault).strip().splitlines()[-1]
            raise EngineError(f"A worker in Ray failed: {reason}", _HINT) from fault
        if error is not None:
            raise EngineError(*error)


class _Actor:
    """What an actor does."""

    def work(self, folder: str, post: Post) -> tuple[str, str] | None:
        """Work until all is done, and return why that cannot be."""
        try:
            work(Path(folder), post)
        except EngineError as error:
            return str(error), error.hint
        return None
