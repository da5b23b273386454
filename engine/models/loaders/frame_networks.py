"""Weights of a network of pictures and of what joins its frames, whatever their author called them.

One writes ``cnn``, another ``backbone``; ``lstm`` or ``rnn``; ``fc`` or ``classifier``. The names
inside torchvision's networks and PyTorch's recurrent layers are known, and the parts are found by
those. What weights do not tell, such as an activation between two linear layers, is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn
from torchvision.models import EfficientNet, MobileNetV2, ResNet

from engine.errors import ModelError
from engine.models.cards.card import ModelCard
from engine.models.networks.framewise import FrameNetwork, picture_network, picture_networks
from engine.models.networks.network import take_one_channel
from engine.models.weights.checkpoint import State, Weights
from engine.models.weights.fitting import fit, matched
from engine.utils.hints import did_you_mean

_OTHERWISE = "A network that is put together otherwise is named as network = 'file.py:function'."
_COUNTER = "num_batches_tracked"  # of BatchNorm: changes nothing
_FIRST = "weight_ih_l0"
_OF_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)_l\d+(_reverse)?")
_KINDS: dict[int, type[nn.LSTM | nn.GRU | nn.RNN]] = {4: nn.LSTM, 3: nn.GRU, 1: nn.RNN}
"""Rows of a recurrent weight over its hidden size -> class."""


@dataclass(slots=True)
class _Weights:
    """Weights left under their own names, and those moved to the names of a `FrameNetwork`."""

    origin: str
    rest: State
    moved: State = field(default_factory=dict)

    def move(self, name: str, new: str) -> torch.Tensor:
        """Move a weight, and return it."""
        self.moved[new] = self.rest.pop(name)
        return self.moved[new]

    def linear(self, weight: str, new: str) -> nn.Linear:
        """Move a linear layer with its bias, and return one of its shape."""
        classes, features = self.move(weight, f"{new}.weight").shape
        bias = f"{weight.removesuffix('weight')}bias"
        has_bias = bias in self.rest
        if has_bias:
            self.move(bias, f"{new}.bias")
        return nn.Linear(features, classes, bias=has_bias)

    def fault(self, text: str) -> ModelError:
        """Return an error about the weights."""
        return ModelError(f"The weights {self.origin} {text}.", _OTHERWISE)


def load_frame_network(
    name: str,
    state: State,
    temporal: str | None,
    readout: str | None,
    origin: str,
    grey: bool = False,
) -> tuple[nn.Module, int]:
    """Build a network of pictures with what joins its frames, and fit weights to it.

    Parameters
    ----------
    name : str
        Of torchvision: "resnet50".
    state : dict of str to tensor
        Under any names around torchvision's and those of recurrent layers.
    temporal : str or None
        "mean", "max", "lstm", "gru" or "rnn"; None takes the recurrent layer of the weights, and
        the mean where they have none.
    readout : str or None
        What is taken of a recurrent layer: "last" (also None), "final", "mean" or "max".
    origin : str
        The weights file, for messages.
    grey : bool
        Whether the frames have one channel.

    Returns
    -------
    nn.Module
        Maps clips (N, 3, T, H, W) to logits.
    int
        Their number.

    Raises
    ------
    ModelError
        If there is no such network, or the weights are not of it, one recurrent layer at most
        and one linear layer.
    """
    if name not in picture_networks():
        raise ModelError(
            f"frame_network = {name!r} is none of torchvision's networks for use on frames.",
            f"{did_you_mean(name, picture_networks())} {_OTHERWISE}",
        )
    named = {key: value for key, value in state.items() if not key.endswith(_COUNTER)}
    weights = _Weights(origin, named)
    frames, width, projected = _frames(name, weights, grey)
    recurrent = _recurrent(weights)
    if recurrent is not None:
        _check_width(weights, "recurrent layer", recurrent.input_size, width)
        width = (recurrent.proj_size or recurrent.hidden_size) * (1 + recurrent.bidirectional)
    head = _head(weights, width, frames_can_decide=projected and recurrent is None)
    joint = _joint(recurrent, temporal, readout, weights)
    network = FrameNetwork(frames, recurrent, head, joint).eval().requires_grad_(False)
    fit(network, matched(network, Weights(weights.moved)), name, origin)
    return network, width if head is None else head.out_features


def assumptions(network: nn.Module, card: ModelCard) -> tuple[str, ...]:
    """Return in sentences what of a frame network neither its weights nor its card tell."""
    assert isinstance(network, FrameNetwork)
    if network.recurrent is None:
        said = card.temporal is not None
        text = "The card says no temporal: the mean over the frames is taken"
    else:
        said = card.readout is not None
        kind = type(network.recurrent).__name__
        text = f"The card says no readout: the output of the {kind} at the last frame is taken"
    return () if said else (f"{text}, as weights do not tell.",)


def _frames(name: str, weights: _Weights, grey: bool) -> tuple[nn.Module, int, bool]:
    """Return the network of pictures, its features, and whether it has a last layer.

    That is the author's, in place of torchvision's.
    """
    network, end = picture_network(name)
    if grey:
        take_one_channel(network)
    last = network.get_submodule(end)
    assert isinstance(last, nn.Linear)
    shapes = {
        key: value.shape
        for key, value in network.state_dict().items()
        if not key.startswith(f"{end}.") and not key.endswith(_COUNTER)
    }
    places = _places(network, shapes, weights.rest)
    if len(places) != 1:
        raise _unplaced(name, shapes, weights, len(places))
    own = re.compile(rf"{re.escape(places[0].prefix + end)}(\.\d+)*\.weight")
    for key in shapes:
        weights.move(places[0].name_of(key), f"frames.{key}")
    linear = [key for key in weights.rest if own.fullmatch(key)]
    if len(linear) == 1 and weights.rest[linear[0]].ndim == 2:
        projection = weights.linear(linear[0], f"frames.{end}")
        _check_width(
            weights, "layer in place of the last one", projection.in_features, last.in_features
        )
        network.set_submodule(end, projection)
        return network, projection.out_features, True
    network.set_submodule(end, nn.Identity())
    return network, last.in_features, False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a network's weights are: a prefix, and other names for its parts.

    Attributes
    ----------
    prefix : str
        Before all names.
    parts : mapping of str to str
        First part of a torchvision name -> what stands for it, with its dot; the part itself
        where it is not named.
    """

    prefix: str
    parts: Mapping[str, str]

    def name_of(self, key: str) -> str:
        """Return the name that a weight of torchvision's has here."""
        first, _, others = key.partition(".")
        return f"{self.prefix}{self.parts.get(first, f'{first}.')}{others}"


