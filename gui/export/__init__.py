"""Exporting: the dialog, and the queue behind it."""
