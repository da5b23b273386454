"""The panes: video and maps in lock-step, zoom, and the value under the pointer."""
