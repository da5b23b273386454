"""Folders of the transformers library that ask for too much, or for code."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.loaders.hub_folders import check_files
from engine.models.loaders.hub_transformers import load_transformer
from tests.engine.transformers import save_checkpoint

pytest.importorskip("transformers")
HUGE = 10**9


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {k: save_checkpoint(k, tmp_path_factory.mktemp(k)) for k in ("videomae", "vjepa2")}


def copied(folder: Path, to: Path, **changes: Any) -> Path:
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    config = json.loads((to / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(config | changes))
    return to


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("videomae", {"hidden_size": HUGE}),
        ("videomae", {"num_hidden_layers": HUGE}),
        ("videomae", {"image_size": 10**6}),
        ("videomae", {"num_frames": HUGE}),
        ("videomae", {"num_labels": HUGE, "id2label": None}),
        ("vjepa2", {"crop_size": 10**6}),
        ("vjepa2", {"pred_num_mask_tokens": HUGE}),
        ("vjepa2", {"mlp_ratio": 1e9}),
        ("videomae", {"image_size": 14_000, "hidden_size": 768}),
        ("videomae", {"hidden_size": 49_152, "intermediate_size": 1}),
        ("vjepa2", {"pred_hidden_size": 24_576}),
        ("videomae", {"image_size": [1, 2, 3]}),
        ("vjepa2", {"num_attention_heads": 0, "image_size": "a"}),
    ],
)
def test_absurd_configurations_are_refused_by_cause(
    kind: str, changes: dict[str, Any], saved: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelError) as caught:
        load_transformer(copied(saved[kind], tmp_path, **changes), device="cpu")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation_internal"])
@pytest.mark.parametrize("value", ["someone/kernel:function", {"": "someone/kernel"}])
def test_code_of_the_hub_is_refused(key: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({key: value}))
    with pytest.raises(ModelError, match="asks for code of the hub"):
        check_files(tmp_path)


@pytest.mark.parametrize("part", ["../other.bin", "/etc/passwd", "pipe", "a/b.safetensors"])
def test_an_index_names_weights_beside_it_alone(part: str, tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": part}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="no file of weights beside it"):
        check_files(tmp_path)


def test_weights_that_unpack_to_more_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pytorch_model.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**27))
    with pytest.raises(ModelError, match="unpacks to"):
        check_files(tmp_path)


@pytest.mark.parametrize("content", ["[]", '{"size": {"height": 1000000, "width": 32}}'])
def test_processors_of_absurd_pictures_are_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(content)
    with pytest.raises(ModelError, match="preprocessor_config"):
        check_files(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "video_preprocessor_config.json")
    with pytest.raises(ModelError, match="it is a pipe"):
        check_files(tmp_path)
