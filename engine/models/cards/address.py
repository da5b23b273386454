"""Addresses of HTTP endpoints that a card may name. No torch."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOGIN = re.compile(r"^([a-z]*:?//)?.*@", re.IGNORECASE | re.DOTALL)


def fault_of(address: str) -> str:
    """Return what is wrong with the address of an endpoint, "" for nothing."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return "it has characters that addresses cannot have"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if not parts.hostname or port == 0:
        return "it names no server"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password, which do not belong in a card"
    if "\\" in parts.netloc or ("%" in parts.netloc and "[" not in parts.netloc):
        return "the name of its server has characters that such names cannot have"
    return "it has a '#'" if "#" in address else ""


def without_login(address: str) -> str:
    """Return an address as it may be shown: without user name and password."""
    return _LOGIN.sub(r"\1", address)
