"""Model cards that are spoiled."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.hostile.spoil import odd_text, odd_value, spoiled_file, spoiled_tree

_CARD: dict[str, Any] = {
    "name": "mine", "network": "figures", "frames": 16, "fps": 15, "crop": [64, 64],
    "resize": [64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2], "layout": "NCTHW",
    "channels": "rgb", "labels": "labels.txt", "checkpoint": "best.pth", "prefix": "",
    "rename": {"a.": "b."}, "expected": {"clip": "a.mp4", "scores": {"walk": 1.5}},
}  # fmt: skip
_OTHER: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (
        "network",
        ("r3d_18", "net.py:build", "net.pt", "net.pt2", "hf:a/b", "hf:../../x", "os:system"),
    ),
    ("endpoint", ("http://127.0.0.1:1/score", "file:///etc/passwd", "http://[::1", "x")),
    ("frame_network", ("resnet18", "vit_b_16", "x")),
    ("temporal", ("lstm", "mean", "gru")),
    ("readout", ("last", "mean")),
    ("stride", (2, 10**9)),
    ("frames", (10**9, 1, 100_000)),
    ("crop", (10**6, [1, 1], [10**6, 1])),
    ("resize", (10**9, [1, 10**9])),
    ("timeout", (1e-9, 1e300)),
    ("sampling", ("floor",)),
    ("inputs", ([{"name": "slow", "kind": "rgb", "stride": 4}], [{"name": "f", "kind": "flow"}])),
)


def mutated_card(folder: Path, random: Random) -> Path:
    """Write a card, with its labels, and return its path."""
    (folder / "labels.txt").write_text("walk\nrun\n")
    card = {key: value for key, value in _CARD.items() if random.random() < 0.5}
    card.setdefault("network", "figures")
    for key, values in random.sample(_OTHER, random.choice((0, 0, 1, 2))):
        card[key] = random.choice(values)
    if random.random() < 0.7:
        card = spoiled_tree(card, random)
    if not isinstance(card, dict):
        card = {"network": card}
    path = folder / "card.toml"
    text = "".join(f"{_text(str(key))} = {_toml(value)}\n" for key, value in card.items())
    if random.random() < 0.2:
        lines = text.splitlines()
        lines.insert(random.randrange(len(lines) + 1), _odd_line(random))
        text = "\n".join(lines)
    if random.random() < 0.05:
        text += f"network = {_toml(odd_value(random))}\n" + "[[a]]\n[a.b]\n" * 3
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return spoiled_file(path, random)


def _odd_line(random: Random) -> str:
    """Return a line that TOML allows, of keys that cost much or come twice, or that it does not."""
    return random.choice(
        (
            f"{random.choice(('frames', 'crop', 'mean', 'name'))} = {odd_text(random)}",
            f"rename = {{ '{'*a' * random.randint(1, 60)}b' = 'x' }}",
            "[[inputs]]\nname = 'a'\nkind = 'rgb'\n" * random.choice((1, 99)),
            "a" + ".a" * random.choice((5, 500)) + " = 1",
        )
    )


def _text(text: str) -> str:
    return json.dumps(text)


def _toml(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(k))} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
