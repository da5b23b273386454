"""A rule is one class in one file: its name and its options are everywhere from there on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from engine.attribution import METHODS
from engine.attribution.lrp.rules import RULES

ROOT = Path(__file__).parents[4]
NEW_RULE = '''

@dataclass(frozen=True)
class Half(Rule):
    """Part of the flat rule."""

    name = "half"

    share: float = option(0.5, "Share of the relevance.", low=0.0, high=1.0)

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share a part evenly."""
        return self.share * operation.share_flat(relevance)
'''
USE = """
import sys

from engine.attribution import METHODS
from engine.attribution.method_cards import card_text

(first,) = (option for option in METHODS["lrp"].options if option.name == "first")
assert first.choices[-1] == "half"
assert "share=0.5  Share of the relevance. From 0 to 1." in card_text(METHODS["deep_taylor"])
assert "torch" not in sys.modules

from engine.attribution import attribute
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip

model, clip = model_of(built("+=")), random_clip()
flat = attribute(model, clip, 1, first="flat").relevance
assert abs(flat).max() > 0
assert (attribute(model, clip, 1, first="half").relevance == flat / 2).all()
assert (attribute(model, clip, 1, first="half", share="0.25").relevance == flat / 4).all()
"""


def test_rule_added_in_one_file_is_a_choice_with_options(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "engine", tmp_path / "engine")
    with (tmp_path / "engine/attribution/lrp/rules.py").open("a") as rules:
        rules.write(NEW_RULE)
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_options_of_rules_have_names_of_their_own() -> None:
    names = [part.name for rule in RULES.values() for part in fields(rule) if part.metadata]
    options = [option.name for option in METHODS["lrp"].options]
    assert names == ["gamma", "epsilon"]
    assert [options.count(name) for name in names] == [1, 1]


def test_rules_for_the_input_are_the_choices_of_first() -> None:
    (first,) = (option for option in METHODS["lrp"].options if option.name == "first")
    at_input = [name for name, rule in RULES.items() if rule.at_input]
    assert list(first.choices) == ["composite", *at_input]
    assert set(RULES) - set(at_input) == {"gamma"}
