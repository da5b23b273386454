"""The folders of the program. None of them need exist yet."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "MOTION_INSPECTOR_CACHE"
"""Environment variable: another folder for the cache."""

_PROGRAM = "motion-inspector"


def config_folder() -> Path:
    """Return the folder of the user's settings, trusted files and model cards."""
    return platformdirs.user_config_path(_PROGRAM)


def cache_folder() -> Path:
    """Return the folder for everything that can be made again."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_cache_path(_PROGRAM)


def state_folder() -> Path:
    """Return the folder of saved states: recovered sessions, folders of exports."""
    return platformdirs.user_state_path(_PROGRAM)


def log_folder() -> Path:
    """Return the folder of the log files."""
    return platformdirs.user_log_path(_PROGRAM)


def hub_folder() -> Path:
    """Return the folder of downloaded weights: torch's hub has it, see ``torch.hub.get_dir``.

    ``TORCH_HOME`` moves it, and so does ``XDG_CACHE_HOME``.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(os.path.expanduser(home), "hub", "checkpoints")
