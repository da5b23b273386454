"""Names of PySlowFast and MMAction2, and those that the same networks have here.

The names are facts read from their public code: facebookresearch/SlowFast (Apache-2.0) and
open-mmlab/mmaction2 (Apache-2.0).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import torch

Rules = tuple[tuple[str, str], ...]
State = dict[str, torch.Tensor]

_EPSILON = 1e-5
"""Of PySlowFast's batch normalisation."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Names of a project.

    Attributes
    ----------
    title : str
        The project, for people.
    known_by : str
        Regular expression of a name that it alone has.
    ours : str
        Name that the network has here.
    rules : tuple of (str, str)
        Regular expressions of the beginning of a name, and what takes its place; the first that
        is found holds. ``<3>`` is the block of stage 3.
    notice : str
        What else is to be known of its weights.
    """

    title: str
    known_by: str
    ours: str
    rules: Rules
    notice: str = ""


_BRANCH: Rules = (
    (r"branch1_bn\.", "branch1_norm."),
    (r"branch1\.", "branch1_conv."),
    (r"branch2\.([ac])_bn\.", r"branch2.norm_\1."),
    (r"branch2\.([abc])\.", r"branch2.conv_\1."),
)
_PLAIN: Rules = (*_BRANCH, (r"branch2\.b_bn\.", "branch2.norm_b."))
_GATED: Rules = (
    *_BRANCH,
    (r"branch2\.b_bn\.", "branch2.norm_b.0."),
    (r"branch2\.se\.fc1\.", "branch2.norm_b.1.block.0."),
    (r"branch2\.se\.fc2\.", "branch2.norm_b.1.block.2."),
)


def _inside(theirs: str, ours: str, rules: Rules) -> Rules:
    """Return rules for what lies inside of blocks, whose own names have groups before theirs."""
    groups = re.compile(theirs).groups

    def later(found: re.Match[str]) -> str:
        return rf"\{int(found[1]) + groups}"

    return tuple((theirs + one, ours + re.sub(r"\\(\d)", later, other)) for one, other in rules)


_UNKNOWN: Rules = ((r"s(\d)(_fuse)?\.", "blocks.<\\1>.unknown."),)
"""What a network here lacks, such as non-local blocks, so that it is seen to be missing."""

_TWO_PATHWAYS: Rules = (
    (r"s1\.pathway(\d)_stem\.conv\.", r"blocks.0.multipathway_blocks.\1.conv."),
    (r"s1\.pathway(\d)_stem\.bn\.", r"blocks.0.multipathway_blocks.\1.norm."),
    (r"s(\d)_fuse\.conv_f2s\.", r"blocks.<\1>.multipathway_fusion.conv_fast_to_slow."),
    (r"s(\d)_fuse\.bn\.", r"blocks.<\1>.multipathway_fusion.norm."),
    *_inside(
        r"s(\d)\.pathway(\d)_res(\d+)\.",
        r"blocks.<\1>.multipathway_blocks.\2.res_blocks.\3.",
        _PLAIN,
    ),
    (r"head\.projection\.", "blocks.6.proj."),
    *_UNKNOWN,
)
_ONE_PATHWAY = (r"s(\d)\.pathway0_res(\d+)\.", r"blocks.<\1>.res_blocks.\2.")
_X3D: Rules = (
    (r"s1\.pathway0_stem\.conv_xy\.", "blocks.0.conv.conv_t."),  # PyTorchVideo swapped the two
    (r"s1\.pathway0_stem\.conv\.", "blocks.0.conv.conv_xy."),
    (r"s1\.pathway0_stem\.bn\.", "blocks.0.norm."),
    *_inside(*_ONE_PATHWAY, _GATED),
    (r"head\.conv_5_bn\.", "blocks.5.pool.pre_norm."),
    (r"head\.conv_5\.", "blocks.5.pool.pre_conv."),
    (r"head\.lin_5\.", "blocks.5.pool.post_conv."),
    (r"head\.projection\.", "blocks.5.proj."),
    *_UNKNOWN,
)
_SLOW: Rules = (
    (r"s1\.pathway0_stem\.conv\.", "blocks.0.conv."),
    (r"s1\.pathway0_stem\.bn\.", "blocks.0.norm."),
    *_inside(*_ONE_PATHWAY, _PLAIN),
    (r"head\.projection\.", "blocks.5.proj."),
    *_UNKNOWN,
)
_MVIT: Rules = (
    (r"patch_embed\.proj\.", "conv_proj."),
    (r"cls_token$", "pos_encoding.class_token"),
    (r"pos_embed_spatial$", "pos_encoding.spatial_pos"),
    (r"pos_embed_temporal$", "pos_encoding.temporal_pos"),
    (r"pos_embed_class$", "pos_encoding.class_pos"),
    (r"blocks\.(\d+)\.attn\.pool_([qkv])\.", r"blocks.\1.attn.pool_\2.pool."),
    (r"blocks\.(\d+)\.attn\.norm_([qkv])\.", r"blocks.\1.attn.pool_\2.norm_act.0."),
    (r"blocks\.(\d+)\.attn\.proj\.", r"blocks.\1.attn.project.0."),
    (r"blocks\.(\d+)\.mlp\.fc1\.", r"blocks.\1.mlp.0."),
    (r"blocks\.(\d+)\.mlp\.fc2\.", r"blocks.\1.mlp.3."),
    (r"blocks\.(\d+)\.proj\.", r"blocks.\1.project."),
    (r"head\.projection\.", "head.1."),
)
_SLOW_ONLY: Rules = (
    (r"backbone\.conv1\.conv\.", "blocks.0.conv."),
    (r"backbone\.conv1\.bn\.", "blocks.0.norm."),
    *_inside(
        r"backbone\.layer(\d)\.(\d+)\.",
        r"blocks.\1.res_blocks.\2.",
        (
            (r"downsample\.conv\.", "branch1_conv."),
            (r"downsample\.bn\.", "branch1_norm."),
            (r"conv1\.conv\.", "branch2.conv_a."),
            (r"conv1\.bn\.", "branch2.norm_a."),
            (r"conv2\.conv\.", "branch2.conv_b."),
            (r"conv2\.bn\.", "branch2.norm_b."),
            (r"conv3\.conv\.", "branch2.conv_c."),
            (r"conv3\.bn\.", "branch2.norm_c."),
        ),
    ),
    (r"cls_head\.fc_cls\.", "blocks.5.proj."),
    (r"backbone\.", "blocks.unknown."),
)

DIALECTS = (
    Dialect(
        "PySlowFast",
        r"s1\.pathway1_stem\.",
        "blocks.0.multipathway_blocks.0.conv.weight",
        _TWO_PATHWAYS,
    ),
    Dialect("PySlowFast", r"s1\.pathway0_stem\.conv_xy\.", "blocks.0.conv.conv_t.weight", _X3D),
    Dialect("PySlowFast", r"s1\.pathway0_stem\.conv\.", "blocks.0.conv.weight", _SLOW),
    Dialect("PySlowFast", r"patch_embed\.proj\.", "conv_proj.weight", _MVIT),
    Dialect(
        "MMAction2",
        r"backbone\.layer1\.0\.conv1\.conv\.",
        "blocks.1.res_blocks.0.branch2.conv_a.weight",
        _SLOW_ONLY,
        "MMAction2 trains with mean = [123.675, 116.28, 103.53], std = [58.395, 57.12, 57.375] and "
        "range = [0, 255]: see that the card says so.",
    ),
)
"""Projects whose names of networks here are known."""


def dialect_of(names: Collection[str], ours: Collection[str]) -> Dialect | None:
    """Return the project whose names weights have for a network here, or None."""
    for dialect in DIALECTS:
        known = re.compile(rf"(^|\.){dialect.known_by}")
        if dialect.ours in ours and any(known.search(name) for name in names):
            return dialect
    return None


def translated(state: State, dialect: Dialect, ours: Collection[str]) -> State:
    """Return weights of a project by the names that a network has here.

    Parameters
    ----------
    state : dict of str to tensor
        By its names, with anything before them.
    dialect : Dialect
        Of the project.
    ours : collection of str
        Names that the network has.

    Returns
    -------
    dict of str to tensor
        What the project computes of several weights, and the network here of one, is joined.
    """
    here = {_name_here(name, dialect): tensor for name, tensor in state.items()}
    return _with_shortcuts(_with_joined_projections(here, ours), ours)


def _name_here(name: str, dialect: Dialect) -> str:
    """Return the name here for one of a project, itself where it is the same."""
    for theirs, ours in dialect.rules:
        found = re.search(rf"(?:^|\.)(?P<name>{theirs})", name)
        if found:
            start = found.start("name")
            here = re.sub(theirs, ours, name[start:], count=1)
            return name[:start] + re.sub(r"<(\d)>", lambda s: str(int(s[1]) - 1), here)
    return name


def _with_joined_projections(state: State, ours: Collection[str]) -> State:
    """Return the state with one projection for queries, keys and values in place of three."""
    joined = dict(state)
    for name in state:
        match = re.search(r"(?:^|\.)(blocks\.\d+\.attn\.)q\.(weight|bias)$", name)
        if match is None or f"{match[1]}qkv.{match[2]}" not in ours:
            continue
        before = name[: -len(f"q.{match[2]}")]
        parts = [f"{before}{letter}.{match[2]}" for letter in "qkv"]
        if all(part in joined for part in parts):
            joined[f"{before}qkv.{match[2]}"] = torch.cat([joined.pop(part) for part in parts])
    return joined


def _with_shortcuts(state: State, ours: Collection[str]) -> State:
    """Return the state without the norms of shortcuts that a network here does not have.

    PyTorchVideo's X3D has none where the channels stay the same. Their scale goes to the
    convolution before, their shift to the norm that ends the other branch: the sum is the same.
    """
    merged = dict(state)
    for name in state:
        match = re.search(r"(?:^|\.)(blocks\..*\.branch1_norm\.)running_var$", name)
        if match is None or f"{match[1]}weight" in ours:
            continue
        norm = name.removesuffix("running_var")
        block = norm.removesuffix("branch1_norm.")
        weight, bias, mean, var = (
            merged.pop(norm + end).double()
            for end in ("weight", "bias", "running_mean", "running_var")
        )
        merged.pop(f"{norm}num_batches_tracked", None)
        scale = weight / (var + _EPSILON).sqrt()
        conv, shift = f"{block}branch1_conv.weight", f"{block}branch2.norm_c.bias"
        merged[conv] = (merged[conv] * scale[:, None, None, None, None]).float()
        merged[shift] = (merged[shift] + bias - mean * scale).float()
    return merged
