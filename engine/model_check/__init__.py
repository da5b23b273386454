"""Checks of a model card: does the network get its training input, and can it be explained?"""

from engine.model_check.report import check_card

__all__ = ["check_card"]
