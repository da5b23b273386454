"""One HTTP exchange that no server can hold up, fill the memory with, or lead to another scheme.

It runs in a thread of its own. The look-up of a name cannot be broken off, and a server that
sends a byte now and then keeps the timeouts of sockets from ever passing; so the caller waits for
that thread no longer than its deadline, and asks meanwhile whether it was cancelled.
"""

from __future__ import annotations

import socket
import string
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import (
    AbstractHTTPHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from engine.cancel import Check

_BLOCK_BYTES = 256 * 1024
_BLOCKS_AHEAD = 4
_POLL_S = 0.1
_SOCKET_S = 30.0  # after which a thread that nobody waits for any more ends at the latest
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class HttpError(Exception):
    """A failed exchange, told in half a sentence."""


class HttpTimeoutError(HttpError):
    """Nothing came before the deadline."""


class UnreachableError(HttpError):
    """The request could not be sent."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer.

    Attributes
    ----------
    status : int
        200 and so on, as the server says; not checked.
    reason : str
        What the server calls it.
    length : int or None
        Bytes of the body, if they are announced.
    content_range, encoding : str
        The headers Content-Range and Content-Encoding, "" without them.
    """

    status: int
    reason: str
    length: int | None
    content_range: str
    encoding: str


class Exchange:
    """A request and its answer, a context that closes the connection at its end.

    Proxies of the environment are used. Redirects are followed where that is allowed: at most
    five, to http and https alone, and never from https to http.

    Parameters
    ----------
    request : Request
        To an address of http or https.
    follow : bool
        Whether redirects are followed; else they are answers like others.
    direct : bool
        Whether proxies are passed by.
    """

    def __init__(self, request: Request, *, follow: bool = False, direct: bool = False) -> None:
        self._request = request
        self._headers = dict(request.headers)  # without what a proxy is told
        self._redirects = _MOST_REDIRECTS if follow else 0
        self._opener = OpenerDirector()
        handlers = ProxyHandler({} if direct else None), _Handler(self._hold), UnknownHandler()
        for handler in handlers:
            self._opener.add_handler(handler)
        self._items: Queue[Head | bytes | Exception] = Queue(_BLOCKS_AHEAD)
        self._left = threading.Event()
        self._held: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()
        self._hang_up()
        self._thread.join(_POLL_S)  # not for long: it may be looking up a name

    def head(self, deadline_s: float, check: Check) -> Head:
        """Return the head of the answer, once it is here.

        Parameters
        ----------
        deadline_s : float
            Of `time.monotonic`.
        check : callable
            Asked ten times a second.

        Raises
        ------
        HttpTimeoutError
            If it has not come by then.
        HttpError
            If there is no answer of HTTP.
        """
        item = self._next(deadline_s, check)
        assert isinstance(item, Head)
        return item

    def block(self, deadline_s: float, check: Check) -> bytes:
        """Return the next at most 256 kB of the body, empty at its end. As `head` otherwise."""
        item = self._next(deadline_s, check)
        assert isinstance(item, bytes)
        return item

    def _next(self, deadline_s: float, check: Check) -> Head | bytes:
        while True:
            check()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise HttpTimeoutError("the server takes too long")
            try:
                item = self._items.get(timeout=min(left_s, _POLL_S))
            except Empty:
                continue
            if isinstance(item, Exception):
                raise item
            return item

    def _run(self) -> None:
        """Send the request and hand on what comes, in the thread."""
        try:
            with closing(self._answer()) as response:
                self._hand_on(_head(response))
                # read1 returns what is there, so that a slow line still reports
                while block := response.read1(_BLOCK_BYTES):
                    self._hand_on(block)
            self._hand_on(b"")
        except _LeftError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            with suppress(_LeftError):
                self._hand_on(_told(error))
        finally:
            if self._held is not None:
                self._held.close()

    def _hand_on(self, item: Head | bytes | Exception) -> None:
        while not self._left.is_set():
            with suppress(Full):
                self._items.put(item, timeout=_POLL_S)
                return
        raise _LeftError

    def _answer(self) -> HTTPResponse:
        request = self._request
        for _ in range(self._redirects + 1):
            response: HTTPResponse = self._opener.open(request, timeout=_SOCKET_S)
            target = response.headers.get("Location", "") if response.status in _REDIRECTS else ""
            if not target or not self._redirects:
                return response
            response.close()  # unread: its body may be endless
            request = Request(_sent_on(request.full_url, target), headers=self._headers)
        raise HttpError(f"the server sends its callers on more than {self._redirects} times")

    def _hold(self, connected: socket.socket) -> None:
        """Keep a second handle of a connection, by which the caller can end it at any stage."""
        if self._held is not None:
            self._held.close()
        self._held = connected.dup()
        if self._left.is_set():
            self._hang_up()

    def _hang_up(self) -> None:
        if self._held is not None:
            with suppress(OSError):  # it has ended already
                self._held.shutdown(socket.SHUT_RDWR)


class _LeftError(Exception):
    """Nobody waits for the answer any more."""


class _Plain(HTTPConnection):
    hold: Any

    def connect(self) -> None:
        super().connect()
        self.hold(self.sock)


class _Secure(HTTPSConnection, _Plain):
    """The same with TLS: the connection is held before its first byte."""


class _Handler(AbstractHTTPHandler):
    """Opens connections and has them held."""

    def __init__(self, hold: Any) -> None:
        super().__init__()
        self._hold = hold

    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(partial(self._connection, _Plain), request)

    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(partial(self._connection, _Secure), request)

    http_request = https_request = AbstractHTTPHandler.do_request_

    def _connection(self, kind: type[_Plain], host: str, /, **options: Any) -> _Plain:
        connection = kind(host, **options)
        connection.hold = self._hold
        return connection


def _head(response: HTTPResponse) -> Head:
    headers = response.headers
    return Head(
        response.status,
        response.reason,
        None if response.chunked else response.length,
        headers.get("Content-Range", ""),
        headers.get("Content-Encoding", ""),
    )


def _sent_on(url: str, target: str) -> str:
    """Return the address that a redirect leads to."""
    reached = quote(urljoin(url, target), safe=string.punctuation)
    parts = urlsplit(reached)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HttpError("the server sends its callers to an address that is not of http or https")
    if urlsplit(url).scheme == "https" and parts.scheme == "http":
        raise HttpError("the server sends its callers from https to http")
    return reached


def _told(error: Exception) -> Exception:
    """Return an error of the network as half a sentence, and others as they are: bugs."""
    reason = getattr(error, "reason", error)  # of urllib's URLError
    if isinstance(reason, TimeoutError):
        return HttpTimeoutError("the server takes too long")
    if not isinstance(error, (OSError, HTTPException, ValueError)):
        return error
    kind = UnreachableError if isinstance(error, URLError) else HttpError
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    told = kind(f"the connection failed ({text[:200]})")
    told.__cause__ = error
    return told
