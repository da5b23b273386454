"""Imports that a source file names, found without running or compiling it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STATEMENT = re.compile(
    r"""(?:^|;|:)[ \t]*(?:
        from[ \t]+(?P<source>[\w.]+)[ \t]*\bimport\b[ \t]*(?P<names>\([^)]{0,4000}\)|[^\n;#]*)
        |import[ \t]+(?P<modules>[^\n;#]+)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_CALL = re.compile(r"""\b(?:import_module|__import__)\s*\(\s*["'](?P<name>[\w.]+)["']""")
_COMMENT = re.compile(r"#[^\n]*")
_CONTINUED = re.compile(r"\\\r?\n")
_MOST_CHARACTERS = 2**20
"""Of a file, from its beginning: time is bounded, whatever it holds."""


def named_imports(source: str, package: str) -> Iterator[str]:
    """Iterate over the modules that a file may import, with dots.

    More may be named than are imported (a line in a text), and fewer (a name made while the code
    runs): those are found when they are imported.

    Parameters
    ----------
    source : str
        Text of the file. It is not parsed: that could be made to take any time, or the process.
    package : str
        Full name of the package that the file is in, for relative imports.

    Yields
    ------
    str
        A full name for relative imports, which begins with ``package`` or a part of it; else the
        name as written. ``from a import b`` gives ``a`` and ``a.b``, which may be no module.
    """
    source = source[:_MOST_CHARACTERS]
    source = _CONTINUED.sub(" ", source.replace("\r\n", "\n").replace("\r", "\n"))
    for found in _STATEMENT.finditer(source):
        if found["modules"] is not None:
            yield from (name for name in _names(found["modules"]) if name)
            continue
        base = _absolute(found["source"], package)
        if base:
            yield base
            yield from (f"{base}.{name}" for name in _names(found["names"]) if name)
    for found in _CALL.finditer(source):
        name = _absolute(found["name"], package)
        if name:
            yield name


def _names(listed: str) -> Iterator[str]:
    for part in _COMMENT.sub("", listed).strip("() \t\n").split(","):
        name = part.split()[:1]
        if name and name[0].replace(".", "").isidentifier():
            yield name[0]


def _absolute(name: str, package: str) -> str:
    """Return the full name of a relative import, an empty one where it leaves all packages."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parents = package.split(".")
    kept = parents[: len(parents) - level + 1]
    return ".".join([*kept, *filter(None, [name[level:]])]) if kept else ""
