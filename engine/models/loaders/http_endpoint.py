"""An HTTP endpoint that scores clips: the protocol of docs/black-boxes.md, with no trust in it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import Request

from msgspec import Meta

from engine.cancel import current_check
from engine.errors import ModelError
from engine.models.loaders.black_box import Kind
from engine.types import Float32Array
from engine.utils.http_exchange import Exchange, Head, HttpError, HttpTimeoutError, UnreachableError
from engine.utils.schema import SchemaError, convert, parse_json

_MOST_BYTES = 8 * 2**20  # of an answer; a thousand classes of a batch take 200 kB
_MOST_REASON = 100  # characters of what a server calls its status
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
        self._direct = urlsplit(address).hostname in _LOCAL

    def score(self, clips: Float32Array) -> tuple[list[list[float]], Kind]:
        """Ask for the scores of clips, float32 (N, 3, T, h, w), until that is cancelled.

        Raises
        ------
        ModelError
            If there is no answer in time, or not the one of the protocol.
        """
        request = Request(
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

    def _answer(self, request: Request) -> bytes:
        """Return the body of the answer, all of it before the deadline."""
        deadline = time.monotonic() + self._timeout_s
        try:
            with Exchange(request, direct=self._direct) as exchange:
                head = exchange.head(deadline, current_check())
                if head.status != 200:
                    raise self._refused(head)
                return self._body_of(exchange, head, deadline)
        except HttpTimeoutError as error:
            raise self._too_slow() from error
        except UnreachableError as error:
            raise ModelError(
                f"The endpoint {self._address} cannot be reached: {error}.", _START
            ) from error
        except HttpError as error:
            raise ModelError(
                f"The endpoint {self._address} broke off its answer: {error}.", _START
            ) from error

    def _body_of(self, exchange: Exchange, head: Head, deadline: float) -> bytes:
        content = bytearray()
        while part := exchange.block(deadline, current_check()):
            content += part
            if len(content) > _MOST_BYTES:
                raise ModelError(
                    f"The endpoint {self._address} answers more than {_MOST_BYTES // 2**20} MB.",
                    _PROTOCOL,
                )
        if head.length is not None and len(content) < head.length:
            raise HttpError(f"{len(content)} of {head.length} bytes came")
        return bytes(content)

    def _refused(self, head: Head) -> ModelError:
        if 300 <= head.status < 400:
            return ModelError(
                f"The endpoint {self._address} sends its callers elsewhere (status {head.status}).",
                "Frames go to the address of the card alone: write the final one there.",
            )
        return ModelError(
            f"The endpoint {self._address} answers with an error: status {head.status}"
            f"{f', {head.reason[:_MOST_REASON]}' if head.reason else ''}.",
            _PROTOCOL,
        )

    def _too_slow(self) -> ModelError:
        return ModelError(
            f"The endpoint {self._address} did not answer within {self._timeout_s:g} s.",
            "Start the server, or give it longer: timeout = 120 in the card.",
        )


def _body(clips: Float32Array) -> bytes:
    data = base64.b64encode(clips.astype("<f4").tobytes()).decode("ascii")
    return json.dumps({"shape": clips.shape, "dtype": "float32", "data": data}).encode()
