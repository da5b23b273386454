"""Measurements behind the claims of this project, not installed with the application."""
