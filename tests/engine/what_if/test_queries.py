from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.annotations.region_masks import seen_mask
from engine.annotations.regions import Box, Region, Stroke
from engine.cancel import Cancelled, CancelToken
from engine.errors import EngineError
from engine.metrics import mass_accuracy, rank_accuracy
from engine.store import Analysis
from engine.what_if.queries import MOST_FRAMES_MEASURED, region_agreement
from tests.engine.store.analyses import CROP, header_of, noise, window_of

STEPS, START = 24, 100
LEFT = Region((Box(0, 10_000, 0.0, 0.0, 0.5, 1.0),))


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    made = Analysis.create(header_of(STEPS, start=START), tmp_path)
    windows = [window_of(made.header, first) for first in range(0, STEPS, 8)]
    made.append(windows, noise(STEPS))
    return made


def test_region_agreement_is_mass_and_rank_accuracy_on_the_painted_frames(
    analysis: Analysis,
) -> None:
    region = Region((Box(105, 112, 0.2, 0.1, 0.6, 0.7),))
    found = region_agreement(analysis, region, "recommended", 1.0)
    header = analysis.header
    where = np.stack(
        [seen_mask(region, frame, header.size, header.seen, CROP) for frame in range(105, 112)]
    )
    maps = analysis.separation("recommended").frames(5, 12, 1.0)
    for accuracies, values in ((found.relevance, maps.relevance), (found.motion, maps.motion)):
        assert accuracies == pytest.approx(
            (mass_accuracy(values, where), rank_accuracy(values, where))
        )
    assert found.area == pytest.approx(where.mean())
    assert found.frames == 7


def test_region_agreement_of_all_that_is_seen_is_one(analysis: Analysis) -> None:
    everything = Region((Box(0, 10_000, 0.0, 0.0, 1.0, 1.0),))
    found = region_agreement(analysis, everything, "recommended", 0.5)
    assert found.relevance == found.motion == (1, 1)
    assert found.area == 1
    assert found.frames == STEPS


def test_region_agreement_has_no_motion_where_the_threshold_leaves_none(analysis: Analysis) -> None:
    found = region_agreement(analysis, LEFT, "recommended", 1000.0)
    assert np.isnan(found.motion[0])
    assert np.isfinite(found.relevance).all()


def test_region_agreement_looks_only_at_frames_with_something_on_them(analysis: Analysis) -> None:
    boxes = Box(102, 103, 0, 0, 0.5, 1), Box(110, 111, 0, 0, 0.5, 1)
    assert region_agreement(analysis, Region(boxes), "recommended", 1.0).frames == 2


def test_region_agreement_takes_so_many_frames_of_a_long_region(tmp_path: Path) -> None:
    steps = 3 * MOST_FRAMES_MEASURED
    made = Analysis.create(header_of(steps), tmp_path)
    made.append([window_of(made.header, first) for first in range(0, steps, 8)], noise(steps))
    assert region_agreement(made, LEFT, "recommended", 1.0).frames == MOST_FRAMES_MEASURED


@pytest.mark.parametrize(
    "region",
    [
        Region(),
        Region((Box(0, START, 0, 0, 1, 1),)),  # before the range
        Region((Box(START, START + 5, 0.0, 0.0, 0.05, 1.0),)),  # beside the crop
        Region((Stroke(0, 10_000, ((0.5, 0.5),), 0.1, erases=True),)),
    ],
)
def test_region_agreement_refuses_a_region_without_relevance(
    analysis: Analysis, region: Region
) -> None:
    with pytest.raises(EngineError, match="Nothing is painted") as caught:
        region_agreement(analysis, region, "recommended", 1.0)
    assert caught.value.hint


def test_region_agreement_stops_when_cancelled(analysis: Analysis) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        region_agreement(analysis, LEFT, "recommended", 1.0, token.check)
