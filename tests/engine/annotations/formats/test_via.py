from __future__ import annotations

import json
from typing import Any

import pytest

from engine.annotations.bouts import Bout
from engine.annotations.formats import via
from engine.errors import EngineError
from tests.engine.annotations.formats.samples import STEADY

ATTRIBUTES = {
    "1": {"aname": "TEMPORAL-SEGMENTS", "type": 4, "options": {"0": "walk", "1": "wave"}},
    "2": {"aname": "hands", "type": 2, "options": {"0": "left", "1": "right"}},
}


def project(metadata: dict[str, Any], files: tuple[str, ...] = ("walk.mp4",)) -> str:
    ids = [str(i) for i in range(1, len(files) + 1)]
    shown = zip(ids, files, strict=True)
    return json.dumps(
        {
            "project": {"vid_list": ids},
            "attribute": ATTRIBUTES,
            "file": {i: {"fid": i, "fname": name, "type": 4} for i, name in shown},
            "metadata": metadata,
            "view": {i: {"fid_list": [i]} for i in ids},
        }
    )


def segment(times: list[float], view: str = "1", **values: str) -> dict[str, Any]:
    named = {key.strip("_"): value for key, value in values.items()}
    return {"vid": view, "flg": 0, "z": times, "xy": [], "av": named}


def test_values_are_read_by_the_words_of_their_options() -> None:
    found = via.read_project(
        project({"a": segment([0.4, 1.0], _1="0", _2="0,1"), "b": segment([2.0], _1="1")}), STEADY
    )
    assert found == (
        Bout(10, 25, "left, right", "hands"),
        Bout(10, 25, "walk"),
        Bout(50, 51, "wave"),
    )


def test_view_of_the_video_is_taken_and_values_of_whole_files_are_not() -> None:
    metadata = {
        "a": segment([0.4, 1.0], "1", _1="0"),
        "b": segment([2.0, 3.0], "2", _1="1"),
        "c": segment([], "2", _1="0"),
    }
    text = project(metadata, ("other.mp4", "videos/walk.mp4"))
    assert via.read_project(text, STEADY) == (Bout(50, 75, "wave"),)
    with pytest.raises(EngineError, match=r"0 of 2 views show walk\.mp4"):
        via.read_project(project(metadata, ("other.mp4", "third.mp4")), STEADY)


def test_csv_without_words_for_its_attributes_is_read() -> None:
    text = (
        "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
        "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,"
        "metadata\n"
        '"1_a","[""walk.mp4""]","0","[0.4,1]","[]","{""1"":""walk""}"\n'
    )
    assert via.read_csv(text, STEADY) == (Bout(10, 25, "walk"),)


def test_annotations_of_pictures_are_refused() -> None:
    pictures = {"_via_settings": {}, "_via_img_metadata": {"a": {"filename": "a.jpg"}}}
    with pytest.raises(EngineError, match="not a project of VIA 3"):
        via.read_project(json.dumps(pictures), STEADY)
