"""State without widgets: the view, videos, curves, sessions and exports as values."""
