"""Modules and names that texts put in backticks exist; nothing is imported to see it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOTTED = re.compile(r"`((?:engine|gui|inspector|benchmarks)(?:\.\w+)+)")


def exists(dotted: str) -> bool:
    place, names = ROOT, dotted.split(".")
    while names and (place / names[0]).is_dir():
        place /= names.pop(0)
    module = place / (f"{names[0]}.py" if names else "__init__.py")
    module = place / "__init__.py" if not module.is_file() else module
    rest = names if module.name == "__init__.py" else names[1:]
    if not (rest and module.is_file()):
        return module.is_file()
    nodes = [vars(node) for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))]
    return all(any(name in node.values() for node in nodes) for name in rest)


def test_names_in_backticks_exist() -> None:
    pages = (*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md"), *ROOT.glob("[!.]*/**/*.py"))
    named = {name: page for page in pages for name in DOTTED.findall(page.read_text("utf-8"))}
    assert len(named) > 50
    assert {name: str(page) for name, page in named.items() if not exists(name)} == {}
