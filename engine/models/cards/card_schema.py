"""The keys of a model card: types, bounds, meanings and examples. No torch.

One schema for the parser, the JSON schema, the wizard and the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.models.cards.card_values import (
    Channels,
    File,
    Frames,
    Head,
    Layout,
    Numbers,
    NumbersPositive,
    Outputs,
    Position,
    Positive,
    Rate,
    Readout,
    Renames,
    Rising,
    Scores,
    Seconds,
    Size,
    Steps,
    Stride,
    Temporal,
    Text,
    Three,
    ThreePositive,
    Ticks,
)
from engine.network_inputs import FlowEstimator, InputKind, InputLayout, LastStep, PassAs
from engine.utils.schema import choices_of, fields_of, needed_by, parts_of


def _key(text: str, example: str) -> Meta:
    """Return the meaning of a key, and a line of TOML."""
    return Meta(description=text, examples=[example])


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Known results of a network for a video: the table [expected] of a card."""

    clip: Annotated[File, _key("A video whose scores are known.", 'clip = "wave.mp4"')]
    start: Annotated[
        Position, _key("First frame of the clip in it, counted from 0.", "start = 0")
    ] = 0
    top: Annotated[Text | None, _key("The class scored highest.", 'top = "waving"')] = None
    scores: Annotated[Scores, _key("Logits of some classes.", "scores = { waving = 7.31 }")] = (
        field(default_factory=dict)
    )
    tolerance: Annotated[
        Positive, _key("How far a logit may be off; 0.05 if left out.", "tolerance = 0.1")
    ] = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class InputKeys:
    """One input of a network that takes several: a table [[inputs]] of a card."""

    name: Annotated[
        Text, _key("Name of the input; its key in a dict, or its keyword.", 'name = "flow"')
    ]
    kind: Annotated[
        InputKind,
        _key(
            "What it is made of: colours, luma, optical flow (x, y) or the difference of colours, "
            "the latter two to the next frame of the clip.",
            'kind = "flow"',
        ),
    ]
    stride: Annotated[
        Stride | None,
        _key("Every how many frames of the clip it has one, from the first on.", "stride = 4"),
    ] = None
    frames: Annotated[
        Frames | None,
        _key(
            "In place of stride: how many frames, evenly from the clip's first to its last "
            "(as PyTorchVideo and PySlowFast choose).",
            "frames = 8",
        ),
    ] = None
    layout: Annotated[
        InputLayout,
        _key(
            "Order of its dimensions; NCHW has the channels of all frames one after the other.",
            'layout = "NCHW"',
        ),
    ] = "NCTHW"
    range: Annotated[
        Rising | None,
        _key(
            "What black and white become; of a flow, what -bound and bound become (-1 and 1 if "
            "left out). Other kinds have the card's.",
            "range = [0, 255]",
        ),
    ] = None
    mean: Annotated[
        Numbers | None,
        _key(
            "Subtracted, a number a channel; rgb and bgr have the card's, other kinds 0 if left "
            "out.",
            "mean = 0.5",
        ),
    ] = None
    std: Annotated[
        NumbersPositive | None,
        _key(
            "Divided by, a number a channel; rgb and bgr have the card's, other kinds 1 if left "
            "out.",
            "std = 0.226",
        ),
    ] = None
    bound: Annotated[
        Positive, _key("Pixels a frame at which a flow is cut off; 20 if left out.", "bound = 20")
    ] = 20.0
    flow: Annotated[
        FlowEstimator, _key("How a flow is estimated (engine/motion/flow.py).", 'flow = "tv-l1"')
    ] = "dis"
    last: Annotated[
        LastStep,
        _key(
            "Flow or difference of the clip's last frame: repeat that before it, or drop it.",
            'last = "drop"',
        ),
    ] = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeys:
    """The keys of a card as they are written, None for those left out."""

    name: Annotated[
        Text, _key("Name in menus and results; the file's own where left out.", 'name = "mine"')
    ] = ""
    network: Annotated[
        Text,
        _key(
            "Name of a known model, `module:function` or `file.py:function`, a `.pt2` of "
            "torch.export, a `.pt` of TorchScript, or `hf:` and a folder or hub name.",
            'network = "r3d_18"',
        ),
    ] = ""
    endpoint: Annotated[
        Text | None,
        _key(
            "In place of network: address of a server that scores clips (docs/black-boxes.md); "
            "frames of your videos are sent to it.",
            'endpoint = "http://127.0.0.1:8765/score"',
        ),
    ] = None
    frame_network: Annotated[
        Text | None,
        _key(
            "In place of network: a network of torchvision for pictures that sees each frame; "
            "with temporal and readout.",
            'frame_network = "resnet50"',
        ),
    ] = None
    temporal: Annotated[
        Temporal,
        _key(
            "What joins the frames of a frame_network: mean or maximum over time, or a recurrent "
            "layer. If left out the recurrent layer of the weights, else the mean.",
            'temporal = "lstm"',
        ),
    ] = None
    readout: Annotated[
        Readout,
        _key(
            "What is taken of a recurrent layer: its output at the last frame (if left out), its "
            "final state (another one where it runs both ways), or mean or maximum over time.",
            'readout = "mean"',
        ),
    ] = None
    timeout: Annotated[
        Seconds | None,
        _key("Seconds that an endpoint has for an answer; 30 if left out.", "timeout = 120"),
    ] = None
    checkpoint: Annotated[
        File | None,
        _key("Weights for it: `.pth`, `.pt` or `.safetensors`.", 'checkpoint = "best.pth"'),
    ] = None
    prefix: Annotated[
        Text,
        _key(
            "Only weights whose names begin so are taken, without it; needed only where several "
            "parts of a file would do.",
            'prefix = "student."',
        ),
    ] = ""
    rename: Annotated[
        Renames | None,
        _key(
            "Table of beginnings of names in the checkpoint, and what the network has in their "
            "place; * stands for any letters of one part, an empty text for nothing.",
            'rename = { "encoder." = "backbone.", "cls_head.fc_cls." = "fc." }',
        ),
    ] = None
    labels: Annotated[
        File | None,
        _key(
            "Classes in the order of the logits: a text file with one a line, CSV, TSV or JSON.",
            'labels = "labels.txt"',
        ),
    ] = None
    frames: Annotated[Frames | None, _key("Frames in one clip.", "frames = 16")] = None
    fps: Annotated[
        Rate | None, _key("Frames per second that the network was trained at.", "fps = 15")
    ] = None
    stride: Annotated[
        Stride | None, _key("In place of fps: every how many frames one is taken.", "stride = 2")
    ] = None
    sampling: Annotated[
        Ticks,
        _key(
            "The frame taken at each tick of fps: nearest, or floor, the latest shown by then, as "
            "torchvision resamples clips; nearest if left out.",
            'sampling = "floor"',
        ),
    ] = None
    resize: Annotated[
        Size | None,
        _key(
            "Length of the shorter side after the resize (the aspect is kept), or [height, width].",
            "resize = [128, 171]",
        ),
    ] = None
    crop: Annotated[
        Size | None,
        _key("Side or [height, width] of the centre crop: the input.", "crop = [112, 112]"),
    ] = None
    layout: Annotated[
        Layout, _key("Order of the dimensions that the network takes.", 'layout = "NTCHW"')
    ] = "NCTHW"
    channels: Annotated[
        Channels,
        _key(
            "Order of the colours that the network takes; mean and std are in this order. Grey is "
            "one channel (luma of BT.601), with one mean and one std.",
            'channels = "bgr"',
        ),
    ] = "rgb"
    range: Annotated[
        Rising | None, _key("What black and white become before mean and std.", "range = [0, 255]")
    ] = None
    mean: Annotated[
        Three | None, _key("Subtracted, a number a channel.", "mean = [0.43, 0.39, 0.38]")
    ] = None
    std: Annotated[
        ThreePositive | None, _key("Divided by, a number a channel.", "std = [0.23, 0.22, 0.22]")
    ] = None
    activation: Annotated[
        Head,
        _key(
            "What makes probabilities of the outputs: softmax where one class is true, sigmoid "
            "where each is true or not by itself, none where they are values, not classes. A final "
            "softmax or sigmoid is found without it.",
            'activation = "sigmoid"',
        ),
    ] = None
    unit: Annotated[
        Text | None,
        _key("Unit of the outputs, which are values then: activation is none.", 'unit = "bpm"'),
    ] = None
    step: Annotated[
        Steps,
        Stride,
        _key(
            "Of a network that gives scores for each time step: the step that is explained, "
            "counted from 0, their mean (also where left out), or the highest score of each class.",
            'step = "max"',
        ),
    ] = None
    output_layout: Annotated[
        Outputs,
        _key(
            "Order of clips, classes and time steps in these scores, where the number of labels "
            "does not tell it; NT for one output without a dimension of its own.",
            'output_layout = "NTK"',
        ),
    ] = None
    layer: Annotated[
        Text | None, _key("Layer that class activation maps are made of.", 'layer = "layer4"')
    ] = None
    pass_as: Annotated[
        PassAs,
        _key(
            "How the network takes what [[inputs]] declare: one argument each, or all in a list, "
            "in a dict by their names, or as keywords.",
            'pass_as = "dict"',
        ),
    ] = "positions"
    inputs: tuple[InputKeys, ...] = ()
    expected: Expected | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a card, as the documentation and the wizard show it.

    Attributes
    ----------
    name, text : str
        What it is called, and what it means.
    needed : str
        The values that it takes, for a message: "a whole number from 1 to 4096".
    example : str
        A line of TOML.
    is_file, is_text : bool
        Whether it names a file, and whether it stands in quotes.
    choices : tuple of str
        The texts that it can be; empty where any will do.
    """

    name: str
    text: str
    needed: str
    example: str
    is_file: bool
    is_text: bool
    choices: tuple[str, ...]


def _keys(kind: type) -> Iterable[Key]:
    for name, annotation in fields_of(kind).items():
        parts = list(parts_of(annotation))
        meaning = next((part for part in parts if isinstance(part, Meta)), Meta())
        if meaning.description is None or meaning.examples is None:
            continue  # the tables, which have keys of their own
        core = next((part for part in parts if part in (str, Path, int, float)), None)
        choices = () if core in (int, float) else choices_of(annotation)  # a number may stand there
        yield Key(
            name=name,
            text=meaning.description,
            needed=needed_by(annotation),
            example=meaning.examples[0],
            is_file=core is Path,
            is_text=core in (str, Path) or bool(choices),
            choices=choices,
        )


CARD_KEYS: dict[str, Key] = {key.name: key for key in _keys(CardKeys)}
EXPECTED_KEYS: dict[str, Key] = {key.name: key for key in _keys(Expected)}
"""The keys of the table [expected]."""
INPUT_KEYS: dict[str, Key] = {key.name: key for key in _keys(InputKeys)}
"""The keys of a table [[inputs]]."""


def card_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a card."""
    schema = msgspec.json.schema(CardKeys, schema_hook=lambda _: {"type": "string", "minLength": 1})
    for table in schema["$defs"].values():
        table["additionalProperties"] = False
    schema["$defs"]["CardKeys"] |= {
        "title": "Model card of Motion Inspector",
        "not": {"required": ["fps", "stride"]},
        "oneOf": [{"required": [name]} for name in ("network", "endpoint", "frame_network")],
    }
    schema["$defs"]["CardKeys"]["properties"]["inputs"]["default"] = []  # msgspec's is a tuple
    schema["$defs"]["Expected"]["properties"]["scores"]["default"] = {}  # msgspec 0.22 tells none
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
