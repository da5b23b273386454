"""What a result is of, in words, and how that differs from what is asked for now. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.descriptions import MethodInfo
from engine.evidence.words import labels_text
from engine.store import Analysis, Header
from engine.types import Index, Request
from engine.utils.frame_ranges import range_text
from engine.windows import window_starts

_MOST_LABELS = 2
_TOP = "the top class"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the numbers of an analysis are of.

    Attributes
    ----------
    model, method : str
        Names for people.
    labels : tuple of str
        Classes explained, in the order of their first window.
    against : str or None
        Class that they are held against.
    first, last : int
        Frames of the video that are explained, both inside.
    part : str
        How much of it is explained by now: "4 of 18 windows", or "" for all.
    """

    model: str
    method: str
    labels: tuple[str, ...]
    against: str | None
    first: int
    last: int
    part: str = ""

    @property
    def title(self) -> str:
        """Method and classes: 'LRP of "walk"'."""
        return f"{self.method} of {classes_text(self.labels, self.against)}"

    @property
    def text(self) -> str:
        """Method, classes and range: 'LRP of "walk", frames 0-47'."""
        return f"{self.title}, {frames_text(self.first, self.last)}"

    @property
    def short_title(self) -> str:
        """The same with no more than one class by name: 'LRP of "walk" and 1 more'."""
        return f"{self.method} of {classes_text(self.labels, self.against, most=1)}"

    @property
    def short(self) -> str:
        """All that it is of, for the title of a pane: 'LRP of "walk", 0-47, figures'."""
        frames = range_text(self.first, self.last + 1)
        return ", ".join(filter(None, (self.short_title, frames, self.part, self.model)))

    @property
    def rest(self) -> str:
        """What `text` does not say: "4 of 18 windows, model figures"."""
        return ", ".join(filter(None, (self.part, f"model {self.model}")))

    @property
    def line(self) -> str:
        """All that it is of: 'LRP of "walk", frames 0-47, 4 of 18 windows, model figures'."""
        return f"{self.text}, {self.rest}"


def frames_text(first: int, last: int) -> str:
    """Return frames as "frames 0-47", both inside, or "frame 7"."""
    return f"frame{'' if first == last else 's'} {range_text(first, last + 1)}"


def classes_text(
    labels: Sequence[str], against: str | None = None, most: int = _MOST_LABELS
) -> str:
    """Return names of classes in quotes, and of the one that they are held against."""
    names = labels_text([f'"{label}"' for label in labels], most) or _TOP
    return names if against is None else f'{names} rather than "{against}"'


def subject_of(analysis: Analysis, methods: Mapping[str, MethodInfo]) -> Subject:
    """Return what an analysis is of, which may still grow."""
    header, windows = analysis.header, analysis.windows
    request, spec = header.request, header.spec
    labels = tuple(dict.fromkeys(spec.label(window.target) for window in windows))
    against = None if request.against is None else class_name(request.against, spec.labels)
    starts = window_starts(len(header.step_frames), spec.frames, request.overlap)
    return Subject(
        model=spec.name,
        method=method_title(request.method, methods),
        labels=labels,
        against=against,
        first=header.start,
        last=header.stop - 1,
        part="" if analysis.complete else f"{len(windows)} of {len(starts)} windows",
    )


def method_title(name: str, methods: Mapping[str, MethodInfo]) -> str:
    """Return the name of a method for people."""
    method = methods.get(name)
    return name if method is None else method.title


def class_name(target: Index | str, labels: Sequence[str]) -> str:
    """Return the name of a class that is given by index or name."""
    if isinstance(target, str):
        return target
    return labels[target] if target < len(labels) else f"class {target}"


def asked_instead(
    header: Header, asked: Request, methods: Mapping[str, MethodInfo]
) -> tuple[str, ...]:
    """Return what settings ask for that an analysis is not of: ("Grad-CAM", "frames 0-9").

    Parameters
    ----------
    header : Header
        Of the analysis.
    asked : Request
        The settings, their range resolved. Video, device and separation do not count.
    methods : mapping of str to MethodInfo
        For names, and the usual values of options.
    """
    made = header.request
    if made.model != asked.model:
        found = [f"model {_short(asked.model)}"]
    else:
        found = _of_model(header, asked)
    if made.method != asked.method:
        found.append(method_title(asked.method, methods))
    elif _options(made, methods) != _options(asked, methods):
        found.append("other options of the method")
    if asked.frames not in (None, (header.start, header.stop)):
        found.append(frames_text(asked.frames[0], asked.frames[1] - 1))
    if made.evidence != asked.evidence:
        found.append(f"evidence {asked.evidence}")
    if made.keep_cuts != asked.keep_cuts:
        found.append("windows across cuts counted" if asked.keep_cuts else "none across cuts")
    return tuple(found)


def _of_model(header: Header, asked: Request) -> list[str]:
    """Return what differs in settings that mean something for one model only."""
    made, labels, found = header.request, header.spec.labels, []
    if made.weights != asked.weights:
        found.append("its own weights" if asked.weights is None else asked.weights.name)
    if made.labels != asked.labels:
        found.append("other names of classes")
    target, against = _name(asked.target, labels), _name(asked.against, labels)
    if _name(made.target, labels) != target:
        found.append(_TOP if target is None else f'"{target}"')
    if _name(made.against, labels) != against:
        found.append("no contrast" if against is None else f'contrast with "{against}"')
    if made.step != asked.step:
        found.append("the usual time step" if asked.step is None else f"time step {asked.step}")
    if made.input != asked.input:
        found.append("all inputs" if asked.input is None else f"input {asked.input}")
    if made.prior != asked.prior:
        found.append("the usual prior" if asked.prior is None else f"prior {asked.prior.name}")
    return found


def _name(target: Index | str | None, labels: Sequence[str]) -> str | None:
    return None if target is None else class_name(target, labels)


def _options(request: Request, methods: Mapping[str, MethodInfo]) -> dict[str, object]:
    method = methods.get(request.method)
    usual = {} if method is None else {each.name: each.default for each in method.options}
    return {**usual, **dict(request.options)}


def _short(model: str) -> str:
    """Return the name of a model, which may be the path of its card."""
    return model.replace("\\", "/").rpartition("/")[2]
