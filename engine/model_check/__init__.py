"""Checks of a model card: the network gets its training input and can be explained."""

from engine.model_check.card_checks import check_card

__all__ = ["check_card"]
