"""Files that the user trusts to run, stored by their content in the user's settings.

Loading a network with its code (Python, TorchScript, torch.export) does what its author wrote,
with the user's rights. That is asked once for each content of a file. No torch.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from engine.errors import ModelError, UntrustedError, os_errors
from engine.utils.atomic import write_text
from engine.utils.paths import config_folder
from engine.utils.schema import SchemaError, convert, parse_json


def trust(path: Path) -> None:
    """Remember that the user trusts a file, as it is now.

    Raises
    ------
    ModelError
        If the file cannot be read, or the settings cannot be written.
    """
    known = _known()
    known[_digest(path)] = str(path.absolute())
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


def _file() -> Path:
    return config_folder() / "trusted.json"


def _known() -> dict[str, str]:
    """Return the path of each digest, none from a missing or damaged file."""
    try:
        return convert(parse_json(_file().read_bytes()), dict[str, str])
    except (OSError, SchemaError):
        return {}


def _digest(path: Path) -> str:
    with (
        os_errors(ModelError, f"The network file {path} cannot be read", "Check its path."),
        path.open("rb") as file,
    ):
        return hashlib.file_digest(file, "sha256").hexdigest()
