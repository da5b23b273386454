"""The command line: options of the program itself, exit codes, and errors in one line.

Exit codes: 0 done, 1 an error told in one line and a hint, 2 wrong usage, 3 a study done except for
some clips, 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from typing import Annotated, Any

import typer

from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.utils.printable import PrintableFormatter
from inspector.commands import find_commands
from inspector.system_faults import narrow_space, system_fault
from inspector.terminal import ERRORS, print_error, print_text

_WRONG_USAGE = typer.BadParameter.__bases__
"""Errors of the command line library, which newer ones have a copy of their own of."""

app = typer.Typer(
    name="motion-inspector",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    help="See which motion drove a video model's decision, frame by frame.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    names = [command.name for command in app.registered_commands]
    if not words or (words[0] not in names and not words[0].startswith("-")):
        words.insert(0, "open")
    try:
        # not standalone: it would print errors of usage with whatever signs are in them
        code = app(words, prog_name="motion-inspector", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except (Cancelled, typer.Abort):
        ERRORS.print("Interrupted.")
        return 130
    except EngineError as error:
        print_error(str(error), error.hint)
    except Exception as error:
        if isinstance(error, _WRONG_USAGE):
            return _refuse_usage(error)
        logging.getLogger(__name__).debug("error", exc_info=True)
        _tell(error)
    return 1


def _tell(error: Exception) -> None:
    """Print what the system refuses, or that an error is a bug."""
    fault = system_fault(error) or EngineError(
        f"Internal error: {type(error).__name__}: {error}",
        "Please report it, with what --log-level debug prints.",
    )
    print_error(str(fault), fault.hint)


def _refuse_usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    command = "motion-inspector" if context is None else context.command_path
    print_error(error.format_message(), f"{command} --help tells its arguments and options.")
    return 2


@contextmanager
def _interruptible() -> Iterator[None]:
    """Tell Ctrl-C apart from an error, which the command line library would not."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise Cancelled from interrupt


def _print_version(requested: bool) -> None:
    if requested:
        print_text(f"motion-inspector {metadata.version('motion-inspector')}")
        raise typer.Exit


class _TerminalFormatter(PrintableFormatter):
    """Format of logs on the terminal: of an error its last line, but all of it for debugging."""

    def __init__(self, form: str, *, traces: bool) -> None:
        super().__init__(form)
        self._traces = traces

    def formatException(self, ei: Any) -> str:
        text = super().formatException(ei)
        return text if self._traces else text.splitlines()[-1]


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show it and stop."),
    ] = False,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    levels = logging.getLevelNamesMapping()
    if log_level.upper() not in levels:
        raise typer.BadParameter(f"{log_level!r} is not a log level.", param_hint="--log-level")
    level = levels[log_level.upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(_TerminalFormatter(logging.BASIC_FORMAT, traces=level < logging.INFO))
    logging.basicConfig(level=level, handlers=[handler])
    if narrow := narrow_space():
        ERRORS.print(narrow)


for _command in find_commands():
    app.command(_command.name, help=_command.help)(_interruptible()(_command.function))
