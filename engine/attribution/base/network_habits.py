"""Habits of a network that its author may not know of: one clip at a time, a memory.

They are found once a network, by scoring noise a few times, and kept as long as it lives. Networks
of the catalogue, of torchvision and of transformers have none and are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.network_call import called
from engine.attribution.base.network_state import KeptState, call_methods, reset, resetting_methods
from engine.attribution.base.outputs import read_outputs
from engine.attribution.base.precision import matmul_precision
from engine.models.model import VideoModel

_KNOWN = ("torch.", "torchvision.", "transformers.", "engine.models.networks.")
_ALIKE = 1e-4  # relative; more than batches of another size change float32
ONE_BY_ONE = "The network takes one clip at a time, so clips are shown to it one by one."
RANDOM = "The network scores the same clip differently each time: noise is on in its forward."
_EMPTIED = "The network keeps a memory of the clip before it; before each clip {how}."
_KEPT = (
    "The network scores a clip differently after another one was shown, and its memory could not "
    "be emptied. Give it a method reset() that empties it."
)

Empty = Callable[[nn.Module], object]


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """What is to be minded when a network is called.

    Attributes
    ----------
    one_by_one : bool
        Whether clips must be given one by one: several at once fail, or change each other.
    random : bool
        Whether the same clip gets other scores each time.
    empty : callable or None
        Empties the network's memory, where it has one that can be emptied.
    memory : str
        What a user should know of its memory, "" where it has none.
    """

    one_by_one: bool = False
    random: bool = False
    empty: Empty | None = None
    memory: str = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user."""
        said = (self.memory, ONE_BY_ONE * self.one_by_one, RANDOM * self.random)
        return tuple(filter(None, said))

    @contextmanager
    def minded(self, network: nn.Module) -> Iterator[None]:
        """Empty the network's memory before what is done inside and after it."""
        if self.empty is None:
            yield
            return
        _emptied(self.empty, network)
        try:
            yield
        finally:
            _emptied(self.empty, network)


_NONE = Habits()
_found: WeakKeyDictionary[nn.Module, Habits] = WeakKeyDictionary()


def habits_of(model: VideoModel) -> Habits:
    """Return the habits of a model's network, found at the first call and kept.

    A network that fails is taken to have none, for now: its error comes when it is called in
    earnest.

    Raises
    ------
    AttributionError
        As `evaluating`, at that first call.
    """
    network = model.module
    if network not in _found:
        if model.scores_only or _is_known(network):
            _found[network] = _NONE
        else:
            _meet(model)
    return _found.get(network, _NONE)


def _meet(model: VideoModel) -> None:
    with evaluating(model.module), matmul_precision(model.device, rounded=False):
        state = KeptState(model.module)
        with suppress(Exception, SystemExit), torch.no_grad():
            _found[model.module] = _asked(_Scores(model), state)
        state.put_back(model.module)


def _emptied(empty: Empty, network: nn.Module) -> None:
    with torch.no_grad(), torch._C.DisableTorchFunction():
        empty(network)


def _is_known(network: nn.Module) -> bool:
    return all(f"{type(part).__module__}.".startswith(_KNOWN) for part in network.modules())


def _asked(scores: _Scores, state: KeptState) -> Habits:
    empty, memory = _memory(scores, state)
    if memory == _KEPT:  # several clips at once would stay in it, and one clip have as many scores
        return Habits(one_by_one=True, memory=memory)
    first, other = scores.apart
    random = not _alike(first, scores.of(scores.clips[0], empty or _nothing, seed=1))
    alone = _is_alone(scores, empty or _nothing, None if random else torch.cat((first, other)))
    return Habits(alone, random, empty, memory)


def _nothing(network: nn.Module) -> None:
    """Empty no memory."""


def _memory(scores: _Scores, state: KeptState) -> tuple[Empty | None, str]:
    """Return what empties the memory of a network, and what to say of it."""
    if scores.are_repeatable(_nothing):
        return None, ""
    network = scores.model.module
    methods = resetting_methods(network)
    ways: list[tuple[str, Empty]] = [("it is set back to what it was at first", state.put_back)]
    if methods and _spares_weights(methods, network):
        called = ", ".join(f"{method}()" for method in methods)
        ways.insert(0, (f"{called} empties it", partial(call_methods, methods)))
    for how, empty in ways:
        with suppress(Exception):  # a method that cannot be called so
            if scores.are_repeatable(empty):
                return empty, _EMPTIED.format(how=how)
    return None, _KEPT


def _spares_weights(methods: tuple[str, ...], network: nn.Module) -> bool:
    with suppress(Exception):
        return reset(network, methods)
    return False


def _is_alone(scores: _Scores, empty: Empty, apart: Tensor | None) -> bool:
    """Tell whether two clips at once fail, or get other scores than one after the other."""
    with suppress(Exception, SystemExit):
        both = scores.of(torch.cat(scores.clips), empty)
        return apart is not None and not _alike(apart, both)
    return True


class _Scores:
    """Scores of noise, with the same random numbers at each call."""

    def __init__(self, model: VideoModel) -> None:
        self.model = model
        floating = (part for part in model.module.parameters() if part.is_floating_point())
        dtype = next((part.dtype for part in floating), torch.float32)
        shape = (1, 3, model.spec.frames, *model.spec.crop)
        first = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        first = first.to(model.device, dtype)
        self.clips = (first, -first)
        self.apart = (first, first)  # the scores of each, once they were asked for

    def of(self, values: Tensor, empty: Empty, seed: int = 0) -> Tensor:
        """Return the logits of clips, (N, K), after emptying the network's memory."""
        empty(self.model.module)
        devices = [self.model.device] if self.model.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            made = called(self.model, self.model.planes(values.clone()))
        return read_outputs(made.output, len(values), self.model.spec).logits

    def are_repeatable(self, empty: Empty) -> bool:
        """Tell whether a clip gets the same scores after another one was shown."""
        first, other = self.clips
        self.apart = (self.of(first, empty), self.of(other, empty))
        return _alike(self.apart[0], self.of(first, empty))


def _alike(some: Tensor, others: Tensor) -> bool:
    scale = float(some.abs().max()) or 1.0
    return some.shape == others.shape and float((some - others).abs().max()) <= _ALIKE * scale
