"""The swap of two names on a disk in one step, where the system has one."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM})
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS


def exchange(first: Path, second: Path) -> bool:
    """Give two files or folders each other's name, or return False where that is not possible.

    There is no moment at which one of the names is missing: ``renameat2`` of Linux 3.15,
    ``renamex_np`` of macOS 10.12. Windows, and some disks of other systems, have none.

    Raises
    ------
    OSError
        If the system can, but not with these.
    """
    swap = _system_swap(os.fsencode(first), os.fsencode(second))
    if swap == 0:
        return True
    if swap in _UNSUPPORTED:
        return False
    raise OSError(swap, os.strerror(swap), str(second))


def _system_swap(first: bytes, second: bytes) -> int:
    """Return 0, or the number of the error."""
    if sys.platform == "win32":
        return errno.ENOSYS
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(first, second, ctypes.c_uint(_RENAME_SWAP))
        else:
            flags = ctypes.c_uint(_RENAME_EXCHANGE)
            failed = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, flags)
    except AttributeError:  # an older system library
        return errno.ENOSYS
    return ctypes.get_errno() if failed else 0
