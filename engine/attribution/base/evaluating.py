"""A network in the state in which it is asked and explained, and put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from engine.attribution.base.checkpointing import without_checkpointing
from engine.errors import AttributionError
from engine.models.devices.faults import device_faults


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Dropout and BatchNorm in evaluation mode and weights frozen inside, as before outside.

    Gradients by the input are possible inside, wherever it is called from.

    Raises
    ------
    AttributionError
        If the network's weights were made in inference mode.
    torch.OutOfMemoryError, DeviceError
        As `device_faults`.
    """
    tensors = (*module.parameters(), *module.buffers())
    if any(tensor.is_inference() for tensor in tensors):
        raise AttributionError(
            "The model's weights were made in torch.inference_mode, where nothing can be traced.",
            "Build or load the model outside of it.",
        )
    training = [part for part in module.modules() if part.training]
    learning = [tensor for tensor in module.parameters() if tensor.requires_grad]
    try:
        for part in training:
            part.training = False
        for tensor in learning:
            tensor.requires_grad_(False)
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            without_checkpointing(),
            device_faults(),
        ):
            yield
    finally:
        for part in training:
            part.training = True
        for tensor in learning:
            tensor.requires_grad_(True)
