from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from pathlib import Path
from threading import Thread

from engine.cancel import never
from engine.types import Request
from inspector.backend import explain
from resources import resource_path

failures = []

def run(work, *arguments):
    try:
        work(*arguments, print, never)
    except Exception as error:
        failures.append(error)

with resource_path("demo.mp4") as clip:
    request = Request(clip, frames=(0, 16), method="gradient", device="cpu")
    threads = [
        Thread(target=run, args=(explain.explain, request, 0)),
        Thread(target=run, args=(explain.labels, "r3d_18", None)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
sys.exit("\\n".join(map(repr, failures)) or 0)
"""


def test_labels_and_an_explanation_import_torch_at_the_same_time() -> None:
    run = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
