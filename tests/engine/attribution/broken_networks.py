"""Networks that fail, each in its own way: in the forward, in the backward, by what they return."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Forward = Callable[["Broken", Tensor], Any]


class Broken(nn.Module):
    """A small network whose forward does something with its features and the clip."""

    def __init__(self, ending: Forward) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.head = nn.Conv3d(3, 4, 3, padding=1), nn.Linear(4, 4)
        self.ending = ending

    def scores(self, clip: Tensor) -> Tensor:
        """Return logits as a sound network would."""
        scores: Tensor = self.head(F.relu(self.first(clip)).mean((2, 3, 4)))
        return scores

    def forward(self, clip: Tensor) -> Any:
        return self.ending(self, clip)


class _Backward(torch.autograd.Function):
    """Fails on the way back, in a way of its own."""

    @staticmethod
    def forward(ctx: Any, error: Exception, values: Tensor) -> Tensor:
        ctx.error = error
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        raise ctx.error


class _Shape(torch.autograd.Function):
    """Gives a gradient of another shape."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return grads[0][:, :1, :1]


class _Once(torch.autograd.Function):
    """Gives nothing back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return None


class _Pair(NamedTuple):
    boxes: Tensor
    masks: Tensor


class _Weird:
    """An output whose attributes cannot be read."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name} here")


def _endless() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


class OwnError(Exception):
    """An error that no library knows, with nothing to say."""


def raising(error: BaseException) -> Forward:
    """Return a forward that raises."""

    def forward(net: Broken, clip: Tensor) -> Any:
        raise error

    return forward


def _asserts(net: Broken, clip: Tensor) -> Any:
    assert clip.shape[2] == 16
    return net.scores(clip)


def _recursive(net: Broken, clip: Tensor) -> Any:
    return _recursive(net, clip)


def _changes_input(net: Broken, clip: Tensor) -> Any:
    features = torch.exp(clip)
    features.mul_(2)
    return net.scores(features)


def _unpacks(net: Broken, clip: Tensor) -> Any:
    _batch, _channels, _height, _width = clip.shape
    return net.scores(clip)


def _prints_then_exits(net: Broken, clip: Tensor) -> Any:
    sys.exit("no checkpoint given")


FORWARDS: dict[str, Forward] = {
    "assert": _asserts,
    "index": lambda net, clip: net.scores(clip[:, :, [0, 3, 20]]),
    "key of a dict": lambda net, clip: net.scores(clip["imgs"]),  # type: ignore[call-overload]
    "missing attribute": lambda net, clip: net.scores(clip) + net.temperature,
    "missing method": lambda net, clip: clip.video(),  # type: ignore[attr-defined]
    "other rank": _unpacks,
    "matrix shape": lambda net, clip: net.head(clip.flatten(1)),
    "view of a batch": lambda net, clip: net.scores(clip).view(3, 5),
    "type": lambda net, clip: net.scores(clip) + "bias",  # type: ignore[operator]
    "double weights": lambda net, clip: F.linear(clip, torch.zeros(4, 8, dtype=torch.double)),
    "half weights": lambda net, clip: F.linear(clip, torch.zeros(4, 8, dtype=torch.half)),
    "cuda": lambda net, clip: net.scores(clip) + torch.zeros(4, device="cuda:7"),
    "meta": lambda net, clip: net.scores(clip) + torch.zeros(4, device="meta"),
    "division by zero": lambda net, clip: net.scores(clip) / (1 // 0),
    "import": lambda net, clip: __import__("no_such_package"),
    "file": lambda net, clip: open("/no/such/file.npy"),  # noqa: SIM115
    "not implemented": raising(NotImplementedError()),
    "stop iteration": lambda net, clip: next(iter([])),
    "recursion": _recursive,
    "own error": raising(OwnError()),
    "own error of many lines": raising(OwnError("first line\nsecond line")),
    "exit": _prints_then_exits,
    "memory": raising(MemoryError()),
    "unicode": lambda net, clip: b"\xff".decode(),
    "numpy of a leaf": lambda net, clip: torch.from_numpy(clip.numpy()),
    "timeout": raising(TimeoutError("no answer from the feature server")),
    "mean of integers": lambda net, clip: clip.long().mean(),
}

OUTPUTS: dict[str, Forward] = {
    "None": lambda net, clip: None,
    "text": lambda net, clip: "walking",
    "number": lambda net, clip: 0.7,
    "list of numbers": lambda net, clip: net.scores(clip)[0].tolist(),
    "generator": lambda net, clip: (row for row in net.scores(clip)),
    "empty": lambda net, clip: net.scores(clip)[:, :0],
    "scalar": lambda net, clip: net.scores(clip).sum(),
    "classes": lambda net, clip: net.scores(clip).argmax(1),
    "complex": lambda net, clip: torch.complex(net.scores(clip), net.scores(clip)),
    "sparse": lambda net, clip: net.scores(clip).to_sparse(),
    "booleans": lambda net, clip: net.scores(clip) > 0,
    "features": lambda net, clip: net.first(clip),
    "boxes": lambda net, clip: _Pair(clip[0, 0], clip[0, 1]),
    "object": lambda net, clip: _Weird(),
    "a list within itself": lambda net, clip: _endless(),
    "not a number": lambda net, clip: net.scores(clip) * float("nan"),
    "infinite": lambda net, clip: net.scores(clip) * float("inf"),
    "constant": lambda net, clip: torch.zeros(len(clip), 4),
    "a dict of texts": lambda net, clip: {"label": "walking", "score": 0.5},
}

BACKWARDS: dict[str, Forward] = {
    "custom function": lambda net, clip: net.scores(
        _Backward.apply(OwnError("no backward for this op"), clip)
    ),
    "not implemented backward": lambda net, clip: net.scores(
        _Backward.apply(NotImplementedError(), clip)
    ),
    "shape of a gradient": lambda net, clip: net.scores(_Shape.apply(clip)),
    "no gradient": lambda net, clip: net.scores(_Once.apply(clip)),
    "changed in place": _changes_input,
    "detached": lambda net, clip: net.scores(clip.detach()),
    "by NumPy": lambda net, clip: net.scores(torch.from_numpy(clip.detach().numpy() * 2)),
    "in inference mode": lambda net, clip: torch.inference_mode()(net.scores)(clip),
    "rounded": lambda net, clip: net.scores(clip.round()),
}
