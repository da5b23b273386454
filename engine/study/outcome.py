"""The result of a unit, as its file holds it. No torch."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from engine.errors import EngineError
from engine.evidence.evidence import Bits, Verdict
from engine.study.place import Place
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import Finite, Share, convert, parse_json, to_plain

VERSION = 1
_MOST_BYTES = 256 * 2**20
Number = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the class that a model answers: probabilities, or a model's values.

    Attributes
    ----------
    score, frozen, reversed, shuffled : float or None
        Of the clip, of its middle frame repeated, of it backwards, and the mean over its frames
        in random orders; None where it was not asked.
    """

    score: Finite | None = None
    frozen: Finite | None = None
    reversed: Finite | None = None
    shuffled: Finite | None = None


@dataclass(frozen=True, slots=True)
class WindowOutcome:
    """One window.

    Attributes
    ----------
    first_frame, last_frame : int
        Of the video.
    padded : int
        Frames at its end that repeat the last one.
    crosses_cut : bool
        Whether its frames are of several shots.
    counted : bool
        Whether it counts in the clip's figures.
    answer : str
        The class that is scored highest.
    highest_logit : float
    scores : Scores
    share, share_low, share_high : float or None
        Share of movement in the evidence, 0 to 1, with its 95 % interval.
    still_bits, frames_bits, order_bits : float or None
        Evidence of one picture, of several, and of movement; None of a model of values.
    verdict : str or None
    changing_share : float or None
        Share of absolute relevance kept as motion, 0 to 1.
    conservation : float or None
        Sum of relevance over the explained score, of methods that conserve it.
    """

    first_frame: Number
    last_frame: Number
    padded: Number
    crosses_cut: bool
    counted: bool
    answer: str
    highest_logit: Finite | None
    scores: Scores
    share: Share | None = None
    share_low: Share | None = None
    share_high: Share | None = None
    still_bits: Bits | None = None
    frames_bits: Bits | None = None
    order_bits: Bits | None = None
    verdict: Verdict | None = None
    changing_share: Share | None = None
    conservation: Finite | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of equal evidence, from ``start`` up to ``stop``: that of the windows over them."""

    start: Number
    stop: Number
    share: Share | None
    share_low: Share | None
    share_high: Share | None
    still_bits: Bits | None
    frames_bits: Bits | None
    order_bits: Bits | None
    verdict: str


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """A clip: the windows that count together, attributes as in `WindowOutcome`.

    Attributes
    ----------
    frames : int
        Of the range.
    fps : float
    of_windows : int
        Windows that the range has.
    prior : str
        What evidence is counted from.
    reason : str
        A sentence on the verdict.
    guessed : bool
        Whether the answer is as good as guessed.
    unlike : bool
        Whether the clip is unlike the model's training data.
    notices : tuple of str
        What the user should know of how it was measured.
    """

    frames: Number
    fps: Finite
    of_windows: Number
    answer: str
    scores: Scores
    share: Share | None
    share_low: Share | None
    share_high: Share | None
    still_bits: Bits | None
    frames_bits: Bits | None
    order_bits: Bits | None
    verdict: Verdict | None
    reason: str
    prior: str
    changing_share: Share | None
    guessed: bool
    unlike: bool
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A unit that was tried.

    Attributes
    ----------
    version : int
        Of this schema.
    content : str
        `engine.video.content_hash.content_id` of the video, "" where it could not be read.
    changed_ns : int
        Time of the last change of its file, 0 where there was none.
    error : str
        A sentence: why there is no result; empty where there is one.
    clip : ClipOutcome or None
    windows : tuple of WindowOutcome
    stretches : tuple of Stretch
        The evidence of each frame.
    label : str
        The class that the source gives, as the model calls it; empty where there is none.
    """

    version: int
    content: str
    changed_ns: int
    error: str = ""
    label: str = ""
    clip: ClipOutcome | None = None
    windows: tuple[WindowOutcome, ...] = field(default_factory=tuple)
    stretches: tuple[Stretch, ...] = field(default_factory=tuple)


def to_bytes(outcome: Outcome) -> bytes:
    """Return an outcome as its file holds it."""
    return json.dumps(to_plain(outcome), allow_nan=False).encode()


def read_outcome(place: Place, key: str) -> Outcome | None:
    """Return the outcome of a unit, None where there is no whole one.

    Raises
    ------
    EngineError
        If it cannot be read.
    """
    path = place.result(key)
    try:
        outcome = convert(parse_json(read_bounded(path, _MOST_BYTES)), Outcome, path.name)
    except FileNotFoundError:
        return None
    except ValueError:
        return None  # the computer went down while it was written
    except OSError as error:
        raise EngineError(f"{path} cannot be read ({error.strerror}).", "Check it.") from error
    return outcome if outcome.version == VERSION else None


def known(value: float) -> float | None:
    """Return a number, None for nan or infinity."""
    return float(value) if math.isfinite(value) else None
