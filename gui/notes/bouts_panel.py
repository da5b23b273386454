"""The panel of bouts: load, save, go to, and what the analysis says of each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QPushButton,
    QTableView,
    QWidget,
)

from engine.annotations.formats.registry import BOUT_FORMATS
from gui.notes.bout_table import BoutRows
from gui.widgets.dialogs import file_dialog, save_dialog
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.form_widgets import PANEL_MARGINS, hint_label, vbox

_KINDS = (
    "Annotations (*.boris *.eaf *.json *.csv *.tsv *.txt);;BORIS (*.boris *.csv *.tsv);;"
    "ELAN (*.eaf);;VIA 3 (*.json *.csv);;All files (*)"
)
_BUTTON_PX = 30
_NAME_PX = 96


class BoutsPanel(QWidget):
    """The bouts of a video with their numbers. Scrolls by itself.

    Signals
    -------
    chosen(bout) : Bout
        The user goes to a bout.
    load_requested(path) : Path
    save_requested(path, format) : Path, str
        The name is one of `BOUT_FORMATS`, or empty for the table of numbers.
    removal_requested()
    """

    chosen = Signal(object)
    load_requested = Signal(object)
    save_requested = Signal(object, str)
    removal_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = "bouts"
        self.rows = BoutRows(self)
        self._make_widgets()
        row = QWidget()
        line = FlowLayout(_BUTTON_PX, 4, row)
        for button in (self.load, self.save, self.remove):
            line.addWidget(button)
        layout = vbox(self, row, self.hint, self.table, margins=PANEL_MARGINS)
        layout.setStretchFactor(self.table, 1)
        layout.addStretch(0)
        self.rows.modelReset.connect(self._on_rows_reset)
        self.show_video("", False)

    def show_video(self, name: str, is_open: bool) -> None:
        """Name new files after a video, and let bouts be loaded once it is open."""
        self.name = name or "bouts"
        self.load.setEnabled(is_open)
        self._on_rows_reset()

    @Slot()
    def ask_for_file(self) -> None:
        """Ask for a file to load."""
        file_dialog(self, "Load bouts", self.load_requested.emit, _KINDS).open()

    def _make_widgets(self) -> None:
        self.load, self.save = QPushButton("Load..."), QPushButton("Save as")
        self.remove = QPushButton("Remove")
        self.load.setToolTip("BORIS project or export, ELAN, VIA 3, or CSV with start, stop, label")
        self.remove.setToolTip("Show no bouts; their file stays")
        self.hint = hint_label(
            "Annotated behaviour, as lanes under the timeline: what the model's decision rests on "
            "while it lasts."
        )
        menu = QMenu(self.save)
        for name, each in BOUT_FORMATS.items():
            menu.addAction(f"{each.title}...", partial(self._ask_to_save, name))
        menu.addSeparator()
        self.save_numbers = menu.addAction("Table of numbers (CSV)...", self._ask_to_save)
        self.save.setMenu(menu)
        self._make_table()
        self.load.clicked.connect(self.ask_for_file)
        self.remove.clicked.connect(self.removal_requested)

    def _make_table(self) -> None:
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName("Bouts")
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(50)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, _NAME_PX)
        self.table.clicked.connect(self._on_table_chosen)
        self.table.activated.connect(self._on_table_chosen)

    def _ask_to_save(self, name: str = "") -> None:
        each = BOUT_FORMATS.get(name)
        suffix = each.suffix if each else ".csv"
        title = f"Save bouts: {each.title}" if each else "Save the numbers of bouts"
        file = f"{self.name}{suffix if each else '-bouts.csv'}"
        take = partial(self._take, name)
        save_dialog(self, title, take, f"*{suffix}", file, suffix.removeprefix(".")).open()

    def _take(self, name: str, path: Path) -> None:
        self.save_requested.emit(path, name)

    @Slot()
    def _on_rows_reset(self) -> None:
        has_bouts = bool(self.rows.bouts)
        for widget in (self.save, self.remove):
            widget.setEnabled(has_bouts)
        self.table.setVisible(has_bouts)
        self.hint.setVisible(not has_bouts)
        self.save_numbers.setEnabled(bool(self.rows.evidence))

    @Slot(QModelIndex)
    def _on_table_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(self.rows.bouts[index.row()])
