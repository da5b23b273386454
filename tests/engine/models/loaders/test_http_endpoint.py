from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.attribution import attribute, motion_use
from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError, ModelError, UntrustedError
from engine.model_check import check_card
from engine.models import load_model
from engine.models.cards.reading import read_card
from engine.models.cards.trust import trust
from engine.models.loaders.http_endpoint import Endpoint
from engine.models.model import Clip, VideoModel
from engine.pipeline.single_clip import noise_clip
from tests.engine.models.loaders.scoring_server import (
    Answer,
    ScoringServer,
    brightness,
    send,
    send_scores,
    serving,
)
from tests.raw_server import Caller, raw_server

CARD = """
endpoint = "{address}"
labels = "labels.txt"
frames = 4
stride = 1
resize = 8
crop = 8
{more}
"""


@pytest.fixture
def server() -> Iterator[ScoringServer]:
    with serving() as state:
        yield state


@pytest.fixture
def card(server: ScoringServer, tmp_path: Path) -> Path:
    """A card of the server, which is trusted."""
    trust(server.address)
    return written(tmp_path, server.address)


def written(folder: Path, address: str, more: str = "") -> Path:
    (folder / "labels.txt").write_text("bright\ndark\n")
    path = folder / "server.toml"
    path.write_text(CARD.format(address=address, more=more))
    return path


def loaded(card: Path) -> tuple[VideoModel, Clip]:
    model = load_model(card)
    return model, noise_clip(model)


def test_endpoint_is_asked_as_the_page_says(server: ScoringServer) -> None:
    clips = np.random.default_rng(0).random((2, 3, 4, 8, 8), np.float32)
    scores, kind = Endpoint(server.address, 30).score(clips)
    assert (np.array(scores) == np.array(brightness(clips))).all()
    assert (kind, server.shapes) == ("logits", [(2, 3, 4, 8, 8)])


@pytest.mark.parametrize("method", ["occlusion", "rise", "temporal_mask"])
def test_endpoint_is_explained_by_perturbation(card: Path, method: str) -> None:
    model, clip = loaded(card)
    assert (model.closed, model.spec.labels) == ("HTTP", ("bright", "dark"))
    result = attribute(model, clip, "dark", method)
    assert result.logits.tolist() == pytest.approx(brightness(clip.tensor.numpy())[0])
    assert result.relevance.any()


def test_endpoint_answers_whether_it_uses_motion(card: Path) -> None:
    use = motion_use(*loaded(card))
    assert use.probabilities is not None
    assert use.probabilities[0] != use.probabilities[1]


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam", "integrated_gradients"])
def test_endpoint_is_not_explained_from_inside(
    card: Path, method: str, server: ScoringServer
) -> None:
    with pytest.raises(AttributionError, match="scores alone") as caught:
        attribute(*loaded(card), 0, method)
    assert "rise" in caught.value.hint
    assert not server.shapes


def test_endpoint_is_sent_nothing_before_it_is_trusted(
    server: ScoringServer, tmp_path: Path
) -> None:
    path = written(tmp_path, server.address)
    with pytest.raises(UntrustedError, match="frames of your videos") as caught:
        load_model(path)
    assert not server.shapes
    trust(caught.value.asked)
    assert load_model(path).closed == "HTTP"


def never(server: ScoringServer) -> Answer:
    return lambda _handler, _clips: server.leaving.wait(60) and None


def drip(server: ScoringServer) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _: np.ndarray) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.leaving.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return answer


def close(handler: BaseHTTPRequestHandler, _: np.ndarray) -> None:
    handler.close_connection = True


def half(handler: BaseHTTPRequestHandler, _: np.ndarray) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(b'{"scores": [[')


def body(text: str | bytes, status: int = 200, **headers: str) -> Answer:
    content = text.encode() if isinstance(text, str) else text
    return lambda handler, _: send(handler, content, status, **headers)


def long_reason(handler: BaseHTTPRequestHandler, _: np.ndarray) -> None:
    handler.send_response(500, "x" * 60_000)
    handler.end_headers()


