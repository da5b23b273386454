"""Code that the user trusts to run, and servers to send frames to, in the user's settings.

Loading a network with its code (Python, TorchScript, torch.export) does what its author wrote,
with the user's rights. The answer holds for the folder of the card, for the bytes of each file of
code as they were shown, and for the function that is called; an answer about a server holds for
its address. No torch.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import ModelError, UntrustedCode, UntrustedError, UntrustedFile, os_errors
from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.paths import config_folder
from engine.utils.printable import spelled_out
from engine.utils.schema import SchemaError, convert, parse_json, to_plain

_MOST_BYTES = 2**26
_MOST_NAMED = 20
"""Files in one sentence; a question lists all."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """What was agreed to in a folder: the SHA-256 of each file, and the functions called."""

    files: dict[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Trusted:
    folders: dict[str, _Folder]
    addresses: tuple[str, ...] = ()


_of_process: dict[str, _Folder] = {}
"""Agreements that this process was given by the one that started it."""


def trust(asked: UntrustedCode | str) -> None:
    """Remember that the user trusts code as it was shown, or the address of an endpoint.

    Raises
    ------
    ModelError
        If the settings cannot be written.
    """
    known = _known()
    if isinstance(asked, str):
        known = replace(known, addresses=(*dict.fromkeys((*known.addresses, asked)),))
    else:
        folder = known.folders.get(_key(asked.folder), _Folder())
        files = folder.files | {_key(file.path): file.sha256 for file in asked.files}
        calls = (*dict.fromkeys((*folder.calls, *([asked.call] if asked.call else []))),)
        folders = known.folders | {_key(asked.folder): _Folder(files, calls)}
        known = replace(known, folders=folders)
    file = _file()
    hint = "Check that your settings folder can be written to."
    with os_errors(ModelError, f"{file} cannot be written", hint):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(to_plain(known), indent=1))


def agreements(folder: Path) -> str:
    """Return what the user trusts of a card's folder, for a worker of the user's elsewhere.

    Hashes of files and names of functions: what has other bytes there is still refused.

    Parameters
    ----------
    folder : Path
        Absolute, without links.
    """
    found = _known().folders.get(_key(folder))
    return json.dumps(to_plain(_Trusted({} if found is None else {_key(folder): found})))


def agree_here(text: str) -> None:
    """Take over `agreements` for the rest of this process, without saving them.

    Raises
    ------
    SchemaError
        If they are none.
    """
    _of_process.update(convert(parse_json(text), _Trusted).folders)


def require_trust(folder: Path, digests: Mapping[Path, str], call: str = "") -> None:
    """Refuse to go on with code that the user does not trust.

    Parameters
    ----------
    folder : Path
        Of the card, absolute, without links.
    digests : dict of Path to str
        SHA-256 of the bytes of each file that is going to run; paths as of ``folder``.
    call : str
        The function that is going to be called.

    Raises
    ------
    UntrustedError
        If the user has not trusted all of it; it names all that is missing.
    """
    known = _known().folders | _of_process
    agreed = known.get(_key(folder), _Folder())
    files = tuple(
        UntrustedFile(path, digest, _key(path) in agreed.files)
        for path, digest in digests.items()
        if agreed.files.get(_key(path)) != digest
    )
    if files or (call and call not in agreed.calls):
        new_call = "" if call in agreed.calls else call
        raise _untrusted(UntrustedCode(folder, files, new_call))


def require_trust_of_address(address: str) -> None:
    """Refuse to go on with an endpoint that the user does not trust with frames of videos.

    Raises
    ------
    UntrustedError
        If the user has not trusted this address.
    """
    if address not in _known().addresses:
        raise UntrustedError(
            f"This model is a server: the frames of your videos would be sent to {address}.",
            "If you know who runs it, trust it once with --trust.",
            address,
        )


def _untrusted(asked: UntrustedCode) -> UntrustedError:
    if not asked.files:
        what = f"{spelled_out(asked.call)} would be called"
    elif len(asked.files) == 1:
        what = f"{spelled_out(str(asked.files[0].path))} is a program"
    else:
        first = spelled_out(str(asked.files[0].path))
        others = _listed(spelled_out(file.path.name) for file in asked.files[1:])
        what = f"{first} is a program, with {others}"
    if all(file.changed for file in asked.files) and asked.files:
        what += ", changed since you agreed to run it"
    return UntrustedError(
        f"{what}: loading it runs what its author wrote, with your rights.",
        "If you know where it comes from, trust it once with --trust.",
        asked,
    )


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    more = len(named) - _MOST_NAMED
    return ", ".join(named[:_MOST_NAMED]) + (f" and {more} more files" if more > 0 else "")


def _key(path: Path) -> str:
    """Return a path as text that JSON can hold, also where its bytes are no text.

    No two paths have the same: what stands for bytes is no absolute path.
    """
    name = os.fsencode(path)
    try:
        return name.decode()
    except UnicodeDecodeError:
        return f"bytes {name.hex()}"


def _file() -> Path:
    return config_folder() / "trusted.json"


def _known() -> _Trusted:
    """Return what the user trusts: nothing of a missing, damaged or foreign file."""
    try:
        file = _file()
        if not _is_own(file):
            return _Trusted({})
        values = parse_json(read_bounded(file, _MOST_BYTES))
        if isinstance(values, dict) and "folders" not in values:
            return _Trusted({}, _addresses(convert(values, dict[str, str])))
        return convert(values, _Trusted)
    except (OSError, SchemaError):
        return _Trusted({})


def _is_own(file: Path) -> bool:
    """Tell whether nobody but the user, or the system, could have written a file."""
    state = file.stat()
    return os.name == "nt" or (state.st_uid in (os.getuid(), 0) and not state.st_mode & 0o002)


def _addresses(known: dict[str, str]) -> tuple[str, ...]:
    """Return the endpoints of a list of version 0.1: its files were known by content alone."""
    return tuple(
        address
        for digest, address in known.items()
        if digest == hashlib.sha256(f"endpoint {address}".encode()).hexdigest()
    )
