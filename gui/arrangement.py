"""Where the parts of the window stand: panes over timeline, settings and results beside."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

PANEL_PX = 372


def arranged(
    panes: QWidget, transport: QWidget, timeline: QWidget, panel: QWidget, results: QWidget
) -> QWidget:
    """Put the parts into one widget, which owns them."""
    upper = QWidget()
    stack = QVBoxLayout(upper)
    stack.setContentsMargins(0, 0, 0, 0)
    stack.setSpacing(0)
    stack.addWidget(panes, 1)
    stack.addWidget(transport)
    view = QSplitter(Qt.Orientation.Vertical)
    view.addWidget(upper)
    view.addWidget(timeline)
    view.setStretchFactor(0, 1)
    view.setStretchFactor(1, 0)
    view.setSizes([540, 230])
    view.setChildrenCollapsible(False)
    central = QWidget()
    beside = QHBoxLayout(central)
    beside.setContentsMargins(0, 0, 0, 0)
    beside.setSpacing(0)
    beside.addWidget(view, 1)
    beside.addWidget(_side_panel(panel, results))
    return central


def _side_panel(panel: QWidget, results: QWidget) -> QScrollArea:
    content = QWidget()
    content.setObjectName("panel")
    layout = QVBoxLayout(content)
    layout.setContentsMargins(16, 16, 16, 16)
    layout.setSpacing(16)
    layout.addWidget(panel)
    layout.addWidget(results)
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    area.setFixedWidth(PANEL_PX)
    return area
