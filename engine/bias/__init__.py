"""Spatial bias of a model over a folder of clips: how much it owes to movement, class by class."""

from engine.bias.measure import BiasClip, BiasSettings, clips_of_folder, measure_video
from engine.bias.page import ReportText, agreement_sentence, write_report
from engine.bias.summary import BiasSummary, ClassBias, summarise

__all__ = [
    "BiasClip",
    "BiasSettings",
    "BiasSummary",
    "ClassBias",
    "ReportText",
    "agreement_sentence",
    "clips_of_folder",
    "measure_video",
    "summarise",
    "write_report",
]
