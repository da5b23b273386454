"""Additions of the user to a video: notes and painted regions."""
