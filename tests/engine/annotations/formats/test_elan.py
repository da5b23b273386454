from __future__ import annotations

import numpy as np
import pytest

from engine.annotations.bouts import Bout
from engine.annotations.formats import elan
from engine.annotations.formats.source import VideoTimes
from engine.annotations.frame_times import FrameTimes
from engine.errors import EngineError
from tests.engine.annotations.formats.samples import STEADY

TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///v/walk.mp4" MIME_TYPE="video/mp4"{origin}/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="400"/>
    <TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2000"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="hand">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>reach &amp; grasp</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE></ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="sub" TIER_ID="how" PARTICIPANT="Ann" PARENT_REF="hand">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a2">
      <ANNOTATION_VALUE>firm</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""


def read(text: str, origin: str = "") -> tuple[Bout, ...]:
    return elan.read(text.replace("{origin}", origin).encode(), STEADY)


def test_annotations_of_times_and_of_others_are_read() -> None:
    assert read(TEXT) == (
        Bout(10, 30, "reach & grasp", "hand"),  # a slot without time lies between the others
        Bout(30, 50, "firm", "Ann"),
    )


def test_time_origin_of_the_media_is_added() -> None:
    assert read(TEXT, ' TIME_ORIGIN="1000"')[0] == Bout(35, 55, "reach & grasp", "hand")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused_in_any_encoding(encoding: str) -> None:
    lines = TEXT.replace("{origin}", "").replace("UTF-8", encoding).splitlines()
    entity = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    raw = "\n".join([lines[0], entity, *lines[1:]]).replace("firm", "&b;").encode(encoding)
    with pytest.raises(EngineError, match="document type"):
        elan.read(raw, STEADY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("milliseconds", "frames"),
        ('TIME_VALUE="400"', 'TIME_VALUE="soon"'),
        ('ANNOTATION_REF="a2"', 'ANNOTATION_REF="a9"'),
        ('ANNOTATION_REF="a2"', 'ANNOTATION_REF="a3"'),  # of itself
        ('TIME_SLOT_REF1="ts1"', 'TIME_SLOT_REF1="ts9"'),
        ("ANNOTATION_DOCUMENT", "html"),
        ("</TIER>", ""),
        (' TIER_ID="hand"', ""),
    ],
)
def test_broken_files_are_refused(old: str, new: str) -> None:
    with pytest.raises(EngineError):
        read(TEXT.replace(old, new))


def test_frames_closer_than_milliseconds_are_refused() -> None:
    fast = VideoTimes("a.mp4", FrameTimes(np.arange(100) / 2000, 0.05), 2000.0)
    with pytest.raises(EngineError, match="whole milliseconds"):
        elan.write((Bout(0, 1, "x"),), fast)
