"""Keep golden files anew: ``python -m tests.golden.regenerate [name ...]``.

Without names: what may change on purpose, as words of the window, pictures and help. The formats
of the users' files are kept anew only by their names (``formats``, ``session``, ``analysis``):
files of earlier versions must stay readable, whatever today's version writes.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from tests.golden.keeping import REGENERATE

FREELY = ("cli", "explain", "export", "window")
BY_NAME = ("formats", "session", "analysis")


def main() -> int:
    """Run the tests so that they keep what they find; return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join((*FREELY, *BY_NAME)))
    names = parser.parse_args().names or FREELY
    os.environ[REGENERATE] = "1"
    folder = Path(__file__).parent
    return int(
        pytest.main(["-n", "0", *(str(folder / f"test_golden_{name}.py") for name in names)])
    )


if __name__ == "__main__":
    sys.exit(main())
