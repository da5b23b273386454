from __future__ import annotations

from engine.network_inputs import InputRelevance, inputs_text, mean_over_windows


def test_inputs_are_told_in_sum_and_in_size() -> None:
    one = (InputRelevance("rgb", 1.0, 3.0), InputRelevance("flow", 2.0, 2.0))
    other = (InputRelevance("rgb", -2.0, 3.0), InputRelevance("flow", 4.0, 4.0))
    mean = mean_over_windows([one, (), other])
    assert mean == (InputRelevance("rgb", -0.5, 3.0), InputRelevance("flow", 3.0, 3.0))
    text = "Relevance by input, mean of the windows: rgb -0.5 (50% in size), flow 3 (50% in size)."
    assert inputs_text(mean) == text
    assert inputs_text(mean_over_windows([(), ()])) == ""
    assert inputs_text((InputRelevance("rgb", 0.0, 0.0),)) == ""
