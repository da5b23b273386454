from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import VideoError
from engine.store import Analysis
from engine.types import Request
from engine.video.content_hash import content_id
from inspector.commands.explain import explain_to
from tests.clips import moving_square, write_clip
from tests.engine.store.analyses import filled


def test_results_are_not_drawn_over_a_video_that_was_changed_after_it_was_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path / "square.mp4", moving_square(8))

    def explain(request: Request, _: object) -> Analysis:
        analysis = filled(tmp_path / "work", steps=8)
        found = replace(analysis.header.request, video=request.video)
        analysis.header = replace(analysis.header, request=found, content=content_id(clip))
        write_clip(clip, moving_square(8)[::-1])
        return analysis

    monkeypatch.setattr("engine.pipeline.explain", explain)
    with pytest.raises(VideoError, match="is not the video that was explained"):
        explain_to(Request(video=clip), tmp_path / "results")
    assert not (tmp_path / "results").exists()
