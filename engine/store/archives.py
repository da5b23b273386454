"""Archives of arrays as `numpy.savez` writes them, checked before an array is made."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.utils.bounded_files import read_bounded

_MOST_BYTES = 2**31


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read arrays that `numpy.savez` wrote, none of them packed, larger than it says, or code.

    Raises
    ------
    OSError, ValueError, BadZipFile
        If the file is something else.
    """
    raw = io.BytesIO(read_bounded(path, _MOST_BYTES))
    with zipfile.ZipFile(raw) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{member.filename} is packed")
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                whole = file.tell() + math.prod(shape) * dtype.itemsize
            if version != (1, 0) or dtype.hasobject or whole != member.file_size:
                raise ValueError(f"{member.filename} is not as large as it says")
    raw.seek(0)
    with np.load(raw, allow_pickle=False) as arrays:
        return dict(arrays)
