"""matplotlib without the settings that a file of the working folder would give it.

Its first import reads a ``matplotlibrc`` there before all others: one that a stranger left beside a
video may stop it, make it wait for ever, or have it run LaTeX with each picture. There is no
setting against that. The user's own file is read as always.
"""

from __future__ import annotations

import os

_exists = os.path.exists


def _exists_elsewhere(path: str) -> bool:
    """Tell whether a file exists, as always, but for the one name that matplotlib asks for."""
    return path != "matplotlibrc" and _exists(path)


vars(os.path)["exists"] = _exists_elsewhere
try:
    import matplotlib  # noqa: F401 - it is read once, here
finally:
    vars(os.path)["exists"] = _exists
