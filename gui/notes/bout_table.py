"""The table of bouts: what an analysis says of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.annotations.bout_evidence import BoutEvidence
from engine.annotations.bouts import Bout
from engine.utils.frame_ranges import range_text
from gui.widgets.plain_text import in_one_line, tip

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_TITLES = ("Bout", "Frames", "Share", "Bits", "Changing", "Explained")
_TIPS = (
    "",
    "First and last, both in the bout",
    "Share of movement in the evidence of the frames of the bout that are explained",
    "Mean evidence at these frames: movement, several pictures and one picture together",
    "Share of their relevance that changes sharply: a property of the map",
    "How many frames of the bout are explained",
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class BoutRows(QAbstractTableModel):
    """Bouts as rows, with their numbers where they are known."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bouts: tuple[Bout, ...] = ()
        self.evidence: tuple[BoutEvidence, ...] = ()

    def show_bouts(self, bouts: Sequence[Bout], evidence: Sequence[BoutEvidence] = ()) -> None:
        """Show bouts, in order, and the numbers of each or none."""
        self.beginResetModel()
        self.bouts, self.evidence = tuple(bouts), tuple(evidence)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of bouts."""
        return 0 if parent.isValid() else len(self.bouts)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Return the title of a column, or what it means."""
        texts = {Qt.ItemDataRole.DisplayRole: _TITLES, Qt.ItemDataRole.ToolTipRole: _TIPS}
        found = texts.get(Qt.ItemDataRole(role))
        return found[section] if found and orientation == Qt.Orientation.Horizontal else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the content of a cell."""
        bout = self.bouts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.evidence[index.row()] if self.evidence else None
            return _texts(bout, row)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(f"{_name(bout)}\n{bout.comment}".strip())
        is_number = role == Qt.ItemDataRole.TextAlignmentRole and index.column() > 0
        return _RIGHT if is_number else None


def _name(bout: Bout) -> str:
    return f"{bout.subject}: {bout.label}" if bout.subject else bout.label


def _texts(bout: Bout, row: BoutEvidence | None) -> tuple[str, ...]:
    about = in_one_line(_name(bout)), range_text(bout.first, bout.stop)
    if row is None:
        return *about, "", "", "", ""
    bits = row.still_bits + row.frames_bits + row.order_bits
    numbers = _percent(row.motion_share), _number(bits), _percent(row.changing_share)
    return *about, *numbers, f"{row.explained} of {row.frames}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "–"


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"
