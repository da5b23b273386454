"""Memory that is free within the process, given back to the system."""

from __future__ import annotations

import ctypes


def give_back_spare_memory() -> None:
    """Give freed memory back where the C library can, as glibc does; elsewhere do nothing.

    Each video has a decoding thread, and glibc keeps what threads have freed in heaps apart, which
    grow by pieces from one clip to the next.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(ctypes.c_size_t(0))
