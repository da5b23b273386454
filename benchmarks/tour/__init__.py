"""The scripted tour: the real program on a real X server, worked with mouse and keys."""
