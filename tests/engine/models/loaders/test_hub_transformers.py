from __future__ import annotations

import json
import pickle
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import ModelError
from engine.models.load import load_model
from engine.models.loaders.hub_transformers import load_transformer
from tests.engine.transformers import FRAMES, HUB, SIZE, save_checkpoint

transformers = pytest.importorskip("transformers")

RANGES = {"vivit": (-1.0, 1.0)}
RESIZED = {"vjepa2": int(SIZE * 256 / 224)}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fail whatever asks the network for anything."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("kind", HUB)
def test_a_saved_classifier_says_what_it_expects(kind: str, tmp_path: Path) -> None:
    model = load_transformer(save_checkpoint(kind, tmp_path), device="cpu")
    spec = model.spec
    assert spec.labels == tuple(f"LABEL_{index}" for index in range(5))
    assert (spec.frames, spec.crop) == (FRAMES, (SIZE, SIZE))
    assert spec.resize == RESIZED.get(kind, 36)
    assert spec.value_range == RANGES.get(kind, (0.0, 1.0))
    assert spec.stride is not None
    assert not model.module.training
    assert not any(part.requires_grad for part in model.module.parameters())


def test_a_classifier_of_several_labels_has_a_sigmoid(tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    assert load_transformer(folder, device="cpu").spec.activation == "softmax"
    edit(folder / "config.json", problem_type="multi_label_classification")
    assert load_transformer(folder, device="cpu").spec.activation == "sigmoid"


@pytest.mark.parametrize("kind", HUB)
@pytest.mark.parametrize("size", [(36, 36), (60, 80), (75, 51)])
def test_clips_are_what_the_processor_makes_of_them(
    kind: str, size: tuple[int, int], tmp_path: Path
) -> None:
    folder = save_checkpoint(kind, tmp_path)
    model = load_transformer(folder, device="cpu")
    video = np.random.default_rng(0).integers(0, 256, (FRAMES, *size, 3), dtype=np.uint8)
    processor = transformers.AutoVideoProcessor.from_pretrained(folder)
    (expected,) = processor([video], return_tensors="pt", do_sample_frames=False).values()
    (found,) = model.arguments(model.preprocess(video).tensor)
    low, high = model.spec.value_range
    level = (high - low) / 255 / min(model.spec.std)  # resizing may round the other way
    resized = size != (model.spec.resize, model.spec.resize)
    torch.testing.assert_close(found, expected, rtol=0, atol=1.01 * level if resized else 1e-5)
    assert (found - expected).abs().mean() < 0.2 * level


@pytest.mark.parametrize("kind", HUB)
def test_logits_are_those_of_the_library(kind: str, tmp_path: Path) -> None:
    folder = save_checkpoint(kind, tmp_path)
    model = load_transformer(folder, device="cpu")
    network = transformers.AutoModelForVideoClassification.from_pretrained(folder).eval()
    clip = torch.randn(2, 3, FRAMES, SIZE, SIZE)
    with torch.no_grad():
        found = model.module(*model.arguments(clip)).logits
        torch.testing.assert_close(found, network(clip.transpose(1, 2)).logits)


def test_labels_are_in_the_order_of_the_logits(tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    names = {str(index): f"name {index}" for index in (4, 3, 2, 1, 0)}
    edit(folder / "config.json", id2label=names, label2id={})
    assert load_transformer(folder, device="cpu").spec.label(3) == "name 3"


def test_a_rate_that_the_processor_knows_goes_before_the_stride(tmp_path: Path) -> None:
    folder = save_checkpoint("vjepa2", tmp_path)
    (settings,) = folder.glob("*processor_config.json")
    edit(settings, fps=5)
    spec = load_transformer(folder, device="cpu").spec
    assert (spec.fps, spec.stride) == (5, None)


def test_a_checkpoint_in_the_cache_of_the_hub_is_found_by_name(tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "models--someone--tiny"
    save_checkpoint("videomae", cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc")
    assert load_transformer("someone/tiny", device="cpu").spec.name == "someone/tiny"


def test_a_checkpoint_that_is_nowhere_is_not_downloaded(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither a folder nor in the cache") as caught:
        load_transformer("someone/else", device="cpu")
    assert "hf download someone/else" in caught.value.hint


@pytest.mark.parametrize("name", ["a/b/c/d", "no such folder", ""])
def test_what_is_no_name_either_is_told_the_same(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"neither a folder nor|no config.json"):
        load_transformer(name, device="cpu")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match="not installed") as caught:
        load_transformer("someone/tiny")
    assert 'pip install "motion-inspector[hf]"' in caught.value.hint


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="'bert', which is not known"):
        load_transformer(tmp_path, device="cpu")


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_transformer(tmp_path, device="cpu")


def test_a_checkpoint_without_a_classifier_is_refused(tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    whole = transformers.AutoModelForVideoClassification.from_pretrained(folder)
    whole.videomae.save_pretrained(folder)
    with pytest.raises(ModelError, match=r"not those of a classifier.*classifier"):
        load_transformer(folder, device="cpu")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id2label": {0: "play", 1: "service"}}, "classifier.* is .*5.* in the weights, .*2"),
        ({"tubelet_size": 1}, "patch_embeddings"),
    ],
)
def test_a_configuration_of_other_weights_is_refused_by_the_part_that_differs(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    edit(folder / "config.json", **change)
    with pytest.raises(ModelError, match=rf"do not fit its config.json: .*{told}") as caught:
        load_transformer(folder, device="cpu")
    assert "config.json" in caught.value.hint


def test_a_processor_of_another_size_is_refused(tmp_path: Path) -> None:
    folder = save_checkpoint("vivit", tmp_path)
    (settings,) = folder.glob("*processor_config.json")
    edit(settings, crop_size={"height": 24, "width": 24})
    with pytest.raises(ModelError, match="24x24, but the network takes 32x32"):
        load_transformer(folder, device="cpu")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_damaged_files_are_told_in_one_sentence(file: str, tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="cannot be read") as caught:
        load_transformer(folder, device="cpu")
    assert "\n" not in str(caught.value)


class Planted:
    """What a pickle would do when it is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(self.path),)


def test_pickles_are_never_run(tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    (folder / "model.safetensors").unlink()
    planted = Planted()
    planted.path = str(tmp_path / "ran")
    (folder / "pytorch_model.bin").write_bytes(
        pickle.dumps({"weight": planted, "more": bytes(10**6)})
    )
    with pytest.raises(ModelError, match="cannot be read"):
        load_transformer(folder, device="cpu")
    assert not (tmp_path / "ran").exists()


def test_weights_that_torch_saved_are_read(tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path)
    whole = transformers.AutoModelForVideoClassification.from_pretrained(folder)
    torch.save(whole.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    model = load_transformer(folder, device="cpu")
    torch.testing.assert_close(model.module.classifier.weight, whole.classifier.weight.detach())


def without_processor(folder: Path) -> Path:
    """A checkpoint as a training script leaves it that was given no processor."""
    save_checkpoint("videomae", folder)
    for path in folder.glob("*processor_config.json"):
        path.unlink()
    return folder


def test_a_folder_without_a_processor_asks_for_the_file_or_the_keys(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no preprocessor_config\.json") as caught:
        load_transformer(without_processor(tmp_path), device="cpu")
    assert caught.value.hint.startswith("Copy that file from the checkpoint")
    assert "resize, range, mean, std in a model card" in caught.value.hint


def test_the_keys_of_a_card_stand_for_a_processor(tmp_path: Path) -> None:
    without_processor(tmp_path / "mine")
    card = tmp_path / "mine.toml"
    card.write_text('network = "hf:mine"\nresize = 36\nrange = [0, 255]\nmean = [1, 2, 3]\n')
    with pytest.raises(ModelError, match="has no preprocessor") as caught:
        load_model(card, device="cpu")
    assert "or write std in a model card" in caught.value.hint
    card.write_text(card.read_text() + "std = 4\n")
    spec = load_model(card, device="cpu").spec
    assert (spec.frames, spec.crop, spec.resize) == (FRAMES, (SIZE, SIZE), 36)
    assert (spec.value_range, spec.mean, spec.std) == ((0, 255), (1, 2, 3), (4, 4, 4))
    assert spec.stride == 4


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
def test_code_that_a_checkpoint_names_is_not_run(file: str, tmp_path: Path) -> None:
    folder = save_checkpoint("videomae", tmp_path / "checkpoint")
    names = ("AutoConfig", "AutoModelForVideoClassification", "AutoProcessor", "AutoImageProcessor")
    mark = tmp_path / "ran.txt"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w').close()")
    edit(folder / file, auto_map={name: "evil.Evil" for name in (*names, "AutoVideoProcessor")})
    load_transformer(folder, device="cpu")
    edit(folder / "config.json", model_type="unheard_of")
    with pytest.raises(ModelError):
        load_transformer(folder, device="cpu")
    assert not mark.exists()
