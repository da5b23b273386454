"""A box that finds a class among hundreds by typing, with ranks and probabilities beside."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor, QFocusEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.types import Float64Array
from engine.utils.score_text import score_text
from gui.explain.missing import Missing
from gui.state.class_matches import Label, by_probability, matches
from gui.theme import theme
from gui.widgets.form_widgets import narrow

FOLLOW = "Follow the model (its top class)"
FIRST_VALUE = "The first value"

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_SCORE_ROLE = Qt.ItemDataRole.UserRole
_MATCH_ROLE = Qt.ItemDataRole.UserRole + 1
_VISIBLE_ROWS = 12
_SIDE_PX = 8


class ClassRows(QAbstractListModel):
    """Rows of the popup list: the standing row, then the classes that match."""

    def __init__(self, standing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hits: list[int] = []
        self.labels: tuple[Label, ...] = ()
        self.probabilities: Float64Array | None = None
        self.unit: str | None = None
        self._standing = standing
        self._typed = ""
        self._ranks: dict[int, int] = {}

    def set_labels(self, labels: tuple[str, ...], standing: str) -> None:
        """Set other classes, without probabilities, and the row on top."""
        self._standing = standing
        self.labels = tuple(Label(text) for text in labels)
        self.show_scores(None)
        self.search("")

    def show_scores(self, probabilities: Float64Array | None, unit: str | None = None) -> None:
        """Set probabilities, or values in a unit, keeping the order of rows until a search."""
        self.probabilities, self.unit, self._ranks = probabilities, unit, {}
        if self.hits:
            self.dataChanged.emit(self.index(1), self.index(len(self.hits)), [_SCORE_ROLE])

    def search(self, typed: str) -> None:
        """List the classes that a text can mean, best first."""
        shown, values = self.probabilities, self.unit is not None
        order = None if shown is None or values else by_probability(shown)
        self.beginResetModel()
        self._typed = typed
        self.hits = matches(typed, self.labels, order)
        self.endResetModel()

    def best(self, typed: str) -> str | None:
        """Return the best match of a text, or None."""
        self.search(typed)
        return self.labels[self.hits[0]].text if self.hits else None

    def score_text(self, index: int) -> str:
        """Return rank and probability of a class, "#2  14%", or its value, or "" if unknown."""
        if self.probabilities is None or not math.isfinite(self.probabilities[index]):
            return ""
        if self.unit is not None:
            return score_text(float(self.probabilities[index]), self.unit)
        if not self._ranks:
            order = by_probability(self.probabilities)
            self._ranks = {int(which): place + 1 for place, which in enumerate(order)}
        return f"#{self._ranks[index]}  {self.probabilities[index]:.0%}"

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else 1 + len(self.hits)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a row's label, score text or match text."""
        row = index.row()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._standing if row == 0 else self.labels[self.hits[row - 1]].text
        if role == _SCORE_ROLE and row > 0:
            return self.score_text(self.hits[row - 1])
        if role == _MATCH_ROLE:
            return self._typed if row > 0 else ""
        return None


