from __future__ import annotations

from inspector.commands.layers import layers_table


def test_layers_names_what_the_extents_of_a_map_are() -> None:
    lines = layers_table("figures", None).splitlines()
    (default,) = [line for line in lines if line.startswith("* ") and "map of" in line]
    assert " features " in default
    assert "map of 16 steps of " in default
