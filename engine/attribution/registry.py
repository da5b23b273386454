"""Which code makes which method; `engine.attribution.catalogue` has their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.attribution import catalogue
from engine.attribution.cam import (
    explain_by_grad_cam,
    explain_by_grad_cam_plus_plus,
    explain_by_layer_cam,
)
from engine.attribution.found import Found
from engine.attribution.gradient import (
    explain_by_deconvnet,
    explain_by_gradient,
    explain_by_guided_backprop,
    explain_by_input_x_gradient,
    explain_by_integrated_gradients,
    explain_by_smooth_grad,
)
from engine.attribution.lrp import explain_by_lrp
from engine.attribution.options import MethodOptions, read_options
from engine.attribution.perturbation import (
    explain_by_occlusion,
    explain_by_rise,
    explain_by_temporal_mask,
)
from engine.attribution.subject import Subject
from engine.models.model import Clip

Explain = Callable[[Subject, Clip, Any], Found]

_EXPLAIN: dict[str, tuple[Explain, bool]] = {
    "lrp": (explain_by_lrp, True),
    "gradient": (explain_by_gradient, True),
    "input_x_gradient": (explain_by_input_x_gradient, True),
    "smooth_grad": (explain_by_smooth_grad, False),
    "integrated_gradients": (explain_by_integrated_gradients, False),
    "guided_backprop": (explain_by_guided_backprop, True),
    "deconvnet": (explain_by_deconvnet, True),
    "grad_cam": (explain_by_grad_cam, True),
    "grad_cam_plus_plus": (explain_by_grad_cam_plus_plus, True),
    "layer_cam": (explain_by_layer_cam, True),
    "occlusion": (explain_by_occlusion, False),
    "rise": (explain_by_rise, False),
    "temporal_mask": (explain_by_temporal_mask, False),
}


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A method with its options, ready to explain.

    Attributes
    ----------
    explain : callable
        From subject, clip and options to `Found`.
    options : MethodOptions
        Its options.
    batched : bool
        Whether it takes several clips at once; the others make batches of their own.
    """

    explain: Explain
    options: MethodOptions
    batched: bool


def find_method(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """A known method with the options given.

    Raises
    ------
    AttributionError
        If there is no such method or option, or a value does not fit.
    """
    entry = catalogue.find_entry(name)
    explain, batched = _EXPLAIN[entry.base]
    return Method(explain, read_options(entry.options, name, options or {}, entry.preset), batched)
