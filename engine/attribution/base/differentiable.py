"""What keeps networks in evaluation mode differentiable: recurrent layers on CUDA, and no_grad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.attribution.base.tensor_tags import is_cut, tag, tensors_in

RECURRENT_LAYERS = frozenset((torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu))
"""Those of which cuDNN refuses the backward outside of training mode."""


class DifferentiableMode(TorchFunctionMode):
    """While active, recurrent layers have a backward in evaluation mode on every device.

    cuDNN's needs training mode, in which dropout would be on; torch's own kernels do not.

    Parameters
    ----------
    closed : nn.Module or None
        The network, if it shows no mode its layers.
    keeps_gradients : bool
        Whether gradients stay on where the network turns them off, as ``torch.no_grad`` does.

    Attributes
    ----------
    is_cut : bool
        Whether something that was made of the input with gradients off was used with them on.
    """

    def __init__(self, *, closed: nn.Module | None = None, keeps_gradients: bool = False) -> None:
        super().__init__()
        self._tracing = torch.is_grad_enabled()
        self._keeps_gradients = keeps_gradients and self._tracing
        self._around = closed is not None and self._tracing and _is_recurrent(closed)
        self._has_cuts = self.is_cut = False

    def __enter__(self) -> Any:
        self._cudnn = torch.backends.cudnn.enabled
        torch.backends.cudnn.enabled = self._cudnn and not self._around
        return super().__enter__()  # type: ignore[no-untyped-call]

    def __exit__(self, *error: Any) -> None:
        torch.backends.cudnn.enabled = self._cudnn
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if self._keeps_gradients and func is torch._C._set_grad_enabled:
            return None
        given = kwargs or {}
        if func in RECURRENT_LAYERS and torch.is_grad_enabled():
            with without_cudnn():
                return func(*args, **given)
        result = func(*args, **given)
        if self._tracing:
            self._watch((args, *given.values()), result)
        return result

    def _watch(self, given: tuple[Any, ...], result: Any) -> None:
        """Follow what is made of the input with gradients off."""
        if torch.is_grad_enabled():
            if self._has_cuts and not self.is_cut:
                self.is_cut = any(is_cut(part) for part in tensors_in(given))
        elif any(part.requires_grad or is_cut(part) for part in tensors_in(given)):
            for part in tensors_in((result,)):
                tag(part, cut=part.is_floating_point())
            self._has_cuts = True


@contextmanager
def without_cudnn() -> Iterator[None]:
    """Do without cuDNN inside, as before outside."""
    before = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before


def _is_recurrent(module: nn.Module) -> bool:
    """Tell whether a network has the weights of a recurrent layer."""
    return any("weight_hh_l" in name for name, _ in module.named_parameters())
