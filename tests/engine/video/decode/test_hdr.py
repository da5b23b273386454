"""Tone mapping against a slow re-implementation in float64, and what it must keep."""

from __future__ import annotations

import numpy as np
import pytest

from engine.types import Float64Array, UInt8Array
from engine.video.decode.hdr import (
    PEAK_NITS,
    WHITE_NITS,
    compressed,
    hlg_scene_light,
    pq_nits,
    tone_mapped,
)

PQ, HLG, BT709, BT2020 = 16, 18, 1, 9


def slow(code: Float64Array, transfer: int, primaries: int) -> Float64Array:
    """One pixel, 0 to 1, by the formulas."""
    if transfer == PQ:
        nits = np.minimum(pq_nits(code), PEAK_NITS)
    else:
        scene = hlg_scene_light(code)
        luminance = float(np.dot([0.2627, 0.6780, 0.0593], scene))
        nits = PEAK_NITS * luminance**0.2 * scene
    top = max(float(nits.max()), 1e-9)
    light = nits * float(compressed(np.array(top))) / top
    if primaries == BT2020:
        inverse = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
        light = np.linalg.solve(np.array(inverse), light)
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def mapped(codes: Float64Array, transfer: int, primaries: int = BT2020) -> UInt8Array:
    picture = np.rint(codes * 65_535).astype(np.uint16)[None]
    return tone_mapped(picture, transfer, primaries)[0]


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("primaries", [BT709, BT2020])
def test_tone_mapped_follows_the_formulas(transfer: int, primaries: int) -> None:
    codes = np.random.default_rng(0).random((300, 3))
    expected = np.array([slow(code, transfer, primaries) for code in codes])
    assert np.abs(mapped(codes, transfer, primaries) - expected).max() <= 1.5


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_tone_mapped_ramp_rises_and_stays_grey(transfer: int) -> None:
    ramp = np.repeat(np.linspace(0, 1, 2000)[:, None], 3, axis=1)
    picture = mapped(ramp, transfer).astype(int)
    assert (np.diff(picture[:, 0]) >= 0).all()
    assert np.ptp(picture, axis=1).max() <= 1
    assert picture[0].max() == 0
    assert picture[-1].min() == 255


def test_tone_mapped_keeps_white_bright_and_highlights_apart() -> None:
    codes = np.linspace(0, 1, 60_000)
    nits = [100.0, WHITE_NITS, 400.0, 600.0, PEAK_NITS]
    chosen = codes[[int(np.abs(pq_nits(codes) - value).argmin()) for value in nits]]
    shown = mapped(np.repeat(chosen[:, None], 3, axis=1), PQ)[:, 0].astype(int)
    assert shown.tolist() == sorted(set(shown.tolist()))
    assert 230 <= shown[1] <= 245
    assert shown[-1] == 255
