"""Choice of how much evidence is measured, and of the prior it is counted from."""

from __future__ import annotations

import html
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from engine.evidence.prior import SUFFIX
from engine.types import EvidenceEffort
from gui.widgets.dialogs import file_dialog
from gui.widgets.form_widgets import SPACING, narrow
from gui.widgets.plain_text import in_one_line, plain

_EFFORTS: dict[EvidenceEffort, tuple[str, str]] = {
    "full": ("Full", "Two stills and two other orders of the frames a window"),
    "quick": ("Quick", "One still and one other order a window: half the time, less sure"),
    "off": ("Off", "The map alone: no verdict, no motion share"),
}
_ABOUT = "Ask the model about stills and other orders of the frames: the verdict comes of it"
_USUAL = "Usual: kept with the model"
_PRIOR = (
    "<p>What the model says when it sees nothing in particular: bits are counted from it.</p>"
    "<p><b>Usual</b>: the file beside the model or its weights, else scrambled stills of the "
    "video. Results say which it was.</p><p>Make a file from a folder of your own videos: "
    "<code>motion-inspector prior FOLDER</code>.</p>"
)
_NAME_PX = 96


class EvidenceChoice(QWidget):
    """Effort, and a button for the prior.

    Signals
    -------
    changed()
        After each change.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prior: Path | None = None
        self.effort = narrow(QComboBox())
        for name, (text, about) in _EFFORTS.items():
            self.effort.addItem(text, name)
            last = self.effort.count() - 1
            self.effort.setItemData(last, about, Qt.ItemDataRole.ToolTipRole)
        self.effort.setToolTip(_ABOUT)
        self.effort.setAccessibleName("Evidence")
        self.file = QToolButton()
        self.file.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._make_menu()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self.effort, 1)
        layout.addWidget(self.file)
        self.setFocusProxy(self.effort)
        self.effort.currentIndexChanged.connect(self._on_effort_changed)
        self.use_prior(None)

    @property
    def chosen(self) -> EvidenceEffort:
        """The effort."""
        effort: EvidenceEffort = self.effort.currentData()
        return effort

    def choose(self, effort: EvidenceEffort, prior: Path | None) -> None:
        """Choose an effort and a prior."""
        self.effort.setCurrentIndex(self.effort.findData(effort))
        self.use_prior(prior)

    def use_prior(self, path: Path | None) -> None:
        """Count from the prior in a file, or from the usual one."""
        self.prior = path
        text = "Prior" if path is None else path.name.removesuffix(SUFFIX)
        middle = Qt.TextElideMode.ElideMiddle
        shown = self.file.fontMetrics().elidedText(in_one_line(text), middle, _NAME_PX)
        self.file.setText(shown.replace("&", "&&"))
        self.file.setToolTip(
            _PRIOR if path is None else f"<p>{html.escape(plain(str(path)))}</p>{_PRIOR}"
        )
        self.usual.setChecked(path is None)
        self.changed.emit()

    def _make_menu(self) -> None:
        self.menu = menu = QMenu(self.file)
        self.usual = menu.addAction(_USUAL)
        self.usual.setCheckable(True)
        self.usual.triggered.connect(self._on_usual_triggered)
        menu.addAction("Choose a file...").triggered.connect(self._on_choose_triggered)
        self.file.clicked.connect(self._on_file_clicked)

    @Slot()
    def _on_file_clicked(self) -> None:
        """Open the menu below. A button's own menu would run an event loop of its own."""
        self.menu.popup(self.file.mapToGlobal(self.file.rect().bottomLeft()))

    @Slot()
    def _on_effort_changed(self) -> None:
        self.file.setEnabled(self.chosen != "off")
        self.changed.emit()

    @Slot()
    def _on_usual_triggered(self) -> None:
        self.use_prior(None)

    @Slot()
    def _on_choose_triggered(self) -> None:
        kinds = f"Priors (*{SUFFIX});;All files (*)"
        file_dialog(self, "Prior of this model", self.use_prior, kinds).open()
