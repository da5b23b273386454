"""An analysis on disk: arrays written as they are computed, settings that reproduce them."""

from engine.store.analysis import DOCUMENT, Analysis
from engine.store.document import Header
from engine.store.resuming import Asked, Resumable

__all__ = ["DOCUMENT", "Analysis", "Asked", "Header", "Resumable"]