RUBBISH: dict[str, tuple[Answer, str]] = {
    "a page": (body("<html><body>Hello</body></html>"), "not whole JSON"),
    "an error page": (body("<html>Oops</html>", 500), "status 500"),
    "nothing there": (body("", 404), "status 404"),
    "elsewhere": (body("", 307, Location="http://127.0.0.1:9/"), "sends its callers elsewhere"),
    "elsewhere by GET": (body("", 302, Location="file:///etc/passwd"), "elsewhere"),
    "empty": (body(""), "not whole JSON"),
    "bytes": (lambda handler, _: send(handler, b"\xff\xfe\x00\x80"), "something else than scores"),
    "a list": (body("[[1, 2]]"), "something else than scores"),
    "no kind": (body('{"scores": [[1, 2]]}'), "kind is missing"),
    "another kind": (body('{"scores": [[1, 2]], "kind": "odds"}'), '"logits" or "probabilities"'),
    "texts": (body('{"scores": [["a", "b"]], "kind": "logits"}'), "something else than scores"),
    "nested": (body("[" * 100_000), "something else than scores"),
    "nan": (body('{"scores": [[NaN, 1]], "kind": "logits"}'), "NaN is no number"),
    "infinite": (body('{"scores": [[1e999, 1]], "kind": "logits"}'), "not finite"),
    "too few": (body('{"scores": [[]], "kind": "logits"}'), "not (1, 2)"),
    "too many": (body('{"scores": [[1, 2, 3]], "kind": "logits"}'), "not (1, 2)"),
    "two rows": (body('{"scores": [[1, 2], [1, 2]], "kind": "logits"}'), "not (1, 2)"),
    "ragged": (body('{"scores": [[1, 2], [1]], "kind": "logits"}'), "failed on a clip"),
    "no chances": (body('{"scores": [[3, 2]], "kind": "probabilities"}'), "add up to one"),
    "huge": (body("[" + "1," * 5_000_000), "more than 8 MB"),
    "compressed": (
        body(gzip.compress(b" " * 2**24), **{"Content-Encoding": "gzip"}),
        "something else than scores",
    ),
    "a long reason": (long_reason, "status 500, xxx"),
    "closed": (close, "broke off"),
    "half": (half, "broke off"),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_told_in_one_sentence(name: str, server: ScoringServer, card: Path) -> None:
    server.answer, text = RUBBISH[name]
    with pytest.raises(EngineError) as caught:
        attribute(*loaded(card), 0, "occlusion")
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert caught.value.hint


@pytest.mark.parametrize("slow", [never, drip])
def test_slow_endpoint_is_told(server: ScoringServer, slow: object) -> None:
    server.answer = slow(server)  # type: ignore[operator]
    with pytest.raises(ModelError, match=r"did not answer within 0.3 s") as caught:
        Endpoint(server.address, 0.3).score(np.zeros((1, 3, 4, 8, 8), np.float32))
    assert "timeout" in caught.value.hint


@pytest.mark.parametrize("slow", [never, drip])
def test_slow_endpoint_is_cancelled(server: ScoringServer, card: Path, slow: object) -> None:
    server.answer = slow(server)  # type: ignore[operator]
    began_s = time.monotonic()

    def check() -> None:
        if server.shapes:  # asked, and without an answer
            raise Cancelled

    with pytest.raises(Cancelled):
        motion_use(*loaded(card), check=check)
    assert time.monotonic() - began_s < 3


def test_endpoint_that_is_not_there_is_told(tmp_path: Path) -> None:
    with serving() as gone:
        address = gone.address
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        Endpoint(address, 5).score(np.zeros((1, 3, 4, 8, 8), np.float32))
    assert "Start the server" in caught.value.hint


def test_check_says_what_an_endpoint_is(card: Path) -> None:
    report = check_card(read_card(card), None)
    found = {finding.check: finding for finding in report.findings}
    assert not report.failed
    assert "HTTP" in found["gradient"].text
    assert "softmax" in found["head"].text
    assert sum(chance for _, chance in report.top) == pytest.approx(1)


def test_check_tells_an_endpoint_that_dies(server: ScoringServer, card: Path) -> None:
    def once(handler: BaseHTTPRequestHandler, clips: np.ndarray) -> None:
        (send_scores if len(server.shapes) == 1 else close)(handler, clips)

    server.answer = once
    report = check_card(read_card(card), None)
    assert [f.text for f in report.findings if f.level == "fail" and "broke off" in f.text]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("ftp://a/score", "does not begin with http"),
        ("file:///etc/passwd", "does not begin with http"),
        ("127.0.0.1:80", "does not begin with http"),
        ("http:///score", "names no server"),
        ("http://me:secret@a/score", "password"),
        ("http://me:se@cret@a/score", "password"),
        ("me:secret@a/score", "does not begin with http"),
        ("http://me:secret@a:99999/", "Port out of range"),
        ("http://known.org%2Fb/score", "name of its server"),
        ("http://known.org\\\\b/score", "name of its server"),
        ("http://a:99999/", "Port out of range"),
        ("http://a/b c", "characters"),
    ],
)
def test_addresses_that_cannot_be_used(address: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be used") as caught:
        read_card(written(tmp_path, address))
    assert text in str(caught.value)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("line", ['network = "s3d"', 'checkpoint = "a.pth"', 'layer = "fc"'])
def test_card_of_an_endpoint_has_no_network(line: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="endpoint"):
        read_card(written(tmp_path, "http://a/score", line))


def test_server_of_the_page_answers() -> None:
    page = (Path(__file__).parents[4] / "docs" / "black-boxes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = next(block for block in blocks if "do_POST" in block)
    names: dict[str, Any] = {"__name__": "page"}
    exec(code, names)
    names["Scorer"].log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), names["Scorer"]) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        clips = np.random.default_rng(0).random((2, 3, 4, 8, 8), np.float32)
        scores, _ = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/", 30).score(clips)
        thread.join()
    assert np.array(scores)[:, 0] == pytest.approx(clips.mean((1, 2, 3, 4)))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (lambda caller: caller.drip(), "did not answer within 0.5 s"),
        (lambda caller: (caller.send(HEAD), caller.drip(b"X-A: 1\r\n")), "did not answer within"),
        (lambda caller: (caller.send(HEAD), caller.flood(b"X-A: 1\r\n")), "broke off its answer"),
        (lambda caller: (caller.send(HEAD + b"\r\n"), caller.drip()), "did not answer within"),
        (lambda caller: (caller.send(HEAD + b"\r\n"), caller.flood(b" " * 2**16)), "than 8 MB"),
        (lambda caller: caller.send(HEAD + b"Content-Length: 9\r\n\r\n{"), "1 of 9 bytes came"),
        (lambda caller: caller.send(HEAD + b"\r\n" + b"[" * 100_000), "something else than scores"),
    ],
)
def test_hostile_servers_are_told_in_time(script: Callable[[Caller], object], said: str) -> None:
    began = time.monotonic()
    with raw_server(script) as address, pytest.raises(ModelError, match=said):  # type: ignore[arg-type]
        Endpoint(address, timeout_s=0.5).score(np.zeros((1, 3, 4, 8, 8), np.float32))
    assert time.monotonic() - began < 5
