"""Whether a network gets what it was trained on, and can be explained: checks of a model card."""

from engine.model_check.check import check_card

__all__ = ["check_card"]
