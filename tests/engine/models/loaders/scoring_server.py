"""A server of scores on the loopback address, for tests of black boxes."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

Answer = Callable[[BaseHTTPRequestHandler, np.ndarray], None]


def brightness(clips: np.ndarray) -> list[list[float]]:
    """Two logits a clip: what the middle of the first half of its frames shows, and minus that."""
    _, _, frames, height, width = clips.shape
    seen = clips[:, :, : frames // 2, height // 4 : -height // 4, width // 4 : -width // 4]
    score = 8 * (seen.mean((1, 2, 3, 4)) - 0.25)
    return np.stack([score, -score], 1).tolist()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answer a request."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def send_scores(handler: BaseHTTPRequestHandler, clips: np.ndarray) -> None:
    """Answer as the protocol wants it."""
    send(handler, json.dumps({"scores": brightness(clips), "kind": "logits"}).encode())


class ScoringServer:
    """The server: how it answers can be changed, and what it was asked is kept.

    Attributes
    ----------
    address : str
        Where it listens.
    answer : callable
        Given the handler of a request, and its clips.
    shapes : list of tuple
        Of the clips it was asked about.
    leaving : Event
        Set when the test is over, for answers that never come.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_address[1]}/score"
        self.answer: Answer = send_scores
        self.shapes: list[tuple[int, ...]] = []
        self.leaving = threading.Event()


@contextmanager
def serving() -> Iterator[ScoringServer]:
    """A server in threads, which are gone afterwards."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked["dtype"] == "float32"
            values = np.frombuffer(base64.b64decode(asked["data"]), "<f4")
            clips = values.reshape(asked["shape"])
            state.shapes.append(clips.shape)
            state.answer(self, clips)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = ScoringServer(server)
        server.daemon_threads = False  # server_close waits for them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            state.leaving.set()
            server.shutdown()
            thread.join()
