"""What the command line says, one command after the other: each a line of the input."""

from __future__ import annotations

import sys

from inspector.cli import main

END = "\0\n"


def speak() -> None:
    """Run the commands; what each says ends with `END`."""
    for line in sys.stdin.read().splitlines():
        main(line.split())
        sys.stdout.write(END)
        sys.stdout.flush()


if __name__ == "__main__":
    speak()
