"""Paint tools: tool, frames and brush, and a box by numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QStandardItemModel
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSlider, QWidget

from engine.annotations.regions import Region
from gui.what_if.paint_layer import Frames, Tool
from gui.widgets.form_widgets import SPACING, Collapsible, Form, choice, hint_label, vbox
from gui.widgets.number_edits import WholeNumberEdit
from gui.widgets.plain_text import PlainLabel

_RADIUS_STEPS = 1000  # a step of the slider is a thousandth of the picture's width
_RADIUS = 0.04
_RADIUS_RANGE = 0.005, 0.2
_SIDE_PX = 64
_SIDES = 25, 25, 75, 75  # of the box by numbers: the middle of the picture


class PaintTools(QWidget):
    """Tools, frames and brush, and what is painted by now.

    Signals
    -------
    tool_chosen(tool) : str
        One of `gui.what_if.paint_layer.TOOLS`; "off" also when the tools are hidden.
    frames_chosen(frames) : str
        One of `gui.what_if.paint_layer.FRAMES`.
    radius_chosen(radius) : float
        Of the brush, in fractions of the picture's width.
    box_entered(sides) : tuple of four floats
        Left, top, right and bottom, in fractions of the picture.
    clear_requested()
    """

    tool_chosen = Signal(str)
    frames_chosen = Signal(str)
    radius_chosen = Signal(float)
    box_entered = Signal(object)
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tool: Tool = "off"
        self._make_buttons()
        self._make_settings()
        self._make_box_entry()
        self._lay_out()
        self._connect()
        self.show_region(Region())
        self.show_range(None)
        self.set_video(False)

    def set_video(self, is_open: bool) -> None:
        """Allow to paint only where there is something to paint on."""
        if not is_open:
            self.set_tool("off")
        for widget in (*self.buttons.values(), self.add_box):
            widget.setEnabled(is_open)

    def show_region(self, region: Region) -> None:
        """Say how much is painted."""
        count = len(region.shapes)
        text = "1 shape painted" if count == 1 else f"{count} shapes painted"
        self.summary.setText(text if count else "Nothing painted yet")
        self.clear.setEnabled(count > 0)

    def show_range(self, chosen: tuple[int, int] | None) -> None:
        """Offer the chosen range only where there is one."""
        place, model = self.frames.findData("range"), self.frames.model()
        assert isinstance(model, QStandardItemModel)  # what a combo box makes by itself
        model.item(place).setEnabled(chosen is not None)
        if chosen is None and self.frames.currentIndex() == place:
            self.frames.setCurrentIndex(0)

    def set_tool(self, tool: Tool) -> None:
        """Choose a tool, or "off"."""
        for name, button in self.buttons.items():
            button.setChecked(name == tool)
            font = button.font()
            font.setBold(name == tool)  # its frame alone would look like that of the focus
            button.setFont(font)
        self.hint.setText("" if tool == "off" else self.buttons[tool].accessibleDescription())
        self.hint.setVisible(tool != "off")
        if tool != self.tool:
            self.tool = tool
            self.tool_chosen.emit(tool)

    def _make_buttons(self) -> None:
        self.hint = hint_label()
        again = "Click again to stop drawing."
        texts: dict[Tool, tuple[str, str]] = {
            "box": ("Box", "Drag a box on a picture."),
            "follow": (
                "Follow",
                "A box that follows: drag it on one frame, go on, drag it again; "
                "it moves evenly between.",
            ),
            "brush": ("Brush", "Paint on a picture."),
            "eraser": ("Eraser", "Take away from what is painted."),
        }
        self.buttons: dict[Tool, QPushButton] = {}
        for name, (text, meaning) in texts.items():
            button = QPushButton(text)
            button.setToolTip(f"{meaning} {again}")
            button.setCheckable(True)
            button.setAccessibleDescription(meaning)
            self.buttons[name] = button

    def _make_settings(self) -> None:
        names: dict[Frames, str] = {
            "all": "All frames",
            "range": "The chosen range",
            "frame": "This frame alone",
        }
        self.frames = choice(names)
        self.frames.setToolTip("On which frames it is painted; choose a range with I and O")
        self.radius = QSlider(Qt.Orientation.Horizontal)
        low, high = _RADIUS_RANGE
        self.radius.setRange(round(low * _RADIUS_STEPS), round(high * _RADIUS_STEPS))
        self.radius.setValue(round(_RADIUS * _RADIUS_STEPS))
        self.summary = hint_label()
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Remove all that is painted; Undo brings it back")

    def _make_box_entry(self) -> None:
        names = "Left", "Top", "Right", "Bottom"
        entry, grid = QWidget(), QGridLayout()
        self.sides = [WholeNumberEdit() for _ in names]
        for index, (name, side, value) in enumerate(zip(names, self.sides, _SIDES, strict=True)):
            side.setRange(0, 100)
            side.setValue(value)
            side.setSuffix(" %")
            side.setMinimumWidth(_SIDE_PX)
            label = PlainLabel(name)
            label.setBuddy(side)
            grid.addWidget(label, index // 2, index % 2 * 2)
            grid.addWidget(side, index // 2, index % 2 * 2 + 1)
        self.add_box = QPushButton("Add this box")
        grid.addWidget(self.add_box, 2, 0, 1, 4)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING)
        entry.setLayout(grid)
        self.by_numbers = Collapsible("Box by numbers", entry)

    def _lay_out(self) -> None:
        tools, below, rows = QHBoxLayout(), QHBoxLayout(), Form()
        tools.setSpacing(4)
        for button in self.buttons.values():
            tools.addWidget(button, 1)
        below.addWidget(self.summary, 1)
        below.addWidget(self.clear)
        rows.add("Painted on", self.frames)
        rows.add("Brush", self.radius)
        vbox(self, tools, self.hint, rows, self.by_numbers, below)

    def _connect(self) -> None:
        for button in self.buttons.values():
            button.clicked.connect(self._on_button_clicked)
        self.frames.currentIndexChanged.connect(self._on_frames_changed)
        self.radius.valueChanged.connect(self._on_radius_changed)
        self.add_box.clicked.connect(self._on_add_box_clicked)
        self.clear.clicked.connect(self.clear_requested)
        for side in self.sides:
            side.valueChanged.connect(self._on_sides_changed)

    @Slot()
    def _on_button_clicked(self) -> None:
        """Choose the tool of the pressed button, or none if it was released."""
        down = [name for name, button in self.buttons.items() if button.isChecked()]
        fresh = [name for name in down if name != self.tool]
        self.set_tool(fresh[0] if fresh else "off")

    @Slot()
    def _on_frames_changed(self) -> None:
        self.frames_chosen.emit(self.frames.currentData())

    @Slot(int)
    def _on_radius_changed(self, step: int) -> None:
        self.radius_chosen.emit(step / _RADIUS_STEPS)

    @Slot()
    def _on_sides_changed(self) -> None:
        left, top, right, bottom = (side.value() for side in self.sides)
        can_add = left < right and top < bottom and self.buttons["box"].isEnabled()
        self.add_box.setEnabled(can_add)
        right_way = "Left must be before right, and top above bottom"
        self.add_box.setToolTip("" if can_add else right_way)

    @Slot()
    def _on_add_box_clicked(self) -> None:
        self.box_entered.emit(tuple(side.value() / 100 for side in self.sides))

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop drawing: the mouse would paint though nothing says so any more."""
        super().hideEvent(event)
        self.set_tool("off")
