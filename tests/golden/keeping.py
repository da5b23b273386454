"""Golden files: what the program said and wrote before, compared or, when asked to, kept anew.

``python -m tests.golden.regenerate`` is the way to keep anew; the difference is for reviewers.
"""

from __future__ import annotations

import difflib
import json
import math
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.types import UInt8Array

KEPT = Path(__file__).parent / "kept"
REGENERATE = "MOTION_INSPECTOR_REGENERATE_GOLDEN"


def regenerates() -> bool:
    """Return whether golden files are kept anew rather than compared."""
    return REGENERATE in os.environ


def same_bytes(name: str, found: bytes) -> None:
    """Compare a file as it is."""
    _keep(name, found)
    assert found == (KEPT / name).read_bytes(), _advice(name)


def same_text(name: str, found: str) -> None:
    """Compare a text, less the spaces at the ends of its lines."""
    text = "".join(f"{line.rstrip()}\n" for line in found.splitlines())
    _keep(name, text.encode())
    lines = _read(name).splitlines(), text.splitlines()
    assert lines[0] == lines[1], "\n".join([*difflib.unified_diff(*lines, n=1), _advice(name)])


def same_json(name: str, found: Any, rel: float = 1e-4, loose: tuple[str, ...] = ()) -> None:
    """Compare JSON values: floats nearly, all else and the order of keys exactly.

    Parameters
    ----------
    name : str
        Of the golden file.
    found : JSON values
    rel : float
        How far a float may be off, as a share; other processors round differently.
    loose : tuple of str
        Keys below which floats may be off by 0.5 %: sums over what lies above a threshold, where
        rounding takes single pixels in and out.
    """
    _keep(name, (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode())
    differences: list[str] = []
    _compare(json.loads(json.dumps(found)), json.loads(_read(name)), "", rel, loose, differences)
    assert not differences, f"{differences[:20]}\n{_advice(name)}"


def same_picture(name: str, found: UInt8Array, factor: int, mean: float, share: float) -> None:
    """Compare a picture, made smaller, with room for other fonts and other rounding.

    Parameters
    ----------
    name : str
        Of the golden file, with its suffix.
    found : uint8 array, (H, W, 3)
    factor : int
        How many pixels of a row and of a column are averaged before they are compared.
    mean : float
        Mean difference that is allowed, in levels.
    share : float
        Share of the averaged pixels that may differ by more than 40 levels.
    """
    if regenerates():
        _keep(name, _encoded(found, Path(name).suffix[1:]))
    with Image.open(KEPT / name) as image:
        kept = np.asarray(image.convert("RGB"))
    assert found.shape == kept.shape, _advice(name)
    off = np.abs(_smaller(found, factor) - _smaller(kept, factor))
    measured = float(off.mean()), float((off.max(axis=-1) > 40).mean())
    assert measured[0] <= mean, f"mean difference {measured}; {_advice(name)}"
    assert measured[1] <= share, f"share of other pixels {measured}; {_advice(name)}"


def _smaller(picture: UInt8Array, factor: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    height, width = (size // factor * factor for size in picture.shape[:2])
    blocks = picture[:height, :width].reshape(
        height // factor, factor, width // factor, factor, picture.shape[2]
    )
    return np.asarray(blocks.mean(axis=(1, 3)), np.float64)


def _encoded(picture: UInt8Array, kind: str) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, kind, lossless=True, quality=100, method=6, exact=True)
    return file.getvalue()


def _compare(
    found: Any, kept: Any, place: str, rel: float, loose: tuple[str, ...], differences: list[str]
) -> None:
    if isinstance(found, dict) and isinstance(kept, dict) and list(found) == list(kept):
        for key, value in found.items():
            inside = 5e-3 if key in loose else rel
            _compare(value, kept[key], f"{place}/{key}", inside, loose, differences)
    elif isinstance(found, list) and isinstance(kept, list) and len(found) == len(kept):
        for index, (one, other) in enumerate(zip(found, kept, strict=True)):
            _compare(one, other, f"{place}/{index}", rel, loose, differences)
    elif isinstance(found, float) and isinstance(kept, float):
        if not math.isclose(found, kept, rel_tol=rel, abs_tol=1e-6):
            differences.append(f"{place}: {found} was {kept}")
    elif type(found) is not type(kept) or found != kept:
        differences.append(f"{place}: {found} was {kept}")


def _read(name: str) -> str:
    return (KEPT / name).read_text(encoding="utf-8")


def _keep(name: str, content: bytes) -> None:
    if regenerates():
        (KEPT / name).parent.mkdir(parents=True, exist_ok=True)
        (KEPT / name).write_bytes(content)


def _advice(name: str) -> str:
    stem = name.split("/")[0]
    return (
        f"{name} is not as it was. If that is meant: python -m tests.golden.regenerate {stem}, "
        "and look at the difference."
    )
