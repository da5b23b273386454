"""Reasons why weights do not fit a network."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import torch

State = dict[str, torch.Tensor]
Shape = tuple[int, ...]

_CHOOSE = "Choose the model that these weights were trained with."
_OWN = (
    f"{_CHOOSE} Was its head changed, write it as a function of your own; have its layers other "
    "names, give them in a table [rename] of the card (docs/model-card.md)."
)
_FIRST_LAYER = (
    'Of one channel: write channels = "grey" in the card, with one mean and std for grey frames. '
    "Otherwise build the network with such a first layer, in a function of your own."
)
_SPLIT = "Join them where they were trained, with zero_to_fp32.py of the folder of checkpoints."
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"(^|\.)lora_[AB]\b",
        "they are adapters (LoRA) beside weights",
        "Merge them where they were trained: network.merge_and_unload(), then save its "
        "state_dict().",
    ),
    (
        r"(^|\.)_?flat_param",
        "FSDP has put them into one flat tensor",
        "Save them whole where they were trained: get_model_state_dict(network, "
        "options=StateDictOptions(full_state_dict=True)).",
    ),
    (
        r"(_packed_params|\.zero_point$|\.weight_scale$|\.SCB$|\.qweight$)",
        "they are quantised",
        "Give the weights from before the quantisation, in float32 or float16.",
    ),
    (
        r"\.parametrizations\.",
        "a layer of theirs is parametrised in a way that is not known here",
        "Save them without it where they were trained: "
        "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight').",
    ),
    (
        r"^blobs\.",
        "they have the names of Caffe2",
        "Load them with PySlowFast (TRAIN.CHECKPOINT_TYPE caffe2), and save its state_dict().",
    ),
)
"""Names that tell what the matter is, the matter, and what to do."""


def problems_of(
    network: State, state: State, rest: Collection[str], odd: Mapping[str, str]
) -> tuple[list[str], str]:
    """Return what keeps weights from a network, and what to do.

    Parameters
    ----------
    network : dict of str to tensor
        Tensors that must be there.
    state : dict of str to tensor
        Weights by its names.
    rest : collection of str
        Names of others that lie among them.
    odd : mapping of str to str
        Names of tensors that cannot be weights, and why.
    """
    missing = [name for name in network if name not in state]
    strangers = [name for name in rest if is_inside(name, network)]
    cause = _cause([*rest, *odd], missing, state, odd) if missing or strangers else None
    if cause is not None:
        return cause
    shared = [name for name in network if name in state]
    if any(not state[name].numel() and network[name].numel() for name in shared):
        return ["their values are elsewhere, as DeepSpeed (ZeRO 3) saves them"], _SPLIT
    numbers = [n for n in shared if _kind(state[n]) != _kind(network[n])]
    if numbers:
        first = numbers[0]
        theirs, ours = (str(one[first].dtype).removeprefix("torch.") for one in (state, network))
        return [f"{first} is {theirs}, but {ours} is needed"], _CHOOSE
    reshaped = [n for n in shared if not alike(state[n].shape, network[n].shape)]
    if not missing and not strangers:
        classes, channels = (
            _class_problem(network, state),
            _channel_problem(network, state, reshaped),
        )
        if classes or channels:
            return [classes or channels], _CHOOSE if classes else _FIRST_LAYER
    return _counted(network, state, missing, strangers or (list(rest) if missing else []), reshaped)


def class_difference(network: State, state: State) -> tuple[int, int] | None:
    """Return the classes of weights and of a network, where nothing else differs, else None."""
    differ = [n for n in network if n in state and not alike(state[n].shape, network[n].shape)]
    if set(network) - set(state) or len({name.rpartition(".")[0] for name in differ}) != 1:
        return None
    pairs = {(state[name].shape[:1], network[name].shape[:1]) for name in differ}
    same_rest = all(core(state[n].shape)[1:] == core(network[n].shape)[1:] for n in differ)
    if not same_rest or len(pairs) != 1:
        return None
    ((theirs, ours),) = pairs
    return (theirs[0], ours[0]) if theirs and ours else None


def core(shape: Collection[int]) -> Shape:
    """Return a shape without sides of 1 at its end, as those of a 1x1x1 convolution."""
    sides = list(shape)
    while len(sides) > 1 and sides[-1] == 1:
        sides.pop()
    return tuple(sides)


def alike(one: Collection[int], other: Collection[int]) -> bool:
    """Return whether shapes are equal but for sides of 1 around them."""
    return tuple(one) == tuple(other) or _bare(one) == _bare(other)


def is_inside(name: str, network: Collection[str]) -> bool:
    """Return whether a tensor would belong to a part that a network has, or to another like it.

    Such a one changes what is computed: a bias, a fifth block, a sixth layer. One of a part with
    a name of its own can be an auxiliary head.
    """
    return _family(name) in {_family(own) for own in network}


def _family(name: str) -> str:
    """Return the first part of a name without its number."""
    return re.sub(r"\d+", "", name.split(".")[0])


def _bare(shape: Collection[int]) -> Shape:
    sides = list(core(shape))
    while len(sides) > 1 and sides[0] == 1:
        sides.pop(0)
    return tuple(sides)


def _cause(
    others: Collection[str], missing: list[str], state: State, odd: Mapping[str, str]
) -> tuple[list[str], str] | None:
    """Return the true cause of what is missing, if something in the file tells it."""
    for pattern, what, todo in _CAUSES:
        if any(re.search(pattern, name) for name in others):
            return [what], todo
    of_them = [n for n in odd if any(n == own or n.endswith(f".{own}") for own in missing)]
    if of_them:
        first = of_them[0]
        return [f"{first} is {odd[first]}"], "Save them as ordinary tensors of numbers."
    return None


def _kind(tensor: torch.Tensor) -> str:
    """Return which kind of numbers a tensor holds, of any precision."""
    if tensor.is_complex():
        return "complex"
    if tensor.is_floating_point():
        return "float" if tensor.dtype.itemsize > 1 else "float of 8 bits, with a scale elsewhere"
    return "bool" if tensor.dtype == torch.bool else "int"


def _class_problem(network: State, state: State) -> str:
    differ = class_difference(network, state)
    if differ is None:
        return ""
    return f"they decide between {differ[0]} classes, the network between {differ[1]}"


def _channel_problem(network: State, state: State, reshaped: list[str]) -> str:
    if len(reshaped) != 1:
        return ""
    theirs, ours = list(state[reshaped[0]].shape), list(network[reshaped[0]].shape)
    if len(theirs) < 4 or theirs[:1] + theirs[2:] != ours[:1] + ours[2:]:
        return ""
    return f"they take clips of {theirs[1]} channels, the network of {ours[1]}"


def _counted(
    network: State, state: State, missing: list[str], strangers: list[str], reshaped: list[str]
) -> tuple[list[str], str]:
    """Return a count and the first example of each kind."""
    problems = []
    if missing:
        of_all = f"{len(missing)} of {len(network)} tensors are missing"
        problems.append(f"{of_all} (first {missing[0]})")
    if strangers:
        problems.append(f"{len(strangers)} are of no use to it (first {strangers[0]})")
    if reshaped:
        first = reshaped[0]
        shapes = f"{tuple(state[first].shape)} instead of {tuple(network[first].shape)}"
        problems.append(f"{len(reshaped)} have another shape (first {first}: {shapes})")
    return problems, _OWN
