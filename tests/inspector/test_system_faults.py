from __future__ import annotations

import errno
import io
import logging
import sys

import pytest

from inspector import cli, system_faults
from inspector.commands import methods
from inspector.system_faults import narrow_space, system_fault


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE, errno.EFBIG, errno.ENOTDIR]
)
def test_refusals_of_the_system_are_told(number: int) -> None:
    told = system_fault(OSError(number, "as the system says", "/some/file"))
    assert told is not None
    assert str(told) == "/some/file cannot be used (as the system says)."
    assert told.hint


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_missing_memory_is_told(error: Exception) -> None:
    told = system_fault(error)
    assert "not enough memory" in str(told)


@pytest.mark.parametrize("error", [ValueError("x"), OSError("x"), OSError(errno.EBADF, "x")])
def test_bugs_are_none(error: Exception) -> None:
    assert system_fault(error) is None


def test_command_tells_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded", "/x/y")

    monkeypatch.setattr(methods, "print_entry", full)
    assert cli.main(["methods"]) == 1
    said = capfd.readouterr().err
    assert "/x/y cannot be used (Disk quota exceeded)" in said
    assert "Internal error" not in said


class Full(io.StringIO):
    """An output on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_output_to_a_full_disk_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    assert cli.main(["methods"]) == 1
    assert "The output cannot be written (No space left on device)" in capfd.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize(("limit", "told"), [(4 * 2**30, True), (2**40, False), (-1, False)])
def test_narrow_address_space_is_told(
    limit: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_faults.resource, "getrlimit", lambda _: (limit, -1))
    assert ("ulimit -v" in narrow_space()) == told


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize("limit", [4 * 2**30, -1])
def test_error_of_a_library_in_narrow_space_is_no_bug_yet(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_faults.resource, "getrlimit", lambda _: (limit, -1))
    fault = system_fault(RuntimeError("could not create a primitive"))
    assert (fault is not None) == (limit > 0)
    if fault is not None:
        assert "RuntimeError could not create a primitive" in str(fault)
        assert "ulimit -v" in fault.hint


@pytest.mark.parametrize("traces", [False, True])
def test_terminal_shows_traces_for_debugging_alone(traces: bool) -> None:
    try:
        raise OSError(errno.EROFS, "read-only")
    except OSError:
        record = logging.LogRecord("a", 30, "", 0, "not written", (), sys.exc_info())
    text = cli._TerminalFormatter(logging.BASIC_FORMAT, traces=traces).format(record)
    assert ("Traceback" in text) == traces
    assert "read-only" in text
