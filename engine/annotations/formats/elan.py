"""Annotations of ELAN (``.eaf``), after "EAF Annotation Format 3.0" of the Max Planck Institute.

XML is read as a stream, and a document type is refused: without one there are no entities that
could grow or lead to other files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from engine.annotations.bouts import MOST_BOUTS, MOST_LETTERS, Bout, require_few
from engine.annotations.formats.source import (
    Span,
    VideoTimes,
    bouts_of,
    file_name,
    number,
    spans_of,
)
from engine.errors import EngineError

_NOBODY = "default"
"""The tier of a new file of ELAN."""
_TYPE = "default-lt"
_HINT = "Save it with ELAN again."
_MOST_SLOTS = 4 * MOST_BOUTS


@dataclass(slots=True)
class _Annotation:
    """An annotation as the file has it: of two time slots, or of another annotation."""

    tier: str
    slots: tuple[str, str] = ("", "")
    parent: str = ""
    value: str = ""


@dataclass(slots=True)
class _Document:
    """The parts of a file that bouts are made of."""

    units: str = "milliseconds"
    media: list[tuple[str, str]] = field(default_factory=list)
    slots: dict[str, float] = field(default_factory=dict)
    annotations: dict[str, _Annotation] = field(default_factory=dict)


def read(raw: bytes, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the annotations with a value as bouts; tier or participant is the subject.

    Annotations of other annotations have the times of those.

    Raises
    ------
    EngineError
        If it is no such file, has a document type, or its times cannot be told.
    """
    document = _parsed(raw)
    if document.units != "milliseconds":
        raise EngineError(f"Its times are in {document.units[:40]}.", "Save it in milliseconds.")
    origin_s = _origin_s(document, video.name)
    times_s = _slot_times(document.slots)
    spans = []
    for annotation in document.annotations.values():
        if annotation.value.strip():
            start, stop = (times_s[slot] for slot in _slots(annotation, document))
            spans.append(Span(start + origin_s, stop + origin_s, annotation.value, annotation.tier))
    return bouts_of(spans, video.times)


