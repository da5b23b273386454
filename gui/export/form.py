"""The settings of an export: format, range, panes, name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QToolButton, QWidget

from engine.annotations.notes import Note
from engine.export.formats import EXPORT_FORMATS, ExportFormat
from engine.render import HeatLook
from engine.render.export_clip_settings import LAYOUTS, ClipSettings
from engine.store import Analysis
from engine.types import Preset
from engine.utils.frame_ranges import range_text
from gui.export.pane_list import PaneList
from gui.state.export_request import ExportRequest
from gui.widgets.dialogs import save_dialog
from gui.widgets.form_widgets import Form, WheelGuard, choice, hbox, hint_label, narrow, vbox
from gui.widgets.number_edits import WholeNumberEdit
from gui.widgets.plain_text import tip

_LAYOUT_NAMES = {"row": "Side by side", "column": "One below the other", "grid": "Grid"}
_HEIGHTS_PX = (240, 360, 480, 720, 1080)
_SWITCHES = ("captions", "numbers", "timeline", "sound")


@dataclass(frozen=True, slots=True)
class ExportContext:
    """The analysis to export, as the window shows it.

    Attributes
    ----------
    analysis : Analysis
        Complete.
    preset, sigma, heat
        How its relevance is separated and coloured.
    chosen : (int, int) or None
        The range that the user marked.
    frame : int
        The playhead.
    notes : tuple of Note
        What can be shown as captions.
    """

    analysis: Analysis
    preset: Preset
    sigma: float
    heat: HeatLook
    chosen: tuple[int, int] | None
    frame: int
    notes: tuple[Note, ...] = ()


class ExportForm(QWidget):
    """Everything that can be chosen for an export.

    Signals
    -------
    changed()
        Something is chosen differently.
    """

    changed = Signal()

    def __init__(self, context: ExportContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._has_sound = False
        self._agreed: Path | None = None
        header = context.analysis.header
        self._span = header.start, header.stop
        self._video = header.request.video
        self._make_parts()
        self._lay_out()
        self._show_ranges()
        self._name(self._video.parent)
        self._connect()
        self._guard = WheelGuard(self)
        self._guard.watch(self)
        self._show_what_applies()

    @property
    def chosen_format(self) -> ExportFormat:
        """The format."""
        return EXPORT_FORMATS[self.format.currentData()]

    @property
    def path(self) -> Path:
        """File or folder to write."""
        return Path(self.name.text().strip()).expanduser()

    def frames(self) -> tuple[int, int]:
        """Return the first frame and the one after the last, as typed, even if reversed."""
        chosen: tuple[int, int] | None = self.range.currentData()
        return (self.first.value(), self.last.value() + 1) if chosen is None else chosen

    def clip_settings(self) -> ClipSettings:
        """Return panes and settings.

        Raises
        ------
        ExportError
            If no pane is checked.
        """
        context = self._context
        return ClipSettings(
            preset=context.preset,
            sigma=context.sigma,
            panes=self.panes.chosen(),
            heat=context.heat,
            layout=self.layout_choice.currentData(),
            pane_height_px=self.height_choice.currentData(),
            numbers=self.numbers.isChecked(),
            timeline=self.timeline.isChecked(),
            captions=context.notes if self.captions.isChecked() else (),
        )

    def request(self) -> ExportRequest:
        """Return the chosen export, which needs an empty `problem`."""
        plain = ClipSettings(self._context.preset, self._context.sigma)
        look = self.clip_settings() if self.chosen_format.is_clip else plain
        sound = self.sound.isEnabled() and self.sound.isChecked()
        key = self.format.currentData()
        return ExportRequest(key, self._whole_path(), look, self.frames(), sound)

    def problem(self) -> str:
        """Return the reason against this export in one sentence, or an empty text."""
        first, stop = self.frames()
        if self.chosen_format.is_clip and not self.panes.chosen():
            return "Check at least one pane."
        if not self.name.text().strip():
            return "Type a name."
        if not self.path.absolute().parent.is_dir():
            return f"The folder {self.path.absolute().parent} does not exist."
        if first >= stop:
            return "The range ends before it begins."
        return ""

    def to_ask_for(self) -> Path | None:
        """Return a file that would be replaced and that the user was not asked about yet."""
        path = self._whole_path()
        is_asked = path == self._agreed
        return path if path.exists() and not path.is_dir() and not is_asked else None

    def choices(self) -> dict[str, Any]:
        """Return the choices for the next time, as JSON values."""
        return {
            "format": self.format.currentData(),
            "panes": list(self.panes.chosen()),
            "layout": self.layout_choice.currentData(),
            "height": self.height_choice.currentData(),
            **{name: switch.isChecked() for name, switch in self._switches.items()},
        }

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Restore `choices`, without the values that cannot be used."""
        combos = self.format, self.layout_choice, self.height_choice
        for key, combo in zip(("format", "layout", "height"), combos, strict=True):
            found = combo.findData(choices.get(key)) if key in choices else -1
            if found >= 0:
                combo.setCurrentIndex(found)
        panes = choices.get("panes")
        if isinstance(panes, list) and any(isinstance(pane, str) for pane in panes):
            self.panes.set_chosen([pane for pane in panes if isinstance(pane, str)])
        for name, switch in self._switches.items():
            if isinstance(choices.get(name), bool):
                switch.setChecked(choices[name])

    def show_sound(self, has_sound: bool) -> None:
        """Offer sound if the video has it."""
        self._has_sound = has_sound
        self._show_what_applies()

    def _whole_path(self) -> Path:
        path = self.path.absolute()
        return path if path.suffix else path.with_name(path.name + self.chosen_format.suffix)

    @property
    def _switches(self) -> dict[str, QCheckBox]:
        switches = (self.captions, self.numbers, self.timeline, self.sound)
        return dict(zip(_SWITCHES, switches, strict=True))

    def _make_parts(self) -> None:
        self.format = choice({key: format.title for key, format in EXPORT_FORMATS.items()})
        self.range = narrow(QComboBox())
        self.layout_choice = choice({layout: _LAYOUT_NAMES[layout] for layout in LAYOUTS})
        self.height_choice = choice({None: "Automatic"} | {px: f"{px} px" for px in _HEIGHTS_PX})
        self.first, self.last = WholeNumberEdit(), WholeNumberEdit()
        for box, value in ((self.first, self._span[0]), (self.last, self._span[1] - 1)):
            box.setRange(self._span[0], self._span[1] - 1)
            box.setValue(value)
        self.first.setAccessibleName("First frame")
        self.last.setAccessibleName("Last frame")
        self.panes = PaneList()
        self.captions = QCheckBox("Notes as &captions")
        self.numbers = QCheckBox("N&umbers of the frame")
        self.timeline = QCheckBox("&Timeline below")
        self.sound = QCheckBox("&Sound of the video")
        for switch in (self.captions, self.numbers, self.timeline):
            switch.setChecked(True)
        self.name, self.browse = QLineEdit(), QToolButton()
        self.browse.setText("...")
        self.browse.setToolTip("Choose folder and name")
        self.browse.setAccessibleName("Choose folder and name")
        self.use, self.replaces = hint_label(), hint_label()

    def _lay_out(self) -> None:
        form = Form()
        form.add("&Format", self.format)
        form.add_wide(self.use)
        form.add("&Range", self.range)
        self._numbers_row = hbox(self.first, self.last)
        form.add_wide(self._numbers_row)
        form.add("&Panes", self.panes)
        form.add("&Layout", self.layout_choice)
        form.add("Pane &height", self.height_choice)
        for switch in self._switches.values():
            form.add_wide(switch)
        form.add("Nam&e", hbox(self.name, self.browse))
        form.add_wide(self.replaces)
        vbox(self, form).addStretch(1)

    def _connect(self) -> None:
        self.format.currentIndexChanged.connect(self._on_format_changed)
        for combo in (self.range, self.layout_choice, self.height_choice):
            combo.currentIndexChanged.connect(self._on_changed)
        for box in (self.first, self.last):
            box.valueChanged.connect(self._on_changed)
        for switch in self._switches.values():
            switch.toggled.connect(self._on_changed)
        self.panes.chosen_changed.connect(self._on_changed)
        self.name.textChanged.connect(self._on_changed)
        self.browse.clicked.connect(self._on_browse_clicked)

    def _show_ranges(self) -> None:
        first, stop = self._span
        whole = f"All that is explained ({range_text(first, stop)})"
        self.range.addItem(whole, self._span)
        chosen = self._context.chosen
        if chosen is not None:
            inside = max(chosen[0], first), min(chosen[1], stop)
            if inside[0] < inside[1]:
                text = f"Marked range ({range_text(*inside)})"
                self.range.addItem(text, inside)
                self.range.setCurrentIndex(1)
        self.range.addItem("From ... to ...", None)

    def _name(self, folder: Path) -> None:
        format = self.chosen_format
        self.name.setText(str(folder / f"{self._video.stem}-{format.ending}{format.suffix}"))

    def _show_what_applies(self) -> None:
        format = self.chosen_format
        is_clip = format.is_clip
        self.use.setText(format.use)
        shown = (self.panes, self.layout_choice, self.height_choice, self.numbers, self.timeline)
        for part in shown:
            part.setEnabled(is_clip)
        self.captions.setEnabled(is_clip and bool(self._context.notes))
        self.captions.setToolTip("" if self._context.notes else "There are no notes")
        self.range.setEnabled(format.has_range)
        self._numbers_row.setVisible(self.range.currentData() is None)
        self.sound.setEnabled(format.has_sound and self._has_sound)
        no_sound = "The video has none" if format.has_sound else "This format has none"
        self.sound.setToolTip("" if self.sound.isEnabled() else no_sound)
        self.name.setToolTip(tip(self.name.text()))
        self.replaces.setText(self._replaced() if self.name.text().strip() else "")

    def _replaced(self) -> str:
        """Return what happens to what is there already, or an empty text."""
        path = self._whole_path()
        if path.is_dir():
            return "It is there already: results of the same names in it will be replaced."
        return "It is there already and will be replaced." if path.exists() else ""

    @Slot()
    def _on_format_changed(self) -> None:
        old = self.path
        known = {f"{self._video.stem}-{format.ending}" for format in EXPORT_FORMATS.values()}
        if old.stem in known:  # still the name that was suggested
            self._name(old.parent)
        else:
            self.name.setText(str(self.chosen_format.named(old)))
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        self._show_what_applies()
        self.changed.emit()

    @Slot()
    def _on_browse_clicked(self) -> None:
        kinds = f"{self.chosen_format.title} (*{self.chosen_format.suffix or ''})"

        def take(path: Path) -> None:
            self._agreed = path.absolute()  # the dialog has asked
            self.name.setText(str(path))

        suffix = self.chosen_format.suffix.removeprefix(".")
        save_dialog(self, "Export as", take, kinds, str(self.path), suffix).open()
