from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cancel import Cancelled, CancelToken
from engine.errors import EngineError
from engine.motion import FLOWS, flow, flow_between, flows
from tests.engine.motion.rendered import pan_video, scene, shift, turn, yaw

CAMERAS = {
    "still": np.eye(3),
    "whole pan": shift(5, -2),
    "sub-pixel pan": shift(0.4, 0.3),
    "fast pan": shift(12.3, 4.6),
    "zoom": turn(0, zoom=1.03),
    "turn": turn(1.5),
    "yaw": yaw(1),
}


def off_by(flow: np.ndarray, truth: np.ndarray) -> float:
    return float(np.median(np.linalg.norm(flow - truth, axis=-1)))


@pytest.mark.parametrize("kind", FLOWS)
@pytest.mark.parametrize("camera", ["whole pan", "sub-pixel pan", "zoom", "turn"])
def test_flow_finds_a_known_motion(kind: str, camera: str) -> None:
    moved = scene(CAMERAS[camera])
    found = flow_between(*moved.frames, kind=kind)
    assert found.dtype == np.float32
    assert off_by(found, moved.background_flow) < 0.15


def test_fine_dis_is_closer_than_dis() -> None:
    moved = scene(shift(2.25, -1.5))  # OpenCV 4 renders in steps of 1/32 px
    rough, fine = (
        off_by(flow_between(*moved.frames, kind=kind), moved.background_flow)
        for kind in ("dis", "dis-fine")
    )
    assert fine < 0.8 * rough


@pytest.mark.parametrize("kind", FLOWS)
@given(height=st.integers(8, 40), width=st.integers(8, 70))
@settings(max_examples=15, deadline=None)
def test_flow_of_small_pictures_is_finite(kind: str, height: int, width: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    moved = np.roll(picture, 1, axis=1)
    for motion in flows([picture, moved], kind=kind):
        assert motion.flow.shape == (height, width, 2)
        assert np.isfinite(motion.residual).all()


def test_flow_reads_any_layout_and_leaves_the_pictures_alone() -> None:
    first, second = scene(shift(2, 1)).frames
    turned = [frame[:, ::-1] for frame in (first, second)]
    copies = [np.ascontiguousarray(frame) for frame in turned]
    for frame in (first, second):
        frame.setflags(write=False)
    assert np.array_equal(flow_between(*turned), flow_between(*copies))


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((40, 40), np.uint8),
        np.zeros((40, 40, 4), np.uint8),
        np.zeros((40, 40, 3), np.float32),
        np.zeros((7, 40, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
    ],
)
def test_flow_refuses_what_is_no_picture(frame: np.ndarray) -> None:
    with pytest.raises(EngineError) as error:
        flow_between(frame, frame)
    assert error.value.hint


def test_flow_refuses_pictures_of_two_sizes() -> None:
    first, second = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 48, 3), np.uint8)
    with pytest.raises(EngineError, match="differ in size: 40 x 40 and 48 x 40"):
        flow_between(first, second)
    with pytest.raises(EngineError, match="differ in size"):
        list(flows([first, first, second]))


def test_flows_refuses_an_unknown_kind_before_any_frame() -> None:
    with pytest.raises(EngineError, match="no optical flow of kind 'raft'"):
        flows([], kind="raft")


@pytest.mark.skipif("tv-l1" in FLOWS, reason="this OpenCV has it")
def test_tv_l1_names_the_package_it_needs() -> None:
    with pytest.raises(EngineError, match="tv-l1") as error:
        flows([], kind="tv-l1")
    assert "opencv-contrib-python-headless" in error.value.hint


def test_tv_l1_is_used_where_opencv_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneToTheRight:
        def calc(self, before: np.ndarray, after: np.ndarray, start: None) -> np.ndarray:
            return np.broadcast_to(np.array([1, 0], np.float32), (*before.shape, 2))

    monkeypatch.setattr(flow, "_make_tv_l1", OneToTheRight)
    monkeypatch.setattr(flow, "FLOWS", (*FLOWS, "tv-l1"))
    picture = np.zeros((8, 40, 3), np.uint8)
    assert (flow_between(picture, picture, kind="tv-l1") == (1, 0)).all()


