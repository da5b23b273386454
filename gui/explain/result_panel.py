"""The panel of results: every analysis of the video, to show, compare, rename and delete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from gui.explain.result_list import ResultRow, ResultRows, ResultView
from gui.widgets.form_widgets import PANEL_MARGINS, hint_label, vbox

_FILTER_FROM = 9
_PIN = "Pin"
_NONE = (
    "No results yet. Every analysis of this video is listed here, those of earlier days too, "
    "and a click shows it again."
)


class ResultListPanel(QWidget):
    """Results in a list that scrolls by itself.

    Signals
    -------
    chosen(folder), pin_toggled(folder), removal_requested(folder) : Path
        Show one, compare others with it or no more, delete it.
    renamed(folder, name) : Path, str
    """

    chosen = Signal(object)
    pin_toggled = Signal(object)
    removal_requested = Signal(object)
    renamed = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_parts()
        buttons = QHBoxLayout()
        for button in (self.pin, self.rename, self.remove):
            buttons.addWidget(button)
        parts = self.filter, self.empty, self.view
        layout = vbox(self, *parts, buttons, margins=PANEL_MARGINS)
        layout.setStretchFactor(self.view, 1)
        layout.addStretch(0)
        self.setFocusProxy(self.view)
        self._connect()
        self.show_rows(())

    def show_rows(self, rows: Sequence[ResultRow]) -> None:
        """Show rows, keeping the current one if it is still there."""
        current = self.view.current()
        self.rows.show_rows(rows)
        for part in (self.view, self.pin, self.rename, self.remove):
            part.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        if len(rows) < _FILTER_FROM:
            self.filter.clear()
        self.filter.setVisible(len(rows) >= _FILTER_FROM)
        folders = [row.folder for row in self.rows.rows]
        if current is not None and self.view.current() is None and current.folder in folders:
            index = self.rows.index(folders.index(current.folder))
            self.view.setCurrentIndex(self.proxy.mapFromSource(index))
        self._show_buttons()

    def _make_parts(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Search the results")
        self.filter.setClearButtonEnabled(True)
        self.empty = hint_label(_NONE)
        self.rows = ResultRows(self)
        self.proxy = QSortFilterProxyModel(self)
        self.proxy.setSourceModel(self.rows)
        self.proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = ResultView()
        self.view.setModel(self.proxy)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.pin, self.rename = QPushButton(_PIN), QPushButton("Rename")
        self.remove = QPushButton("Delete...")
        self.pin.setToolTip("Keep this result beside the others, which a click then compares")
        self.rename.setToolTip("Give this result another name (F2)")
        self.remove.setToolTip("Delete this result (Del)")

    def _connect(self) -> None:
        view = self.view
        view.chosen.connect(self.chosen)
        view.removal_requested.connect(self._on_remove_clicked)
        view.selectionModel().currentChanged.connect(self._show_buttons)
        view.customContextMenuRequested.connect(self._on_view_menu_requested)
        self.rows.renamed.connect(self.renamed)
        self.filter.textChanged.connect(self.proxy.setFilterFixedString)
        self.pin.clicked.connect(self._on_pin_clicked)
        self.rename.clicked.connect(view.rename_current)
        self.remove.clicked.connect(self._on_remove_clicked)

    @Slot()
    def _show_buttons(self) -> None:
        row = self.view.current()
        usable = row is not None and not row.is_fixed
        for button in (self.pin, self.rename, self.remove):
            button.setEnabled(usable)
        self.pin.setText("Unpin" if row is not None and row.is_pinned else _PIN)

    @Slot()
    def _on_pin_clicked(self) -> None:
        row = self.view.current()
        if row is not None:
            self.pin_toggled.emit(row.folder)

    @Slot()
    def _on_remove_clicked(self) -> None:
        row = self.view.current()
        if row is not None and not row.is_fixed:
            self.removal_requested.emit(row.folder)

    @Slot(QPoint)
    def _on_view_menu_requested(self, place: QPoint) -> None:
        if not self.view.indexAt(place).isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button, key, act in (
            (self.pin, "", self._on_pin_clicked),
            (self.rename, "\tF2", self.view.rename_current),
            (self.remove, "\tDel", self._on_remove_clicked),
        ):
            menu.addAction(f"{button.text()}{key}", act).setEnabled(button.isEnabled())
        menu.popup(self.view.viewport().mapToGlobal(place))
