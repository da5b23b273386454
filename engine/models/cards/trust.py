"""Files that the user trusts to run, and servers to send frames to, in the user's settings.

Loading a network with its code (Python, TorchScript, torch.export) does what its author wrote,
with the user's rights. That is asked once for each content of a file, and once for each address
of an endpoint. No torch.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from engine.errors import ModelError, UntrustedError, os_errors
from engine.utils.atomic import write_text
from engine.utils.bounded_files import open_regular, read_bounded
from engine.utils.paths import config_folder
from engine.utils.schema import SchemaError, convert, parse_json

_MOST_BYTES = 2**24


def trust(what: Path | str) -> None:
    """Remember that the user trusts a file, as it is now, or the address of an endpoint.

    Raises
    ------
    ModelError
        If the file cannot be read, or the settings cannot be written.
    """
    known = _known()
    if isinstance(what, str):
        known[_digest_of_address(what)] = what
    else:
        known[_digest(what)] = str(what.absolute())
    file = _file()
    hint = "Check that your settings folder can be written to."
    with os_errors(ModelError, f"{file} cannot be written", hint):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(known, indent=1))


def require_trust(path: Path) -> None:
    """Refuse to go on with a file that the user does not trust.

    Raises
    ------
    UntrustedError
        If the user has not trusted this content.
    ModelError
        If the file cannot be read.
    """
    if _digest(path) not in _known():
        raise UntrustedError(
            f"{path} is a program: loading it runs what its author wrote, with your rights.",
            "If you know where it comes from, trust it once with --trust.",
            path,
        )


def require_trust_of_address(address: str) -> None:
    """Refuse to go on with an endpoint that the user does not trust with frames of videos.

    Raises
    ------
    UntrustedError
        If the user has not trusted this address.
    """
    if _digest_of_address(address) not in _known():
        raise UntrustedError(
            f"This model is a server: the frames of your videos would be sent to {address}.",
            "If you know who runs it, trust it once with --trust.",
            address,
        )


def _file() -> Path:
    return config_folder() / "trusted.json"


def _known() -> dict[str, str]:
    """Return the path of each digest, none from a missing or damaged file."""
    try:
        return convert(parse_json(read_bounded(_file(), _MOST_BYTES)), dict[str, str])
    except (OSError, SchemaError):
        return {}


def _digest_of_address(address: str) -> str:
    return hashlib.sha256(f"endpoint {address}".encode()).hexdigest()


def _digest(path: Path) -> str:
    with (
        os_errors(ModelError, f"The network file {path} cannot be read", "Check its path."),
        open_regular(path) as file,
    ):
        return hashlib.file_digest(file, "sha256").hexdigest()
