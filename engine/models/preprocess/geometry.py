"""Geometry of the network's input in the source picture. No torch.

Resize and centre crop follow torchvision's arithmetic to the pixel, rounding included
(`torchvision.transforms.functional.resize` and `center_crop`), so that heat computed on the
network's input lands on the source pixels it came from. A bilinear resize with
``align_corners=False`` maps the edges of the picture onto each other, so positions scale
linearly and fractions of the resized picture are fractions of the source.
"""

from __future__ import annotations

from engine.types import ModelSpec, Rect


def resized_size(spec: ModelSpec, size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture after the model's resize.

    Parameters
    ----------
    spec : ModelSpec
        Its ``resize`` is used.
    size : (int, int)
        Width and height of the source picture in pixels.

    Returns
    -------
    (int, int)
        Width and height in pixels.
    """
    if isinstance(spec.resize, tuple):
        height, width = spec.resize
        return width, height
    short, long = min(size), max(size)
    # The order of the operations and the truncation are torchvision's.
    resized_long = int(spec.resize * long / short)
    if size[0] <= size[1]:
        return spec.resize, resized_long
    return resized_long, spec.resize


def crop_corner(spec: ModelSpec, size: tuple[int, int]) -> tuple[int, int]:
    """Return left and top of the centre crop in the resized picture, in pixels.

    Negative where the resized picture is smaller than the crop: the picture is padded with
    black there, and the crop begins that far outside it. Parameters as for `resized_size`.
    """
    width, height = resized_size(spec, size)
    crop_height, crop_width = spec.crop
    return _offset(width, crop_width), _offset(height, crop_height)


def seen_rect(spec: ModelSpec, size: tuple[int, int]) -> Rect:
    """Return the part of the source picture that the network's input covers.

    Parameters as for `resized_size`.

    Returns
    -------
    Rect
        In fractions of the source picture. It reaches outside 0 to 1 exactly where the
        network's input was padded; no model of the catalogue pads.
    """
    width, height = resized_size(spec, size)
    left, top = crop_corner(spec, size)
    crop_height, crop_width = spec.crop
    return Rect(
        left / width, top / height, (left + crop_width) / width, (top + crop_height) / height
    )


def _offset(length: int, crop: int) -> int:
    """Return the start of a centre crop along one axis, rounded as torchvision rounds."""
    if crop > length:
        return -((crop - length) // 2)
    return round((length - crop) / 2)
