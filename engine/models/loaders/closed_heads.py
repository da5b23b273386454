"""The head of a closed network, read from its graph: a final softmax or sigmoid is undone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_MOVES = ("squeeze", "flatten", "reshape", "view", "select", "contiguous", "clone")
_HEADS = {"sigmoid": "sigmoid", "sigmoid_": "sigmoid", "softmax": "softmax", "_softmax": "softmax"}
_LEAST = torch.finfo(torch.float32).tiny
_NEAREST_TO_ONE = 2**-24  # half of what lies between 1 and the float32 below it


def head_of_script(script: torch.jit.ScriptModule) -> str:
    """Return "softmax" or "sigmoid" where a TorchScript ends in it, else ""."""
    outputs = list(script.inlined_graph.outputs())
    value = outputs[0] if len(outputs) == 1 else None
    while value is not None:
        name = value.node().kind().removeprefix("aten::")
        if name not in _MOVES:
            return _HEADS.get(name, "")
        value = next(iter(value.node().inputs()), None)
    return ""


def head_of_program(program: torch.export.ExportedProgram) -> str:
    """Return "softmax" or "sigmoid" where an exported program ends in it, else ""."""
    (output,) = (node for node in program.graph.nodes if node.op == "output")
    results: Any = output.args[0]
    node = results[0] if len(results) == 1 else None
    while isinstance(node, torch.fx.Node) and node.op == "call_function":
        name = str(node.target).removeprefix("aten.").partition(".")[0]
        if name not in _MOVES:
            return _HEADS.get(name, "")
        node = node.args[0]
    return ""


def with_head(output: Any, head: str) -> Any:
    """Return an output with its head put on anew, in the open, so that it is seen and undone."""
    if not head or not isinstance(output, Tensor) or (head == "softmax" and output.dim() != 2):
        return output
    logits = output.clamp_min(_LEAST).log()
    if head == "softmax":
        return logits.softmax(1)
    return (logits - (1 - output).clamp_min(_NEAREST_TO_ONE).log()).sigmoid()
