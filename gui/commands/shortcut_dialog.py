"""Keyboard shortcuts: choose a command, press other keys for it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.commands.command import CommandTable, native_text
from gui.widgets.form_widgets import hint_label

_NAME = Qt.ItemDataRole.UserRole


class KeyDialog(QDialog):
    """Changes the keys of commands at once, and names the command that loses them first.

    Signals
    -------
    saved()
        Something was changed.
    """

    saved = Signal()

    def __init__(self, table: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(620, 520)
        self._make()
        self._lay_out()
        self._list()
        self.filter.textChanged.connect(self._on_filter_text_changed)
        self.tree.currentItemChanged.connect(self.keys.clear)
        self.keys.keySequenceChanged.connect(self._on_keys_key_sequence_changed)
        self.use.clicked.connect(self._on_use_clicked)
        self.add.clicked.connect(self._on_add_clicked)
        self.none.clicked.connect(self._on_none_clicked)
        self.usual.clicked.connect(self._on_usual_clicked)
        self.all_usual.clicked.connect(self._on_all_usual_clicked)

    def _make(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Search")
        self.filter.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Command", "Keys"])
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.setRootIsDecorated(False)
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setAccessibleName("Press the new keys")
        self.conflict = hint_label("Choose a command and press the new keys.")
        self.use = _button("Use these keys")
        self.add = _button("Add these keys")
        for button in (self.use, self.add):
            button.setEnabled(False)  # until there are a command and keys for it
        self.none = _button("No keys")
        self.usual = _button("Usual keys")
        self.all_usual = _button("All usual keys")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for button in (self.use, self.add, self.none, self.usual):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.all_usual)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for part in (self.filter, self.tree, self.keys, self.conflict):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addWidget(close)

    def _list(self) -> None:
        chosen = self._chosen()
        self.tree.clear()
        for name, command in self._table.commands.items():
            menu = self._table.menu_of[name].replace("&", "").replace("/", " > ")
            keys = ", ".join(native_text(text) for text in self._table.keys(name))
            item = QTreeWidgetItem([f"{menu} > {command.text}", keys])
            item.setData(0, _NAME, name)
            self.tree.addTopLevelItem(item)
            if name == chosen:
                self.tree.setCurrentItem(item)
        self._on_filter_text_changed(self.filter.text())

    def _chosen(self) -> str | None:
        item = self.tree.currentItem()
        return None if item is None else str(item.data(0, _NAME))

    def _pressed(self) -> str:
        return self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _give(self, keys: tuple[str, ...]) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._table.rebind(chosen, keys)
            self._changed()

    def _changed(self) -> None:
        self.keys.clear()
        self._list()
        self.saved.emit()

    @Slot(str)
    def _on_filter_text_changed(self, text: str) -> None:
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item is None:
                continue
            words = f"{item.text(0)} {item.text(1)}".casefold()
            item.setHidden(text.casefold() not in words)

    @Slot()
    def _on_keys_key_sequence_changed(self) -> None:
        pressed, chosen = self._pressed(), self._chosen()
        owner = self._table.owner_of(pressed) if pressed else None
        taken = owner is not None and owner != chosen
        text = ""
        if owner is not None and taken:
            name = self._table.commands[owner].text
            text = f"{native_text(pressed)} is used by “{name}”, which loses it."
        self.conflict.setText(text)
        for button in (self.use, self.add):
            button.setEnabled(bool(pressed) and chosen is not None)

    @Slot()
    def _on_use_clicked(self) -> None:
        self._give((self._pressed(),))

    @Slot()
    def _on_add_clicked(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            others = (keys for keys in self._table.keys(chosen) if keys != self._pressed())
            self._give((*others, self._pressed()))

    @Slot()
    def _on_none_clicked(self) -> None:
        self._give(())

    @Slot()
    def _on_usual_clicked(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._give(self._table.commands[chosen].keys)

    @Slot()
    def _on_all_usual_clicked(self) -> None:
        self._table.reset()
        self._changed()


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)  # Return is a key that can be chosen here
    return button
