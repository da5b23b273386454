"""Playback of exported files in Chromium, to their end and with their length.

    python -m benchmarks.browser FILE...

Plays each file in real time in a headless Chromium, found on the path, from a server on this
computer, and prints what the browser measured as JSON.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif"}
_PAGE = """<!doctype html><video src="/file" muted></video><script>
const video = document.querySelector("video"), began = performance.now();
function tell(end) {
  const quality = video.getVideoPlaybackQuality();
  fetch("/result", {method: "POST", body: JSON.stringify({
    end: end, duration_s: video.duration, reached_s: video.currentTime,
    took_s: (performance.now() - began) / 1000, size: [video.videoWidth, video.videoHeight],
    frames: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    sound_bytes: video.webkitAudioDecodedByteCount})});
}
video.onended = () => tell("ended");
video.onerror = () => tell("error: " + video.error.message);
video.play().catch(error => tell("error: " + error));
</script>"""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def play(path: Path, chromium: str, timeout_s: float = 60.0) -> dict[str, Any]:
    """Play a file to its end.

    Parameters
    ----------
    path : Path
        An MP4 or WebM.
    chromium : str
        As `find_chromium` gives it.
    timeout_s : float
        When to give up, in seconds.

    Returns
    -------
    dict
        ``end`` ("ended", or the error), ``duration_s``, ``reached_s``, ``took_s``, ``size``,
        ``frames``, ``dropped``, ``sound_bytes``.

    Raises
    ------
    TimeoutError
        If the file neither ends nor fails in time.
    """
    results: Queue[dict[str, Any]] = Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, path, results))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            url = f"http://127.0.0.1:{server.server_port}/"
            return _shown(_command(chromium, profile, url), results, timeout_s)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _command(chromium: str, profile: str, url: str) -> list[str]:
    return [
        chromium,
        "--headless=new",
        "--no-sandbox",  # as root, and in containers, it does not start otherwise
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--autoplay-policy=no-user-gesture-required",
        f"--user-data-dir={profile}",
        url,
    ]


def _shown(command: list[str], results: Queue[dict[str, Any]], timeout_s: float) -> dict[str, Any]:
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return results.get(timeout=timeout_s)
    except Empty as error:
        raise TimeoutError(f"the browser told nothing within {timeout_s} s") from error
    finally:
        browser.terminate()
        browser.wait()


class _Handler(BaseHTTPRequestHandler):
    """Gives out the page and the file, whole or in part, and takes the result."""

    def __init__(
        self, path: Path, results: Queue[dict[str, Any]], *arguments: Any, **named: Any
    ) -> None:
        self._path, self._results = path, results
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        """Answer with the page or the file."""
        if self.path == "/":
            self._answer(200, "text/html", _PAGE.encode())
        elif self.path == "/file":
            self._answer_file()
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        """Take the result."""
        length = int(self.headers["Content-Length"])
        self._results.put(json.loads(self.rfile.read(length)))
        self._answer(200, "text/plain", b"")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""

    def _answer_file(self) -> None:
        content = self._path.read_bytes()
        kind = _TYPES[self._path.suffix.lower()]
        byte_range = self.headers.get("Range")
        if byte_range is None:
            self._answer(200, kind, content)
            return
        first, _, last = byte_range.removeprefix("bytes=").partition("-")
        start, stop = int(first), int(last) + 1 if last else len(content)
        self._answer(206, kind, content[start:stop], f"bytes {start}-{stop - 1}/{len(content)}")

    def _answer(self, code: int, kind: str, content: bytes, content_range: str = "") -> None:
        try:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Accept-Ranges", "bytes")
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            """The browser has what it wanted and asks for another part."""


def main() -> int:
    """Play the files named on the command line."""
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    for name in sys.argv[1:]:
        print(name, json.dumps(play(Path(name), chromium)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
