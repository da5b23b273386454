from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from engine.models.preprocess.colours import luma


def test_luma_is_pillows_bit_for_bit() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    pixels[0, :256] = np.arange(256, dtype=np.uint8)[:, None]  # greys stay as they are
    theirs = np.asarray(Image.fromarray(pixels).convert("L"))
    ours = luma(torch.from_numpy(pixels).permute(2, 0, 1))
    assert ours.dtype == torch.uint8
    np.testing.assert_array_equal(ours[0].numpy(), theirs)
    assert ours[0, 0, :256].tolist() == list(range(256))
