"""Reliability of an analysis. No torch."""
