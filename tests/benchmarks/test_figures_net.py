"""The bundled network, its weights and the bundled clip."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import resources
from benchmarks.motion_figures.accuracy import accuracy_of
from benchmarks.motion_figures.augment import augment, normalise
from benchmarks.motion_figures.demo import BLEND_FRAMES, SEGMENT_FRAMES, SEGMENTS
from benchmarks.motion_figures.familiar import calibrated
from benchmarks.motion_figures.networks import load_network
from benchmarks.motion_figures.testset import CHOICE
from engine.models.networks.figures import FIGURES_FRAMES, FIGURES_LABELS, FIGURES_SIZE, FiguresNet

RESOURCES = Path(resources.__file__).parent


@pytest.fixture(scope="module")
def bundled():
    return load_network("figures", RESOURCES / "figures.safetensors")


@pytest.fixture(scope="module")
def demo_frames():
    with av.open(RESOURCES / "demo.mp4") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_network_maps_a_clip_to_eight_logits_and_keeps_time():
    network = FiguresNet().eval()
    clip = torch.zeros(2, 3, FIGURES_FRAMES, FIGURES_SIZE, FIGURES_SIZE)
    with torch.inference_mode():
        assert network(clip).shape == (2, len(FIGURES_LABELS))
        assert network.features(clip).shape == (2, 128, FIGURES_FRAMES, 7, 7)


def test_network_is_small():
    assert sum(weight.numel() for weight in FiguresNet().parameters()) < 1_100_000


def test_augment_scales_and_normalises():
    frames = np.full((4, 40, 40, 3), 127, np.uint8)
    clip = augment(frames, np.random.default_rng(0), 32)
    assert clip.shape == (3, 4, 32, 32)
    assert clip.abs().max() < 1.0


def test_bundled_weights_are_small_half_precision():
    path = RESOURCES / "figures.safetensors"
    assert path.stat().st_size < 4_000_000
    kinds = {weight.dtype for weight in load_file(path).values() if weight.is_floating_point()}
    assert kinds == {torch.float16}


def test_bundled_record_says_how_the_weights_were_made(bundled):
    record = json.loads((RESOURCES / "figures.json").read_text())
    assert tuple(record["labels"]) == FIGURES_LABELS
    assert record["command"].startswith("python -m benchmarks.motion_figures figures")
    assert record["parameters"] == sum(weight.numel() for weight in bundled.parameters())


def test_bundled_network_names_clips_that_it_was_not_trained_on(bundled):
    found = accuracy_of(bundled, 48, CHOICE)
    assert found.right.mean() >= 0.9
    assert found.unseen().value >= 0.85


def test_bundled_limit_of_familiarity_tells_clips_with_nobody_in_them(bundled):
    record = json.loads((RESOURCES / "figures.json").read_text())
    assert record["area_under_roc"]["highest logit"] >= 0.97
    assert calibrated(bundled, 24)["area_under_roc"]["highest logit"] >= 0.95


def test_demo_clip_is_small_and_plays_for_ten_seconds(demo_frames):
    assert (RESOURCES / "demo.mp4").stat().st_size <= 1_500_000
    assert len(demo_frames) == SEGMENT_FRAMES * len(SEGMENTS) == 150
    assert demo_frames[0].shape == (360, 480, 3)


@pytest.mark.parametrize("number", range(len(SEGMENTS)))
def test_bundled_network_names_each_segment_of_the_demo(bundled, demo_frames, number):
    start = number * SEGMENT_FRAMES + (SEGMENT_FRAMES - FIGURES_FRAMES) // 2
    assert start - number * SEGMENT_FRAMES >= BLEND_FRAMES // 2
    window = demo_frames[start : start + FIGURES_FRAMES]
    small = np.stack([cv2.resize(frame, (149, FIGURES_SIZE)) for frame in window])
    left = (small.shape[2] - FIGURES_SIZE) // 2
    with torch.inference_mode():
        logits = bundled(normalise(small[:, :, left : left + FIGURES_SIZE])[None])[0]
    answer = FIGURES_LABELS[int(logits.argmax())]
    assert answer == SEGMENTS[number].activity
    assert float(torch.softmax(logits, 0).max()) > 0.8
