"""Labels and priors that are spoiled."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from benchmarks.hostile.spoil import json_text, odd_value, spoiled_file, spoiled_tree

_TABLES = (
    ".txt:walk\nrun\n\njump\n",
    ".txt:0 walk\n1 run\n2 jump\n",
    '.csv:index,name\n0,walk\n1,"run, fast"\n',
    ".tsv:0\twalk\n1\trun\n",
    '.json:["walk", "run"]',
    '.json:{"0": "walk", "1": "run"}',
    '.json:{"walk": 0, "run": 1}',
    '.json:[{"id": 0, "name": "walk"}]',
)


def mutated_labels(folder: Path, random: Random) -> Path:
    """Write labels in one of the formats, and return their path."""
    suffix, _, text = random.choice(_TABLES).partition(":")
    if suffix == ".json":
        text = json_text(spoiled_tree(json.loads(text), random), random)
    elif random.random() < 0.6:
        lines = text.splitlines()
        lines.insert(random.randrange(len(lines) + 1), str(odd_value(random)))
        text = "\n".join(lines)
    path = folder / f"labels{suffix}"
    path.write_text(text, errors="replace")
    return spoiled_file(path, random, often=0.4)


def mutated_prior(folder: Path, random: Random) -> Path:
    """Write a prior of two classes, and return its path."""
    tree = {"logits": [0.5, -0.5], "stills": 8, "source": "8 stills"}
    path = folder / "prior.json"
    path.write_text(json_text(spoiled_tree(tree, random), random), errors="replace")
    return spoiled_file(path, random)
