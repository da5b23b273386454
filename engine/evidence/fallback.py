"""Pictures in which nothing can be recognised, made of the stills of a clip.

They keep a still's colours, contrast and fineness: the amplitudes of its spectrum. Its phases,
which hold the shapes, are random (as in Oppenheim and Lim 1981, "The importance of phase in
signals").
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attribution.base.batches import generator_for
from engine.evidence.variants import still_frames
from engine.models.model import Clip

_STILLS = 2
_DRAWS = 2


def fallback_clips(clip: Clip) -> list[Tensor]:
    """Return scrambled stills of a clip as clips in which nothing moves, each (1, C, T, h, w)."""
    frames = clip.tensor.shape[2]
    return [
        scrambled(clip.tensor, (clip.low, clip.high), frame, seed).expand(-1, -1, frames, -1, -1)
        for seed, frame in enumerate(still_frames(frames, _STILLS) * _DRAWS)
    ]


def scrambled(values: Tensor, bounds: tuple[Tensor, Tensor], frame: int, seed: int) -> Tensor:
    """Return a frame of a clip with random phases, the same in all colours.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    bounds : (Tensor, Tensor)
        What black and white become, (1, C, 1, 1, 1).
    frame : int
        Which.
    seed : int
        Of the phases.

    Returns
    -------
    Tensor, (1, C, 1, h, w)
        Within the bounds.
    """
    picture = values[:, :, frame].float()
    height, width = picture.shape[-2:]
    noise = torch.randn(height, width, generator=generator_for(seed, frame))
    turn = torch.fft.rfft2(noise.to(picture.device))
    turn = turn / turn.abs().clamp(min=1e-12)
    turn[0, 0] = 1  # the mean colour stays
    made = torch.fft.irfft2(torch.fft.rfft2(picture) * turn, s=(height, width))
    low, high = (bound[:, :, 0].to(made) for bound in bounds)
    return torch.maximum(torch.minimum(made, high), low)[:, :, None].to(values.dtype)
