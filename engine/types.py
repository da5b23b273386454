"""Frozen values that cross the borders between packages. NumPy at most: no torch, no Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from engine.network_inputs import InputRelevance, NetworkInput, PassAs

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
UInt8Array = npt.NDArray[np.uint8]

Preset = Literal["evidence", "recommended", "variation", "paper-2020", "code-2021"]
SPLIT_PRESETS: tuple[Preset, ...] = ("recommended", "variation", "paper-2020", "code-2021")
"""Presets that split the relevance of the method; "evidence" computes two maps of its own."""
PRESETS: tuple[Preset, ...] = ("evidence", *SPLIT_PRESETS)
DEFAULT_PRESET: Preset = "recommended"

Activation = Literal["softmax", "sigmoid", "binary", "probabilities", "none"]
"""What makes probabilities of logits. "softmax": one of K classes is true; "sigmoid": each of them
is or is not; "binary": one of two, whose logits -z and z are those of one output z;
"probabilities": the outputs are the probabilities of one of K classes already; "none": they are
values of something measured, and nothing makes probabilities of them."""

EMPTY_MAP = "The map is zero everywhere: by this method nothing in the clip changes the score."
"""Notice of a window in which nothing is relevant."""

SELF_TEST = "Self-test of the device:"
"""Beginning of notices about arithmetic that was found wrong, and what is used instead."""

Sampling = Literal["nearest", "floor"]
"""The frame taken at a time: the nearest, or the latest that is shown by then."""

Step = Annotated[int, Meta(ge=0)] | Literal["mean", "max"]
"""What is explained of scores a time step: one of the steps, counted from 0, their mean, or the
highest score of each class."""

OutputLayout = Literal["NKT", "NTK", "NT"]
"""Order of clips, classes and time steps in what a network returns; "NT" of a single output."""

EvidenceEffort = Literal["off", "quick", "full"]
"""What is measured of a decision's evidence: nothing, one still and one order, or several."""

DEFAULT_SIGMA = 1.0
DEFAULT_OVERLAP = 0.5

