"""The attribution methods by name, for menus and the command line. Free of torch."""

from __future__ import annotations

from engine.types import MethodInfo

METHODS: dict[str, MethodInfo] = {
    info.name: info
    for info in (
        MethodInfo(
            name="lrp",
            title="LRP (deep Taylor)",
            summary="How much of the class score each pixel carries, traced back layer by layer.",
            cost="about 1.6 plain gradients",
            conserves=True,
            source="Bach et al. 2015; Montavon et al. 2017 (z+ and z^B rules)",
        ),
        MethodInfo(
            name="gradient",
            title="Gradient",
            summary="How fast the class score changes when a pixel changes; often noisy.",
            cost="1 plain gradient",
            conserves=False,
            source="Simonyan et al. 2014, arXiv 1312.6034",
        ),
        MethodInfo(
            name="input_x_gradient",
            title="Input x gradient",
            summary="The gradient times the pixel: its share of the score, to first order.",
            cost="1 plain gradient",
            conserves=False,
            source="Shrikumar et al. 2016, arXiv 1605.01713",
        ),
    )
}
DEFAULT_METHOD = "lrp"
