from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from gui.explain.step_choice import StepChoice


@pytest.fixture
def choice(qtbot: QtBot) -> StepChoice:
    choice = StepChoice()
    qtbot.addWidget(choice)
    return choice


def test_step_choice_offers_nothing_of_a_model_without_steps(choice: StepChoice) -> None:
    assert (choice.is_needed, choice.chosen) == (False, None)
    choice.offer(3)
    assert choice.is_needed
    assert [choice.itemData(row) for row in range(choice.count())] == [None, "mean", "max", 0, 1, 2]
    choice.offer(0)
    assert not choice.is_needed


def test_step_choice_keeps_what_was_chosen_before_the_steps_are_known(choice: StepChoice) -> None:
    choice.choose(7)
    assert (choice.chosen, choice.is_needed) == (7, True)
    choice.offer(8)
    assert choice.chosen == 7
    assert choice.findText("Step 7") == choice.currentIndex()
    choice.choose(None)
    assert choice.chosen is None
