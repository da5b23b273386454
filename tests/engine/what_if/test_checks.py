from __future__ import annotations

import pytest

from engine.what_if.checks import FreezeCheck


def test_freeze_check_gap_is_the_mean_distance_of_its_curves() -> None:
    check = FreezeCheck(
        label="walking",
        preset="recommended",
        sigma=1.0,
        share=0.1,
        original=0.9,
        motion=0.2,
        others=0.8,
        static=0.9,
        shares=(0.0, 0.1, 0.5, 1.0),
        motion_curve=(0.9, 0.2, 0.1, 0.05),
        others_curve=(0.9, 0.8, 0.3, 0.05),
        windows=1,
        draws=2,
    )
    assert check.gap == pytest.approx((0.6 + 0.2) / 2)
