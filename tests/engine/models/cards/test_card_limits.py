from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.models.cards.card import ModelCard
from engine.models.cards.reading import read_card
from engine.models.load import load_model
from engine.models.weights.checkpoint import Weights
from engine.models.weights.choosing import chosen

OWN = 'network = "net.pt"\nframes = 4\nfps = 15\nresize = 16\ncrop = 16\nlabels = "a.txt"\n'


def card_with(folder: Path, line: str) -> Path:
    path = folder / "card.toml"
    keys = [new.split("=")[0].strip() for new in line.splitlines()]
    kept = [old for old in OWN.splitlines() if old.split("=")[0].strip() not in keys]
    path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("frames = 1000000000", "'frames' .* from 1 to 4096"),
        ("frames = 0", "'frames' .* from 1 to 4096"),
        ("frames = -1", "'frames' .* from 1 to 4096"),
        ("frames = true", "'frames' .* from 1 to 4096"),
        ("frames = 4.5", "'frames' .* from 1 to 4096"),
        ("crop = 1000000", "'crop' .* from 1 to 8192"),
        ("crop = [8, 1000000]", "'crop' .* from 1 to 8192"),
        ("crop = false", "'crop' .* from 1 to 8192"),
        ("resize = 10000000000000000000000", "'resize' .* from 1 to 8192"),
        ("fps = 1e308", "'fps' .* from 0.001 to 1000"),
        ("fps = 1e-300", "'fps' .* from 0.001 to 1000"),
        ("fps = nan", "'fps' .* from 0.001 to 1000"),
        ("fps = true", "'fps' .* from 0.001 to 1000"),
        ("mean = nan", "'mean' .* from -1e9 to 1e9"),
        ("mean = [0, inf, 0]", "'mean' .* from -1e9 to 1e9"),
        ("mean = true", "'mean' .* from -1e9 to 1e9"),
        ("std = 0", "'std' .* from 1e-9 to 1e9"),
        ("std = [0.1, 1e-300, 1]", "'std' .* from 1e-9 to 1e9"),
        ("std = -0.5", "'std' .* from 1e-9 to 1e9"),
        ("range = [0, 1e308]", "'range' .* from -1e9 to 1e9"),
        ("step = -1", "'step' .* from 1 to"),
        ("timeout = 1e300", "'timeout' .* up to 86400"),
        ('name = "a\\nb"', "'name' .* one line"),
        ('name = "\\u001b[31mred"', "'name' .* one line"),
        (f'name = "{"a" * 900_000}"', "'name' .* up to 1000 characters"),
        (f'labels = "{"a" * 900_000}"', "'labels' .* longer than paths can be"),
        (f"{'k' * 900_000} = 1", "has a key 'kkk.*, which does not exist"),
        ('"a\\nb" = 1', r"has a key 'a\\nb', which does not exist"),
        (f"inputs = [{'1, ' * 100_000}]", "'inputs' .* tables are needed"),
        ("[[inputs]]\nname = 'a'\nkind = 'rgb'\n" * 1_000, r"declares 1000 \[\[inputs\]\]"),
        (f"rename = {{ a = '{'b' * 400}' }}", "'rename' .* up to 300 characters"),
        ("rename = { '' = 'b' }", "'rename' .* a name that is a text of length from 1"),
        ("a" + ".a" * 1_000 + " = 1", "nested too deeply"),
        (f"frames = {'9' * 5_000}", "number of more than"),
    ],
)
def test_values_beyond_the_limits_are_told_with_the_limits(
    line: str, said: str, tmp_path: Path
) -> None:
    started = time.process_time()
    with pytest.raises(ModelError, match=said) as caught:
        read_card(card_with(tmp_path, line))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert time.process_time() - started < 2


def test_clips_that_no_memory_holds_are_refused(tmp_path: Path) -> None:
    card = read_card(card_with(tmp_path, "frames = 4096\ncrop = 8192\nresize = 8192"))
    with pytest.raises(ModelError, match=r"4096 frames .* more than memory holds") as caught:
        card.spec(None, ("a",))
    assert "256 x 256" in caught.value.hint
    assert read_card(card_with(tmp_path, "frames = 512\ncrop = 384")).spec(None, ("a",)).frames


@pytest.mark.parametrize(
    "name",
    ["../../..", "/abs", "a/../../b", "", ".", "a//b", "C:\\nets", "a\\..\\b", "~/../x", "a:b"],
)
def test_hub_names_that_are_paths_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text(f"network = 'hf:{name}'\n")
    with pytest.raises(ModelError, match=r"no folder beside the card|no known model|of Windows"):
        read_card(path)


@pytest.mark.parametrize("name", ["net", "MCG-NJU/videomae-base", "nets/my net.1"])
def test_hub_names_are_names(name: str, tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text(f"network = 'hf:{name}'\n")
    assert read_card(path).network == f"hf:{name}"


@pytest.mark.parametrize("target", ["/dev/zero", "pipe", "folder"])
@pytest.mark.parametrize("key", ["labels", "checkpoint"])
def test_files_of_a_card_that_are_none_are_refused(key: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "card.toml"
    path.write_text(f"network = 'r3d_18'\n{key} = '{target}'\n")
    with pytest.raises(ModelError, match=r"it is a (device|pipe|folder)|is a folder|not a regular"):
        load_model(path, device="cpu")


def renamed(names: list[str], renames: dict[str, str]) -> list[str]:
    weights = Weights({name: torch.zeros(1) for name in names})
    return list(chosen(weights, "", renames, Path("w.pth")).state)


def test_asterisks_stand_for_letters_of_one_part() -> None:
    names = ["a.b1.w", "a.b22.w", "c.w"]
    assert renamed(names, {"a.b*.": "x*."}) == ["x1.w", "x22.w", "c.w"]
    assert renamed(["aXbXc.w"], {"*X": "*-"}) == ["aXb-c.w"]  # as many letters as can be
    assert renamed(["ab.w"], {"*b*": "(*|*)"}) == ["(a|).w"]
    assert renamed(names, {"*.b*": "-"}) == ["c.w"]


def test_many_asterisks_take_no_time() -> None:
    started = time.process_time()
    with pytest.raises(ModelError, match="No weight"):
        renamed(["a" * 290], {"*a" * 100 + "*b": "x"})
    assert time.process_time() - started < 2


def test_more_renames_than_can_be_compared_are_refused() -> None:
    with pytest.raises(ModelError, match="renames 10000 beginnings of the 600 weights"):
        renamed([f"w{i}" for i in range(600)], {f"x{i}": "y" for i in range(10_000)})


def test_the_limits_are_those_of_a_card_alone() -> None:
    assert ModelCard(network="hf:/models/mine").network == "hf:/models/mine"  # typed by the user


def test_names_of_renames_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"key 'rename' .* a name that is a text of length from 1"):
        read_card(card_with(tmp_path, "[rename]\n'' = 1\n"))