class ClassSearch(QComboBox):
    """Finds a class by part of its name or by its initials.

    Parameters
    ----------
    standing : str
        The row that is always on top, and stands for no class.
    """

    def __init__(self, standing: str = FOLLOW, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._standing = self._usual = standing
        self._chosen = standing
        self._wanted: tuple[str, int | str] | None = None  # as it is shown, and what it stands for
        self.rows = ClassRows(standing, self)
        self._line = _SearchLine()
        self.setLineEdit(self._line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.addItem(standing)
        narrow(self)
        self._make_list()
        self.setToolTip("Type a part of a class, or the initials of its words")
        self._line.textEdited.connect(self._on_text_edited)
        self._line.editingFinished.connect(self._on_editing_finished)
        self.currentTextChanged.connect(self._on_text_changed)
        self._line.setCursorPosition(0)

    def chosen(self) -> int | str | None:
        """Return the chosen class, or None for the standing row."""
        text = self.currentText().strip()
        if self._wanted is not None and text == self._wanted[0]:
            return self._wanted[1]
        return None if text in ("", self._standing) else text

    def choose(self, label: int | str | None) -> None:
        """Choose a class by its name or number, which the model need not have, or none.

        It is kept, whatever labels come, until the user chooses another or `let_go` is called.
        """
        self._wanted = None if label is None else (str(label), label)
        self._show_wanted()

    def let_go(self) -> None:
        """Keep the chosen class only as long as the labels have it."""
        self._wanted = None

    def missing(self) -> Missing | None:
        """Return the chosen class if the model is known not to have it."""
        chosen, labels = self.chosen(), [label.text for label in self.rows.labels]
        if chosen is None or not labels or chosen in labels:
            return None
        if str(chosen) in map(str, range(len(labels))):
            return None
        return Missing(f"the model has no class {chosen}", "Choose another class.")

    def set_labels(self, labels: tuple[str, ...], standing: str | None = None) -> None:
        """Offer the classes of a model, keeping the one that was chosen if it has it.

        The row on top is called ``standing``, or as it was at first.
        """
        chosen = self.currentText()
        self._standing = self._usual if standing is None else standing
        self.rows.set_labels(labels, self._standing)
        self.clear()
        self.addItems([self._standing, *labels])
        self.setCurrentText(chosen if chosen in labels else self._standing)
        if self._wanted is not None and chosen == self._wanted[0]:
            self._show_wanted()
        self._line.setCursorPosition(0)

    def show_scores(self, probabilities: Float64Array | None, unit: str | None = None) -> None:
        """Show how likely each class is at the playhead, or its value.

        Parameters
        ----------
        probabilities : float64 array, (K,), or None
            One for each label in their order; None, or another number of them, shows nothing.
        unit : str or None
            Of values; None for probabilities.
        """
        fits = probabilities is not None and len(probabilities) == len(self.rows.labels)
        self.rows.show_scores(probabilities if fits else None, unit)

    def _show_wanted(self) -> None:
        """Show the class that is wanted, by its name if it is wanted by its number."""
        if self._wanted is None:
            self.setCurrentText(self._standing)
            return
        text, wanted = self._wanted
        labels = self.rows.labels
        if isinstance(wanted, int) and 0 <= wanted < len(labels):
            text = labels[wanted].text
        self._wanted = text, wanted
        self.setCurrentText(text)
        self._chosen = text

    def _make_list(self) -> None:
        self.list = _Matches(self.rows, self)
        self.list.setCompletionRole(_MATCH_ROLE)
        self.list.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.list.setMaxVisibleItems(_VISIBLE_ROWS)
        self.setCompleter(self.list)
        self.popup = QListView()
        self.list.setPopup(self.popup)
        self.popup.setItemDelegate(_ScoreDelegate(self))

    @Slot(str)
    def _on_text_edited(self, typed: str) -> None:
        self.rows.search(typed)

    @Slot(str)
    def _on_text_changed(self, text: str) -> None:
        exact = Qt.MatchFlag.MatchFixedString | Qt.MatchFlag.MatchCaseSensitive
        if self.findText(text, exact) >= 0:
            self._chosen = text
        if not self._line.hasFocus():
            self._line.setCursorPosition(0)  # or a long text shows its end

    @Slot()
    def _on_editing_finished(self) -> None:
        """Complete what is typed: to the class it means, or back to the one before."""
        typed = self.currentText().strip()
        if not typed:
            self.setCurrentText(self._standing)
        elif typed != self._chosen and len(self.rows.labels):
            self.setCurrentText(self.rows.best(typed) or self._chosen)

    def showPopup(self) -> None:
        """Show all classes, in the same list as while typing."""
        self.rows.search("")
        self._line.setFocus()
        self.list.setCompletionPrefix("")
        self.list.complete()


class _Matches(QCompleter):
    """Takes every row but the standing one for a completion of what is typed.

    Qt puts Down and Enter to the first completion: what begins with the text, if it were asked.
    """

    def pathFromIndex(self, index: _Index) -> str:
        """Return the label of a row, which is filled in."""
        return str(index.data())


class _SearchLine(QLineEdit):
    """Selects what it holds at the first click, so that typing replaces it."""

    _entered = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note that a click follows."""
        super().focusInEvent(event)
        self._entered = event.reason() == Qt.FocusReason.MouseFocusReason

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select everything where the click gave the focus."""
        super().mousePressEvent(event)
        if self._entered:
            self.selectAll()
            self._entered = False


class _ScoreDelegate(QStyledItemDelegate):
    """Draws rank and probability at the right of a row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """Leave room for the score."""
        super().initStyleOption(option, index)
        shown: Any = option  # its fields are missing in the binding's description
        score = shown.fontMetrics.horizontalAdvance(f"{index.data(_SCORE_ROLE) or ''}")
        room = shown.rect.width() - score - 3 * _SIDE_PX
        shown.text = shown.fontMetrics.elidedText(shown.text, Qt.TextElideMode.ElideRight, room)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw label and score."""
        super().paint(painter, option, index)
        score = index.data(_SCORE_ROLE)
        if score:
            shown: Any = option  # its fields are missing in the binding's description
            selected = shown.state & QStyle.StateFlag.State_Selected
            below = shown.palette.highlightedText().color()
            painter.setPen(below if selected else QColor(theme.colours().faint))
            place = shown.rect.adjusted(0, 0, -_SIDE_PX, 0)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, side, score)
