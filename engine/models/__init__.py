"""Models: their sources, their networks, and their view of a video.

Importing this package loads no torch: the names that need it (`load_model`,
`from_callable`, `VideoModel`, `Clip`) are imported when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from engine.models.cards.library import known_models
from engine.models.catalogue import MODELS
from engine.models.preprocess.frame_sampling import sample_frames
from engine.models.preprocess.geometry import seen_rect

if TYPE_CHECKING:
    from engine.models.load import load_model
    from engine.models.loaders.black_box import from_callable
    from engine.models.model import Clip, VideoModel

__all__ = [
    "MODELS",
    "Clip",
    "VideoModel",
    "from_callable",
    "known_models",
    "load_model",
    "sample_frames",
    "seen_rect",
]

_NEED_TORCH = {
    "from_callable": "engine.models.loaders.black_box",
    "load_model": "engine.models.load",
    "Clip": "engine.models.model",
    "VideoModel": "engine.models.model",
}


def __getattr__(name: str) -> object:
    """Import a name on first use, as it needs torch (PEP 562)."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_NEED_TORCH[name]), name)
