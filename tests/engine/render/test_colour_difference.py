from __future__ import annotations

import numpy as np
import pytest

from engine.render.colour_difference import ciede2000, lab

# pairs of table 1 of Sharma, Wu and Dalal, 2005
PAIRS = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
)


@pytest.mark.parametrize(("one", "other", "expected"), PAIRS)
def test_ciede2000_is_that_of_its_authors(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    colours = np.array(one, float), np.array(other, float)
    assert ciede2000(*colours) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(*reversed(colours)) == pytest.approx(expected, abs=1e-4)


def test_lab_spans_black_to_white() -> None:
    black, white, red = lab(np.array([[0.0, 0, 0], [1, 1, 1], [1, 0, 0]]))
    assert black == pytest.approx([0, 0, 0], abs=0.1)
    assert white == pytest.approx([100, 0, 0], abs=0.1)
    assert red == pytest.approx([53.2, 80.1, 67.2], abs=0.3)
