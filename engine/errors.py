"""The error tree: what a user can be told in one sentence and a hint."""

from __future__ import annotations


class EngineError(Exception):
    """A failure the user can act on.

    Parameters
    ----------
    message : str
        One sentence that names the file or setting at fault.
    hint : str
        What to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class VideoError(EngineError):
    """A video cannot be opened, read or decoded."""


class ModelError(EngineError):
    """A model, its weights or its labels cannot be loaded or do not fit."""


class AttributionError(EngineError):
    """An attribution method, its options or its target do not fit the model."""


class ExportError(EngineError):
    """A result cannot be written."""
