"""A process that answers questions line by line and may crash or stall: it is then ended."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

START_S = 120.0


class Child:
    """Python module that says ``ready``, then answers every line it is given with a line.

    Parameters
    ----------
    arguments : sequence of str
        Module to run and its arguments.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._indexes = tempfile.TemporaryDirectory()
        self._errors = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MOTION_INSPECTOR_CACHE": self._indexes.name},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.alive = True
        self.ready = self._answer(START_S) == "ready"

    def ask(self, question: str, limit_s: float) -> str:
        """Answer to a line; ``hang`` or ``crash`` and its last words if none comes."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{question}\n")
        stdin.flush()
        return self._answer(limit_s)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            assert pipe is not None
            pipe.close()
        self._indexes.cleanup()

    def _answer(self, limit_s: float) -> str:
        try:
            line = self._lines.get(timeout=limit_s)
        except queue.Empty:
            self.alive = False
            self._process.send_signal(signal.SIGABRT)  # its threads' stacks go to stderr
            self._process.wait()
            return f"hang {self._last_words()}"
        if line:
            return line.strip()
        self.alive = False
        return f"crash {self._process.wait()} {self._last_words()}"

    def _listen(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        for line in stdout:
            self._lines.put(line)
        self._lines.put("")

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").splitlines()
        telling = [line.strip() for line in lines if 'File "' in line or "Error" in line]
        return " | ".join(telling)[:600]


def say(text: str) -> None:
    """In the child: answer with a line."""
    sys.stdout.write(text.replace("\n", " ") + "\n")
    sys.stdout.flush()