MOST_FRAMES = 2**31 - 1
"""Highest frame number: what a Qt signal of int can carry."""
Index = Annotated[int, Meta(ge=0, le=MOST_FRAMES)]
Sigma = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in a picture, in fractions of its width and height (0 to 1).

    ``left`` and ``top`` are inside, ``right`` and ``bottom`` are the first positions outside.
    """

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The input of a video model and the meaning of its outputs.

    Attributes
    ----------
    name : str
        Name under which the model was loaded.
    labels : tuple of str
        One name a logit, in the order of the logits.
    frames : int
        Frames in one input clip (T).
    fps : float or None
        Frame rate, in frames per second, that the model expects. None where ``stride`` is given.
    stride : int or None
        Every how many frames of the video one is taken, whatever the video's rate.
    sampling : str
        The frame that is taken at a tick of ``fps``: the "nearest", or by "floor" the latest.
    resize : (int, int) or int
        Height and width in pixels after the resize (the aspect is not kept), or the length
        of the shorter side (the aspect is kept).
    crop : (int, int)
        Height and width in pixels of the centre crop: the size of the network's input.
    mean, std : tuple of three floats
        Per channel (RGB), subtracted and divided after scaling to ``value_range``.
    value_range : (float, float)
        What uint8 0 and 255 become before mean and std.
    antialias : bool
        Whether the resize averages what it makes smaller. torchvision's video networks were
        trained without, transformers with it.
    layer : str
        Module that class activation maps are made of, as in ``named_modules``; empty takes
        the last one whose output has height and width.
    trained_on : str
        What the weights were trained on, in a few words; empty where that is not known.
    least_familiar : float or None
        Highest logit below which a video is unlike that (`engine.diagnostics.out_of_distribution`).
    activation : str
        What makes probabilities of the outputs, where the network does not do it itself: "softmax"
        for one class of many, "sigmoid" for classes that are true or not each by itself. A
        network with one output always has a sigmoid. That output is of the second of two labels;
        the first is its contrary, which loading adds where there is one label. "none" for a
        network whose outputs are values: a heart rate, a grade.
    unit : str
        Of these values: "bpm"; empty where they have none.
    grey : bool
        Whether the network takes one channel, the luma of a frame. A clip then has it three
        times, in place of the colours, and the network is given the first.
    inputs : tuple of NetworkInput
        What the network takes in place of the clip, where a card declares it.
    pass_as : str
        How it takes them: "positions", "list", "dict" or "keywords".
    step : int, str or None
        What is explained of a network that gives scores a time step (`Step`); None takes their
        mean, and is all that a network without time steps allows.
    output_layout : str or None
        Order of such scores; None tells it by the number of labels.
    """

    name: str
    labels: tuple[str, ...]
    frames: int
    fps: float | None
    stride: int | None
    resize: tuple[int, int] | int
    crop: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    value_range: tuple[float, float] = (0.0, 1.0)
    layer: str = ""
    antialias: bool = False
    trained_on: str = ""
    least_familiar: float | None = None
    activation: Literal["softmax", "sigmoid", "none"] = "softmax"
    unit: str = ""
    sampling: Sampling = "nearest"
    grey: bool = False
    inputs: tuple[NetworkInput, ...] = ()
    pass_as: PassAs = "positions"
    step: Step | None = None
    output_layout: OutputLayout | None = None

    def __post_init__(self) -> None:
        if (self.fps is None) == (self.stride is None):
            raise ValueError("a ModelSpec has either fps or stride, and exactly one of them")
        if self.frames < 1 or (self.stride is not None and self.stride < 1):
            raise ValueError("frames and stride count from 1")
        if self.fps is not None and not self.fps > 0:
            raise ValueError("fps must be above 0")

    @property
    def score_unit(self) -> str | None:
        """Unit of the scores, or None where they are probabilities of classes."""
        return self.unit if self.activation == "none" else None

    def label(self, index: int) -> str:
        """Return the name of a class, or its number if the model has no name for it."""
        return self.labels[index] if index < len(self.labels) else f"class {index}"


