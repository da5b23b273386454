"""Weights fitted to a network by their names: found behind prefixes, folded, translated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import torch
from torch import nn

from engine.errors import ModelError
from engine.models.weights.checkpoint import State, Weights
from engine.models.weights.fit_problems import core, problems_of
from engine.models.weights.folding import folded
from engine.models.weights.published_names import dialect_of, translated

_COUNTED = re.compile(r"(^|\.)(num_batches_tracked|n_averaged|total_ops|total_params)$")
"""What is counted in training and does not change what a network computes; may be missing."""
_MADE = re.compile(r"(^|\.)(position_ids|relative_position_index|attn_mask)$")
"""What a network makes of its size alone; may be missing."""
_AVERAGED = re.compile(r"(^|[._])(ema|swa|avg|averaged?|teacher|momentum|polyak|shadow|target)")
_USUAL = re.compile(r"(model_|net_)?(state_dict|state|model|net|network|module|weights|params)$|0$")
"""First keys under which the weights themselves are kept; 0 is the first of a list."""
_WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""What DataParallel, torch.compile and their kin put into names."""
_MOST_SETS = 20
"""Of weights in one file."""
_HEAD = re.compile(r"(head|fc|cls|classif|linear|logit|pred|proj|last|out)")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights by the names of a network.

    Attributes
    ----------
    state : dict of str to tensor
        Those that it has a place for.
    rest : dict of str to tensor
        Others behind the same prefix, without it.
    beside : dict of str to tensor
        Others in the file, that belong to no second set of weights.
    odd : dict of str to str
        Names of tensors that cannot be weights, and why.
    notices : tuple of str
        What the user should know of how they were found.
    """

    state: State
    rest: State
    beside: State
    odd: dict[str, str]
    notices: tuple[str, ...]


def matched(module: nn.Module, weights: Weights) -> Fitted:
    """Find the weights of a network among those of a file, by names alone.

    Parameters
    ----------
    module : nn.Module
        May be on "meta"; shapes need not fit.
    weights : Weights
        What the file holds.

    Returns
    -------
    Fitted
        As they lie in the file where that is complete, else behind a prefix, under the names of
        PySlowFast or MMAction2, or with a head of another name. Incomplete where none is.

    Raises
    ------
    ModelError
        If several parts of the file would do, and none is the usual one.
    """
    names = list(needed_by(module))
    state = folded(weights.state, names)
    fitted = _fitted_inside(names, state, weights)
    dialect = dialect_of(state, names) if _lacks(fitted, names) else None
    if dialect is not None:
        here = translated(state, dialect, names)
        found = f"The weights have the names of {dialect.title}, which were translated."
        notices = tuple(filter(None, (*weights.notices, found, dialect.notice)))
        fitted = _fitted(names, here, replace(weights, notices=notices))
    return _with_head(module, fitted)


def fit(module: nn.Module, fitted: Fitted, model: str, origin: str) -> tuple[str, ...]:
    """Copy weights into a network, all or nothing.

    Parameters
    ----------
    module : nn.Module
        Changed in place.
    fitted : Fitted
        Weights of any floating dtype, by its names.
    model, origin : str
        Name of the network and of the file, for the message.

    Returns
    -------
    tuple of str
        What the user should know of how they were found.

    Raises
    ------
    ModelError
        If names, shapes or kinds of numbers differ from the network's; it is unchanged then.
    """
    own, needed = _tensors_of(module), needed_by(module)
    rest = [name for name in fitted.rest if not _may_lack(name)]
    copied = {n: own[n] for n in fitted.state if n in own and not _is_count(n, fitted.state[n])}
    problems, hint = problems_of(needed | copied, fitted.state, rest, fitted.odd)
    if problems:
        raise ModelError(
            f"The weights {origin} do not fit the model {model}: {', '.join(problems)}.", hint
        )
    state = {n: value.reshape(own[n].shape) for n, value in fitted.state.items() if n in own}
    module.load_state_dict(state, strict=False)
    others = {**fitted.rest, **fitted.beside}
    return (*fitted.notices, *_left_out(others), *_not_finite(module))


def needed_by(module: nn.Module) -> State:
    """Return the tensors that a network must be given: all but counters and what it makes."""
    return {name: t for name, t in _tensors_of(module).items() if not _may_lack(name)}


def _not_finite(module: nn.Module) -> Iterator[str]:
    names = [name for name, value in module.named_parameters() if not value.isfinite().all()]
    # A mask may well be infinite, but nothing is no number.
    names += [name for name, value in module.named_buffers() if value.isnan().any()]
    if names:
        yield (
            f"{len(names)} of the weights are not finite (first {names[0]}): the training has "
            "diverged, or the file is damaged."
        )


def _left_out(others: State) -> Iterator[str]:
    names = [name for name in others if not _may_lack(name)]
    if names:
        first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        yield f"The network has no use for {len(names)} of the file's tensors, left out: {first}."


def _tensors_of(module: nn.Module) -> State:
    """Return the tensors of a network's state dict, which may hold other things as well."""
    state = module.state_dict()
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


