"""All that is to be known of an accelerator, in one call of less than ten minutes.

Tables are written to the folder as soon as a line is measured, the most telling first, so that a
cut leaves what was done. A table that fails is told, and the next one begins.

``python -m benchmarks.gpu --all [--device cuda] [--quick] [--out DIR] [--tables A,B] [--limit S]``
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_rows import TABLES, Line, Setting

LIMIT_S = 570


class Report:
    """Tables in a folder, as JSON and as Markdown.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.tables: dict[str, dict[str, Any]] = {}

    def begin(self, name: str) -> None:
        """Begin a table."""
        self.tables[name] = {"lines": [], "state": "cut", "seconds": 0.0}

    def add(self, name: str, line: Line) -> None:
        """Add a line, and write everything."""
        self.tables[name]["lines"].append(line)
        self.write()

    def end(self, name: str, state: str, seconds: float = 0.0) -> None:
        """End a table: "done", or why it is not whole."""
        self.tables.setdefault(name, {"lines": []}).update(state=state, seconds=round(seconds, 1))
        self.write()

    def write(self) -> None:
        """Write both files."""
        plain = json.dumps(self.tables, indent=1)
        (self._folder / "gpu.json").write_text(plain, encoding="utf-8")
        (self._folder / "gpu.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """Return all tables as Markdown."""
        return "\n".join(_markdown(name, table) for name, table in self.tables.items())


def main(arguments: list[str] | None = None) -> int:
    """Measure, and return 1 if a table failed."""
    options = _parser().parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here: --device cpu --quick tries the script itself.")
        return 2
    setting = Setting(torch.device(options.device), options.quick)
    report, began = Report(options.out), time.perf_counter()
    chosen = [name for name in TABLES if options.all or name in options.tables.split(",")]
    for name in chosen:
        if time.perf_counter() - began > options.limit:
            report.end(name, "not measured: out of time")
        else:
            _measure(report, name, setting, began + options.limit)
    print(report.markdown())
    states = [table["state"] for table in report.tables.values()]
    return int(any(state.startswith("failed") for state in states))


def _measure(report: Report, name: str, setting: Setting, until: float) -> None:
    """Fill a table until it ends, fails, or the time is up."""
    began, state = time.perf_counter(), "done"
    report.begin(name)
    try:
        for line in TABLES[name](setting):
            report.add(name, line)
            if time.perf_counter() > until:
                state = "cut: out of time"
                break
    except Exception as error:  # noqa: BLE001 - the other tables are worth having
        traceback.print_exc()
        state = f"failed: {type(error).__name__}: {error}"
    report.end(name, state, time.perf_counter() - began)


def _markdown(name: str, table: dict[str, Any]) -> str:
    lines = table["lines"]
    title = f"## {name}\n\n{table['state']}, {table['seconds']} s\n"
    if not lines:
        return title
    columns = list(dict.fromkeys(key for line in lines for key in line))
    rows = [columns, ["---"] * len(columns)]
    rows += [[_cell(line.get(column)) for column in columns] for line in lines]
    return title + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every table")
    parser.add_argument("--tables", default="device,self-test", help=", ".join(TABLES))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small clips and few turns")
    parser.add_argument("--out", type=Path, default=Path("gpu-results"))
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds in all")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
