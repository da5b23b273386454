from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.dialogs.help_window import PAGES, HelpWindow, show_help
from gui.main_window.window import MainWindow
from resources import guide_page


def read(name: str) -> str:
    return f"# Page {name}\n\n![a picture](far/away.png)\n\nSee [methods](methods.md)."


@pytest.fixture
def guide(qtbot: QtBot) -> HelpWindow:
    window = HelpWindow(read)
    qtbot.addWidget(window)
    window.show_page("user-guide")
    window.show()
    return window


def test_help_shows_a_page_without_its_pictures(guide: HelpWindow) -> None:
    assert guide.browser.toPlainText().split("\n") == ["Page user-guide", "See methods."]


def test_help_goes_to_another_page_by_the_keyboard(guide: HelpWindow, qtbot: QtBot) -> None:
    guide.show_page("five-minute-tour")
    qtbot.keyClick(guide.pages, Qt.Key.Key_Down)
    assert guide.browser.toPlainText().startswith("Page evidence")


def test_help_follows_links_to_pages_and_ignores_other_files(guide: HelpWindow) -> None:
    guide.browser.anchorClicked.emit(QUrl("methods.md#lrp"))
    assert guide.browser.toPlainText().startswith("Page methods")
    guide.browser.anchorClicked.emit(QUrl("decisions/0001.md"))
    assert guide.browser.toPlainText().startswith("Page methods")


def test_help_opens_links_to_the_web_elsewhere(
    guide: HelpWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    guide.browser.anchorClicked.emit(QUrl("https://arxiv.org/abs/2003.14285"))
    assert [link.host() for link in opened] == ["arxiv.org"]


def test_help_is_opened_once(window: MainWindow) -> None:
    show_help(window, read, "methods")
    show_help(window, read, "user-guide")
    [guide] = window.findChildren(HelpWindow)
    assert guide.browser.toPlainText().startswith("Page user-guide")
    guide.close()


@pytest.mark.parametrize("name", list(PAGES))
def test_every_page_can_be_read(name: str, guide: HelpWindow) -> None:
    assert guide_page(name).startswith("# ")


@pytest.mark.parametrize("page", ["reading-heatmaps", "evidence"])
def test_links_of_the_results_open_the_page_on_them(window: MainWindow, page: str) -> None:
    window.explain.results.limits.linkActivated.emit(page)
    [guide] = window.findChildren(HelpWindow)
    assert guide.pages.currentItem().data(Qt.ItemDataRole.UserRole) == page
    guide.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_links_can_be_read_on_their_ground(scheme: str, window: MainWindow) -> None:
    window.appearance.set_scheme(scheme)
    palette = QApplication.palette()
    link, ground = palette.link().color(), palette.base().color()
    assert abs(link.lightnessF() - ground.lightnessF()) > 0.3
    window.appearance.set_scheme("system")
