"""The guide in a window: pages of Markdown that link to one another."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.form_widgets import SPACING

PAGES = {
    "five-minute-tour": "Five-minute tour",
    "evidence": "The verdict and its bits",
    "reading-heatmaps": "Reading heatmaps honestly",
    "user-guide": "User guide",
    "methods": "Methods",
    "lrp-rules": "Rules of LRP",
    "model-card": "Models of your own",
    "black-boxes": "Functions and servers",
}
_SIZE = 860, 620
_LIST_PX = 200
_MARGIN_PX = 16
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n*")


class HelpWindow(QDialog):
    """Shows the pages of the guide.

    Parameters
    ----------
    read : callable
        Name of a page, of `PAGES` -> its Markdown.
    """

    def __init__(self, read: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read = read
        self.setWindowTitle("Guide")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.pages, self.browser = QListWidget(), QTextBrowser()
        self._make_parts()
        self._lay_out()
        self.pages.currentItemChanged.connect(self._on_pages_current_item_changed)
        self.browser.anchorClicked.connect(self._on_browser_anchor_clicked)

    def show_page(self, name: str) -> None:
        """Show a page of `PAGES`."""
        self.pages.setCurrentRow(list(PAGES).index(name))

    def _make_parts(self) -> None:
        for name, title in PAGES.items():
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.pages.addItem(item)
        self.pages.setFixedWidth(_LIST_PX)
        self.pages.setSpacing(2)
        self.pages.setAccessibleName("Pages")
        self.browser.setOpenLinks(False)  # pages are not files here
        self.browser.setAccessibleName("Page")

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(SPACING)
        middle.addWidget(self.pages)
        middle.addWidget(self.browser, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addWidget(buttons)

    @Slot()
    def _on_pages_current_item_changed(self) -> None:
        text = self._read(self.pages.currentItem().data(Qt.ItemDataRole.UserRole))
        self.browser.setMarkdown(_PICTURE.sub("", text))  # the window itself is beside it
        self.browser.document().setDocumentMargin(_MARGIN_PX)

    @Slot(QUrl)
    def _on_browser_anchor_clicked(self, link: QUrl) -> None:
        name = link.path().removesuffix(".md")
        if link.isRelative() and name in PAGES:
            self.show_page(name)
        elif not link.isRelative():
            QDesktopServices.openUrl(link)

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another scheme: those of links are set as a page is read."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.pages.currentItem() is not None:
            self._on_pages_current_item_changed()


def show_help(window: QWidget, read: Callable[[str], str], page: str) -> None:
    """Open the guide at a page, in the open window if there is one."""
    open_ones = window.findChildren(HelpWindow)
    guide = open_ones[0] if open_ones else HelpWindow(read, window)
    guide.show_page(page)
    guide.show()
    guide.raise_()
    guide.activateWindow()
