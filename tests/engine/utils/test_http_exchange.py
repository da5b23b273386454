from __future__ import annotations

import socket
import threading
import time
from urllib.request import Request

import pytest

from engine.cancel import Cancelled, Check, never
from engine.utils.http_exchange import Exchange, HttpError, HttpTimeoutError, UnreachableError
from tests.raw_server import Caller, Script, raw_server

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def received(
    address: str, within_s: float = 5.0, *, follow: bool = True, check: Check = never
) -> bytes:
    deadline_s = time.monotonic() + within_s
    with Exchange(Request(address), follow=follow) as exchange:
        head = exchange.head(deadline_s, check)
        content = b""
        while block := exchange.block(deadline_s, check):
            content += block
        return b"%d " % head.status + content


def sent(data: bytes) -> Script:
    return lambda caller: caller.send(data)


def sent_on(to: str, status: int = 302) -> Script:
    return sent(f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\n\r\n".encode())


def dripping(begin: bytes, piece: bytes = b"x") -> Script:
    def script(caller: Caller) -> None:
        caller.send(begin)
        caller.drip(piece)

    return script


SLOW: dict[str, Script] = {
    "silent": dripping(b"", b""),
    "status line": dripping(b"HTTP"),
    "header": dripping(OK + b"X: "),
    "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": dripping(OK + b"\r\n"),
    "chunk": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"),
    "size of a chunk": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n1;"),
    "trailers": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
def test_exchange_ends_at_its_deadline(name: str) -> None:
    with raw_server(SLOW[name]) as address, pytest.raises(HttpTimeoutError):
        received(address, 0.15)


@pytest.mark.parametrize("name", SLOW)
def test_exchange_is_cancelled_at_any_stage(name: str) -> None:
    began_s = time.monotonic()

    def check() -> None:
        if time.monotonic() > began_s + 0.1:
            raise Cancelled

    with raw_server(SLOW[name]) as address:
        with pytest.raises(Cancelled):
            received(address, 60, check=check)
        assert time.monotonic() - began_s < 1


def test_exchange_is_cancelled_while_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: done.wait(5) and [])
    began_s = time.monotonic()
    with pytest.raises(HttpTimeoutError):
        received("http://example.invalid/", 0.1)
    assert time.monotonic() - began_s < 1
    done.set()


BROKEN: dict[str, bytes] = {
    "no HTTP": b"SSH-2.0\r\n\r\n",
    "nothing": b"",
    "no status": b"HTTP/1.1 x y\r\n\r\n",
    "a long header": OK + b"X: " + b"x" * 100_000,
    "many headers": OK + b"X: y\r\n" * 1000,
    "a chunk of no size": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that is cut": OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc",
}


@pytest.mark.parametrize("name", BROKEN)
def test_exchange_that_is_broken_is_told(name: str) -> None:
    failing = pytest.raises(HttpError, match="connection failed")
    with raw_server(sent(BROKEN[name])) as address, failing as caught:
        received(address)
    assert len(str(caught.value)) < 300


def test_exchange_whose_headers_never_end_takes_little() -> None:
    def script(caller: Caller) -> None:
        caller.send(OK)
        caller.flood(b"X: " + b"y" * 60_000 + b"\r\n")

    with raw_server(script) as address, pytest.raises(HttpError, match="100 headers"):
        received(address)


ELSEWHERE = ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,a", "gopher://a/"]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_redirect_to_another_scheme_is_refused(to: str) -> None:
    with raw_server(sent_on(to)) as address, pytest.raises(HttpError, match="not of http"):
        received(address)


def test_redirect_from_https_to_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(sent_on("http://127.0.0.1/a")) as address:
        exchange = Exchange(Request("https://a/"), follow=True)
        plain = exchange._opener.open
        monkeypatch.setattr(exchange._opener, "open", lambda *_, **__: plain(Request(address)))
        with exchange, pytest.raises(HttpError, match="from https to http"):
            exchange.head(time.monotonic() + 5, never)


def test_redirects_in_a_circle_are_broken_off() -> None:
    with raw_server(sent_on("/again")) as address, pytest.raises(HttpError, match="more than 5"):
        received(address)


def test_redirect_with_an_endless_body_is_followed_without_it() -> None:
    def script(caller: Caller) -> None:
        if b"GET /there" in caller.head:
            caller.send(OK + b"Content-Length: 2\r\n\r\nhi")
            return
        caller.send(b"HTTP/1.1 301 Moved\r\nLocation: /there\r\n\r\n")
        caller.flood(b"x" * 65536)

    with raw_server(script) as address:
        assert received(address) == b"200 hi"


def test_redirect_is_an_answer_where_it_is_not_followed() -> None:
    with raw_server(sent_on("/there")) as address:
        assert received(address, follow=False) == b"302 "


def test_exchange_goes_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("no_proxy")
    seen: list[bytes] = []

    def script(caller: Caller) -> None:
        seen.append(caller.head)
        caller.send(OK + b"\r\nby proxy")

    with raw_server(script) as address:
        monkeypatch.setenv("http_proxy", address.replace("//", "//me:secret@"))
        assert received("http://example.invalid/a") == b"200 by proxy"
        assert seen[0].startswith(b"GET http://example.invalid/a ")
        monkeypatch.setenv("http_proxy", address.replace("http:", "socks5:"))
        with pytest.raises(HttpError, match="socks5"):
            received("http://example.invalid/a")


def test_exchange_that_cannot_be_sent_is_told_apart() -> None:
    with raw_server(sent(b"")) as address:
        pass
    with pytest.raises(UnreachableError, match="refused"):
        received(address)


def test_bug_in_the_thread_is_raised_where_it_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange = Exchange(Request("http://127.0.0.1/"))
    monkeypatch.setattr(exchange, "_answer", lambda: {}["bug"])
    with exchange, pytest.raises(KeyError, match="bug"):
        exchange.head(time.monotonic() + 5, never)
