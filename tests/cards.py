"""Model cards for tests."""

from __future__ import annotations

from pathlib import Path

_SMALL = 'name = "small"\nnetwork = "figures"\nresize = [28, 28]\ncrop = [28, 28]\n'


def small_card(folder: Path) -> Path:
    """Write a card of the bundled network with pictures of 28 x 28: a sixteenth of the work.

    For other processes than the test's, which has the fixture `small_figures`.
    """
    card = folder / "small.toml"
    card.write_text(_SMALL)
    return card
