from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from engine.errors import ExportError
from engine.export.job import ExportJob
from engine.export.timeline_picture import write_timeline
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from tests.engine.export.conftest import FRAMES

LOOK = ClipSettings("recommended", 1.0)


def test_timeline_is_a_png_or_an_svg_by_its_suffix(analysis: Analysis, tmp_path: Path) -> None:
    for name in ("a.png", "a.svg"):
        write_timeline(ExportJob(analysis, tmp_path / name, LOOK, (0, FRAMES)))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1600, 500)
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert root.tag.endswith("svg")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 10


def test_timeline_is_the_same_file_each_time(analysis: Analysis, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_timeline(ExportJob(analysis, tmp_path / name, LOOK, (2, 9)))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_timeline_of_a_range_is_another_picture(analysis: Analysis, tmp_path: Path) -> None:
    write_timeline(ExportJob(analysis, tmp_path / "a.png", LOOK, (0, FRAMES)))
    write_timeline(ExportJob(analysis, tmp_path / "b.png", LOOK, (2, 9)))
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def test_timeline_of_evidence_names_what_it_is_of(measured: Analysis, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        write_timeline(ExportJob(measured, path, LOOK, (0, FRAMES)))
    said = "".join(ET.parse(path).getroot().itertext())
    for text in ("motion share", "several pictures", "fake, boxing, 1 window", "4 stills"):
        assert text in said
    assert "changing share" not in said


def test_timeline_that_cannot_be_written_is_told(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be written"):
        write_timeline(ExportJob(analysis, tmp_path / "no" / "a.png", LOOK, (0, FRAMES)))
