"""Ways to spoil what is valid: values, texts, bytes, and what lies under a name."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

_NUMBERS = (
    *(0, -1, 1, 2**31, 2**63, 2**64, 10**18, -(10**18), 10**400, 1.5, -0.5, 1e308, 1e-320),
    *(float("nan"), float("inf"), float("-inf")),
)
_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\x1b[31m",
        "\x1b]52;c;eA==\x07",
        "\u202egpj",
        "[/x]",
        "=1+1",
        "..",
        "/",
    ),
    *(
        "../../../etc/passwd",
        "/dev/zero",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "hf:../../..",
    ),
    *("os:system", "x" * 5000, "/".join("x" * 200 for _ in range(40)), "\ud800", "nan", "1e999"),
    *(
        "C:\\x",
        "\\\\host\\share",
        "9" * 5000,
        "%s%n{0}{x.__class__}",
        "$\\frac",
        "<b>x</b>",
        "\n\n",
    ),
)


_WRITTEN = (
    *("", "1e400", "-1e400", "NaN", "Infinity", "9" * 5000, "[" * 3000, "[" * 150 + "]" * 150),
    *('"\\ud800"', '"\\u0000"', '"\\u001b[31m"', '"a\\nb"', f'"{"../" * 2000}"', "-", "0x1", "1_0"),
)
"""Values as they stand in a file, which no library would write."""


def odd_text(random: Random) -> str:
    """Return what may stand in a file where a value should."""
    return random.choice(_WRITTEN)


def odd_value(random: Random) -> Any:
    """Return a value that few expect: of another type, huge, nested or empty."""
    kind = random.randrange(8)
    if kind < 3:
        return random.choice(_NUMBERS)
    if kind < 5:
        return random.choice(_TEXTS)
    if kind == 5:
        return random.choice((None, True, False, [], {}, [[]], [None], {"": ""}))
    if kind == 6:
        return [random.choice((*_NUMBERS, *_TEXTS))] * random.choice((1, 2, 3, 1000))
    return nested(random.choice((2, 50, 200)), random)


def nested(depth: int, random: Random) -> Any:
    """Return lists or dicts within one another."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def spoiled_tree(tree: Any, random: Random) -> Any:
    """Return a copy of nested dicts and lists with a few places changed, taken out or added."""
    changed = copy.deepcopy(tree)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        places = [(owner, key) for owner, key in _places(changed)]
        if not places:
            return odd_value(random)
        owner, key = random.choice(places)
        _change(owner, key, random)
    return changed


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(min(len(value), 50)))
    found = [(value, key) for key in keys]
    for key in keys:
        found += (
            _places(value[key]) if isinstance(value[key], dict | list) and len(found) < 500 else []
        )
    return found


def _change(owner: Any, key: Any, random: Random) -> None:
    how = random.randrange(8)
    if how == 0:
        del owner[key]
    elif how == 1 and isinstance(owner, dict):
        owner[random.choice(_TEXTS)] = owner[key]
    elif how == 2 and isinstance(owner, list):
        most = 1 if isinstance(owner[key], dict | list) else 300  # lists of lists fill the memory
        owner.extend([owner[key]] * min(random.choice((1, 10, 300)), most))
    elif how == 3 and isinstance(owner[key], int | float):
        owner[key] = random.choice(
            (-owner[key], owner[key] + 1, owner[key] * 10**6, str(owner[key]))
        )
    else:
        owner[key] = odd_value(random)


def json_text(tree: Any, random: Random) -> str:
    """Return a tree as JSON, at times with a key twice, too deep, or with digits without end."""
    text = json.dumps(tree, default=str)
    how = random.randrange(20)
    if how == 0:
        return text.replace('": ', '": {"a": ' + "[" * 100_000, 1)
    if how == 1:
        return text.replace("{", '{"kind": 1, "format": 9, ', 1)
    if how == 2:
        return text.replace("1", "1" * 5000, 1)
    if how == 3:
        return text + text
    if how == 4:
        place = random.choice([i for i, sign in enumerate(text) if sign in ":,["] or [0])
        end = min((i for sign in ",}]" if (i := text.find(sign, place + 1)) > 0), default=place)
        return text[: place + 1] + odd_text(random) + text[end:]
    return text


def spoiled_bytes(raw: bytes, random: Random) -> bytes:
    """Return bytes cut off, flipped, doubled, or with others put in."""
    if not raw:
        return random.randbytes(20)
    place = random.randrange(len(raw))
    how = random.randrange(6)
    if how == 0:
        return raw[:place]
    if how == 1:
        return raw[:place] + random.randbytes(random.choice((1, 4, 100))) + raw[place:]
    if how == 2:
        return raw[:place] + raw[place + random.choice((1, 4, 100)) :]
    if how == 3:
        return raw[:place] + b"\0" * 8 + raw[place + 8 :]
    if how == 4:
        return (
            random.choice(
                (b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0\0\xfe\xff", b"PK\x03\x04")
            )
            + raw
        )
    changed = bytearray(raw)
    for _ in range(random.choice((1, 3, 30))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _to_pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**33)  # of holes: it takes no room


_OTHERS: tuple[Callable[[Path], None], ...] = (
    _to_pipe,
    Path.mkdir,
    Path.touch,
    _huge,
    lambda _: None,
    *map(_link_to, ("/dev/zero", "/dev/stdin", "/dev/tty", "/proc/self/mem", "/etc", "loop")),
    lambda path: path.symlink_to(path.name),
)


def replaced(path: Path, random: Random) -> None:
    """Put a pipe, folder, device, loop, hole or nothing under the name of a file."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    random.choice(_OTHERS)(path)


def spoiled_file(path: Path, random: Random, *, often: float = 0.3) -> Path:
    """Spoil the bytes of a file, or what lies under its name, at times; return its path."""
    chance = random.random()
    if chance < often / 6:
        replaced(path, random)
    elif chance < often:
        path.write_bytes(spoiled_bytes(path.read_bytes(), random))
    return path
