"""A web server on this machine that can misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = bytes(range(256)) * 4096  # 1 MB
CONTENT_SHA256 = "fbbab289f7f94b25736c58be46a994c441fd02552cc6022352e3d86d2fab7c83"
WHOLE = f"net-{CONTENT_SHA256[:8]}.pth"
THIRD = len(CONTENT) // 3


class Site(ThreadingHTTPServer):
    """Remembers where each answer began."""

    starts: list[int]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        if kind == "missing":
            self.send_error(404)
            return
        start = 0 if kind == "norange" else self._start()
        self.server.starts.append(start)
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self._send_headers(kind, start)
        try:
            self._send_body(kind, start)
        except ConnectionError:
            self.close_connection = True  # the client cancelled

    def _start(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(found.group(1)) if found else 0

    def _send_headers(self, kind: str, start: int) -> None:
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        if kind != "unsized":
            self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()

    def _send_body(self, kind: str, start: int) -> None:
        if kind == "slow":
            for offset in range(start, len(CONTENT), 64 * 1024):
                self.wfile.write(CONTENT[offset : offset + 64 * 1024])
                self.wfile.flush()
        elif kind == "cut" or (kind in ("once", "norange") and len(self.server.starts) == 1):
            self.wfile.write(CONTENT[start : start + THIRD])
        elif kind == "broken":
            self.wfile.write(CONTENT[start:THIRD])
        else:
            self.wfile.write(CONTENT[start:])

    def log_message(self, *_args: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A running server; the first part of the path says how it behaves.

    /whole, /unsized (no length), /slow (in pieces), /cut (a third each time), /once (a third the
    first time), /norange (the same, and it begins anew), /broken (never more than a third),
    /missing.
    """
    monkeypatch.setenv("no_proxy", "*")
    with Site(("127.0.0.1", 0), _Handler) as httpd:
        httpd.starts = []
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


@pytest.fixture
def server(site: Site) -> str:
    """Address of the server."""
    return site.address
