"""Weights: checkpoints read safely, downloads, and sizes of files."""
