"""The list of what is trusted, and the words of the question."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import UntrustedCode, UntrustedError
from engine.utils.printable import code_lines, spelled_out
from tests.engine.models.own_code.cards import asked_for, load, write_card
from tests.programs import trust_file

posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def damage(file: Path, kind: str) -> None:
    file.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "link":
        file.symlink_to("/dev/zero")
    elif kind == "folder":
        file.mkdir()
    else:
        file.write_text(kind)


@posix
@pytest.mark.parametrize(
    "kind", ["[1, 2", "pipe", "link", "folder", '{"folders": 3}', "[" * 99_999, '{"a": 1}']
)
def test_a_damaged_list_trusts_nothing(home: Path, own_settings: Path, kind: str) -> None:
    damage(own_settings / "trusted.json", kind)
    assert asked_for(home) == ["net.py"]
    if kind not in ("folder",):
        trust_file(home / "net.py", "build")
        load(home)


@posix
def test_a_list_that_others_may_write_trusts_nothing(home: Path, own_settings: Path) -> None:
    trust_file(home / "net.py", "build")
    (own_settings / "trusted.json").chmod(0o666)
    assert asked_for(home) == ["net.py"]


@posix
def test_names_in_the_question_cannot_write_on_the_terminal(home: Path) -> None:
    folder = home.rename(home.with_name("\x1b[2J\u202ecard"))
    (folder / "net.py").rename(folder / "n\u202e\u0435t.py")
    write_card(folder, "n\\u202e\\u0435t.py:build")
    with pytest.raises(UntrustedError) as caught:
        load(folder)
    assert isinstance(caught.value.asked, UntrustedCode)
    assert "\\x1b" in str(caught.value)
    for text in (str(caught.value), *code_lines(caught.value.asked)[1:]):
        assert text.isprintable()
        assert "\\u0435" in text
    assert spelled_out("net.py") == "net.py"
