from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.descriptions import MethodInfo, ModelInfo, OptionInfo
from engine.types import Request
from gui.explain.panel import ExplainPanel
from tests.gui.conftest import LABELS

_LEFT = Qt.MouseButton.LeftButton
MODELS = {
    "small": ModelInfo("small", "Small", "Six <classes>.", True, "90% of KTH", "MIT; as is"),
    "large": ModelInfo("large", "Large", "Many.", False, "70%", "BSD; by them", 126.25),
}
METHODS = {
    "plain": MethodInfo("plain", "Plain", "Gradients", "A slope.", "Seldom.", "1", 1, False, "A"),
    "lrp": MethodInfo(
        "lrp", "LRP", "Propagation", "A sum.", "Often.", "2", 2, True, "B",
        (OptionInfo("box_px", "Side.", "int", 16, low=4, high=64),),
    ),
}  # fmt: skip


def chosen(
    model: str,
    weights: Path | None,
    method: str,
    target: str | None,
    frames: tuple[int, int],
    options: tuple[tuple[str, str | float | bool], ...] = (),
    against: str | None = None,
) -> Request:
    return Request(Path(), model, weights, None, method, options, target, against, frames=frames)


@pytest.fixture
def panel(qtbot: QtBot) -> ExplainPanel:
    def estimate(
        model: str, weights: Path | None, frames: int, fps: float, method: str
    ) -> tuple[int, float | None] | None:
        if weights is not None:
            return None
        return frames // 10, 40.0 if method == "lrp" else None

    panel = ExplainPanel(MODELS, METHODS, estimate=estimate)
    qtbot.addWidget(panel)
    panel.resize(372, 700)
    panel.show()
    return panel


@pytest.fixture
def ready(panel: ExplainPanel) -> ExplainPanel:
    panel.set_video(100, 25.0)
    panel.set_labels(LABELS)
    return panel


def test_panel_waits_for_a_video(panel: ExplainPanel, qtbot: QtBot) -> None:
    assert not panel.bar.explain.isEnabled()
    assert not panel.first.isEnabled()
    assert panel.bar.status.text() == "Open a video to explain it."
    panel.set_video(100)
    assert panel.bar.explain.isEnabled()
    assert (panel.first.value(), panel.last.value()) == (0, 99)
    panel.set_video(0)
    assert not panel.bar.explain.isEnabled()
    assert (panel.first.isEnabled(), panel.last.maximum()) == (False, 0)


def test_panel_asks_for_what_is_chosen_by_key(ready: ExplainPanel, qtbot: QtBot) -> None:
    qtbot.keyClick(ready.model_choice.model, Qt.Key.Key_Down)
    qtbot.keyClick(ready.method, Qt.Key.Key_Down)
    ready.options.edits["box_px"].setValue(32)
    ready.target.choose("boxing")
    ready.against.choose("walking")
    ready.first.setValue(8)
    ready.last.setValue(23)
    with qtbot.waitSignal(ready.explain_requested) as asked:
        qtbot.mouseClick(ready.bar.explain, _LEFT)
    options = (("box_px", 32),)
    assert asked.args == [chosen("large", None, "lrp", "boxing", (8, 24), options, "walking")]


@pytest.mark.parametrize(
    ("first", "last", "range_"), [(60, None, (60, 99)), (None, 20, (0, 20)), (120, None, (99, 99))]
)
def test_range_stays_inside_the_video_and_in_order(
    ready: ExplainPanel, first: int | None, last: int | None, range_: tuple[int, int]
) -> None:
    if first is not None:
        ready.first.setValue(first)
    if last is not None:
        ready.last.setValue(last)
    assert (ready.first.value(), ready.last.value()) == range_


def test_ends_of_the_range_push_each_other(ready: ExplainPanel) -> None:
    ready.last.setValue(20)
    ready.first.setValue(50)
    assert ready.last.value() == 50
    ready.last.setValue(10)
    assert ready.first.value() == 10


def test_more_frames_are_taken_in_where_the_end_was_chosen(ready: ExplainPanel) -> None:
    ready.extend_video(150)
    assert ready.last.value() == 149
    ready.last.setValue(60)
    ready.extend_video(200)
    assert (ready.last.value(), ready.last.maximum()) == (60, 199)


