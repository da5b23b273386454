from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from engine.descriptions import MethodInfo, OptionInfo
from gui.explain.method_card import MethodCard, card_text
from gui.explain.method_options import MethodOptions
from gui.widgets.number_edits import WholeNumberEdit

_LEFT = Qt.MouseButton.LeftButton
OPTIONS = (
    OptionInfo("rule", "Which rule.", "str", "epsilon", ("epsilon", "gamma")),
    OptionInfo("absolute", "Without signs.", "bool", False),
    OptionInfo("box_px", "Side of a box.", "int", 16, low=4, high=64),
    OptionInfo("noise", "Of the noise.", "float", 0.15, low=0.0, high=1.0),
    OptionInfo("layer", "Of the network.", "str", ""),
)
METHOD = MethodInfo(
    name="lrp",
    title="LRP",
    family="Propagation",
    summary="Relevance that <sums>.",
    trust="Trust it & check.",
    cost="2 gradients",
    passes=2,
    conserves=True,
    source="Bach 2015",
    options=OPTIONS,
)
PLAIN = MethodInfo("plain", "Plain", "Gradients", "A gradient.", "Seldom.", "1", 1, False, "")


@pytest.fixture
def options(qtbot: QtBot) -> MethodOptions:
    options = MethodOptions()
    qtbot.addWidget(options)
    options.show()
    options.set_method(METHOD)
    qtbot.mouseClick(options.collapsible.button, _LEFT)
    return options


def type_in(qtbot: QtBot, edit: QSpinBox | QDoubleSpinBox, text: str) -> None:
    edit.selectAll()
    qtbot.keyClicks(edit, text)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_each_option_has_the_edit_of_its_kind_and_a_name(options: MethodOptions) -> None:
    kinds = [type(edit) for edit in options.edits.values()]
    assert kinds[:3] == [QComboBox, QCheckBox, WholeNumberEdit]
    assert isinstance(options.edits["noise"], QDoubleSpinBox)
    assert isinstance(options.edits["layer"], QLineEdit)
    names = {label.text() for label in options.findChildren(QLabel)}
    assert {"Rule", "Absolute", "Box (px)", "Noise", "Layer"} <= names
    assert "Side of a box." in options.edits["box_px"].toolTip()
    assert options.edits["noise"].text() == "0.15"


def test_options_are_folded_until_they_are_asked_for(options: MethodOptions, qtbot: QtBot) -> None:
    assert options.edits["rule"].isVisible()
    qtbot.mouseClick(options.collapsible.button, _LEFT)
    assert not options.edits["rule"].isVisible()


def test_options_at_their_defaults_are_not_given(options: MethodOptions) -> None:
    assert options.values() == ()
    assert options.collapsible.button.text() == "Options"
    assert not options.reset_button.isEnabled()


def test_options_that_are_changed_are_given_and_counted(
    options: MethodOptions, qtbot: QtBot
) -> None:
    edits = options.edits
    with qtbot.waitSignal(options.changed):
        qtbot.keyClick(edits["rule"], Qt.Key.Key_Down)
    with qtbot.waitSignal(options.changed):
        qtbot.keyClick(edits["absolute"], Qt.Key.Key_Space)
    type_in(qtbot, edits["box_px"], "32")
    type_in(qtbot, edits["noise"], "0.5")
    qtbot.keyClicks(edits["layer"], " layer4 ")
    wanted = {"rule": "gamma", "absolute": True, "box_px": 32, "noise": 0.5, "layer": "layer4"}
    assert dict(options.values()) == wanted
    assert options.collapsible.button.text() == "Options (5 changed)"


def test_reset_goes_back_to_the_defaults(options: MethodOptions, qtbot: QtBot) -> None:
    type_in(qtbot, options.edits["box_px"], "32")
    qtbot.mouseClick(options.reset_button, _LEFT)
    assert options.values() == ()
    assert options.edits["box_px"].text() == "16"
    assert not options.reset_button.isEnabled()


@pytest.mark.parametrize(("typed", "value"), [("3", 16), ("99", 9), ("64", 64), ("-5", 5)])
def test_number_outside_its_range_cannot_be_typed(
    options: MethodOptions, qtbot: QtBot, typed: str, value: int
) -> None:
    type_in(qtbot, options.edits["box_px"], typed)
    assert options.edits["box_px"].value() == value


@pytest.mark.parametrize(
    ("given", "value"), [(999, 64), (-1, 4), ("many", 16), (True, 16), (20.5, 20)]
)
def test_values_that_do_not_fit_are_kept_and_told(
    options: MethodOptions, given: str | float | bool, value: int
) -> None:
    options.set_values((("box_px", given), ("unknown", 3)))
    assert options.edits["box_px"].value() == value
    assert dict(options.values()) == {"box_px": given, "unknown": 3}
    assert [one.text for one in options.missing()] == [
        f"the option box_px cannot be {given}",
        "the method has no option unknown",
    ]
    options.edits["box_px"].setValue(30)
    assert len(options.missing()) == 1
    options.reset()
    assert (options.values(), options.missing()) == ((), ())


def test_values_that_fit_are_kept_in_all_their_digits(options: MethodOptions) -> None:
    options.set_values((("noise", 1e-9), ("box_px", 20.0)))
    assert dict(options.values()) == {"noise": 1e-9, "box_px": 20}
    assert options.missing() == ()


@pytest.mark.parametrize("given", [3, "no such rule", True])
def test_choice_that_does_not_exist_is_not_chosen(options: MethodOptions, given: object) -> None:
    options.set_values((("rule", given),))  # type: ignore[arg-type]
    assert options.edits["rule"].currentText() == "epsilon"


def test_another_method_brings_its_own_options(options: MethodOptions, qtbot: QtBot) -> None:
    type_in(qtbot, options.edits["box_px"], "32")
    options.set_method(PLAIN)
    assert not options.isVisible()
    assert options.values() == ()
    options.set_method(METHOD)
    assert options.isVisible()
    assert options.values() == ()


def test_card_shows_the_rest_on_request(qtbot: QtBot) -> None:
    card = MethodCard()
    qtbot.addWidget(card)
    card.show()
    card.show_method(METHOD)
    assert card.summary.text() == "Relevance that <sums>."
    assert (card.more.text(), card.details.isVisible()) == ("More", False)
    qtbot.mouseClick(card.more, _LEFT)
    assert (card.more.text(), card.details.isVisible()) == ("Less", True)
    for words in ("Trust it &amp; check.", "Cost: 2 gradients.", "Bach 2015"):
        assert words in card.details.text()
    card.show_method(PLAIN)
    assert card.details.isVisible()
    assert "Seldom." in card.details.text()


def test_card_is_written_as_rich_text() -> None:
    assert "<b>Relevance that &lt;sums&gt;.</b>" in card_text(METHOD)
