"""Processes to be killed: forked from one that has imported everything, so they begin at once.

A fresh interpreter would spend more time on importing torch than on what is to be killed.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["tests.engine.video.encode.killed_export", "tests.inspector.commands.killed_explain"]
)


def start_killable(
    work: Callable[..., None], *arguments: Any
) -> tuple[ForkServerProcess, Connection]:
    """Start ``work(connection, *arguments)``; return its process and the other connection."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    return process, ours
