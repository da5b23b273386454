"""The index of a video: the times and places of its frames."""