@dataclass(frozen=True, slots=True)
class Request:
    """The settings that decide an explanation: equal requests give equal results.

    Attributes
    ----------
    video : Path
        The video file.
    model : str
        Name of a known model, or path of a model card.
    weights, labels : Path or None
        The user's own weights and labels file.
    method : str
        Attribution method, a key of `engine.attribution.METHODS`.
    options : tuple of (str, str or float or bool)
        Names and values of the method's options, see `MethodInfo.options`.
    target : int, str or None
        Class to explain, by index or name. None follows the model: in each window the class
        it scores highest there.
    against : int, str or None
        Class whose logit is subtracted: why ``target`` rather than this one.
    preset : str
        How relevance is separated, one of `PRESETS`. For "evidence" the maps of
        `engine.evidence.evidence_maps` are computed besides the relevance.
    sigma : float
        Threshold in standard deviations of the temporal derivative, >= 0; none for "evidence".
    frames : (int, int) or None
        First frame, and the frame after the last. None takes all.
    device : str
        "auto", "cpu", "mps", "cuda" or "cuda:N".
    overlap : float
        Share of a window that the next one covers again, 0 <= overlap < 1.
    stream : int or None
        Which of the file's video streams, from 0. None takes the file's default.
    deinterlace : bool
        Whether interlaced pictures are made whole.
    evidence : str
        How much of the evidence for each window's decision is measured (`engine.evidence`).
    prior : Path or None
        File of the prior it is measured from. None takes the one kept with the model, or else
        makes one of the first window.
    step : int, str or None
        What is explained of scores a time step; None leaves it to the model.
    keep_cuts : bool
        Whether windows that cross a shot cut count like the others. Otherwise they are left out
        of the clip's numbers, and where another window covers a frame, of its map.
    input : str or None
        Which of the inputs that the model's card declares has its relevance shown alone. None
        shows all together.
    """

    video: Path
    model: str = "figures"
    weights: Path | None = None
    labels: Path | None = None
    method: str = "lrp"
    options: tuple[tuple[str, str | int | float | bool], ...] = ()
    target: Index | str | None = None
    against: Index | str | None = None
    preset: Preset = DEFAULT_PRESET
    sigma: Sigma = DEFAULT_SIGMA
    frames: tuple[Index, Index] | None = None
    device: str = "auto"
    overlap: Annotated[float, Meta(ge=0, lt=1)] = DEFAULT_OVERLAP
    stream: Index | None = None
    deinterlace: bool = False
    evidence: EvidenceEffort = "full"
    prior: Path | None = None
    step: Step | None = None
    keep_cuts: bool = False
    input: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One clip that was explained, and what the model said of it.

    Attributes
    ----------
    start_step : int
        Position of its first frame among the sampled frames of the analysis.
    frame_indices : int64 array, (T,)
        Frames it is made of, counted from the start of the range; the last one repeated where
        the range is too short.
    padded : int
        How many frames at the end are such repeats.
    logits : float32 array, (K,)
        The model's outputs before any softmax or sigmoid.
    target : int
        Index of the class that was explained.
    conservation : float
        Sum of relevance over the explained score; nan where the method does not conserve it.
    time_step : int
        Frames that share one time step of the relevance: 1, or more for coarse maps.
    notices : tuple of str
        What the user should know of how it was explained.
    activation : str
        What makes probabilities of the logits.
    disagreement : float
        Mean difference between the changing shares of a frame by this window and by the one
        before, over the frames that both hold (preset "recommended", sigma 1); nan where there
        are none, and in analyses of earlier versions.
    positions : float
        What of the conserved sum came with position embeddings, over the explained score; nan where
        the network has none, and in analyses of earlier versions.
    step_logits : float32 array, (S, K), or None
        The model's outputs at each of its time steps, evenly spread over the frames; None of a
        model without.
    by_input : tuple of InputRelevance
        What each of the model's ``inputs`` got; none of a model that takes the clip, or of a
        method that does not tell them apart.
    cuts : tuple of int
        Frames at which another shot begins, counted from the start of the range: from the window's
        first frame to the one before the next step behind it.
    """

    start_step: int
    frame_indices: Int64Array
    padded: int
    logits: Float32Array
    target: int
    conservation: float
    time_step: int = 1
    notices: tuple[str, ...] = ()
    activation: Activation = "softmax"
    disagreement: float = math.nan
    positions: float = math.nan
    step_logits: Float32Array | None = None
    by_input: tuple[InputRelevance, ...] = ()
    cuts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.frame_indices, self.logits, self.step_logits):
            if array is not None:
                array.setflags(write=False)

    @property
    def crosses_cut(self) -> bool:
        """True if not all frames are of one shot."""
        first, last = int(self.frame_indices[0]), int(self.frame_indices[-1])
        return any(first < cut <= last for cut in self.cuts)


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """The progress of a job.

    Attributes
    ----------
    stage : str
        What is being done, for people: "Loading r3d_18", "Explaining".
    done, total : int
        Units finished and in all (windows, bytes, frames); total 0 while it is not known.
    seconds_left : float or None
        Estimate of the time to go, in seconds.
    """

    stage: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


Report = Callable[[Progress], None]
"""Called with the progress of a job, in the job's thread."""


def unreported(progress: Progress) -> None:
    """Ignore progress, where nobody wants to know."""


def separation_text(preset: str, sigma: float) -> str:
    """Return a separation for people: "recommended, sigma 1" ("evidence" has none)."""
    return preset if preset == "evidence" else f"{preset}, sigma {sigma:g}"
