"""A server on this machine that sends what no honest one would, byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[["Caller"], None]


class Caller:
    """A connection, as the script of a test sees it.

    Attributes
    ----------
    head : bytes
        The request line and headers.
    leaving : Event
        Set when the test is over.
    """

    def __init__(self, connection: socket.socket, leaving: threading.Event) -> None:
        self._connection = connection
        self.leaving = leaving
        self.head = b""

    def read_head(self) -> None:
        while b"\r\n\r\n" not in self.head:
            part = self._connection.recv(65536)
            if not part:
                return
            self.head += part

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, data: bytes = b"x") -> None:
        """Send a little now and then, for good."""
        while not self.leaving.wait(0.02):
            self.send(data)

    def flood(self, data: bytes) -> None:
        """Send as fast as it is taken, for good."""
        while not self.leaving.is_set():
            self.send(data)


@contextmanager
def raw_server(script: Script) -> Iterator[str]:
    """Yield the address of a server that runs a script for each connection, in threads."""
    leaving = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client hangs up
            connection.settimeout(5)
            caller = Caller(connection, leaving)
            caller.read_head()
            script(caller)
            connection.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):  # closed at the end
            while True:
                thread = threading.Thread(target=serve, args=(listener.accept()[0],))
                threads.append(thread)
                thread.start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            leaving.set()
            listener.shutdown(socket.SHUT_RDWR)  # wakes the acceptor
            acceptor.join()
            for thread in threads:
                thread.join()