def _places(network: nn.Module, shapes: Mapping[str, torch.Size], rest: State) -> list[_Place]:
    """Return where all weights of a network are found, under its names or else numbered."""
    for parts in _namings(network):
        inner = _Place("", parts).name_of(next(iter(shapes)))
        prefixes = [key.removesuffix(inner) for key in rest if f".{key}".endswith(f".{inner}")]
        places = [_Place(prefix, parts) for prefix in prefixes]
        fitting = [place for place in places if _is_there(place, shapes, rest)]
        if fitting:
            return fitting
    return []


def _namings(network: nn.Module) -> Iterator[Mapping[str, str]]:
    """Yield the names of a network's parts: its own, and those of the same parts in a row.

    Only of networks that do nothing between their parts but what a row of them does.
    """
    yield {}
    if isinstance(network, ResNet):
        yield {name: f"{index}." for index, (name, _) in enumerate(network.named_children())}
    elif isinstance(network, MobileNetV2 | EfficientNet):
        yield {"features": ""}


def _is_there(place: _Place, shapes: Mapping[str, torch.Size], rest: State) -> bool:
    names = {place.name_of(key): shape for key, shape in shapes.items()}
    return all(name in rest and rest[name].shape == shape for name, shape in names.items())


def _unplaced(
    name: str, shapes: Mapping[str, torch.Size], weights: _Weights, places: int
) -> ModelError:
    if places > 1:
        return ModelError(
            f"The weights {weights.origin} hold {places} networks {name}, but a frame_network is "
            "one.",
            f"Choose one by the beginning of its names, prefix = '...' in the card. {_OTHERWISE}",
        )
    ends = {".".join(key.split(".")[-3:]) for key in weights.rest}
    missing = [key for key in shapes if ".".join(key.split(".")[-3:]) not in ends]
    first = f" (no {missing[0]})" if missing else " (of other shapes, or without part of them)"
    return weights.fault(f"hold no whole {name}{first}")


