from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.store.arrays import layout_of


def test_layout_of_large_maps_has_fewer_planes_a_chunk() -> None:
    assert layout_of((100, 112, 112)).chunks == (32, 112, 112)
    assert layout_of((100, 2160, 3840)).chunks == (8, 2160, 3840)
    assert layout_of((100, 8192, 8192)).chunks == (1, 8192, 8192)
    with pytest.raises(EngineError, match="too large to be kept"):
        layout_of((1, 8193, 8192))
