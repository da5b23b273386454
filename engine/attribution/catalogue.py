"""The attribution methods by name, for menus and the command line. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from engine.attribution.lrp.options import LrpOptions
from engine.attribution.method_plugins import METHOD_GROUP, MethodPlugin
from engine.attribution.options import (
    CamOptions,
    GradCamOptions,
    IntegratedGradientsOptions,
    MethodOptions,
    OcclusionOptions,
    RiseOptions,
    SmoothGradOptions,
    TemporalMaskOptions,
    describe,
    read_options,
)
from engine.descriptions import MethodInfo
from engine.errors import AttributionError
from engine.utils.entry_points import Discovery, discover
from engine.utils.hints import did_you_mean

DEFAULT_METHOD = "lrp"


@dataclass(frozen=True, slots=True)
class Entry:
    """A method of the catalogue.

    Attributes
    ----------
    info : MethodInfo
        What people read of it.
    base : str
        The method whose code makes it.
    options : type
        Its options.
    preset : mapping
        Options that make it what it is; they cannot be set.
    """

    info: MethodInfo
    base: str
    options: type[MethodOptions]
    preset: Mapping[str, Any]


def _entry(
    name: str,
    title: str,
    family: str,
    options: type[MethodOptions] = MethodOptions,
    *,
    summary: str,
    trust: str,
    cost: str,
    source: str,
    passes: int = 1,
    conserves: bool = False,
    base: str = "",
    **preset: Any,
) -> Entry:
    described = describe(options, preset)
    info = MethodInfo(
        name, title, family, summary, trust, cost, passes, conserves, source, described
    )
    return Entry(info, base or name, options, preset)


_ENTRIES = (
    _entry(
        "lrp",
        "LRP",
        "LRP",
        LrpOptions,
        summary="How much of the class score each pixel carries, traced back layer by layer.",
        trust="The default: sharp in space and time, and nothing is lost on the way (see the "
        "conservation figure). Mostly positive, so it says what spoke for the class, less what "
        "spoke against it. Relevance gathers on the first and last frames of a window. "
        "In transformers it goes through the values of attention, whose weights are constants: "
        "nothing is lost there, in LayerNorm or in GELU, and a position embedding counts with "
        "its pixels (a note says what of the sum came with positions), but biases and class "
        "tokens take their share of the score, as the conservation figure tells. In LSTM, GRU and "
        "variants of them the gates take nothing, and all goes through what they let pass.",
        cost="about 1.6 plain gradients",
        conserves=True,
        source="Bach et al. 2015; Montavon et al. 2017; Kohlbrenner et al. 2020; for transformers "
        "Ali et al. 2022, arXiv 2202.07304, and Achtibat et al. 2024, arXiv 2402.05602; for LSTM "
        "and GRU Arras et al. 2017, arXiv 1706.07206",
    ),
    _entry(
        "deep_taylor",
        "LRP, deep Taylor",
        "LRP",
        LrpOptions,
        summary="LRP with the z+ rule up to the classifier: what excited the class, and where.",
        trust="To compare with the literature. The classifier too shares by what excited it, so "
        "maps say little of the class and of the upper layers' weights: with all weights of the "
        "bundled network drawn anew, the map still correlates 0.62 with the real one (Spearman, "
        "sizes of relevance; the default LRP 0.06). See Sixt et al. 2020, arXiv 1912.09818.",
        cost="about 1.6 plain gradients",
        conserves=True,
        source="Montavon et al. 2017, arXiv 1512.02479",
        base="lrp",
        composite="deep-taylor",
    ),
    _entry(
        "lrp_epsilon_plus",
        "LRP, epsilon-plus",
        "LRP",
        LrpOptions,
        summary="LRP with z+ in all convolutions and epsilon in the classifier.",
        trust="To compare with other programs' epsilon-plus. The first layer treats the "
        "normalised pixels as they are, so mid-grey pixels have no relevance.",
        cost="about 1.6 plain gradients",
        conserves=True,
        source="Kohlbrenner et al. 2020, arXiv 1910.09840",
        base="lrp",
        composite="epsilon-plus",
    ),
    _entry(
        "lrp_epsilon_alpha2_beta1",
        "LRP, epsilon-alpha2-beta1",
        "LRP",
        LrpOptions,
        summary="LRP that also shows what inhibited the class, as negative relevance.",
        trust="Crisper maps, but the beta part is as large as the class score at every layer: "
        "blue and red tend to come in pairs. Outputs that nothing inhibited double their "
        "relevance, so the sum is not exact.",
        cost="about 2.5 plain gradients",
        source="Bach et al. 2015; Kohlbrenner et al. 2020",
        base="lrp",
        composite="epsilon-alpha2-beta1",
    ),
    _entry(
        "lrp_epsilon_gamma_box",
        "LRP, epsilon-gamma-box",
        "LRP",
        LrpOptions,
        summary="LRP with the gamma rule, which favours what excited but keeps what inhibited.",
        trust="Between z+ and the gradient: keeps contradicting evidence, and is noisier for it. "
        "A larger gamma brings it nearer to z+. Biases take their share, as its authors have it: "
        "the sum is what the pixels contributed without them.",
        cost="about 2.5 plain gradients",
        source="Montavon et al. 2019; Andeol et al. 2021",
        base="lrp",
        composite="epsilon-gamma-box",
    ),
    _entry(
        "excitation_backprop",
        "Excitation backprop (MWP)",
        "LRP",
        LrpOptions,
        summary="The chance that a winner walking down from the class ends at each pixel.",
        trust="Always positive and sums to one, whatever the score; not meant to compare scores. "
        "As deep Taylor it hardly depends on the upper layers' weights: the contrastive one does.",
        cost="about 1.6 plain gradients",
        conserves=True,
        source="Zhang et al. 2016, arXiv 1608.00507",
        base="lrp",
        composite="excitation-backprop",
    ),
    _entry(
        "contrastive_excitation_backprop",
        "Contrastive excitation backprop (c-MWP)",
        "LRP",
        LrpOptions,
        summary="What led to the class rather than away from it.",
        trust="Tells classes apart better than plain excitation backprop; sums to zero by design.",
        cost="about 1.6 plain gradients",
        source="Zhang et al. 2016, section 3.3",
        base="lrp",
        composite="contrastive-excitation-backprop",
    ),
    _entry(
        "gradient",
        "Gradient",
        "Gradient",
        summary="How fast the class score changes when a pixel changes; often noisy.",
        trust="Says what the score reacts to, not what it is made of. Faithful to the network, "
        "but shattered in deep ones: read it over regions, not over single pixels.",
        cost="1 plain gradient",
        source="Simonyan et al. 2014, arXiv 1312.6034",
    ),
    _entry(
        "input_x_gradient",
        "Input x gradient",
        "Gradient",
        summary="The gradient times the pixel: its share of the score, to first order.",
        trust="As noisy as the gradient; pixels near the mean colour vanish whatever they mean.",
        cost="1 plain gradient",
        source="Shrikumar et al. 2016, arXiv 1605.01713",
    ),
    _entry(
        "smooth_grad",
        "SmoothGrad",
        "Gradient",
        SmoothGradOptions,
        summary="The gradient averaged over noisy copies of the clip.",
        trust="Calmer than the gradient. Noise is independent in each frame, which a network "
        "may read as flicker: compare with a smaller noise.",
        cost="25 plain gradients",
        passes=25,
        source="Smilkov et al. 2017, arXiv 1706.03825",
    ),
    _entry(
        "integrated_gradients",
        "Integrated gradients",
        "Gradient",
        IntegratedGradientsOptions,
        summary="The change of the score from a baseline clip to this one, shared by the pixels.",
        trust="Sums to the score less the baseline's. With the frozen middle frame as baseline it "
        "explains what the movement alone adds. Depends on the baseline: try two.",
        cost="50 plain gradients",
        passes=50,
        conserves=True,
        source="Sundararajan et al. 2017, arXiv 1703.01365",
    ),
    _entry(
        "guided_backprop",
        "Guided backprop",
        "Gradient",
        summary="The gradient with all negative parts dropped at every ReLU; crisp edges.",
        trust="Do not use it to judge a model: it shows edges of the clip and changes too little "
        "when the weights are randomised, so it says little about what was learned "
        "(Adebayo et al. 2018, arXiv 1810.03292). On the bundled network, all weights drawn "
        "anew: its map still correlates 0.14 with the real one (Spearman, signed), and 0.51 in "
        "sizes over 8x8 pixels; the gradient 0.00, the default LRP -0.01 and -0.02.",
        cost="1 plain gradient",
        source="Springenberg et al. 2015, arXiv 1412.6806",
    ),
    _entry(
        "deconvnet",
        "Deconvnet",
        "Gradient",
        summary="What in the clip the class's features would be rebuilt from.",
        trust="As guided backprop: a picture of edges more than of the decision.",
        cost="1 plain gradient",
        source="Zeiler and Fergus 2014, arXiv 1311.2901",
    ),
    _entry(
        "grad_cam",
        "Grad-CAM",
        "Class activation map",
        GradCamOptions,
        summary="Where a deep layer's features speak for the class.",
        trust="Robust and class-specific, but coarse: often 7x7 places and 2 time steps. "
        "Too coarse in time for motion relevance unless the layer keeps its frames.",
        cost="half a plain gradient",
        source="Selvaraju et al. 2017, arXiv 1610.02391",
    ),
    _entry(
        "grad_cam_plus_plus",
        "Grad-CAM++",
        "Class activation map",
        CamOptions,
        summary="Grad-CAM with weights that do justice to several instances.",
        trust="As Grad-CAM; finds more of several actors, and is less class-specific.",
        cost="half a plain gradient",
        source="Chattopadhay et al. 2018, arXiv 1710.11063",
    ),
    _entry(
        "layer_cam",
        "LayerCAM",
        "Class activation map",
        CamOptions,
        summary="Each place of a layer weighted by its own gradient.",
        trust="Works in earlier layers too, which keep more frames: choose one for motion.",
        cost="half a plain gradient",
        source="Jiang et al. 2021, IEEE TIP 30",
    ),
    _entry(
        "occlusion",
        "Occlusion",
        "Perturbation",
        OcclusionOptions,
        summary="How much the score falls when a box in space and time is covered.",
        trust="Needs no gradients and says what really happens to the score. The box itself may "
        "look like something, and evidence that exists twice seems to be worth nothing.",
        cost="hundreds of forward passes",
        passes=256,
        source="Zeiler and Fergus 2014, section 4.2, with time as the third axis",
    ),
    _entry(
        "rise",
        "RISE-3D",
        "Perturbation",
        RiseOptions,
        summary="How much the score rises on average when a pixel is visible, over random masks.",
        trust="Fair to evidence that exists twice. Noisy below some thousand masks; its detail "
        "is that of the cells, also in time.",
        cost="a thousand forward passes",
        passes=1000,
        source="Petsiuk et al. 2018, arXiv 1806.07421, with time as the third axis",
    ),
    _entry(
        "temporal_mask",
        "Temporal mask",
        "Perturbation",
        TemporalMaskOptions,
        summary="Which frames are needed: how much the score rises when a frame is not frozen.",
        trust="One number a frame, nothing about places. A video without movement has zero.",
        cost="256 forward passes",
        passes=256,
        source="after Manttari et al. 2020, arXiv 2002.00367, and RISE",
    ),
)
BUILT_IN: dict[str, MethodInfo] = {entry.info.name: entry.info for entry in _ENTRIES}
"""Name -> description of the methods of this program, without those of plugins."""


class _Methods(Mapping[str, MethodInfo]):
    """All methods, those of plugins last. Reading it looks for plugins."""

    def __getitem__(self, name: str) -> MethodInfo:
        return _entries()[name].info

    def __iter__(self) -> Iterator[str]:
        return iter(_entries())

    def __len__(self) -> int:
        return len(_entries())


METHODS: Mapping[str, MethodInfo] = _Methods()


@cache
def discovered_methods() -> Discovery[MethodPlugin]:
    """Find the methods of plugins once."""
    return discover(METHOD_GROUP, MethodPlugin, BUILT_IN)


def plugin_methods() -> Mapping[str, MethodPlugin]:
    """Return the methods that plugins add, by name."""
    return discovered_methods().plugins


@cache
def _entries() -> dict[str, Entry]:
    entries = {entry.info.name: entry for entry in _ENTRIES}
    for name, plugin in plugin_methods().items():
        info = replace(plugin.info, options=describe(plugin.options, {}))
        entries[name] = Entry(info, name, plugin.options, {})
    return entries


def find_entry(name: str) -> Entry:
    """Return the entry of a method.

    Raises
    ------
    AttributionError
        If there is none of that name.
    """
    key = name.replace("-", "_")
    entries = _entries()
    if key not in entries:
        raise AttributionError(
            f"There is no attribution method called {name!r}.", did_you_mean(key, entries)
        )
    return entries[key]


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Raise AttributionError unless there is such a method and it has these options."""
    entry = find_entry(name)
    read_options(entry.options, name, options, entry.preset)