def test_class_to_compare_with_needs_a_class(ready: ExplainPanel) -> None:
    assert not ready.against.isEnabled()
    assert ready.against.toolTip() == "Choose a class first"
    ready.target.choose("boxing")
    assert ready.against.isEnabled()
    ready.against.choose("walking")
    ready.target.choose(None)
    assert not ready.against.isEnabled()
    assert ready.settings().against is None


def test_panel_tells_what_explaining_will_take(ready: ExplainPanel, qtbot: QtBot) -> None:
    assert ready.bar.status.text() == "10 windows. The first window tells how long it takes."
    qtbot.keyClick(ready.method, Qt.Key.Key_Down)
    assert ready.bar.status.text() == "10 windows, about 40 s"
    ready.options.edits["box_px"].setValue(32)
    assert ready.bar.status.text() == "10 windows, about 40 s with the default options"
    ready.last.setValue(19)
    assert ready.bar.status.text().startswith("2 windows")
    ready.last.setValue(9)
    assert ready.bar.status.text().startswith("1 window,")
    ready.model_choice.use_weights(Path("mine.pth"))
    assert ready.bar.status.text() == ""


def test_method_brings_its_card_and_options(ready: ExplainPanel, qtbot: QtBot) -> None:
    assert ready.card.summary.text() == "A slope."
    assert not ready.options.isVisible()
    qtbot.keyClick(ready.method, Qt.Key.Key_Down)  # over the line between the families
    assert ready.method.currentText() == "LRP"
    assert ready.card.summary.text() == "A sum."
    assert ready.options.isVisible()


def test_download_is_announced_before_it_begins(ready: ExplainPanel, qtbot: QtBot) -> None:
    assert not ready.model_choice.about.isVisible()
    with qtbot.waitSignal(ready.model_changed):
        qtbot.keyClick(ready.model_choice.model, Qt.Key.Key_Down)
    assert ready.model_choice.about.isVisible()
    assert ready.model_choice.about.text() == "126.2 MB to download once; 70%. BSD."
    tip = ready.model_choice.model.itemData(0, Qt.ItemDataRole.ToolTipRole)
    assert "Six &lt;classes&gt;." in tip


