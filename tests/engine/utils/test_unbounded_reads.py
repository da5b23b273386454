"""Files are opened through `engine.utils.bounded_files`, and texts parsed by its one reader."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
WHOLE = {"read_bytes", "read_text"}
PARSERS = {("json", "load"), ("json", "loads"), ("tomllib", "load"), ("tomllib", "loads")}
ALLOWED = {
    ("engine/bias/page.py", "read_bytes"): "the picture that it has just written",
    ("engine/models/loaders/sources.py", "json.loads"): "a resource of the program",
    ("engine/models/loaders/user_networks.py", "json.loads"): "a part of an archive, checked",
    ("engine/pipeline/cache_key.py", "read_bytes"): "modules and resources of the program",
    ("engine/store/resumable.py", "json.loads"): "its own values, written a line before",
    ("engine/utils/bounded_files.py", "open"): "a descriptor that was looked at",
    ("engine/utils/schema.py", "json.loads"): "the one reader of JSON",
    ("engine/utils/schema.py", "tomllib.loads"): "the one reader of TOML",
    ("inspector/bias_report.py", "json.loads"): "bounded; its figures may be NaN, unlike JSON",
}
"""Files and calls that need no bound, and why."""


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        owner = called.value if isinstance(called, ast.Attribute) else None
        module = owner.id if isinstance(owner, ast.Name) else ""
        if name in WHOLE or name == "QFile":
            yield name
        elif (module, name) in PARSERS:
            yield f"{module}.{name}"
        elif name == "open" and _reads(node, is_method=owner is not None):
            yield name


def _reads(call: ast.Call, is_method: bool) -> bool:
    """Return whether an `open` is of a file, to read it."""
    place = 0 if is_method else 1
    given = [call.args[place]] if len(call.args) > place else []
    given += [word.value for word in call.keywords if word.arg == "mode"]
    modes = [mode.value for mode in given if isinstance(mode, ast.Constant)]
    return any(isinstance(mode, str) and mode[:1] == "r" for mode in modes)


def test_files_are_opened_and_parsed_by_the_bounded_readers() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), call)
        for package in ("engine", "gui", "inspector")
        for path in (ROOT / package).rglob("*.py")
        for call in _calls(path)
    }
    assert found - ALLOWED.keys() == set()
    assert ALLOWED.keys() - found == set()  # nothing is allowed that is not there


def test_the_check_sees_what_reads(tmp_path: Path) -> None:
    lines = "a.open('rb')\nopen(a, 'r')\nopen(a, mode='rb')\na.read_text()\njson.load(a)\n"
    (tmp_path / "a.py").write_text(lines + "open(a, 'wb')\na.open('w')\ndialog.open()\n")
    assert list(_calls(tmp_path / "a.py")) == ["open", "open", "open", "read_text", "json.load"]
