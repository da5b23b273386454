"""Playback: the frame reader, the clock, the transport bar and their controller."""