def test_own_weights_are_chosen_in_a_dialog_and_dropped_with_the_model(
    ready: ExplainPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.mouseClick(ready.model_choice.file, _LEFT)
    dialog = ready.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    path = tmp_path / "a very long name of a file of weights.pth"
    with qtbot.waitSignal(ready.model_changed):
        dialog.fileSelected.emit(str(path))
    dialog.close()
    assert ready.settings().weights == path
    assert "…" in ready.model_choice.file.text()
    assert str(path) in ready.model_choice.file.toolTip()
    qtbot.keyClick(ready.model_choice.model, Qt.Key.Key_Down)
    assert ready.settings().weights is None
    assert ready.model_choice.file.text() == "Own weights..."


def test_added_model_takes_the_place_of_its_namesake(ready: ExplainPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ready.add_model_requested):
        qtbot.mouseClick(ready.model_choice.add, _LEFT)
    for title in ("Mine", "Mine, mended"):
        ready.add_model(ModelInfo("mine", title, "Of mine.", False))
    assert [ready.model_choice.model.itemText(row) for row in range(3)] == [
        "Small (small)",
        "Large (large)",
        "Mine, mended (mine)",
    ]
    assert ready.model_choice.model.count() == 3
    assert ready.settings().model == "mine"


def test_wish_comes_back_as_it_was(ready: ExplainPanel) -> None:
    wish = chosen("large", Path("w.pth"), "lrp", "boxing", (8, 24), (("box_px", 32),), "walking")
    ready.set_settings(wish)
    assert ready.settings() == wish


def test_wish_for_what_is_not_here_is_kept_and_told(ready: ExplainPanel) -> None:
    wish = chosen("gone", Path("w.pth"), "far", "boxing", (8, 99), (("box_px", 32),), "walking")
    wish = replace(wish, device="cuda:3", overlap=0.25, labels=Path("l.txt"), input="flow")
    ready.set_settings(wish)
    assert ready.settings() == wish
    text = " ".join(f"{one.text} {one.remedy}" for one in ready.missing())
    assert "the model gone is not here" in text
    assert "the method far is not here" in text
    assert "plugin" in text
    assert "gone is not here" in ready.bar.status.text()
    ready.model_choice.model.setCurrentIndex(0)
    ready.method.setCurrentIndex(ready.method.findData("lrp"))
    assert ready.missing() == ()
    assert ready.settings().labels is None  # they were those of the other model


def test_wish_for_a_class_that_the_model_does_not_have_is_kept_and_told(
    ready: ExplainPanel,
) -> None:
    ready.set_settings(chosen("small", None, "plain", "flying", (8, 24)))
    ready.set_labels(LABELS)
    assert ready.settings().target == "flying"
    assert [one.text for one in ready.missing()] == ["the model has no class flying"]
    ready.target.lineEdit().editingFinished.emit()
    assert ready.settings().target == "flying"
    ready.target.setCurrentText("boxing")
    assert ready.missing() == ()


def test_wish_for_a_class_by_its_number_is_kept_and_shown_by_its_name(ready: ExplainPanel) -> None:
    ready.set_settings(replace(chosen("small", None, "plain", None, (8, 24)), target=1, against=7))
    ready.set_labels(LABELS)
    assert ready.target.currentText() == LABELS[1]
    assert (ready.settings().target, ready.settings().against) == (1, 7)
    assert [one.text for one in ready.missing()] == ["the model has no class 7"]


def test_wish_for_an_input_that_the_model_does_not_have_is_kept_and_told(
    ready: ExplainPanel,
) -> None:
    wish = replace(chosen("small", None, "plain", None, (8, 24)), input="flow")
    ready.set_settings(wish)
    assert ready.settings() == wish
    assert [one.text for one in ready.missing()] == ["small has no input flow"]
    assert ready.model_choice.input.isVisibleTo(ready)


def test_settings_of_a_session_end_with_its_video(ready: ExplainPanel) -> None:
    ready.set_settings(replace(chosen("small", None, "plain", None, (8, 24)), device="cuda"))
    ready.set_video(50)
    assert ready.settings().device == "auto"


def test_scores_stand_beside_the_classes(ready: ExplainPanel) -> None:
    ready.show_scores(np.array([0.1, 0.7, 0.2]))
    assert [ready.target.rows.score_text(k) for k in range(3)] == ["#3  10%", "#1  70%", "#2  20%"]
    ready.set_video(50)
    assert ready.target.rows.score_text(1) == ""


def test_class_is_chosen_and_explained_in_one_go(ready: ExplainPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ready.explain_requested) as asked:
        ready.choose_target("jogging")
    assert asked.args[0].target == "jogging"


def test_button_stays_in_sight_where_there_is_little_room(ready: ExplainPanel) -> None:
    ready.resize(300, 260)
    ready.layout().activate()
    assert ready.rect().contains(ready.bar.geometry())
    assert ready.bar.explain.isVisible()


def test_panel_asks_for_a_time_step_of_models_that_have_them(ready: ExplainPanel) -> None:
    assert not ready.step.isVisible()
    ready.offer_steps(4)
    assert ready.step.isVisible()
    ready.step.choose("max")
    assert ready.settings().step == "max"
    ready.set_settings(Request(Path(), "small", method="plain", step=2))
    assert ready.settings().step == 2
    ready.model_choice.model.setCurrentIndex(1)
    assert ready.settings().step is None
    assert not ready.step.isVisible()


def test_panel_offers_the_inputs_of_a_model_that_has_several(panel: ExplainPanel) -> None:
    choice = panel.model_choice
    assert not choice.input.isVisibleTo(panel)
    panel.add_model(ModelInfo("mine", "Mine", "Of mine.", False, inputs=("rgb", "flow")))
    assert choice.input.isVisibleTo(panel)
    assert panel.settings().input is None
    choice.choose_input("flow")
    settings = panel.settings()
    assert settings.input == "flow"
    panel.model_choice.model.setCurrentIndex(0)
    assert panel.settings().input is None
    assert not choice.input.isVisibleTo(panel)
    panel.set_settings(settings)
    assert panel.settings().input == "flow"
