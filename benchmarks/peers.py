"""Calls of the peers on a video network, beside the engine's.

Each function takes a `Case` and gives the work to time, or None where the peer is not installed.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.model import Clip, VideoModel

Work = Callable[[], object]
TARGET = 0


@dataclass(frozen=True)
class Case:
    """A model and a clip that everybody is given, and the layer for class activation maps."""

    model: VideoModel
    clip: Clip
    layer: str

    def plain_copy(self) -> nn.Module:
        """Return a copy of the network that the peers can take."""
        return without_in_place(self.model.module)


def without_in_place(network: nn.Module) -> nn.Module:
    """Return a copy without in-place ReLU, which hooks of the peers cannot take."""
    network = copy.deepcopy(network)
    for part in network.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False
    return network


def captum(kind: str, case: Case, steps: int) -> Work:
    """Prepare a method of captum's."""
    from captum import attr

    network, values = case.plain_copy(), case.clip.tensor.clone().requires_grad_()
    low = case.clip.low.expand_as(values)
    layer = network.get_submodule(case.layer)
    calls: dict[str, Work] = {
        "gradient": lambda: attr.Saliency(network).attribute(values, TARGET, abs=False),
        "input_x_gradient": lambda: attr.InputXGradient(network).attribute(values, TARGET),
        "guided_backprop": lambda: attr.GuidedBackprop(network).attribute(values, TARGET),
        "integrated_gradients": lambda: attr.IntegratedGradients(network).attribute(
            values, low, TARGET, n_steps=steps, internal_batch_size=1
        ),
        "smooth_grad": lambda: attr.NoiseTunnel(attr.Saliency(network)).attribute(
            values, nt_samples=steps, nt_samples_batch_size=1, target=TARGET, abs=False
        ),
        "grad_cam": lambda: attr.LayerAttribution.interpolate(
            attr.LayerGradCam(network, layer).attribute(values, TARGET), values.shape[2:]
        ),
        "occlusion": lambda: attr.Occlusion(network).attribute(
            values.detach(), (3, 8, 28, 28), (3, 8, 28, 28), target=TARGET, perturbations_per_eval=4
        ),
    }
    return quiet(calls[kind])


def grad_cam_package(case: Case) -> Work | None:
    """Prepare Grad-CAM of the package pytorch-grad-cam."""
    try:
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    except ImportError:
        return None
    network = case.plain_copy().requires_grad_(True)  # it needs gradients of the weights
    layers = [network.get_submodule(case.layer)]

    def work() -> object:
        with GradCAM(network, layers) as cam:
            return cam(case.clip.tensor, [ClassifierOutputTarget(TARGET)])

    return quiet(work)


def zennit(case: Case) -> Work:
    """Prepare zennit's epsilon-plus with BatchNorm merged and the residual sum a layer."""
    from zennit.canonizers import AttributeCanonizer, SequentialMergeBatchNorm
    from zennit.composites import EpsilonPlus

    network = case.plain_copy()

    def work() -> Tensor:
        canonizers = [SequentialMergeBatchNorm(), AttributeCanonizer(sum_as_layer)]
        leaf = case.clip.tensor.clone().requires_grad_()
        with EpsilonPlus(canonizers=canonizers, zero_params="bias").context(network) as ready:
            logits = ready(leaf)
            start = torch.zeros_like(logits)
            start[0, TARGET] = logits[0, TARGET].detach()
            (relevance,) = torch.autograd.grad(logits, leaf, start)
        return relevance

    return work


def sum_as_layer(_name: str, module: nn.Module) -> dict[str, object] | None:
    """Return attributes of a video ResNet block for zennit's canonizers."""
    from torchvision.models.video.resnet import BasicBlock
    from zennit.layer import Sum

    if not isinstance(module, BasicBlock):
        return None

    def forward(values: Tensor) -> Tensor:
        beside = values if module.downsample is None else module.downsample(values)
        out = torch.stack([beside, module.conv2(module.conv1(values))], dim=-1)
        activated: Tensor = module.relu(module.canonizer_sum(out))
        return activated

    return {"forward": forward, "canonizer_sum": Sum()}


def quiet(work: Work) -> Work:
    """Return the work without the peer's warnings."""

    def silenced() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()

    return silenced


def noise(model: VideoModel) -> Clip:
    """Return a random clip of the model's size."""
    shape = (model.spec.frames, *model.spec.crop, 3)
    return model.preprocess(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
