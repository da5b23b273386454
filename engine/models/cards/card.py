"""A model card: a TOML file that says where a network comes from and what it expects. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.cards.card_inputs import network_inputs
from engine.models.cards.card_schema import CARD_KEYS, CardKeys
from engine.models.cards.card_values import Head
from engine.models.catalogue import MODELS
from engine.types import ModelSpec

CARD_SUFFIX = ".toml"
HUB_PREFIX = "hf:"
"""Before a folder or hub name of a classifier of the transformers library."""

NETWORK_SUFFIXES = (".pt2", ".pt", ".pth", ".ts", ".torchscript")
"""Of files that hold a network with its code."""

_NEEDED = ("labels", "frames", "resize", "crop")
"""What nobody but the user knows of a network of their own."""

_MOST_PIXELS = 2**28
"""Of a clip: 3 GB as float32, of which a network makes several times more."""

_OPEN = ModelSpec("", (), 1, 1.0, None, 1, (1, 1), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""A network of the user's own before the card speaks: no mean, no standard deviation."""

_PICTURES = replace(_OPEN, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), antialias=True)
"""A network of pictures: the values of torchvision's weights for ImageNet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard(CardKeys):
    """A card that was read. `CARD_KEYS` has the meanings of its keys.

    Attributes
    ----------
    path : Path or None
        The card; the other paths in it were relative to its folder. None for a model that was
        asked for by its name.
    """

    path: Path | None = None

    @property
    def is_known(self) -> bool:
        """True for the network of a known model, with an input of its own."""
        return self.frame_network is None and self.network in MODELS

    @property
    def is_function(self) -> bool:
        """True for a function of Python: `file.py:build`."""
        return ":" in self.network[2:]  # the first can be a drive of Windows

    @property
    def needs_code(self) -> bool:
        """True for a network that comes with its author's code."""
        if self.endpoint is not None:
            return False
        own = self.is_function or is_network_file(self.network)
        return self.path is not None and not (self.is_known or self.is_of_hub) and own

    @property
    def is_of_hub(self) -> bool:
        """True for a network of the transformers library."""
        return self.network.startswith(HUB_PREFIX)

    @property
    def folder(self) -> Path:
        """Folder of the card, from which the files that it names are found."""
        return Path() if self.path is None else self.path.parent

    @property
    def head(self) -> Head:
        """What makes probabilities of the outputs. A unit says that they are values."""
        return self.activation or (None if self.unit is None else "none")

    def spec(self, base: ModelSpec | None, labels: tuple[str, ...]) -> ModelSpec:
        """Return the input of the network: of the card, else of ``base``, the known model.

        Raises
        ------
        ModelError
            If that leaves something open.
        """
        said: dict[str, Any] = {
            "frames": self.frames,
            "resize": self.resize,
            "crop": self.crop,
            "layer": self.layer,
            "activation": self.head,
            "unit": self.unit,
            "sampling": self.sampling,
            "step": self.step,
            "output_layout": self.output_layout,
            "value_range": self.range,
            "mean": self._rgb(self.mean),
            "std": self._rgb(self.std),
            "grey": self.channels == "grey",
        }
        given = {name: value for name, value in said.items() if value is not None}
        if self.fps is not None or self.stride is not None:
            given |= {"fps": self.fps, "stride": self.stride}
        if base is None:
            self._check_complete()
            base = _OPEN if self.frame_network is None else _PICTURES
        spec = replace(base, name=self.name, labels=labels, **given)
        self._check_grey(spec)
        self._check_memory(spec)
        inputs = network_inputs(self.inputs, spec, self.path)
        return replace(spec, inputs=inputs, pass_as=self.pass_as)

    def _check_complete(self) -> None:
        needed = _NEEDED if self.frame_network is None else _NEEDED[1:]  # classes by the weights
        missing = [name for name in needed if getattr(self, name) is None]
        if self.fps is None and self.stride is None:
            missing.append("fps")
        if missing:
            raise ModelError(
                f"The card {self.path} does not say {', '.join(missing)} of {self.network}.",
                f"Add, for example: {'; '.join(CARD_KEYS[name].example for name in missing)}.",
            )

    def _check_grey(self, spec: ModelSpec) -> None:
        """Refuse means or deviations of three colours for one channel."""
        for name in ("mean", "std"):
            values = getattr(spec, name)
            if spec.grey and len(set(values)) > 1:
                raise ModelError(
                    f'The card {self.path} says channels = "grey", but the {name} of '
                    f"{self.network} is that of three colours: {list(values)}.",
                    f"Write the one {name} that grey frames had in training: {name} = 0.45.",
                )

    def _check_memory(self, spec: ModelSpec) -> None:
        """Refuse clips that no computer's memory holds, though each number is possible."""
        for name, size in (("crop", spec.crop), ("resize", spec.resize)):
            height, width = size if isinstance(size, tuple) else (size, size)
            if spec.frames * height * width > _MOST_PIXELS:
                most = _MOST_PIXELS // spec.frames
                raise ModelError(
                    f"The card {self.path} has clips of {spec.frames} frames with a {name} of "
                    f"{height} x {width} pixels, more than memory holds.",
                    f"With {spec.frames} frames up to {math.isqrt(most)} x {math.isqrt(most)} "
                    "pixels are possible.",
                )

    def _rgb(self, values: Any) -> Any:
        """Return the values of the channels in the order of red, green, blue."""
        return values[::-1] if values is not None and self.channels == "bgr" else values


def is_card(name: str | Path) -> bool:
    """Return whether a model is named by its card rather than by a name."""
    return str(name).lower().endswith(CARD_SUFFIX)


def is_network_file(network: str) -> bool:
    """Return whether a network is named by a file that holds it with its code."""
    return network.lower().endswith(NETWORK_SUFFIXES)
