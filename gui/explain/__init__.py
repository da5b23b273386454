"""Explaining: its settings, its runs, and its results."""
