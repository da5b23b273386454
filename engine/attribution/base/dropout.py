"""Dropout that a forward leaves on in evaluation mode, held off while a model is explained.

``F.dropout(x, 0.5)`` and ``scaled_dot_product_attention(..., dropout_p=0.1)`` drop whatever mode
the network is in. A model is asked and explained as its author would ask it after ``eval()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

NOTICE = (
    "Dropout stays on in the network's forward (F.dropout without training=self.training); it is "
    "held off here, so that a clip always gets the same scores."
)

_TRAINING = ("training", 2, True)
_DROPOUTS: dict[Callable[..., Any], tuple[str, int, Any]] = {
    **dict.fromkeys(
        (functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d),
        _TRAINING,
    ),
    **dict.fromkeys(
        (functional.alpha_dropout, functional.feature_alpha_dropout), ("training", 2, False)
    ),
    torch.dropout: ("train", 2, False),
    functional.scaled_dot_product_attention: ("dropout_p", 4, 0.0),
}
"""Functions that drop, with the name, place and default of the argument that turns it on."""


class DropoutHeld(TorchFunctionMode):
    """While active, turns dropout off.

    Attributes
    ----------
    met : bool
        Whether there was any to turn off.
    """

    def __init__(self) -> None:
        super().__init__()
        self.met = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _DROPOUTS:
            args, kwargs = self._without(_DROPOUTS[func], args, kwargs)
        return func(*args, **kwargs)

    def _without(self, switch: tuple[str, int, Any], args: Any, kwargs: Any) -> tuple[Any, Any]:
        name, place, default = switch
        given = args[place] if len(args) > place else kwargs.get(name, default)
        if not given:
            return args, kwargs
        self.met = True
        off = type(given)(0)
        if len(args) > place:
            return (*args[:place], off, *args[place + 1 :]), kwargs
        return args, {**kwargs, name: off}
