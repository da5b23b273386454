from __future__ import annotations

import faulthandler
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.utils.paths import log_folder
from inspector.logs import FAULT_NAME, LAST_FAULT_NAME, LOG_NAME, Logs

log = logging.getLogger("tests.logs")
CRASH = """
import sys
from pathlib import Path
from inspector.logs import Logs

logs = Logs(Path(sys.argv[1]))
logs.start()
import ctypes
ctypes.string_at(0)
"""


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    """Put back levels, handlers, and pytest's own fault handler."""
    root = logging.getLogger()
    level, handlers = root.level, [(handler, handler.level) for handler in root.handlers]
    enabled = faulthandler.is_enabled()
    yield
    root.setLevel(level)
    for handler in list(root.handlers):
        if handler not in dict(handlers):
            root.removeHandler(handler)
    for handler, its_level in handlers:
        handler.setLevel(its_level)
    if enabled:
        faulthandler.enable(sys.__stderr__)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    logs = Logs(tmp_path / "deep" / "logs")
    logs.start()
    yield logs
    logs.stop()


def test_log_file_has_messages_and_tracebacks(logs: Logs) -> None:
    try:
        raise KeyError("what is missing")
    except KeyError:
        log.info("a job failed", exc_info=True)
    text = (logs.folder / LOG_NAME).read_text(encoding="utf-8")
    assert "INFO tests.logs: a job failed" in text
    assert "KeyError: 'what is missing'" in text


def test_log_file_has_more_than_the_terminal(tmp_path: Path) -> None:
    root, terminal = logging.getLogger(), logging.StreamHandler()
    root.setLevel(logging.WARNING)
    root.addHandler(terminal)
    logs = Logs(tmp_path)
    logs.start()
    log.info("only for the file")
    logs.stop()
    assert terminal.level == logging.WARNING
    assert "only for the file" in (tmp_path / LOG_NAME).read_text(encoding="utf-8")


def test_log_that_is_asked_for_in_detail_stays_so(tmp_path: Path) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    logs = Logs(tmp_path)
    logs.start()
    log.debug("a detail")
    logs.stop()
    assert "a detail" in (tmp_path / LOG_NAME).read_text(encoding="utf-8")


def test_log_files_are_three_and_never_long(logs: Logs) -> None:
    for number in range(45):
        log.warning("%d %s", number, "x" * 100_000)
    files = sorted(logs.folder.glob(f"{LOG_NAME}*"))
    assert [file.name for file in files] == [LOG_NAME, f"{LOG_NAME}.1", f"{LOG_NAME}.2"]
    assert all(file.stat().st_size <= 1_000_000 for file in files)


def test_stop_lets_go_of_the_files(logs: Logs) -> None:
    logs.stop()
    log.warning("too late")
    assert "too late" not in (logs.folder / LOG_NAME).read_text(encoding="utf-8")
    assert not faulthandler.is_enabled()
    logs.stop()


@pytest.mark.parametrize("blocked", ["folder", "log", "fault"])
def test_folder_that_cannot_be_written_keeps_nobody_from_working(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, blocked: str
) -> None:
    folder = tmp_path / "logs"
    if blocked == "folder":
        folder.write_text("a file")
    else:
        (folder / {"log": LOG_NAME, "fault": FAULT_NAME}[blocked]).mkdir(parents=True)
    logs = Logs(folder)
    logs.start()
    assert "cannot be written" in caplog.text
    assert logs.last_crash() is None
    logs.stop()


def test_run_that_ended_well_left_no_crash(tmp_path: Path) -> None:
    for _ in range(2):
        logs = Logs(tmp_path)
        logs.start()
        assert logs.last_crash() is None
        logs.stop()


def test_crash_in_native_code_is_known_once(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path)], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    logs = Logs(tmp_path)
    logs.start()
    crash = logs.last_crash()
    logs.stop()
    assert crash is not None
    assert "string_at" in crash.text
    assert crash.path == tmp_path / LAST_FAULT_NAME
    assert crash.path.read_text(encoding="utf-8") == crash.text
    again = Logs(tmp_path)
    again.start()
    assert again.last_crash() is None
    again.stop()


def test_crash_is_noted_although_another_window_was_opened(tmp_path: Path) -> None:
    first, second = Logs(tmp_path), Logs(tmp_path)
    (tmp_path / FAULT_NAME).write_text("an old crash")
    first.start()
    second.start()
    assert first.last_crash() is not None
    assert second.last_crash() is None
    faulthandler.dump_traceback(first._faults)
    first.stop()
    second.stop()
    assert "test_crash_is_noted" in (tmp_path / FAULT_NAME).read_text(encoding="utf-8")


def test_crash_file_of_odd_bytes_is_read(tmp_path: Path) -> None:
    (tmp_path / FAULT_NAME).write_bytes(b"Fatal \xff\xfe" + b"x" * 50_000)
    logs = Logs(tmp_path)
    logs.start()
    crash = logs.last_crash()
    logs.stop()
    assert crash is not None
    assert crash.text.startswith("Fatal")
    assert len(crash.text) <= 20_000


def test_log_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_log_path", lambda name: Path(f"/somewhere/{name}"))
    assert log_folder() == Path("/somewhere/motion-inspector")
