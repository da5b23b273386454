"""Options of the methods, free of torch."""

from engine.attribution.options.values import MethodOptions, option

__all__ = ["MethodOptions", "option"]
