"""Scans of a video: its index when it is opened, verification, damage."""
