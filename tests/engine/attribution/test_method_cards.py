from __future__ import annotations

from pathlib import Path

import pytest

from engine.attribution import METHODS
from engine.attribution.method_cards import card_text, methods_page

PAGE = Path(__file__).parents[3] / "docs" / "methods.md"


def test_the_page_of_methods_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == methods_page(), (
        "run: python -m engine.attribution.method_cards > docs/methods.md"
    )


@pytest.mark.parametrize("name", METHODS)
def test_cards_tell_what_a_method_shows_costs_and_when_to_trust_it(name: str) -> None:
    info = METHODS[name]
    text = card_text(info)
    for part in (info.summary, info.trust, info.cost, info.source, *(o.name for o in info.options)):
        assert part in text


def test_the_card_of_guided_backprop_warns_of_its_failed_randomisation_check() -> None:
    assert "randomised" in METHODS["guided_backprop"].trust
