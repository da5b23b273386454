from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.descriptions import CardReport, Finding
from gui.dialogs.model_wizard import ModelWizard
from gui.main_window.window import MainWindow
from tests.gui.conftest import CODE, FakeEngine


@pytest.fixture
def wizard(opened: MainWindow) -> ModelWizard:
    opened.panel.model_choice.add.click()
    (wizard,) = opened.findChildren(ModelWizard)
    return wizard


def check(wizard: ModelWizard, qtbot: QtBot, network: str) -> None:
    with qtbot.waitSignal(wizard.checked):
        wizard.form.set_value("network", network)


def test_wizard_checks_as_the_card_grows(wizard: ModelWizard, qtbot: QtBot) -> None:
    assert not wizard.save.isEnabled()
    check(wizard, qtbot, "r3d_18")
    assert "r3d_18 on square.mp4" in wizard.findings.text()
    assert wizard.top.rows == [("waving", 0.75)]
    assert not wizard.pictures.pixmap().isNull()
    assert wizard.save.isEnabled()


def test_wizard_names_keys_in_words(wizard: ModelWizard) -> None:
    layout = wizard.form.layout()
    assert isinstance(layout, QFormLayout)
    name = layout.labelForField(wizard.form.edits["frame_network"])
    assert isinstance(name, QLabel)
    assert name.text() == "Frame network"


def test_wizard_lists_networks_by_title_and_key(wizard: ModelWizard) -> None:
    wizard.form.set_value("network", "r3d_18")
    network = wizard.form.edits["network"]
    assert isinstance(network, QComboBox)
    assert network.currentText() == "ResNet 3D 18 (r3d_18)"
    assert wizard.form.values() == {"network": "r3d_18"}


def test_wizard_does_not_save_a_card_that_fails(wizard: ModelWizard, qtbot: QtBot) -> None:
    check(wizard, qtbot, "wrong")
    assert not wizard.save.isEnabled()
    assert "wrong" in wizard.status.text()
    check(wizard, qtbot, "r3d_18")
    assert wizard.save.isEnabled()
    wizard.form.set_value("name", "x")
    assert not wizard.save.isEnabled()


def test_wizard_saves_a_model_that_one_family_cannot_explain(wizard: ModelWizard) -> None:
    finding, refusal = Finding("head", "pass", "Logits."), Finding("LRP", "fail", "No rule.")
    pictures = np.zeros((0, 1, 1, 3), np.uint8)
    wizard.runner.finished.emit(CardReport((finding,), pictures, (), methods=(refusal,)))
    assert "not by LRP" in wizard.status.text()
    assert "No rule." in wizard.findings.text()
    assert wizard.save.isEnabled()


def test_saved_model_is_in_the_list_and_chosen(
    wizard: ModelWizard, opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    wizard.form.set_value("name", "Gestures")
    wizard.form.set_value("channels", "bgr")
    check(wizard, qtbot, "r3d_18")
    with qtbot.waitSignal(wizard.saved):
        wizard.save.click()
    assert engine.cards == [{"name": "Gestures", "network": "r3d_18", "channels": "bgr"}]
    assert opened.panel.model_choice.model.currentText() == "Gestures (mine)"
    assert opened.panel.settings().model == "mine"


def press(window: MainWindow | ModelWizard, text: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    (box,) = window.findChildren(QMessageBox)
    (button,) = (b for b in box.findChildren(QPushButton) if b.text() == text)
    button.click()


def test_wizard_asks_before_it_runs_code(
    wizard: ModelWizard, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.asks_for = CODE
    with qtbot.waitSignal(wizard.runner.failed):
        wizard.form.set_value("network", "net.py:build")
    assert "net.py is a program" in wizard.status.text()
    with qtbot.waitSignal(wizard.checked):
        press(wizard, "Run it", qtbot)
    assert engine.trusted == [CODE]


def test_explain_asks_before_it_runs_code_and_leaves_it(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.asks_for = CODE
    with qtbot.waitSignal(opened.explain.engine.failed):
        opened.panel.bar.explain.click()
    press(opened, "Leave it", qtbot)
    assert engine.trusted == []
    assert opened.panel.bar.explain.isVisible()


def test_explain_goes_on_when_the_user_agrees(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.asks_for = CODE
    with qtbot.waitSignal(opened.explain.engine.failed):
        opened.panel.bar.explain.click()
    with qtbot.waitSignal(opened.explained):
        press(opened, "Run it", qtbot)
    assert engine.trusted == [CODE]


def test_panel_tells_accuracy_licence_and_size_before_a_download(opened: MainWindow) -> None:
    panel = opened.panel
    assert not panel.model_choice.about.isVisible()
    panel.model_choice.model.setCurrentIndex(panel.model_choice.model.findData("swin3d_t"))
    for text in ("121.5 MB", "77.7 %", "Apache 2.0"):
        assert text in panel.model_choice.about.text()
    assert panel.model_choice.about.isVisible()


def test_window_closes_with_an_open_wizard(wizard: ModelWizard, opened: MainWindow) -> None:
    wizard.form.set_value("network", "r3d_18")
    opened.close()
    assert not wizard.isVisible()
