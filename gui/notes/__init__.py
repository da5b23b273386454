"""Notes on frames."""