@pytest.mark.parametrize("kind", FLOWS)
def test_flows_of_a_still_video_is_nothing(kind: str) -> None:
    picture = scene(np.eye(3)).frames[0]
    for motion in flows([picture] * 3, kind=kind):
        assert motion.energy < 0.02
        assert np.allclose(motion.camera, np.eye(3), atol=1e-3)
        assert motion.inlier_share > 0.95


@pytest.mark.parametrize("share", [0.2, 0.35])
@pytest.mark.parametrize("camera", CAMERAS)
def test_flows_takes_off_the_camera_and_leaves_the_object(camera: str, share: float) -> None:
    seen = scene(CAMERAS[camera], share, (-4.0, 2.5))
    motion = next(flows(seen.frames))
    assert np.median(motion.magnitude[~seen.on_object]) < 0.3
    on = seen.on_object
    assert off_by(motion.residual[on], seen.object_residual[on]) < 0.5
    assert 0.35 < motion.inlier_share < 0.9


@pytest.mark.parametrize("camera", ["still", "whole pan", "sub-pixel pan", "turn"])
def test_flows_takes_off_the_camera_in_noise(camera: str) -> None:
    seen = scene(CAMERAS[camera], 0.25, (-4.0, 2.5), noise=5)
    motion = next(flows(seen.frames))
    on = seen.on_object
    assert np.median(motion.magnitude[~on]) < 0.3
    assert off_by(motion.residual[on], seen.object_residual[on]) < 0.5


def test_flows_takes_off_the_camera_where_contrast_is_low() -> None:
    seen = scene(shift(3.5, 1.5), contrast=5)
    assert np.median(next(flows(seen.frames)).magnitude) < 0.3


def test_flows_keeps_everything_without_camera() -> None:
    seen = scene(shift(5, -2))
    motion = next(flows(seen.frames, camera=False))
    assert np.array_equal(motion.residual, motion.flow)
    assert np.array_equal(motion.camera, np.eye(3))
    assert np.isnan(motion.inlier_share)
    assert motion.energy == pytest.approx(np.hypot(5, 2), abs=0.2)


def test_flows_agrees_with_flow_between_and_with_itself() -> None:
    frames = scene(shift(5, -2), 0.2, (3, 3)).frames
    once, again = next(flows(frames)), next(flows(frames))
    assert np.array_equal(once.flow, flow_between(*frames))
    assert np.array_equal(once.camera, again.camera)
    assert np.array_equal(once.magnitude, np.linalg.norm(once.residual, axis=-1))


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_flows_gives_one_motion_a_frame(count: int) -> None:
    assert len(list(flows(pan_video(count, (2, 1))))) == count


def test_flows_repeats_the_last_motion() -> None:
    *_, before, last = flows(pan_video(3, (2, 1)))
    assert np.array_equal(before.flow, last.flow)


def test_flows_of_a_single_frame_is_zero() -> None:
    (motion,) = flows(pan_video(1, (2, 1)))
    assert motion.energy == 0
    assert np.isnan(motion.inlier_share)


def test_flows_of_blank_frames_is_zero() -> None:
    for motion in flows([np.full((40, 60, 3), 90, np.uint8)] * 2):
        assert motion.energy == 0
        assert np.array_equal(motion.camera, np.eye(3))


def test_flows_of_noise_alone_has_no_camera() -> None:
    random = np.random.default_rng(0)
    frames = [random.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(2)]
    motion = next(flows(frames))
    assert np.isnan(motion.inlier_share)
    assert np.array_equal(motion.residual, motion.flow)


def test_flows_gives_arrays_that_cannot_be_written() -> None:
    (motion,) = flows(pan_video(1, (2, 1)))
    for values in (motion.flow, motion.camera, motion.residual, motion.magnitude):
        assert not values.flags.writeable


def test_flows_reads_a_frame_only_when_it_is_needed() -> None:
    read = []

    def frames() -> Iterator[np.ndarray]:
        for index, frame in enumerate(pan_video(4, (2, 1))):
            read.append(index)
            yield frame

    next(flows(frames()))
    assert read == [0, 1]


def test_flows_stops_when_cancelled() -> None:
    token = CancelToken()
    running = flows(pan_video(4, (2, 1)), check=token.check)
    next(running)
    token.cancel()
    with pytest.raises(Cancelled):
        next(running)


def test_flows_checks_once_a_frame() -> None:
    checks: list[None] = []
    list(flows(pan_video(3, (2, 1)), check=lambda: checks.append(None)))
    assert len(checks) == 3
