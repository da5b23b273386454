"""From packets to RGB frames."""
