"""The fixed test set: the same bytes as its checksums, and nothing that training sees."""

import json

from benchmarks.motion_figures.clip_store import SEEDS_APART
from benchmarks.motion_figures.testset import (
    CHOICE,
    MANIFEST,
    TEST,
    TEST_CLIPS,
    checksum,
    differing,
    is_held_out,
)
from engine.models.networks.figures import FIGURES_LABELS


def test_testset_is_drawn_here_byte_for_byte():
    assert differing(16) == []


def test_testset_manifest_covers_all_clips():
    document = json.loads(MANIFEST.read_text())
    assert len(document["sha256"]) == TEST_CLIPS
    assert document["first_seed"] == TEST.first_seed
    sums = [one[kind] for one in document["sha256"] for kind in ("any sign", "telling sign")]
    assert len(set(sums)) > TEST_CLIPS * 1.8  # where the free sign happens to tell, both are one


def test_differing_finds_a_changed_clip(monkeypatch):
    monkeypatch.setattr("benchmarks.motion_figures.testset.checksum", lambda clip: "0" * 16)
    assert differing(2) == [0, 1]


def test_splits_share_no_seed_with_each_other_or_with_training():
    assert TEST.first_seed + TEST_CLIPS <= CHOICE.first_seed
    assert CHOICE.first_seed + 10_000 < SEEDS_APART


def test_split_takes_turns_and_its_telling_clips_tell():
    clips = [TEST.clip(index, telling=True) for index in range(3)]
    assert [clip.activity for clip in clips] == list(FIGURES_LABELS[:3])
    assert all(clip.shown == clip.label for clip in clips)
    assert [is_held_out(index) for index in (0, 7, 8, 15, 16)] == [False, False, True, True, False]


def test_checksum_sees_frames_and_masks():
    clip = TEST.clip(5)
    assert checksum(clip) == checksum(TEST.clip(5))
    assert checksum(clip) != checksum(CHOICE.clip(5))