def _is_count(name: str, value: torch.Tensor) -> bool:
    """Return whether a tensor is a counter, also as an average of trainings has it."""
    return bool(_COUNTED.search(name)) and value.numel() == 1 and not value.is_complex()


def _may_lack(name: str) -> bool:
    return bool(_COUNTED.search(name) or _MADE.search(name))


def _fitted_inside(names: list[str], state: State, weights: Weights) -> Fitted:
    """Take the weights of a network, or of the module that all of it lies in."""
    fitted = _fitted(names, state, weights)
    outer = _shared_parts(names)
    if not outer or not _lacks(fitted, names):
        return fitted
    inside = [name.removeprefix(outer) for name in names]
    inner = _fitted(inside, state, weights)
    if _lacks(inner, inside):
        return fitted
    taken, rest = (
        {outer + name: tensor for name, tensor in part.items()}
        for part in (inner.state, inner.rest)
    )
    return replace(inner, state=taken, rest=rest)


def _lacks(fitted: Fitted, names: Collection[str]) -> bool:
    return any(name not in fitted.state for name in names)


def _shared_parts(names: list[str]) -> str:
    """Return what all names begin with, up to a dot and without the last part of each."""
    columns = zip(*(name.split(".")[:-1] for name in names), strict=False)
    shared = [parts[0] for parts in takewhile(lambda column: len(set(column)) == 1, columns)]
    return "".join(f"{part}." for part in shared)


def _fitted(names: Collection[str], state: State, weights: Weights) -> Fitted:
    """Take the weights behind the prefix that fits best."""
    prefixes = _prefixes(names, state)
    if len(names) not in prefixes.values():
        wrappers = _WRAPPERS - {part for name in names for part in name.split(".")}
        plain = {_unwrapped(name, wrappers): tensor for name, tensor in state.items()}
        if len(plain) == len(state):
            state, prefixes = plain, _prefixes(names, plain)
    complete = [prefix for prefix, count in prefixes.items() if count == len(names)]
    if complete:
        prefix, notices = _choice(complete)
    else:
        best = max(prefixes, key=lambda p: (prefixes[p], -len(p)), default="")
        prefix, notices = best, ()
    inside = {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)}
    taken = {*names, *(name for name in inside if _may_lack(name))}
    twins = tuple(_outermost(complete)) or (prefix,)
    nest = max((f"{n}." for n in weights.nests if prefix.startswith(f"{n}.")), key=len, default="")
    beside = {n: t for n, t in state.items() if t.ndim and not n.startswith(twins)}
    return Fitted(
        state={name: tensor for name, tensor in inside.items() if name in taken},
        rest={name: tensor for name, tensor in inside.items() if name not in taken},
        beside={name.removeprefix(nest): tensor for name, tensor in beside.items()},
        odd=weights.odd,
        notices=(*weights.notices, *notices),
    )


def _prefixes(names: Collection[str], state: Collection[str]) -> Counter[str]:
    """Return how many names of a network lie behind each prefix."""
    wanted = set(names)
    found: Counter[str] = Counter()
    for name in state:
        place = 0
        while True:
            if name[place:] in wanted:
                found[name[:place]] += 1
            dot = name.find(".", place)
            if dot < 0:
                break
            place = dot + 1
    return found


