"""Packages of the extra ``study``, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engine.errors import EngineError


def optional(module: str, purpose: str) -> Any:
    """Return a module of the extra.

    Parameters
    ----------
    module : str
        "pyarrow.parquet"
    purpose : str
        What needs it, the begin of a sentence: "A Parquet table".

    Raises
    ------
    EngineError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise EngineError(
            f"{purpose} needs the package {package}, which cannot be imported ({error}).",
            "Install it: pip install 'motion-inspector[study]'.",
        ) from error
