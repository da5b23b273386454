from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from engine.render import HeatLook
from gui.export.dialog import ExportDialog
from gui.export.form import ExportForm
from gui.main_window.window import MainWindow
from tests.gui.conftest import FRAMES, FakeEngine


def choose(form: ExportForm, key: str) -> None:
    form.format.setCurrentIndex(form.format.findData(key))


def check_pane(dialog: ExportDialog, row: int, qtbot: QtBot) -> None:
    dialog.form.panes.setCurrentRow(row)
    qtbot.keyClick(dialog.form.panes, Qt.Key.Key_Space)


@pytest.fixture
def dialog(explained: MainWindow, qtbot: QtBot, tmp_path: Path) -> ExportDialog:
    explained.view.update(range=(5, 9), sigma=1.5, heat=HeatLook(opacity=0.5))
    explained.view.go_to(7)
    explained.notes.notes.add(Note(6, 8, "here"))
    explained.commands.action("file.export").trigger()
    [dialog] = explained.findChildren(ExportDialog)
    qtbot.waitUntil(lambda: not dialog.preview.runner.busy)
    dialog.form.name.setText(str(tmp_path / "out.mp4"))
    return dialog


def wish_of(dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot) -> object:
    window = dialog.parent()
    assert isinstance(window, MainWindow)
    with qtbot.waitSignal(window.exported):
        qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    return engine.wishes[-1]


