"""Containers: opening a video file, with limits on the claims of its headers."""
