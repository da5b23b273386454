"""Sessions: saving, opening and recovering the state of the window."""