def test_export_writes_what_the_window_shows(
    dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    wish_of(dialog, engine, qtbot)
    [wish] = engine.wishes
    assert (wish.format, wish.path, wish.frames) == ("mp4", tmp_path / "out.mp4", (5, 9))
    assert (wish.look.sigma, wish.look.heat.opacity) == (1.5, 0.5)
    assert [note.text for note in wish.look.captions] == ["here"]
    assert (tmp_path / "out.mp4").read_bytes() == b"clip"


def test_preview_shows_the_first_frame_of_the_range_or_the_playhead(
    dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    assert engine.previews[-1][1] == 5
    assert not dialog.preview.picture.pixmap().isNull()
    dialog.at_playhead.click()
    qtbot.waitUntil(lambda: not dialog.preview.runner.busy)
    assert engine.previews[-1][1] == 7
    dialog.reject()


def test_preview_follows_what_is_chosen(
    dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    dialog.form.layout_choice.setCurrentIndex(dialog.form.layout_choice.findData("grid"))
    dialog.form.timeline.click()
    qtbot.waitUntil(lambda: not dialog.preview.runner.busy)
    assert not engine.previews[-1][0].timeline
    assert engine.previews[-1][0].layout == "grid"
    assert dialog.preview.text.text() == "64 x 48 pixels"
    dialog.reject()


def test_panes_are_checked_and_moved_by_the_keyboard(dialog: ExportDialog, qtbot: QtBot) -> None:
    check_pane(dialog, 0, qtbot)
    assert dialog.form.panes.chosen() == ("relevance", "motion", "static")
    dialog.form.panes.setCurrentRow(3)
    qtbot.keyClick(dialog.form.panes, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert dialog.form.panes.chosen() == ("relevance", "static", "motion")
    dialog.reject()


def test_export_waits_for_what_is_missing_and_says_it(dialog: ExportDialog, qtbot: QtBot) -> None:
    for row in range(4):
        check_pane(dialog, row, qtbot)
    assert not dialog.export.isEnabled()
    assert dialog.summary.text() == "Check at least one pane."
    choose(dialog.form, "csv")
    assert dialog.export.isEnabled()
    dialog.form.name.clear()
    assert dialog.summary.text() == "Type a name."
    dialog.form.name.setText("/nowhere/at/all.csv")
    assert "/nowhere/at does not exist" in dialog.summary.text()
    dialog.reject()


def test_a_reversed_range_is_told(dialog: ExportDialog) -> None:
    form = dialog.form
    form.range.setCurrentIndex(form.range.count() - 1)
    form.first.setValue(9)
    form.last.setValue(3)
    assert dialog.summary.text() == "The range ends before it begins."
    form.last.setValue(12)
    assert dialog.form.frames() == (9, 13)
    assert dialog.summary.text().endswith("4 frames, 0.3 s")
    dialog.reject()


def test_the_suggested_name_goes_with_the_format(explained: MainWindow, qtbot: QtBot) -> None:
    explained.commands.action("file.export").trigger()
    [dialog] = explained.findChildren(ExportDialog)
    form = dialog.form
    stem = form.path.name.removesuffix("-annotated.mp4")
    for key, name in (
        ("gif", f"{stem}-annotated.gif"),
        ("zarr", f"{stem}-analysis"),
        ("timeline.svg", f"{stem}-timeline.svg"),
    ):
        choose(form, key)
        assert form.path.name == name
    form.name.setText("/tmp/mine.svg")
    choose(form, "npz")
    assert form.path == Path("/tmp/mine.npz")
    dialog.reject()


def test_sound_is_offered_where_the_format_carries_it(dialog: ExportDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(dialog.form.sound.isEnabled)
    dialog.form.sound.setChecked(True)
    assert dialog.form.request().sound
    choose(dialog.form, "gif")
    assert not dialog.form.sound.isEnabled()
    assert dialog.form.sound.toolTip() == "This format has none"
    assert not dialog.form.request().sound
    dialog.reject()


def test_what_is_there_already_is_said(dialog: ExportDialog, tmp_path: Path) -> None:
    (tmp_path / "there.mp4").write_bytes(b"earlier")
    dialog.form.name.setText(str(tmp_path / "there.mp4"))
    assert "replaced" in dialog.form.replaces.text()
    dialog.form.name.setText(str(tmp_path / "there"))
    assert "replaced" in dialog.form.replaces.text()  # the suffix is added
    dialog.form.name.setText(str(tmp_path / "other.mp4"))
    assert dialog.form.replaces.text() == ""
    dialog.reject()


def test_browse_takes_over_what_is_chosen(dialog: ExportDialog, qtbot: QtBot) -> None:
    qtbot.mouseClick(dialog.form.browse, Qt.MouseButton.LeftButton)
    [chooser] = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit("/tmp/chosen.mp4")
    chooser.close()
    assert dialog.form.path == Path("/tmp/chosen.mp4")
    dialog.reject()


def test_a_file_that_is_there_is_replaced_after_a_question_only(
    dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "out.mp4").write_text("mine")
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    [box] = dialog.findChildren(QMessageBox)
    assert "out.mp4 is there already" in box.text()
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert not engine.wishes
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    box = dialog.findChildren(QMessageBox)[-1]
    window = dialog.parent()
    assert isinstance(window, MainWindow)
    with qtbot.waitSignal(window.exported):
        next(button for button in box.buttons() if "Replace" in button.text()).click()
    assert len(engine.wishes) == 1


def test_what_the_file_dialog_has_asked_is_not_asked_again(
    dialog: ExportDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "there.mp4").write_text("mine")
    qtbot.mouseClick(dialog.form.browse, Qt.MouseButton.LeftButton)
    [chooser] = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path / "there.mp4"))
    chooser.close()
    assert dialog.form.to_ask_for() is None
    dialog.form.name.setText(str(tmp_path / "there"))  # the suffix is added
    assert dialog.form.to_ask_for() is None
    (tmp_path / "other.mp4").write_text("mine")
    dialog.form.name.setText(str(tmp_path / "other"))
    assert dialog.form.to_ask_for() == tmp_path / "other.mp4"
    dialog.reject()


def test_a_preview_that_fails_says_why(explained: MainWindow, qtbot: QtBot) -> None:
    explained.commands.action("file.export").trigger()
    [dialog] = explained.findChildren(ExportDialog)
    qtbot.waitUntil(lambda: not dialog.preview.runner.busy)

    def fail(report: object, check: object) -> None:
        raise ValueError("no picture")

    with qtbot.waitSignal(dialog.preview.runner.failed):
        dialog.preview.draw(fail)  # type: ignore[arg-type]
    assert "no picture" in dialog.preview.picture.text()
    dialog.reject()


def test_choices_are_there_again_the_next_time(
    dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot
) -> None:
    window = dialog.parent()
    assert isinstance(window, MainWindow)
    choose(dialog.form, "webm")
    dialog.form.captions.setChecked(False)
    dialog.form.panes.set_chosen(["motion", "video"])
    wish_of(dialog, engine, qtbot)
    window.commands.action("file.export").trigger()
    again = [d for d in window.findChildren(ExportDialog) if d is not dialog][-1]
    assert again.form.format.currentData() == "webm"
    assert again.form.panes.chosen() == ("motion", "video")
    assert not again.form.captions.isChecked()
    again.reject()


@pytest.mark.parametrize(
    "choices",
    [
        {"format": "avi"},
        {"panes": ["nothing", 3]},
        {"panes": "video"},
        {"height": "tall"},
        {"timeline": "yes", "sound": 1},
        {"layout": None},
        {"format": ["mp4"]},
    ],
)
def test_choices_that_make_no_sense_are_left_out(
    choices: dict[str, object], dialog: ExportDialog
) -> None:
    before = dialog.form.choices()
    dialog.form.set_choices(choices)
    after = dialog.form.choices()
    assert after | {"panes": before["panes"]} == before
    dialog.reject()


def test_cancel_writes_nothing(dialog: ExportDialog, engine: FakeEngine, qtbot: QtBot) -> None:
    qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert engine.wishes == []
    assert not dialog.isVisible()


def test_export_the_timeline_opens_with_its_format(explained: MainWindow) -> None:
    explained.commands.action("file.export_timeline").trigger()
    [dialog] = explained.findChildren(ExportDialog)
    assert dialog.form.request().format == "timeline.png"
    assert dialog.form.request().frames == (0, FRAMES)
    assert not dialog.form.panes.isEnabled()
    assert "nothing to preview" in dialog.preview.picture.text()
    dialog.reject()


def test_a_frame_typed_too_large_cannot_be(dialog: ExportDialog) -> None:
    dialog.form.range.setCurrentIndex(dialog.form.range.count() - 1)
    dialog.form.last.setValue(10_000)
    assert dialog.form.last.value() == FRAMES - 1
    dialog.reject()


def test_closing_the_window_closes_the_dialog(dialog: ExportDialog, engine: FakeEngine) -> None:
    window = dialog.parent()
    assert isinstance(window, MainWindow)
    window.edits.setClean()
    window.close()
    assert engine.wishes == []
    assert not window.isVisible()
