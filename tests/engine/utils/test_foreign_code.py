"""Code of others that would end the program, and a Ctrl-C of the user's."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from engine.utils.foreign_code import CodeExit, described, exits_as_errors


class _Own(BaseException):
    pass


@pytest.fixture(autouse=True)
def usual_interrupts() -> Iterator[None]:
    """Ctrl-C raises, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "end", [KeyboardInterrupt("enough"), SystemExit(0), GeneratorExit(), _Own("mine")]
)
def test_exits_as_errors_tells_the_line_of_what_would_end_the_program(end: BaseException) -> None:
    with pytest.raises(CodeExit) as caught, exits_as_errors():
        raise end
    text = described(caught.value)
    assert text.startswith(type(end).__name__)
    assert "test_foreign_code.py, line" in text
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_exits_as_errors_lets_a_real_interrupt_pass() -> None:
    with pytest.raises(KeyboardInterrupt), exits_as_errors(), exits_as_errors():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_exits_as_errors_leaves_errors_and_handlers_of_others_alone() -> None:
    with pytest.raises(ValueError, match="mine"), exits_as_errors():
        raise ValueError("mine")

    def own(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, own)
    try:
        with pytest.raises(KeyboardInterrupt), exits_as_errors():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)


def test_exits_as_errors_takes_an_interrupt_for_the_codes_where_none_can_come() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(CodeExit), exits_as_errors():
        raise KeyboardInterrupt
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_exits_as_errors_in_another_thread_takes_every_interrupt_for_the_codes() -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with exits_as_errors():
                raise KeyboardInterrupt
        except BaseException as error:  # noqa: BLE001 - looked at below
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(raised[0], CodeExit)