def _unwrapped(name: str, wrappers: Collection[str]) -> str:
    """Return a name without the parts that wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in wrappers)


def _outermost(prefixes: Collection[str]) -> list[str]:
    """Return the prefixes that begin with no other one."""
    kept: list[str] = []
    for prefix in sorted(prefixes):  # each is followed by all that begin with it
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


def _choice(complete: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return which of the prefixes is taken, and what to say of the others."""
    outer = _outermost(complete)
    plain = [prefix for prefix in outer if not _AVERAGED.search(prefix)]
    chosen = plain or outer
    if len(chosen) > 1:
        chosen = [prefix for prefix in chosen if _USUAL.fullmatch(prefix.partition(".")[0])]
    if len(chosen) != 1 or len(outer) > _MOST_SETS:
        lines = " or ".join(f'prefix = "{prefix}"' for prefix in (plain or outer)[:4])
        raise ModelError(
            f"The weights file holds {len(plain or outer)} sets of weights that fit the network.",
            f"Write in the card which to take: {lines}.",
        )
    others = [prefix for prefix in outer if prefix != chosen[0]]
    if others:
        kind = "an average of the weights" if _AVERAGED.search(others[0]) else "other weights"
        return chosen[0], (
            f"The weights {_place(chosen[0])} were taken. The file also holds {kind} "
            f'{_place(others[0])}: prefix = "{others[0]}" in the card takes them.',
        )
    if not plain:
        return chosen[0], (f"An average of the weights was taken, {_place(chosen[0])}.",)
    return chosen[0], ()


def _place(prefix: str) -> str:
    return f"under {prefix.rstrip('.')!r}"


def _with_head(module: nn.Module, fitted: Fitted) -> Fitted:
    """Add the classifier, where it is all that is missing and another name alone can be it."""
    own = needed_by(module)
    missing = [name for name in own if name not in fitted.state]
    owners = {name.rpartition(".")[0] for name in missing}
    if len(owners) != 1:
        return fitted
    (owner,) = owners
    wanted = {name.rpartition(".")[2]: own[name] for name in missing}
    others = {**fitted.rest, **fitted.beside}
    found = [place for place, layer in _layers(others) if _is_head(place, layer, owner, wanted)]
    if len(found) != 1 or _has_more(found[0], others):
        return fitted
    head = {f"{owner}.{leaf}": others.pop(f"{found[0]}.{leaf}") for leaf in wanted}
    notices = fitted.notices
    if _stem(found[0]) != _stem(owner):
        notices += (f"The classifier {owner} was taken from {found[0]}.",)
    rest = {name: tensor for name, tensor in fitted.rest.items() if name in others}
    beside = {name: tensor for name, tensor in fitted.beside.items() if name in others}
    return replace(fitted, state=fitted.state | head, rest=rest, beside=beside, notices=notices)


def _layers(state: State) -> Iterable[tuple[str, State]]:
    """Return the layers of a state dict, each with its tensors by their last names."""
    layers: dict[str, State] = {}
    for name, tensor in state.items():
        owner, _, leaf = name.rpartition(".")
        layers.setdefault(owner, {})[leaf] = tensor
    return layers.items()


def _stem(name: str) -> str:
    """Return the name of a layer without its places in a Sequential."""
    return re.sub(r"(\.\d+)+$", "", name)


def _is_head(place: str, layer: State, owner: str, wanted: State) -> bool:
    """Return whether the tensors of a layer can be those of a classifier."""
    if set(layer) != set(wanted) or not (_stem(place) == _stem(owner) or _HEAD.search(place)):
        return False
    if wanted.get("weight") is None or wanted["weight"].ndim < 2:
        return False
    return all(core(layer[leaf].shape)[1:] == core(wanted[leaf].shape)[1:] for leaf in wanted)


def _has_more(place: str, others: State) -> bool:
    """Return whether the part of the file that a layer lies in has other layers."""
    part = place.split(".")[0]
    return any(n.split(".")[0] == part and n.rpartition(".")[0] != place for n in others)
