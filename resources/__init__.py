"""Bundled files: the trained network, the demo clip, icons, licences.

Read through importlib.resources, so it works the same from a checkout, from an installed
wheel and from a zip.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def resource_path(name: str) -> AbstractContextManager[Path]:
    """Return a context that gives a bundled file as a real file.

    Parameters
    ----------
    name : str
        File name inside this package, with "/" between folders: "figures.safetensors".

    Returns
    -------
    context manager of Path
        The path is valid inside the ``with`` only: from a zip it is a temporary copy.

    Raises
    ------
    FileNotFoundError
        If nothing of that name is bundled.
    """
    resource = files(__name__).joinpath(name)
    if not resource.is_file():
        raise FileNotFoundError(f"{name} is not among the bundled resources")
    return as_file(resource)


def resource_bytes(name: str) -> bytes:
    """Return the content of a bundled file.

    Parameters
    ----------
    name : str
        As for `resource_path`.

    Raises
    ------
    FileNotFoundError
        If nothing of that name is bundled.
    """
    with resource_path(name) as path:
        return path.read_bytes()


def guide_page(name: str) -> str:
    """Return the Markdown of a page of the guide, such as "user-guide".

    Raises
    ------
    FileNotFoundError
        If there is no such page.
    """
    bundled = files(__name__).joinpath("guide", f"{name}.md")
    if bundled.is_file():
        return bundled.read_text(encoding="utf-8")
    page = Path(__file__).parent.parent / "docs" / f"{name}.md"
    return page.read_text(encoding="utf-8")