def write(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return a file with a tier for each subject, and more where their bouts overlap.

    Comments are left out: ELAN has none.

    Raises
    ------
    EngineError
        If whole milliseconds, which ELAN has, do not tell the frames apart.
    """
    if not video.times.keeps_milliseconds:
        raise EngineError(
            "Frames are closer than the whole milliseconds of ELAN.", "Write BORIS, VIA or CSV."
        )
    root = _root(video)
    order = ElementTree.SubElement(root, "TIME_ORDER")
    count = 0
    for tier, subject, spans in _tiers(list(spans_of(bouts, video.times))):
        element = ElementTree.SubElement(root, "TIER", TIER_ID=tier, LINGUISTIC_TYPE_REF=_TYPE)
        if subject:
            element.set("PARTICIPANT", subject)
        for span in spans:
            count += 1
            _add(element, order, span, count)
    ElementTree.SubElement(
        root,
        "LINGUISTIC_TYPE",
        LINGUISTIC_TYPE_ID=_TYPE,
        TIME_ALIGNABLE="true",
        GRAPHIC_REFERENCES="false",
    )
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


class _Reader:
    """Takes what bouts are made of from the stream of elements."""

    def __init__(self) -> None:
        self.document = _Document()
        self._tier = ""
        self._annotation: _Annotation | None = None
        self._value: list[str] | None = None
        self._is_first = True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if self._is_first and name != "ANNOTATION_DOCUMENT":
            raise EngineError("It is not a file of ELAN.", "Choose an .eaf file.")
        self._is_first = False
        document = self.document
        if name == "HEADER":
            document.units = attributes.get("TIME_UNITS", document.units)
        elif name == "MEDIA_DESCRIPTOR":
            url = file_name(attributes.get("MEDIA_URL", ""))
            document.media.append((url, attributes.get("TIME_ORIGIN", "0")))
        elif name == "TIME_SLOT":
            document.slots[attributes["TIME_SLOT_ID"]] = _value_s(attributes.get("TIME_VALUE"))
            if len(document.slots) > _MOST_SLOTS:
                require_few(len(document.slots) // 2)
        elif name == "TIER":
            self._tier = attributes.get("PARTICIPANT") or _subject(attributes["TIER_ID"])
        elif name in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
            self._begin(attributes)
        elif name == "ANNOTATION_VALUE":
            self._value = []

    def _begin(self, attributes: dict[str, str]) -> None:
        slots = attributes.get("TIME_SLOT_REF1", ""), attributes.get("TIME_SLOT_REF2", "")
        parent = attributes.get("ANNOTATION_REF", "")
        self._annotation = _Annotation(self._tier, slots, parent)
        self.document.annotations[attributes["ANNOTATION_ID"]] = self._annotation
        require_few(len(self.document.annotations))

    def text(self, text: str) -> None:
        """Take a part of a text."""
        if self._value is not None and sum(map(len, self._value)) <= 4 * MOST_LETTERS:
            self._value.append(text)

    def end(self, name: str) -> None:
        """End an element."""
        if name == "ANNOTATION_VALUE" and self._value is not None:
            if self._annotation is not None:
                self._annotation.value = "".join(self._value)
            self._value = None


def _parsed(raw: bytes) -> _Document:
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise EngineError(f"It is not whole XML: {error}.", _HINT) from error
    except (KeyError, LookupError, ValueError) as error:
        raise EngineError(f"It is not a file of ELAN: {error}.", _HINT) from error
    return reader.document


def _refuse_doctype(*_: object) -> None:
    raise EngineError(
        "It declares a document type, which may have entities.", "Remove the line <!DOCTYPE ...>."
    )


def _value_s(text: str | None) -> float:
    return float("nan") if text is None else number(text, "time in milliseconds") / 1000


def _origin_s(document: _Document, video: str) -> float:
    """Return when the annotations begin in the video."""
    origins = [origin for name, origin in document.media if name == video]
    origins += [origin for _, origin in document.media[:1]]
    return number(origins[0], "time origin") / 1000 if origins else 0.0


def _slot_times(slots: dict[str, float]) -> dict[str, float]:
    """Return the time of each slot; those without one lie evenly between their neighbours."""
    values = np.array(list(slots.values()))
    known = np.flatnonzero(np.isfinite(values))
    if len(known):
        values = np.interp(np.arange(len(values)), known, values[known])
    return dict(zip(slots, map(float, values), strict=True))


def _slots(annotation: _Annotation, document: _Document) -> tuple[str, str]:
    """Return the time slots of an annotation, or those of the one that it is of."""
    for _ in document.annotations:
        if not annotation.parent:
            break
        if annotation.parent not in document.annotations:
            raise EngineError(f"There is no annotation {annotation.parent[:40]}.", _HINT)
        annotation = document.annotations[annotation.parent]
    missing = [slot for slot in annotation.slots if slot not in document.slots]
    if missing:
        raise EngineError(f"An annotation has no time: '{annotation.value[:40]}'.", _HINT)
    return annotation.slots


def _subject(tier: str) -> str:
    return "" if tier == _NOBODY or tier.startswith(f"{_NOBODY}-") else tier


def _root(video: VideoTimes) -> ElementTree.Element:
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "",
            "DATE": "1970-01-01T00:00:00+00:00",
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    ElementTree.SubElement(
        header,
        "MEDIA_DESCRIPTOR",
        MEDIA_URL=f"./{video.name}",
        RELATIVE_MEDIA_URL=f"./{video.name}",
        MIME_TYPE="video/mp4" if video.name.casefold().endswith(".mp4") else "video/*",
    )
    return root


def _tiers(spans: list[Span]) -> list[tuple[str, str, list[Span]]]:
    """Return name, subject and spans of tiers, in which no two spans overlap."""
    tiers: dict[tuple[str, int], list[Span]] = {}
    for span in spans:
        row = 0
        while (span.subject, row) in tiers and (tiers[span.subject, row][-1].stop_s > span.start_s):
            row += 1
        tiers.setdefault((span.subject, row), []).append(span)
    names = ((subject or _NOBODY) + (f"-{row + 1}" if row else "") for subject, row in tiers)
    keys = zip(_once_each(names), tiers.items(), strict=True)
    return [(name, subject, found) for name, ((subject, _), found) in keys]


def _once_each(names: Iterable[str]) -> list[str]:
    used: dict[str, None] = {}
    for name in names:
        while name in used:
            name += "-"
        used[name] = None
    return list(used)


def _add(tier: ElementTree.Element, order: ElementTree.Element, span: Span, count: int) -> None:
    ids = f"ts{2 * count - 1}", f"ts{2 * count}"
    for name, time_s in zip(ids, (span.start_s, span.stop_s), strict=True):
        value = str(round(time_s * 1000))
        ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=value)
    outer = ElementTree.SubElement(tier, "ANNOTATION")
    inner = ElementTree.SubElement(
        outer,
        "ALIGNABLE_ANNOTATION",
        ANNOTATION_ID=f"a{count}",
        TIME_SLOT_REF1=ids[0],
        TIME_SLOT_REF2=ids[1],
    )
    ElementTree.SubElement(inner, "ANNOTATION_VALUE").text = span.label
