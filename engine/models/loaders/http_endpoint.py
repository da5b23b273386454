"""An HTTP endpoint that scores clips: the protocol of docs/black-boxes.md, with no trust in it."""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta

from engine.errors import ModelError
from engine.models.loaders.black_box import Kind
from engine.types import Float32Array
from engine.utils.schema import SchemaError, convert, parse_json

_MOST_BYTES = 8 * 2**20  # of an answer; a thousand classes of a batch take 200 kB
_LOCAL = ("localhost", "127.0.0.1", "::1")
_PROTOCOL = "Look at the server's log; docs/black-boxes.md says what it must answer."
_START = "Start the server, or correct 'endpoint' in the card."


@dataclass(frozen=True, slots=True)
class _Reply:
    scores: Annotated[list[list[float]], Meta(title="a list of lists of numbers")]
    kind: Annotated[Kind, Meta(title='"logits" or "probabilities"')]


class Endpoint:
    """An address that clips are sent to, and scores come back from.

    Nothing of an answer is run, redirects are not followed, and an answer may take neither more
    than the time that it is given nor more than 8 MB.

    Parameters
    ----------
    address : str
        http or https, as `engine.models.cards.address` checked it.
    timeout_s : float
        Seconds that the server has for an answer.
    """

    def __init__(self, address: str, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        handlers: list[Any] = [_NoRedirect()]
        if urlsplit(address).hostname in _LOCAL:
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def score(self, clips: Float32Array) -> tuple[list[list[float]], Kind]:
        """Ask for the scores of clips, float32 (N, 3, T, h, w).

        Raises
        ------
        ModelError
            If there is no answer in time, or not the one of the protocol.
        """
        request = urllib.request.Request(
            self._address,
            data=_body(clips),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            reply = convert(parse_json(self._answer(request)), _Reply)
        except SchemaError as error:
            raise ModelError(
                f"The endpoint {self._address} answers something else than scores: {error}.",
                _PROTOCOL,
            ) from error
        return reply.scores, reply.kind

    def _answer(self, request: urllib.request.Request) -> bytes:
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return self._read(answer, deadline)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except TimeoutError as error:
            raise self._too_slow() from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._too_slow() from error
            reason = getattr(error.reason, "strerror", None) or error.reason
            raise ModelError(
                f"The endpoint {self._address} cannot be reached ({reason}).", _START
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise ModelError(
                f"The endpoint {self._address} broke off its answer "
                f"({str(error) or type(error).__name__}).",
                _START,
            ) from error

    def _read(self, answer: http.client.HTTPResponse, deadline: float) -> bytes:
        """Return the body of an answer, which may come slowly and be of any size."""
        content = bytearray()
        while part := answer.read1(2**16):
            content += part
            if len(content) > _MOST_BYTES:
                raise ModelError(
                    f"The endpoint {self._address} answers more than {_MOST_BYTES // 2**20} MB.",
                    _PROTOCOL,
                )
            if time.monotonic() > deadline:
                raise self._too_slow()
        if answer.length:
            raise http.client.IncompleteRead(bytes(content), answer.length)
        return bytes(content)

    def _refused(self, error: urllib.error.HTTPError) -> ModelError:
        if 300 <= error.code < 400:
            return ModelError(
                f"The endpoint {self._address} sends its callers elsewhere (status {error.code}).",
                "Frames go to the address of the card alone: write the final one there.",
            )
        return ModelError(
            f"The endpoint {self._address} answers with an error: status {error.code}"
            f"{f', {error.reason}' if error.reason else ''}.",
            _PROTOCOL,
        )

    def _too_slow(self) -> ModelError:
        return ModelError(
            f"The endpoint {self._address} did not answer within {self._timeout_s:g} s.",
            "Start the server, or give it longer: timeout = 120 in the card.",
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves an answer that sends elsewhere as it is, so that it is an error."""

    def redirect_request(self, *_: Any) -> None:
        """Return no other request."""


def _body(clips: Float32Array) -> bytes:
    data = base64.b64encode(clips.astype("<f4").tobytes()).decode("ascii")
    return json.dumps({"shape": clips.shape, "dtype": "float32", "data": data}).encode()
