"""Parts of forms: headings, rows, collapsible sections and a wheel guard."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetItem,
)

from gui.widgets.plain_text import PlainLabel

SPACING = 8
PANEL_MARGIN = 12
PANEL_MARGINS = (PANEL_MARGIN,) * 4
_GUARDED = (QComboBox, QAbstractSpinBox, QSlider)


def heading(text: str) -> QLabel:
    """Make a heading over a group of settings."""
    label = PlainLabel(text)
    label.setObjectName("heading")
    return label


def later_heading(text: str) -> QLabel:
    """Make a heading with space above."""
    label = heading(text)
    label.setContentsMargins(0, SPACING, 0, 0)
    return label


def hint_label(text: str = "") -> QLabel:
    """Make a faint label that wraps."""
    label = PlainLabel(text)
    label.setObjectName("faint")
    label.setWordWrap(True)
    return label


def notice_label() -> QLabel:
    """Make a label that wraps, for what the user must not miss."""
    label = PlainLabel()
    label.setObjectName("notice")
    label.setWordWrap(True)
    return label


def link_button(text: str) -> QToolButton:
    """Make a button that looks like a link."""
    button = QToolButton()
    button.setObjectName("link")
    button.setText(text)
    button.setAutoRaise(True)
    return button


def choose_even_unknown(box: QComboBox, value: Any, text: str) -> None:
    """Choose a value of a box, listed with the remark that it is not here if it is not offered."""
    if box.findData(value) < 0:
        box.addItem(f"{text} (not here)", value)
    box.setCurrentIndex(box.findData(value))


def vbox(
    owner: QWidget,
    *parts: QWidget | QLayout,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = SPACING,
) -> QVBoxLayout:
    """Place parts one below the other in a widget. A spacing of -1 is the style's own."""
    layout = QVBoxLayout(owner)
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        layout.addLayout(part) if isinstance(part, QLayout) else layout.addWidget(part)
    return layout


def scrolled(content: QWidget) -> QScrollArea:
    """Place a panel in an area that scrolls it up and down."""
    area = _UprightArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area


class _UprightArea(QScrollArea):
    """Scrolls up and down, and so is never narrower than what it shows."""

    def minimumSizeHint(self) -> QSize:
        """Return the width of the content with a scroll bar beside it."""
        hint, content = super().minimumSizeHint(), self.widget()
        least = 0 if content is None else QWidgetItem(content).minimumSize().width()
        return QSize(least + self.verticalScrollBar().sizeHint().width(), hint.height())


class Form(QGridLayout):
    """Names and settings in two columns, or a setting over both.

    Not a QFormLayout, which gives texts that wrap more height than they need.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[QLabel] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(SPACING)
        self.setColumnStretch(1, 1)

    def add(self, name: str, widget: QWidget) -> None:
        """Add a setting with its name before it."""
        label = PlainLabel(name)
        label.setBuddy(widget)
        self.names.append(label)
        self.addWidget(label, self.rowCount(), 0)
        self.addWidget(widget, self.rowCount() - 1, 1)

    def add_wide(self, widget: QWidget) -> None:
        """Add a widget over both columns."""
        self.addWidget(widget, self.rowCount(), 0, 1, 2)


def aligned(*forms: Form) -> None:
    """Give the names of several forms one width, so that their settings stand in one column."""
    names = [name for each in forms for name in each.names]
    width = max(name.sizeHint().width() for name in names)
    for name in names:
        name.setMinimumWidth(width)


def hbox(*widgets: QWidget) -> QWidget:
    """Place widgets side by side, the stretchable ones with the spare room."""
    whole = QWidget()
    layout = QHBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING)
    for widget in widgets:
        layout.addWidget(widget, 1 if isinstance(widget, QComboBox | QSlider | QSpinBox) else 0)
    return whole


def narrow(combo: QComboBox) -> QComboBox:
    """Keep a combo box from being as wide as its longest entry."""
    combo.setMinimumContentsLength(6)
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    combo.setSizeAdjustPolicy(policy)
    return combo


def choice(texts: Mapping[Any, str]) -> QComboBox:
    """Make a narrow combo box from texts by key."""
    combo = narrow(QComboBox())
    for key, text in texts.items():
        combo.addItem(text, key)
    return combo


class Collapsible(QWidget):
    """A section that opens and closes below its title.

    Parameters
    ----------
    title : str
        What stands in the line.
    content : QWidget
        What is shown when it is open; it is closed at first.
    """

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = content
        self.button = link_button(title)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.toggled.connect(self._on_button_toggled)
        vbox(self, self.button, content, spacing=4)
        self._on_button_toggled(False)

    def set_title(self, title: str) -> None:
        """Change what stands in the line."""
        self.button.setText(title)

    @Slot(bool)
    def _on_button_toggled(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.button.setArrowType(arrow)
        self.content.setVisible(is_open)


def scroll_into_view(part: QWidget) -> None:
    """Scroll to a part that has just been shown, once it has its place."""
    QTimer.singleShot(0, part, partial(_scroll_to, part))


def _scroll_to(part: QWidget) -> None:
    parent = part.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    content = parent.widget() if isinstance(parent, QScrollArea) else None
    if isinstance(parent, QScrollArea) and content is not None:
        top = part.mapTo(content, QPoint(0, 0)).y()
        parent.verticalScrollBar().setValue(top - PANEL_MARGIN)


class WheelGuard(QObject):
    """Leaves the wheel to the scroll area where the pointer rests on a setting by chance.

    A setting takes the wheel once it has the focus: scrolling past must not change it.
    """

    def watch(self, content: QWidget) -> None:
        """Guard the settings in a widget."""
        for widget in content.findChildren(QWidget):
            if isinstance(widget, _GUARDED):
                widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold back the wheel from what has no focus."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus():
            return False
        event.ignore()
        return True
