"""Text that others wrote, as it may be shown: names of files, cards, labels and plugins, errors.

A terminal obeys escape sequences (colours, titles, links, the clipboard), and signs that turn the
direction of writing make a name look like another one. Both are shown as Python writes them.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from copy import copy
from pathlib import Path

from engine.errors import UntrustedCode, UntrustedFile

_ESCAPED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of Unicode: controls, invisible formats, lone surrogates, separators of lines."""
_JOINERS = "\u200c\u200d\u00ad"
"""Invisible, but of honest text: non-joiner and joiner (Persian, emoji), and the soft hyphen."""
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""First signs of what spreadsheets compute, full-width ones too."""


def printable(text: str) -> str:
    r"""Return text in one line that no terminal obeys.

    Parameters
    ----------
    text : str
        Of any source.

    Returns
    -------
    str
        Control, bidirectional and other invisible signs, ends of lines too, as ``\x1b``,
        ``\u202e``, ``\n``; everything else as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(sign) for sign in text)


def printable_lines(lines: Iterable[str]) -> str:
    """Return lines as one text: each `printable`, so that none can pass for two."""
    return "\n".join(map(printable, lines))


def spelled_out(name: str) -> str:
    r"""Return a name as `printable`, and after it in ASCII where a letter may look like another.

    For names of what is to be run, of which a Cyrillic letter would make another file.
    """
    shown = printable(name)
    return shown if name.isascii() else f"{shown} [{ascii(name)[1:-1]}]"


def code_lines(code: UntrustedCode) -> list[str]:
    """Return the lines of a question about code: its folder, each file, and what is called."""
    lines = [f"In {spelled_out(str(code.folder))}:"]
    lines += [_file_line(file, code.folder) for file in code.files]
    return [*lines, f"calls {spelled_out(code.call)}"] if code.call else lines


def text_cell(text: str) -> str:
    """Return text for a cell of CSV that no spreadsheet takes for a formula.

    Where it begins like one it gets an apostrophe before it, after OWASP's "CSV Injection"
    (owasp.org/www-community/attacks/CSV_Injection). Numbers are not texts, and stay as they are.
    """
    shown = printable(text)
    return f"'{shown}" if shown.lstrip().startswith(tuple(_FORMULA)) else shown


class PrintableFormatter(logging.Formatter):
    """Format of logs in which no message passes for another: further lines are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, `printable` line by line.

        The text of a traceback is neither taken from another handler nor kept for one.
        """
        own = copy(record)
        own.exc_text = None
        first, *others = super().format(own).split("\n")
        return printable_lines([first, *(f"  {line}".expandtabs() for line in others)])


def _shown(sign: str) -> str:
    if unicodedata.category(sign) not in _ESCAPED or sign in _JOINERS:
        return sign
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")


def _file_line(file: UntrustedFile, folder: Path) -> str:
    inside = file.path.is_relative_to(folder)
    name = spelled_out(str(file.path.relative_to(folder) if inside else file.path))
    state = "changed" if file.changed else "new"
    return f"{name}  ({state}, SHA-256 {file.sha256[:12]})"
