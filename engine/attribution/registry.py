"""The code of each method. `engine.attribution.catalogue` has their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.attribution import catalogue
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.cam import (
    explain_by_grad_cam,
    explain_by_grad_cam_plus_plus,
    explain_by_layer_cam,
)
from engine.attribution.gradients import (
    explain_by_deconvnet,
    explain_by_gradient,
    explain_by_guided_backprop,
    explain_by_input_x_gradient,
    explain_by_integrated_gradients,
    explain_by_smooth_grad,
)
from engine.attribution.lrp.lrp import explain_by_lrp
from engine.attribution.options.values import MethodOptions, read_options
from engine.attribution.perturbation import (
    explain_by_occlusion,
    explain_by_rise,
    explain_by_temporal_mask,
)
from engine.models.model import Clip

Explain = Callable[[ExplainedModel, Clip, Any], MethodOutput]


@dataclass(frozen=True, slots=True)
class _Code:
    explain: Explain
    batched: bool = True
    rounded: bool = False
    inside: bool = False


_CODE: dict[str, _Code] = {
    "lrp": _Code(explain_by_lrp, rounded=True, inside=True),
    "gradient": _Code(explain_by_gradient),
    "input_x_gradient": _Code(explain_by_input_x_gradient),
    "smooth_grad": _Code(explain_by_smooth_grad, batched=False),
    "integrated_gradients": _Code(explain_by_integrated_gradients, batched=False),
    "guided_backprop": _Code(explain_by_guided_backprop, inside=True),
    "deconvnet": _Code(explain_by_deconvnet, inside=True),
    "grad_cam": _Code(explain_by_grad_cam, rounded=True, inside=True),
    "grad_cam_plus_plus": _Code(explain_by_grad_cam_plus_plus, rounded=True, inside=True),
    "layer_cam": _Code(explain_by_layer_cam, rounded=True, inside=True),
    "occlusion": _Code(explain_by_occlusion, batched=False, rounded=True),
    "rise": _Code(explain_by_rise, batched=False, rounded=True),
    "temporal_mask": _Code(explain_by_temporal_mask, batched=False, rounded=True),
}


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
        Whether TensorFloat-32 on a GPU leaves its maps as they are.
    inside : bool
        Whether it works on the operations or layers inside the network.
    """

    explain: Explain
    options: MethodOptions
    batched: bool
    rounded: bool
    inside: bool


def find_method(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """Return a known method with the options given.

    Raises
    ------
    AttributionError
        If there is no such method or option, or a value does not fit.
    """
    entry = catalogue.find_entry(name)
    code = _CODE.get(entry.base) or _Code(
        catalogue.plugin_methods()[entry.base].explain, batched=False
    )
    read = read_options(entry.options, name, options or {}, entry.preset)
    return Method(code.explain, read, code.batched, code.rounded, code.inside)