def _recurrent(weights: _Weights) -> nn.RNNBase | None:
    """Return a recurrent layer of the shape of that in the weights, if there is one."""
    firsts = [key for key in weights.rest if f".{key}".endswith(f".{_FIRST}")]
    if not firsts:
        return None
    prefix = firsts[0].removesuffix(_FIRST)
    own = [key.removeprefix(prefix) for key in weights.rest if key.startswith(prefix)]
    shapes = {
        key: weights.move(f"{prefix}{key}", f"recurrent.{key}").shape
        for key in own
        if _OF_RECURRENT.fullmatch(key)
    }
    state = shapes.get("weight_hh_l0", torch.Size())
    projected = shapes.get("weight_hr_l0", torch.Size())
    hidden = (projected or state)[-1] if state else 0
    rows, size = shapes[_FIRST]
    if len(firsts) > 1 or not hidden or rows // hidden not in _KINDS or rows % hidden:
        raise weights.fault("hold more recurrent layers than one, or one of an unknown kind")
    options = {"proj_size": int(projected[0])} if projected else {}
    return _KINDS[rows // hidden](
        size,
        hidden,
        sum(key.startswith("weight_ih") and not key.endswith("_reverse") for key in shapes),
        bias="bias_ih_l0" in shapes,
        batch_first=True,
        bidirectional=f"{_FIRST}_reverse" in shapes,
        **options,
    )


def _head(weights: _Weights, width: int, frames_can_decide: bool) -> nn.Linear | None:
    """Return the last linear layer, or None where the network of pictures ends in it."""
    if not weights.rest:
        if frames_can_decide:
            return None
        raise weights.fault("have no linear layer after the network of pictures")
    linear = [key for key in weights.rest if weights.rest[key].ndim == 2]
    if len(linear) != 1 or frames_can_decide or not linear[0].endswith("weight"):
        raise _left_over(weights)
    head = weights.linear(linear[0], "head")
    if weights.rest:
        raise _left_over(weights)
    _check_width(weights, "last linear layer", head.in_features, width)
    return head


def _left_over(weights: _Weights) -> ModelError:
    shown = [name for name in weights.rest if not name.endswith("bias")][:3] or [*weights.rest][:3]
    return weights.fault(
        "have more than a network of pictures, one recurrent layer at most and one linear layer, "
        f"and do not tell what is done with it ({', '.join(shown)})"
    )


def _check_width(weights: _Weights, layer: str, taken: int, given: int) -> None:
    if taken != given:
        raise weights.fault(
            f"have a {layer} that takes {taken} values, where the layer before it gives {given}"
        )


def _joint(
    recurrent: nn.RNNBase | None, temporal: str | None, readout: str | None, weights: _Weights
) -> str:
    """Return what is made of the values over time."""
    kind = "" if recurrent is None else type(recurrent).__name__.lower()
    if kind:
        if temporal not in (None, kind):
            raise weights.fault(f"have a layer of the kind {kind}, not temporal = {temporal!r}")
        return readout or "last"
    if temporal not in (None, "mean", "max") or readout is not None:
        asked = f"readout = {readout!r}" if temporal in (None, "mean", "max") else repr(temporal)
        raise weights.fault(f"have no recurrent layer, which the card asks for by {asked}")
    return temporal or "mean"
