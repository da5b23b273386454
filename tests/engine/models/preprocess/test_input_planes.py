"""Inputs made of a clip, against plain NumPy on its frames."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from engine.models.model import VideoModel
from engine.models.preprocess.input_layout import packing
from engine.models.preprocess.input_planes import Keywords, given_as, plane_bounds
from engine.motion import flow_between
from engine.network_inputs import InputKind, InputLayout, NetworkInput
from engine.types import Float32Array, UInt8Array
from tests.engine.models.preprocess.test_geometry import SPEC

T, SIDE = 5, 24
MEAN, STD = (0.4, 0.45, 0.5), (0.2, 0.25, 0.3)
KINDS: tuple[InputKind, ...] = ("rgb", "bgr", "grey", "flow", "difference")


def declared(kind: InputKind, **changes: object) -> NetworkInput:
    channels = {"grey": 1, "flow": 2}.get(kind, 3)
    own = NetworkInput(
        name=kind,
        kind=kind,
        value_range=(-1.0, 3.0),
        mean=tuple(0.1 * i for i in range(channels)),
        std=tuple(0.5 + i for i in range(channels)),
        bound=2.0,
    )
    return replace(own, **changes)  # type: ignore[arg-type]


def model_with(*inputs: NetworkInput) -> VideoModel:
    spec = replace(
        SPEC, frames=T, resize=SIDE, crop=(SIDE, SIDE), mean=MEAN, std=STD, inputs=inputs
    )
    return VideoModel(spec, nn.Identity(), torch.device("cpu"))


@pytest.fixture(scope="module")
def frames() -> UInt8Array:
    """A smooth picture that moves right by a pixel a frame."""
    noise = np.random.default_rng(0).integers(0, 256, (4, 10, 3), np.uint8)
    wide = np.asarray(Image.fromarray(noise).resize((SIDE + T, SIDE), Image.Resampling.BICUBIC))
    return np.stack([wide[:, T - 1 - t : T - 1 - t + SIDE] for t in range(T)])


def by_hand(kind: InputKind, frames: UInt8Array) -> Float32Array:
    """Values of `declared` inputs, (T, C, h, w)."""
    one = declared(kind)
    if kind in ("rgb", "bgr"):
        unit = frames[..., :: -1 if kind == "bgr" else 1] / 255
    elif kind == "grey":
        unit = np.stack([np.asarray(Image.fromarray(f).convert("L")) for f in frames])[..., None]
        unit = unit / 255
    elif kind == "difference":
        steps = np.diff(frames.astype(float), axis=0) / 255
        unit = np.concatenate([steps, steps[-1:]])
    else:
        steps = np.stack([flow_between(a, b) for a, b in pairwise(frames)])
        unit = (np.concatenate([steps, steps[-1:]]).clip(-2, 2) + 2) / 4
    low, high = one.value_range
    values = unit * (high - low) + (0 if kind == "difference" else low)
    return ((values - one.mean) / one.std).transpose(0, 3, 1, 2).astype(np.float32)


def test_planes_are_what_is_made_of_the_frames(frames: UInt8Array) -> None:
    model = model_with(*map(declared, KINDS))
    planes = model.planes(model.preprocess(frames).tensor)
    wanted = np.concatenate([by_hand(kind, frames) for kind in KINDS], axis=1)
    np.testing.assert_allclose(planes[0].transpose(0, 1).numpy(), wanted, atol=1e-5)
    low, high = plane_bounds(model.spec.inputs, planes)
    assert low.shape == high.shape == (1, 12, 1, 1, 1)
    assert low[0, :, 0, 0, 0].isnan().nonzero().flatten().tolist() == [7, 8, 9, 10, 11]
    held = planes[:, :7]
    assert bool((held >= low[:, :7] - 1e-5).all() and (held <= high[:, :7] + 1e-5).all())


def test_flow_follows_what_moves_and_is_nothing_where_nothing_does(frames: UInt8Array) -> None:
    flow = declared("flow", value_range=(-1.0, 1.0), mean=(0.0, 0.0), std=(1.0, 1.0))
    model = model_with(flow, declared("difference", mean=(0.0,) * 3))
    clip = model.preprocess(frames).tensor
    moving = model.planes(clip)[0, :2, :, 6:-6, 6:-6].median()
    assert float(model.planes(clip)[0, 0, :, 6:-6, 6:-6].median()) == pytest.approx(0.5, abs=0.1)
    assert float(moving) < 0.5  # up and down nothing moves
    assert not model.planes(clip[:, :, :1].expand(-1, -1, T, -1, -1)).any()
    back = model.planes(clip.flip(2))[0, 0, :, 6:-6, 6:-6].median()
    assert float(back) == pytest.approx(-0.5, abs=0.1)


def test_declared_colours_of_the_card_are_the_clip(frames: UInt8Array) -> None:
    model = model_with(declared("rgb", value_range=(0.0, 1.0), mean=MEAN, std=STD))
    clip = model.preprocess(frames).tensor
    torch.testing.assert_close(model.planes(clip), clip, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"stride": 2}, [0, 2, 4]),
        ({"frames": 3}, [0, 2, 4]),
        ({"frames": 4}, [0, 1, 2, 4]),
        ({"frames": 1}, [0]),
        ({"last": "drop"}, [0, 1, 2, 3]),
        ({"last": "drop", "frames": 2}, [0, 3]),
    ],
)
def test_input_has_the_frames_that_it_asks_for(
    changes: dict[str, object], chosen: list[int]
) -> None:
    one = declared("difference", **changes)
    planes = torch.rand(2, 3, T, 4, 4)
    (given,) = given_as((one,), "positions", planes)
    assert torch.equal(given, planes[:, :, chosen])
    (turned,) = given_as((replace(one, layout="NTCHW"),), "positions", planes)
    assert torch.equal(turned, given.transpose(1, 2))
    (stacked,) = given_as((replace(one, layout="NCHW"),), "positions", planes)
    assert torch.equal(stacked[:, 3:6], planes[:, :, chosen[1]]) if len(chosen) > 1 else True
    assert stacked.shape == (2, 3 * len(chosen), 4, 4)


def test_inputs_are_passed_as_the_card_says() -> None:
    inputs = (declared("grey"), declared("flow"))
    planes = torch.rand(1, 3, T, 4, 4)
    grey, flow = planes[:, :1], planes[:, 1:]
    one, other = given_as(inputs, "positions", planes)
    assert torch.equal(one, grey)
    assert torch.equal(other, flow)
    ((one, other),) = given_as(inputs, "list", planes)
    assert torch.equal(one, grey)
    for pass_as, kind in (("dict", dict), ("keywords", Keywords)):
        (named,) = given_as(inputs, pass_as, planes)  # type: ignore[arg-type]
        assert type(named) is kind
        assert list(named) == ["grey", "flow"]
        assert torch.equal(named["flow"], flow)


@pytest.mark.parametrize("layout", ["NCTHW", "NTCHW", "NCHW"])
def test_declared_inputs_lie_in_memory_as_their_layout(layout: InputLayout) -> None:
    one = declared("rgb", layout=layout, stride=2)
    (given,) = given_as((one,), "positions", torch.rand(2, 3, 4, 6, 6))
    assert given.is_contiguous()


@pytest.mark.parametrize("layout", ["NCTHW", "NTCHW"])
@pytest.mark.parametrize("channels", ["bgr", "grey"])
def test_clips_lie_in_memory_as_their_layout(layout: str, channels: str) -> None:
    pack = packing(layout, channels)
    assert pack is not None
    assert pack(torch.rand(2, 3, 4, 6, 6)).is_contiguous()
