"""The recipes for additions name files that exist, are short, and each has its proof."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
HEAD, *SECTIONS = PAGE.split("\n## ")
RECIPES = {section.splitlines()[0]: section.splitlines()[1:] for section in SECTIONS}
PATH = re.compile(r"`([\w-]+/[\w./-]+)`")
PROOF = re.compile(r"^Proof: `(tests/[\w/]+/test_\w+\.py)`$")


def test_every_row_of_the_table_has_its_recipe() -> None:
    rows = re.findall(r"^\| (an? .+?) \|", HEAD, re.M)
    assert [row.replace("`", "").casefold() for row in rows] == [
        title.casefold() for title in RECIPES
    ]


@pytest.mark.parametrize("title", RECIPES)
def test_recipe_is_short_and_has_a_proof(title: str) -> None:
    lines = [line for line in RECIPES[title] if line]
    assert len(lines) <= 10
    proof = PROOF.match(lines[-1])
    assert proof is not None
    assert (ROOT / proof[1]).is_file()


@pytest.mark.parametrize("title", RECIPES)
def test_recipe_names_as_many_files_as_the_table_says(title: str) -> None:
    steps = sum(bool(re.match(r"\d\. ", line)) for line in RECIPES[title])
    row = next(
        row
        for row in HEAD.splitlines()
        if row.replace("`", "").startswith(f"| {title[0].lower()}{title[1:]} |")
    )
    assert steps == max(map(int, re.findall(r"\d", row.split("|")[2])))


def test_files_of_the_page_exist() -> None:
    paths = PATH.findall(PAGE)
    assert len(paths) > 25
    for path in paths:
        place = ROOT / path
        assert (place.parent if place.stem == "NAME" else place).exists(), path
