"""What menus, lists and reports show of methods, models and the checks of a card. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.types import UInt8Array


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """An option of a method as menus and the command line show it.

    Attributes
    ----------
    name, text : str
        Key, and one sentence for people.
    kind : str
        "str", "int", "float" or "bool".
    default : str, int, float or bool
        Its value where none is given.
    choices : tuple of str
        The values it can have; empty where any will do.
    low, high : float or None
        Its range, both ends included.
    """

    name: str
    text: str
    kind: str
    default: str | float | bool
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """An attribution method as menus and the command line show it.

    Attributes
    ----------
    name : str
        Key under which it is asked for.
    title, family : str
        Name for people, and the group it is listed in.
    summary : str
        One sentence: what its relevance means.
    trust : str
        When to trust it, and when not.
    cost : str
        Cost relative to one plain gradient.
    passes : int
        Passes over the network that it takes for a clip with its default options.
    conserves : bool
        Whether the relevance sums to the explained logit.
    source : str
        Paper.
    options : tuple of OptionInfo
        What can be set.
    """

    name: str
    title: str
    family: str
    summary: str
    trust: str
    cost: str
    passes: int
    conserves: bool
    source: str
    options: tuple[OptionInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as menus and the command line show it, before anything is loaded.

    Attributes
    ----------
    name : str
        Key under which it is asked for.
    title : str
        Name for people.
    summary : str
        One sentence: classes, input, source of its weights.
    bundled : bool
        Whether its weights come with this package.
    accuracy : str
        What its weights reach, and on what; empty where nobody has measured it.
    licence : str
        Of its weights; empty for the user's own.
    download_mb : float or None
        Size in MB of what is downloaded when it is first used; None for nothing.
    inputs : tuple of str
        Names of the inputs that its card declares.
    file : str
        Name of the file that is downloaded; empty for nothing.
    """

    name: str
    title: str
    summary: str
    bundled: bool
    accuracy: str = ""
    licence: str = ""
    download_mb: float | None = None
    inputs: tuple[str, ...] = ()
    file: str = ""

    @property
    def label(self) -> str:
        """Name for people with the key behind it: "ResNet 3D 18 (r3d_18)"."""
        return self.title if self.title == self.name else f"{self.title} ({self.name})"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of a model card.

    Attributes
    ----------
    check : str
        What was looked at, in a few words.
    level : str
        "pass", "warn" (it may be meant so) or "fail" (results would mislead, or there are none).
    text : str
        What was found, and for the other levels what to do about it.
    """

    check: str
    level: Literal["pass", "warn", "fail"]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class CardReport:
    """The results of the checks of a model card, and the top classes of a video.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of the checks; those that could not be made are missing.
    seen : uint8 array, (n, h, w, 3)
        A few frames as the network is given them, as RGB pictures; none where it did not load.
    top : tuple of (str, float)
        The classes scored highest, with their probabilities; or the first outputs with their
        values.
    unit : str or None
        As `ModelSpec.score_unit`.
    methods : tuple of Finding
        One for each family of methods, tried on the clip; none where the network gives no scores.
    """

    findings: tuple[Finding, ...]
    seen: UInt8Array
    top: tuple[tuple[str, float], ...]
    unit: str | None = None
    methods: tuple[Finding, ...] = ()

    @property
    def failed(self) -> bool:
        """True if a check failed, apart from methods: others may serve."""
        return any(finding.level == "fail" for finding in self.findings)
