"""A video file opened: its boxes, its limits, and what it claims to hold."""
