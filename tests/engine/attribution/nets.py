"""Small hand-written networks, each with one thing that trips attribution methods."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CLASSES = 4


class Net(nn.Module):
    """A body given as a function of (this network, input), then pooling and a classifier.

    Parameters
    ----------
    body : callable
        From the network and its input to features (1, width, ...).
    width : int
        Channels of the features.
    parts : nn.Module
        What the body uses, by name.
    """

    def __init__(
        self, body: Callable[[Net, Tensor], Tensor], width: int = 6, **parts: nn.Module
    ) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.body = body
        self.head = nn.Linear(width, CLASSES)

    def forward(self, clip: Tensor) -> Tensor:
        features = self.body(self, clip)
        logits: Tensor = self.head(features.flatten(2).mean(2))
        return logits


def conv(channels_in: int = 6, channels_out: int = 6, **options: object) -> nn.Conv3d:
    return nn.Conv3d(channels_in, channels_out, 3, padding=1, **options)


def norm(channels: int = 6) -> nn.BatchNorm3d:
    """BatchNorm as after training: statistics of its own, gains of both signs."""
    layer = nn.BatchNorm3d(channels)
    with torch.no_grad():
        layer.running_mean.copy_(torch.randn(channels) * 0.3)
        layer.running_var.copy_(torch.rand(channels) + 0.5)
        layer.weight.copy_(torch.randn(channels))
        layer.bias.copy_(torch.randn(channels) * 0.3)
    return layer


def in_place_relu(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.second(F.relu(net.first(clip), inplace=True)), inplace=True)


def added_in_place(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.first(clip))
    out = net.second(features)
    out += features
    return F.relu_(out)


def results_dropped(net: Net, clip: Tensor) -> Tensor:
    features = net.first(clip)
    features.relu_()
    out = net.second(features)
    out.add_(features)
    F.relu(out, inplace=True)
    return out


def changed_under_another_name(net: Net, clip: Tensor) -> Tensor:
    features = net.first(clip)
    identity = features
    out = net.second(net.activation(features))  # in place: the identity is rectified too
    return F.relu(torch.cat([out, identity], 1)[:, 3:9] + identity)


def functional_calls(net: Net, clip: Tensor) -> Tensor:
    first, second = net.first, net.second
    out = torch.relu(F.conv3d(clip, first.weight, first.bias, padding=(1, 1, 1)))
    out = F.leaky_relu(torch.conv3d(out, second.weight, None, 1, 1), 0.1)
    return torch.mean(F.avg_pool3d(input=F.relu(input=out, inplace=True), kernel_size=2), dim=2)


def reused(net: Net, clip: Tensor) -> Tensor:
    out = F.relu(net.first(clip))
    for _ in range(3):
        out = F.relu(net.second(out))
    return out


def norm_first(net: Net, clip: Tensor) -> Tensor:
    out = net.first(clip)
    return net.second(F.relu(net.norm(F.max_pool3d(out, 2))))


def folded(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.norm2(net.second(F.relu(net.norm(net.first(clip))))))


def residual(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.norm(net.first(clip)))
    return F.relu(net.norm2(net.second(features)) + features)


def norm_of_a_vector(net: Net, clip: Tensor) -> Tensor:
    vector = F.relu(net.first(clip)).mean((2, 3, 4))
    return F.relu(net.norm(net.dense(vector)))[:, :, None]


def norm_of_rows(net: Net, clip: Tensor) -> Tensor:
    rows = F.relu(net.first(clip)).flatten(2).transpose(1, 2)[:, :6]  # (1, 6, 6)
    return F.relu(net.norm(net.dense(rows)))


def concatenated(net: Net, clip: Tensor) -> Tensor:
    out = F.relu(net.first(clip))
    branches = [F.relu(net.second(out)), F.max_pool3d(out, 3, stride=1, padding=1)]
    return torch.cat(branches, dim=1)


def pooled(net: Net, clip: Tensor) -> Tensor:
    out = F.max_pool3d(F.relu(net.first(clip)), (1, 2, 2))
    return F.adaptive_avg_pool3d(F.avg_pool3d(F.relu(net.second(out)), 2), 1)


def dropped(net: Net, clip: Tensor) -> Tensor:
    out = net.drop(F.relu(net.first(clip)))
    return F.dropout3d(net.second(out), 0.5, net.training)


def sliced(net: Net, clip: Tensor) -> Tensor:
    slow, fast = net.first(clip[:, :, ::2]), net.second(clip)
    return torch.cat([F.relu(slow).mean((3, 4)), F.relu(fast).mean((3, 4))], dim=2)


def frame_by_frame(net: Net, clip: Tensor) -> Tensor:
    frames = clip.transpose(1, 2).flatten(0, 1)  # (T, 3, h, w)
    features = F.relu(net.first(frames))
    return features.unflatten(0, (len(clip), -1)).transpose(1, 2)


def flattened(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.first(torch.flatten(clip, 1)))[:, :, None]


def one_layer(net: Net, clip: Tensor) -> Tensor:
    return net.first(clip)


def padded(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.first(F.pad(clip, (1, 1, 1, 1, 1, 1))))


def two_streams(net: Net, clip: Tensor) -> Tensor:
    early, late = clip.chunk(2, dim=2)
    return F.relu(net.first(early)) + F.relu(net.second(late))


NETS: dict[str, Callable[[], Net]] = {
    "in-place relu": lambda: Net(in_place_relu, first=conv(3), second=conv()),
    "+=": lambda: Net(added_in_place, first=conv(3), second=conv()),
    "results dropped": lambda: Net(results_dropped, first=conv(3), second=conv()),
    "changed under another name": lambda: Net(
        changed_under_another_name, first=conv(3), second=conv(), activation=nn.ReLU(inplace=True)
    ),
    "functional calls": lambda: Net(functional_calls, first=conv(3), second=conv()),
    "reused module": lambda: Net(reused, first=conv(3), second=conv()),
    "BatchNorm before conv": lambda: Net(norm_first, first=conv(3), second=conv(), norm=norm()),
    "BatchNorm after conv": lambda: Net(
        folded, first=conv(3), second=conv(), norm=norm(), norm2=norm()
    ),
    "conv without bias": lambda: Net(
        folded, first=conv(3, bias=False), second=conv(bias=False), norm=norm(), norm2=norm()
    ),
    "residual with BatchNorm": lambda: Net(
        residual, first=conv(3), second=conv(), norm=norm(), norm2=norm()
    ),
    "BatchNorm after linear": lambda: Net(
        norm_of_a_vector, first=conv(3), dense=nn.Linear(6, 6), norm=nn.BatchNorm1d(6)
    ),
    "BatchNorm of rows": lambda: Net(
        norm_of_rows, first=conv(3), dense=nn.Linear(6, 6), norm=nn.BatchNorm1d(6)
    ),
    "transposed conv": lambda: Net(
        folded,
        first=nn.ConvTranspose3d(3, 6, 2, stride=2),
        second=nn.ConvTranspose3d(6, 6, 3, padding=1),
        norm=norm(),
        norm2=norm(),
    ),
    "transposed to as many channels": lambda: Net(
        one_layer, 3, first=nn.ConvTranspose3d(3, 3, 3, padding=1)
    ),
    "transposed grouped conv": lambda: Net(
        folded,
        first=nn.ConvTranspose3d(3, 6, 3, padding=1, groups=3),
        second=nn.ConvTranspose3d(6, 4, 3, padding=1, groups=2),
        norm=norm(),
        norm2=norm(4),
        width=4,
    ),
    "grouped conv": lambda: Net(
        folded, first=conv(3, groups=3), second=conv(groups=2), norm=norm(), norm2=norm()
    ),
    "concatenation": lambda: Net(concatenated, 12, first=conv(3), second=conv()),
    "max and average pooling": lambda: Net(pooled, first=conv(3), second=conv()),
    "dropout": lambda: Net(dropped, first=conv(3), second=conv(), drop=nn.Dropout(0.9)),
    "slow and fast": lambda: Net(sliced, first=conv(3), second=conv(3)),
    "frame by frame": lambda: Net(frame_by_frame, first=nn.Conv2d(3, 6, 3, padding=1)),
    "a vector of pixels": lambda: Net(flattened, first=nn.Linear(3 * 4 * 8 * 8, 6)),
    "one layer": lambda: Net(one_layer, first=conv(3)),
    "padded by hand": lambda: Net(padded, first=nn.Conv3d(3, 6, 3)),
    "two streams": lambda: Net(two_streams, first=conv(3), second=conv(3)),
}


def built(name: str, seed: int = 0) -> Net:
    """One of `NETS` with fixed weights, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETS[name]().eval()
