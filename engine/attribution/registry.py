"""The code of each method. `engine.attribution.catalogue` has their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from engine.attribution import cam, catalogue, gradients, perturbation
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.lrp.lrp import explain_by_lrp
from engine.attribution.options import MethodOptions, read_options
from engine.models.model import Clip

Explain = Callable[[ExplainedModel, Clip, Any], MethodOutput]


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A method with its options, ready to explain.

    Attributes
    ----------
    explain : callable
        From an `ExplainedModel`, a clip and options to `MethodOutput`.
    options : MethodOptions
        Its options.
    batched : bool
        Whether it takes several clips at once; the others make batches of their own.
    rounded : bool
        Whether TensorFloat-32 on a GPU may leave its maps as they are, which is proven for each
        network then. It does not where single values of a ReLU or small differences of scores
        decide (measured: docs/gpu.md).
    inside : bool
        Whether it works on the operations or layers inside the network.
    gradients : bool
        Whether it needs gradients by the input.
    """

    explain: Explain
    options: MethodOptions = field(default_factory=MethodOptions)
    batched: bool = True
    rounded: bool = False
    inside: bool = False
    gradients: bool = False


def _rectified(rule: gradients.ReluRule) -> Method:
    return Method(partial(gradients.explain_by_gradient, rule=rule), inside=True)


def _cam(combine: Callable[..., Any]) -> Method:
    explain = partial(cam.explain_by_activation_map, combine=combine)
    return Method(explain, rounded=True, inside=True)


def _sampled(explain: Explain) -> Method:
    return Method(explain, batched=False, gradients=True)


_METHODS: dict[str, Method] = {
    "lrp": Method(explain_by_lrp, rounded=True, inside=True),
    "gradient": Method(gradients.explain_by_gradient, gradients=True),
    "input_x_gradient": Method(gradients.explain_by_input_x_gradient, gradients=True),
    "smooth_grad": _sampled(gradients.explain_by_smooth_grad),
    "integrated_gradients": _sampled(gradients.explain_by_integrated_gradients),
    "guided_backprop": _rectified("guided"),
    "deconvnet": _rectified("deconvnet"),
    "grad_cam": _cam(cam.grad_cam),
    "grad_cam_plus_plus": _cam(cam.grad_cam_plus_plus),
    "layer_cam": _cam(cam.layer_cam),
    "occlusion": Method(perturbation.explain_by_occlusion, batched=False),
    "rise": Method(perturbation.explain_by_rise, batched=False),
    "temporal_mask": Method(perturbation.explain_by_temporal_mask, batched=False),
}


def find_method(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """Return a known method with the options given.

    Raises
    ------
    AttributionError
        If there is no such method or option, or a value does not fit.
    """
    entry = catalogue.find_entry(name)
    method = _METHODS.get(entry.base) or Method(
        catalogue.plugin_methods()[entry.base].explain, batched=False
    )
    read = read_options(entry.options, name, options or {}, entry.preset)
    return replace(method, options=read)
