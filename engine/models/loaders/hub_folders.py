"""Folders of the transformers library, checked before it reads them or takes any memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from engine.errors import EngineError, ModelError
from engine.models.weights.file_sizes import check_archive
from engine.utils.bounded_files import open_regular, read_bounded
from engine.utils.schema import SchemaError, parse_json

CONFIG = "config.json"
PROCESSOR_FILES = (
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "processor_config.json",
)
_INDEX = ".index.json"
_MOST_BYTES = 2**24
_WEIGHTS = (".safetensors", ".bin")
_MOST_OF_USUAL = 64
"""A configuration may have this many times what its architecture has by default."""
_MOST_CLASSES = 2**20
_MOST_PICTURE_PX = 2048
_ADVICE = "Download it again, or save it again with save_pretrained."


def check_files(folder: Path) -> None:
    """Refuse what the library would read without end, from elsewhere, or as code.

    Raises
    ------
    ModelError
        For pipes, devices, endless or deep JSON, weights that unpack to more than they take,
        weights elsewhere, parts of the network that the hub would have code for, and pictures
        of absurd sizes.
    """
    for path in sorted(folder.iterdir()):
        try:
            if path.name == CONFIG or path.name.endswith(_INDEX) or path.name in PROCESSOR_FILES:
                wrong = _wrong(path.name, parse_json(read_bounded(path, _MOST_BYTES)))
            elif path.suffix in _WEIGHTS:
                open_regular(path).close()
                wrong = _bomb(path)
            else:
                continue
        except OSError as error:
            wrong = f"cannot be read ({error.strerror or error})"
        except SchemaError as error:
            wrong = f"cannot be used: {error}"
        if wrong:
            text = f"The model in {folder} cannot be read: its {path.name} {wrong}."
            raise ModelError(text, _ADVICE)


def check_sizes(folder: Path, config: Any) -> None:
    """Refuse a configuration of a network that is larger than the weights in its folder.

    Parameters
    ----------
    config : PretrainedConfig
        Of one of the architectures that are known here.

    Raises
    ------
    ModelError
        If it has absurd numbers, or fewer bytes of weights than numbers that it needs.
    """
    for name, usual in type(config)().to_dict().items():
        largest, most = _largest(getattr(config, name)), _MOST_OF_USUAL * _largest(usual)
        if 0 < most < largest:
            raise ModelError(
                f"The model in {folder} cannot be read: {name} = {largest} in its {CONFIG} is "
                f"more than {most}.",
                f"Copy {CONFIG} from the training of these weights.",
            )
    held = sum(path.stat().st_size for path in folder.iterdir() if path.suffix in _WEIGHTS)
    if (needed := _numbers(config)) > held > 0:
        raise ModelError(
            f"The weights in {folder} do not fit its {CONFIG}: it takes at least {needed} numbers, "
            f"but the weights are {held} bytes.",
            f"Copy {CONFIG} from the training of these weights, and take all their parts.",
        )


def _wrong(name: str, content: Any) -> str:
    """Return what is wrong with a JSON file of a name, or nothing."""
    if not isinstance(content, dict):
        return "is no table"
    if name.endswith(_INDEX):
        listed = content.get("weight_map")
        parts = set(map(str, listed.values())) if isinstance(listed, dict) else set()
        bad = next((part for part in parts if not _is_part(part)), None)
        return "" if bad is None else f"names {bad!r}, which is no file of weights beside it"
    if name == CONFIG:
        return _wrong_config(content)
    sides = (value for key, value in content.items() if "size" in key or "edge" in key)
    widest = max(map(_largest, sides), default=0)
    return f"makes pictures of {widest} pixels" if widest > _MOST_PICTURE_PX else ""


def _wrong_config(content: Mapping[str, Any]) -> str:
    for key, value in content.items():
        asks = "_implementation" in key or key == "kernel_config"
        if asks and any("/" in text for text in _texts(value)):
            return f"asks for code of the hub ({key}), which is never run"
    classes = _largest(content.get("num_labels"))
    return f"has {classes} classes" if classes > _MOST_CLASSES else ""


def _is_part(name: str) -> bool:
    return name == Path(name).name and Path(name).suffix in _WEIGHTS


def _bomb(path: Path) -> str:
    """Return what is wrong with an archive of weights; other files hold what they claim."""
    if path.suffix != ".bin" or not zipfile.is_zipfile(path):
        return ""
    try:
        check_archive(path)
    except (EngineError, zipfile.BadZipFile) as error:
        return f"cannot be used: {str(error).rstrip('.')}"
    return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from (str(key), *_texts(part))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif value is not None:
        yield str(value)


def _largest(value: Any) -> float:
    """Return the largest number in a value, 0 where there is none."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return max(map(_largest, value), default=0)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _numbers(config: Any) -> int:
    """Return how many numbers a network has at the least: of its layers, places and classes."""
    width = int(config.hidden_size)
    inner = int(getattr(config, "intermediate_size", 0))
    layers = int(config.num_hidden_layers) * (4 * width**2 + 2 * width * inner)
    predicted = getattr(config, "pred_num_hidden_layers", 0) * 4 * _predicted_width(config) ** 2
    pooled = getattr(config, "num_pooler_layers", 0) * 4 * width**2
    return int(layers + predicted + pooled + (_places(config) + len(config.id2label)) * width)


def _predicted_width(config: Any) -> int:
    return int(getattr(config, "pred_hidden_size", 0))


def _places(config: Any) -> int:
    """Return how many tokens a clip has, 0 where their places are no numbers of the network."""
    if config.model_type == "vjepa2":  # its queries are turned by angles
        return 0
    ends = [config.num_frames, *_both(config.image_size)]
    time = getattr(config, "tubelet_size", 1)  # of ViViT all three steps
    steps = time if isinstance(time, list | tuple) else [time, *_both(config.patch_size)]
    return prod(
        max(1, int(end) // max(1, int(step))) for end, step in zip(ends, steps, strict=True)
    )


def _both(size: Any) -> list[Any]:
    """Return height and width of what may be given as one number."""
    return list(size) if isinstance(size, list | tuple) else [size, size]
