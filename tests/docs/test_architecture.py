"""The page on the architecture names paths that exist, all packages, and the floors of the gui."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATHS = set(re.findall(r"`((?:[\w-]+/)+[\w.-]*|[\w-]+\.(?:toml|md))`", PAGE))


def test_paths_of_the_page_exist() -> None:
    assert len(PATHS) > 50
    assert [path for path in sorted(PATHS) if not (ROOT / path).exists()] == []


def test_every_package_is_named() -> None:
    packages = (
        place.parent
        for layer in ("engine", "gui", "inspector")
        for place in (ROOT / layer).glob("*/__init__.py")
    )
    named = {path.rstrip("/") for path in PATHS}
    assert {str(package.relative_to(ROOT)) for package in packages} <= named


def test_floors_are_those_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (floors,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert "\n".join(floors) in PAGE
