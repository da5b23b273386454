"""What the system refuses a program, in one sentence: room, memory, files. No torch.

For what no place knows better: an error that comes up to the command line is either one of these
or a bug.
"""

from __future__ import annotations

import errno
import sys

from engine.errors import EngineError

if sys.platform != "win32":
    import resource

_HINTS = {
    errno.ENOSPC: "Make room on the disk.",
    errno.EDQUOT: "Make room: what you may take of the disk is used up.",
    errno.EFBIG: "Raise the limit of a file's size (ulimit -f), or write to another disk.",
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EACCES: "Check the rights of the file and its folder.",
    errno.EPERM: "Check the rights of the file and its folder.",
    errno.ENOTDIR: "Check the path: a part of it is a file.",
    errno.EMFILE: "Raise the limit of open files (ulimit -n).",
    errno.ENFILE: "Close other programs: the system has no more files to open.",
    errno.EIO: "Check the disk, or the connection to it.",
    errno.ENOMEM: "Close other programs, or raise the limit (ulimit -v).",
}
_NO_MEMORY = ("failed to map segment", "annot allocate memory", "can't allocate memory")
_ENOUGH_BYTES = 5 * 10**9
"""Of address space; PyTorch with CUDA takes 3.4 GB before it does anything."""


def system_fault(error: BaseException) -> EngineError | None:
    """Return what an error says of the system, as an error for people, None for a bug."""
    text = str(error)
    if isinstance(error, MemoryError) or any(part in text for part in _NO_MEMORY):
        reason = text.splitlines()[0] if text else "out of memory"
        return EngineError(f"There is not enough memory ({reason}).", _HINTS[errno.ENOMEM])
    if not isinstance(error, OSError) or error.errno not in _HINTS:
        return _in_narrow_space(error)
    name = "A file or the output" if error.filename is None else str(error.filename)
    return EngineError(f"{name} cannot be used ({error.strerror}).", _HINTS[error.errno])


def _in_narrow_space(error: BaseException) -> EngineError | None:
    """Return an error of a library for people where its cause may be the address space."""
    if not narrow_space():
        return None
    reason = " ".join((type(error).__name__, *str(error).splitlines()[:1]))
    return EngineError(
        f"It failed where the address space is limited ({reason}).",
        "Raise the limit (ulimit -v) and try again. Report it if it fails then, too.",
    )


def narrow_space() -> str:
    """Return a sentence where the address space may be too small to load PyTorch, else "".

    Libraries end the program with words of their own, or none, where there is no more of it.
    """
    if sys.platform == "win32":
        return ""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit >= _ENOUGH_BYTES:
        return ""
    return (
        f"Note: the address space is limited to {limit / 1e9:.1f} GB (ulimit -v), and PyTorch "
        f"can take up to {_ENOUGH_BYTES / 1e9:.0f} GB of it. Raise the limit if it fails."
    )
