"""Training: the same plan gives the same weights, also after an interruption."""

import numpy as np
import pytest
import torch

from benchmarks.motion_figures import clip_store
from benchmarks.motion_figures.augment import augment
from benchmarks.motion_figures.clip_store import rendered
from benchmarks.motion_figures.networks import (
    NETWORKS,
    FullPrecision,
    load_network,
    save_weights,
    watch_change,
)
from benchmarks.motion_figures.training import Clips, Plan, train
from engine.models.networks.figures import FiguresNet


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def some_clips(unlike: int = 2) -> Clips:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (24 + unlike, 4, 36, 36, 3), dtype=np.uint8)
    return Clips(list(frames[:24]), np.arange(24) % 8, list(frames[24:]))


def bytes_of(network: torch.nn.Module, path) -> bytes:
    save_weights(network, path)
    return path.read_bytes()


def test_train_twice_gives_the_same_file(tmp_path):
    plan = Plan(3, (32, 32), threads=1)
    files = [
        bytes_of(train(FiguresNet, plan, some_clips(), tmp_path / f"{i}.state"), tmp_path / "w")
        for i in range(2)
    ]
    other = train(FiguresNet, Plan(4, (32, 32), threads=1), some_clips(), tmp_path / "other.state")
    assert files[0] == files[1]
    assert bytes_of(other, tmp_path / "w") != files[0]


def test_train_goes_on_where_it_was_interrupted(tmp_path, monkeypatch):
    plan = Plan(3, (32, 32), clips=(24, 16), threads=1)
    whole = bytes_of(train(FiguresNet, plan, some_clips(), tmp_path / "a.state"), tmp_path / "w")

    class Interrupted(Exception):
        pass

    def second_epoch_fails(clip, rng, size, recolour):
        calls.append(size)
        if len(calls) > 30:
            raise Interrupted
        return augment(clip, rng, size, recolour)

    calls: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.motion_figures.training.augment", second_epoch_fails)
        with pytest.raises(Interrupted):
            train(FiguresNet, plan, some_clips(), tmp_path / "b.state")
    resumed = train(FiguresNet, plan, some_clips(), tmp_path / "b.state")
    assert bytes_of(resumed, tmp_path / "w") == whole


def test_train_needs_no_unlike_clips_and_ends_ready_to_answer(tmp_path):
    plan = Plan(1, (32,), recolour=False, threads=1)
    network = train(FiguresNet, plan, some_clips(unlike=0), tmp_path / "state")
    assert not any(module.training for module in network.modules())
    assert (tmp_path / "state").exists()


class Blunted(FiguresNet):
    """Its gradient is not a number."""

    def forward(self, clip):
        logits = super().forward(clip)
        logits.register_hook(lambda gradient: gradient * torch.nan)
        return logits


def test_train_stops_at_a_gradient_that_is_no_number(tmp_path):
    with pytest.raises(RuntimeError, match="non-finite"):
        train(Blunted, Plan(1, (32,), threads=1), some_clips(), tmp_path / "state")


def test_full_precision_is_left_out_of_mixed_precision():
    layer = torch.nn.Conv3d(2, 2, 1)
    clip = torch.randn(1, 2, 3, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(clip).dtype == torch.bfloat16
        kept = FullPrecision(layer)(clip.bfloat16())
    assert kept.dtype == torch.float32
    assert torch.equal(kept, layer(clip.bfloat16().float()))


def test_rendered_clips_are_kept_and_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_store, "SHARD", 2)
    first = rendered("any sign", 1, 2, tmp_path)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
    assert list(made) == ["any-sign-1-0-2.npy"]
    more = rendered("any sign", 1, 4, tmp_path)
    assert len(more) == 4
    assert all((tmp_path / name).stat().st_mtime_ns == at for name, at in made.items())
    np.testing.assert_array_equal(first[1], more[1])


def test_saved_weights_are_halved_and_load_again(tmp_path):
    torch.manual_seed(0)
    network = NETWORKS["figures"]().eval()
    save_weights(network, tmp_path / "w.safetensors")
    again = load_network("figures", tmp_path / "w.safetensors")
    clip = torch.randn(1, 3, 4, 32, 32)
    with torch.inference_mode():
        assert again(clip) == pytest.approx(network(clip), abs=2e-2)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_watch_change_starts_filters_that_sum_to_zero_over_time():
    weight = torch.nn.Parameter(torch.randn(8, 3, 3, 5, 5))
    watch_change(weight)
    sums = weight.detach().sum(dim=2).abs().amax(dim=(1, 2, 3))
    assert (sums[:6] < 1e-6).all()
    assert (sums[6:] > 1e-3).all()
