"""The panes in lock-step: one frame, one picture size, one zoom."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.render.panes import PANES, clip_panes, enlarged, needs_of
from engine.store import Analysis
from gui.panes.hover import heat_text, place_text
from gui.panes.map_source import MapSource
from gui.panes.pane import BAR_PX, TITLE_PX, Layer, Pane
from gui.panes.renderer import PaneRenderer
from gui.panes.viewport import Viewport, best_columns, panned, zoomed
from gui.state.video_info import Extras, FrameRequest, FrameSet
from gui.state.view_state import PANE_COUNTS, ViewState

_SPACING = 8


class PaneGrid(QWidget):
    """One, two, four or six panes, drawn from the same frame.

    Signals
    -------
    frame_wanted()
        The panes have a new size, zoom or kind: another picture is wanted.
    kinds_changed(kinds) : tuple of str
        The user has arranged the panes anew.
    pointed_at(text) : str
        What is under the pointer; empty when nothing is.
    menu_requested(kind, position) : str, QPoint
    pressed(x, y), moved(x, y), released()
        Drawing on a pane, in fractions of the whole picture.
    """

    frame_wanted = Signal()
    kinds_changed = Signal(object)
    pointed_at = Signal(str)
    menu_requested = Signal(str, QPoint)
    pressed = Signal(float, float)
    moved = Signal(float, float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.renderer = PaneRenderer()
        self.view = Viewport()
        self._kinds: tuple[str, ...] = ()
        self._panes: list[Pane] = []
        self._shown: FrameSet | None = None
        self._state = ViewState()
        self._layer: Layer | None = None
        self._drawing = False
        self._size = 16, 9
        self._empty = ""
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(_SPACING, 4, _SPACING, 4)
        self._layout.setSpacing(_SPACING)
        self.set_kinds(self._state.panes)

    @property
    def panes(self) -> dict[str, Pane]:
        """The panes by what they show, row by row."""
        return dict(zip(self._kinds, self._panes, strict=True))

    @property
    def shown_frame(self) -> int:
        """Frame whose picture the panes show, or -1."""
        return -1 if self._shown is None else self._shown.frame

    def set_kinds(self, kinds: tuple[str, ...]) -> None:
        """Show these kinds, row by row, as many as one of `PANE_COUNTS`."""
        if kinds == self._kinds:
            return
        while len(self._panes) < len(kinds):
            self._panes.append(self._new_pane())
        for pane in self._panes[len(kinds) :]:
            pane.hide()
            pane.deleteLater()
        del self._panes[len(kinds) :]
        self._kinds = kinds
        for kind, pane in self.panes.items():
            pane.set_title(PANES[kind].title)
            pane.show_scale(0, self._state.heat)
        self._lay_over()
        self._arrange()
        self._draw()
        self.frame_wanted.emit()

    def set_count(self, count: int) -> None:
        """Show so many panes: the first of those shown, and others of the usual order."""
        if count in PANE_COUNTS:
            rest = [kind for kind in clip_panes() if kind not in self._kinds]
            self.kinds_changed.emit((*self._kinds, *rest)[:count])

    def show_kind(self, position: int, kind: str) -> None:
        """Show a kind in a pane, and swap it with the pane that shows it already."""
        kinds = list(self._kinds)
        if kind in kinds:
            kinds[kinds.index(kind)] = kinds[position]
        kinds[position] = kind
        self.kinds_changed.emit(tuple(kinds))

    def set_video(self, size: tuple[int, int]) -> None:
        """Make room for a video of (width, height)."""
        self._size = size
        self.view = Viewport()
        self._arrange()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take heat from this analysis."""
        self.renderer.source = None if analysis is None else MapSource(analysis)
        self.renderer.ranges.clear()

    def set_other(self, analysis: Analysis | None) -> None:
        """Compare with this analysis."""
        self.renderer.other = None if analysis is None else MapSource(analysis)

    def set_layer(self, layer: Layer | None) -> None:
        """Paint something over every picture of the video."""
        self._layer = layer
        self._lay_over()

    def set_drawing(self, drawing: bool) -> None:
        """Let the left button draw instead of panning, or not."""
        self._drawing = drawing
        self._lay_over()

    def _lay_over(self) -> None:
        """Hand the layer to all panes whose picture covers the frame."""
        for kind, pane in self.panes.items():
            fits = PANES[kind].fits_frame
            pane.layer = self._layer if fits else None
            pane.drawing = self._drawing and fits
            pane.update()

    def request(self, frame: int) -> FrameRequest:
        """Return the request of all that the panes need of a frame."""
        needs, source, spec = needs_of(self._kinds), self.renderer.source, None
        if "model_view" in needs and source is not None:
            spec = source.analysis.header.spec
        return FrameRequest(frame, self._source_size(), Extras("flow" in needs, spec))

    def clear(self, message: str) -> None:
        """Show a message in place of the video, and the placeholders of the other panes."""
        self._shown, self._empty = None, message
        self._draw()

    def show_frame(self, shown: FrameSet, state: ViewState) -> None:
        """Show a frame of the video and its heat."""
        self._shown = shown
        self.redraw(state)

    def redraw(self, state: ViewState) -> None:
        """Draw the shown frame again: another setting, or more of the analysis."""
        self._state = state
        self._draw()

    def picture_size(self) -> tuple[int, int]:
        """Return width and height in pixels at which the video fits the panes."""
        rooms = [pane.room() for pane in self._panes]
        width, height = min(r[0] for r in rooms), min(r[1] for r in rooms)
        factor = min(width / self._size[0], height / self._size[1])
        return max(round(self._size[0] * factor), 1), max(round(self._size[1] * factor), 1)

    def _source_size(self) -> tuple[int, int]:
        """Return the size at which frames are read: larger when zoomed, up to that of the file."""
        width, height = self.picture_size()
        factor = min(self.view.zoom, max(self._size[0] / width, 1.0))
        return round(width * factor), round(height * factor)

    def _draw(self) -> None:
        for kind, pane in self.panes.items():
            if self._shown is None:
                text = self._empty if kind == "video" else PANES[kind].placeholder
                pane.show_message(text)
            else:
                self._draw_pane(kind, pane, self._shown)

    def _draw_pane(self, kind: str, pane: Pane, shown: FrameSet) -> None:
        drawn = self.renderer.draw(kind, shown, self.picture_size(), self.view, self._state)
        if drawn.picture is None:
            pane.show_message(drawn.text)
            return
        fits, legend = PANES[kind].fits_frame, PANES[kind].legend
        picture = drawn.picture if fits else enlarged(drawn.picture, pane.room())
        pane.show_picture(picture, drawn.text)
        if legend is None:
            text = self.renderer.scale_text(kind, self._state)
            pane.show_scale(drawn.scale, drawn.look or self._state.heat, text)
        else:
            pane.show_legend(legend)

    def _new_pane(self) -> Pane:
        pane = Pane("", True, self)
        pane.hovered.connect(partial(self._on_pane_hovered, pane))
        pane.left.connect(self._on_pane_left)
        pane.zoom_requested.connect(self._on_pane_zoom_requested)
        pane.pan_requested.connect(self._on_pane_pan_requested)
        pane.reset_requested.connect(self.reset_view)
        pane.title_dropped.connect(partial(self._on_pane_title_dropped, pane))
        pane.menu_requested.connect(partial(self._on_pane_menu_requested, pane))
        pane.pressed.connect(self._on_pane_pressed)
        pane.moved.connect(self._on_pane_moved)
        pane.released.connect(self.released)
        pane.show()
        return pane

    def _arrange(self) -> None:
        room = self.width() - _SPACING, self.height() - _SPACING
        extra = BAR_PX + _SPACING, TITLE_PX + _SPACING
        aspect = self._size[0] / self._size[1]
        columns = best_columns(len(self._panes), room, aspect, extra)
        for position, pane in enumerate(self._panes):
            self._layout.addWidget(pane, position // columns, position % columns)
        for line in range(max(self._layout.rowCount(), self._layout.columnCount())):
            self._layout.setRowStretch(line, int(line < len(self._panes) // columns))
            self._layout.setColumnStretch(line, int(line < columns))
        self._layout.activate()  # now: a new pane has next to no room before, and frames fit it

    def _kind_of(self, pane: Pane) -> str:
        return self._kinds[self._panes.index(pane)]

    def reset_view(self) -> None:
        """Fit the picture to the panes."""
        self._set_view(Viewport())

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle."""
        self._set_view(zoomed(self.view, factor, 0.5, 0.5))

    def _set_view(self, view: Viewport) -> None:
        if view != self.view:
            self.view = view
            self._draw()
            self.frame_wanted.emit()

    def _on_pane_zoom_requested(self, factor: float, x: float, y: float) -> None:
        self._set_view(zoomed(self.view, factor, x, y))

    def _on_pane_pan_requested(self, across: float, down: float) -> None:
        self._set_view(panned(self.view, across, down))

    def _on_pane_hovered(self, pane: Pane, x: float, y: float) -> None:
        if self._shown is None:
            return
        kind = self._kind_of(pane)
        if not PANES[kind].fits_frame:
            return
        place = self.view.at(x, y)
        texts = [place_text(self._shown.frame, place, self._size)]
        heat = self.renderer.heat_of(kind, self._shown.frame, self._state)
        if heat is not None and heat.maps is not None and self.renderer.source is not None:
            values = getattr(heat.maps, PANES[kind].map_name)
            texts.append(heat_text(values, heat.seen, place))
        self.pointed_at.emit("   ".join(texts))

    def _on_pane_left(self) -> None:
        self.pointed_at.emit("")

    def _on_pane_pressed(self, x: float, y: float) -> None:
        self.pressed.emit(*self.view.at(x, y))

    def _on_pane_moved(self, x: float, y: float) -> None:
        self.moved.emit(*self.view.at(x, y))

    def _on_pane_title_dropped(self, pane: Pane, position: QPoint) -> None:
        for target in self._panes:
            if target.rect().contains(target.mapFromGlobal(position)) and target is not pane:
                self.show_kind(self._panes.index(target), self._kind_of(pane))
                return

    def _on_pane_menu_requested(self, pane: Pane, position: QPoint) -> None:
        self.menu_requested.emit(self._kind_of(pane), position)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew, and tell that pictures of another size are wanted."""
        super().resizeEvent(event)
        self._arrange()
        self.frame_wanted.emit()
