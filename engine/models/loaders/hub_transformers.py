"""Video classifiers of the transformers library, from a folder or the cache of the hub.

They come with the optional extra ``hf``. Nothing is downloaded, and no code of a checkpoint runs.
What a network expects is asked of its own processor: by what it makes of a black and a white
frame, as some shift the range of values by a rule that stands only in their code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from engine.cancel import Check, never
from engine.errors import ModelError
from engine.models.cards.card import ModelCard
from engine.models.cards.card_schema import CARD_KEYS
from engine.models.devices import move, resolve_device
from engine.models.loaders.hub_folders import CONFIG, PROCESSOR_FILES, check_files, check_sizes
from engine.models.model import VideoModel
from engine.models.preprocess.input_layout import TokenGrid, packing
from engine.models.weights.safetensors_file import FLOATS, tensors_listed
from engine.types import ModelSpec, Progress, Report, unreported

_HINT = 'Install it with: pip install "motion-inspector[hf]"'


@dataclass(frozen=True, slots=True)
class _Kind:
    """Facts of an architecture that its configuration lacks.

    Attributes
    ----------
    stride : int
        Every how many frames of a video one was taken in training, after its paper.
    layer : str
        End of the name of the last layer whose tokens all have a part in the class score.
    extra : int
        Tokens for the class.
    time_last : bool
        As for `TokenGrid`.
    """

    stride: int
    layer: str
    extra: int = 0
    time_last: bool = False


_ACTIVATIONS: dict[str | None, Literal["sigmoid", "none"]] = {
    "multi_label_classification": "sigmoid",
    "regression": "none",
}
"""Of the kinds of problem that a configuration names; the third is one class of many."""

_KINDS = {
    "videomae": _Kind(4, ".layernorm_before"),
    "timesformer": _Kind(32, ".layernorm_before", 1, True),
    "vivit": _Kind(2, ".layernorm_before", 1),
    "vjepa2": _Kind(4, "encoder.layernorm"),
}


def load_transformer(
    path_or_name: str | Path,
    *,
    card: ModelCard | None = None,
    device: str = "auto",
    report: Report = unreported,
    check: Check = never,
) -> VideoModel:
    """Load a VideoMAE, TimeSformer, ViViT or V-JEPA 2 classifier.

    Parameters
    ----------
    path_or_name : str or Path
        A folder as ``save_pretrained`` writes it, or the name of one on the hub that is in the
        cache of this computer: "MCG-NJU/videomae-base-finetuned-kinetics".
    card : ModelCard or None
        Says what a processor file would, where there is none.
    device : str
        "auto", "cpu", "mps", "cuda" or "cuda:N".
    report, check : callable
        Told that it loads; raises `Cancelled` when the model is no longer wanted.

    Returns
    -------
    VideoModel
        Its ``spec.stride`` is that of the architecture's paper unless the processor has a rate.

    Raises
    ------
    ModelError
        If the library is missing, there is no such folder, or what is in it is of another
        architecture, has no classifier, or cannot be read; or if neither a processor file nor
        the card says what becomes of the pictures.
    """
    library, target = _library(), resolve_device(device)
    folder = _folder(str(path_or_name))
    check()
    report(Progress(stage=f"Loading {path_or_name}"))
    config = _read(folder, lambda: library.AutoConfig.from_pretrained(folder, **_LOCAL))
    kind = _KINDS.get(config.model_type)
    if kind is None:
        raise ModelError(
            f"{folder} holds a model of the kind {config.model_type!r}, which is not known here.",
            f"Known kinds: {', '.join(_KINDS)}. Other networks can be used by a model card.",
        )
    _read(folder, partial(check_sizes, folder, config))
    spec = _read(folder, partial(_without_input, str(path_or_name), config, kind))
    if any((folder / name).is_file() for name in PROCESSOR_FILES):
        read = partial(library.AutoVideoProcessor.from_pretrained, folder, **_LOCAL)
        spec = _with_processor(spec, _read(folder, read), folder)
    else:
        _check_told(card, folder)
    check()
    module = _network(library, folder)
    layers = [name for name, _ in module.named_modules() if name.endswith(kind.layer)]
    spec = replace(spec, layer=layers[-1])
    vars(module)["token_grid"] = _grid(config, kind, spec)
    check()
    pack = packing("NTCHW", "rgb")
    return VideoModel(spec, move(module, target, spec.name), target, pack)


_TOLD = ("resize", "range", "mean", "std")
"""Keys of a card that say what such a file does."""

_LOCAL = {"local_files_only": True, "trust_remote_code": False}


def _library() -> Any:
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise ModelError(
            "Models of the hub need the package transformers, which is not installed.", _HINT
        ) from error
    return transformers


def _folder(name: str) -> Path:
    """Return the folder of a checkpoint, an existing one or one in the hub's cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    folder = Path(name)
    if not os.path.isdir(folder):
        try:
            folder = Path(snapshot_download(name, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError) as error:
            raise ModelError(
                f"{name} is neither a folder nor in the cache of the Hugging Face hub.",
                f"Check the path, or download it once with: hf download {name}",
            ) from error
    if not (folder / CONFIG).exists():
        raise ModelError(
            f"The folder {folder} holds no model: it has no config.json.",
            "Give a folder as save_pretrained writes it.",
        )
    check_files(folder)
    return folder


def _read(folder: Path, read: Callable[[], Any]) -> Any:
    """Read a part of a checkpoint, with every way of failing told as one."""
    try:
        return read()
    except ModelError:
        raise
    # What is damaged fails with a dozen different types, and each means the same here.
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise ModelError(
            f"The model in {folder} cannot be read: {reason}",
            "Download it again, or save it again with save_pretrained.",
        ) from error


def _network(library: Any, folder: Path) -> torch.nn.Module:
    """Load the classifier with its weights, float32, in evaluation mode.

    Safetensors come first; other weights are read by torch with ``weights_only``.
    """
    library.utils.logging.disable_progress_bar()
    kind = library.AutoModelForVideoClassification
    module, info = _read(
        folder,
        lambda: kind.from_pretrained(
            folder,
            output_loading_info=True,
            weights_only=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            **_LOCAL,
        ),
    )
    _check_fit(info, folder)
    _check_kinds(module, folder)
    network: torch.nn.Module = module.float().eval().requires_grad_(False)
    return network


def _check_kinds(module: torch.nn.Module, folder: Path) -> None:
    """Refuse weights of complex or whole numbers, of which only a part would be taken."""
    needed = {name for name, _ in module.named_parameters()}
    for path in sorted(folder.glob("*.safetensors")):
        for name, kind in _read(folder, partial(tensors_listed, path)).items():
            if name in needed and kind not in FLOATS:
                raise ModelError(
                    f"The weights in {folder} do not fit the model: {name} is {kind}, but one of "
                    f"{', '.join(FLOATS)} is needed.",
                    "Save the network again with save_pretrained, before any quantisation.",
                )


def _check_fit(info: dict[str, Any], folder: Path) -> None:
    """Refuse weights that the network of the configuration lacks or has in another shape."""
    if mismatched := sorted(info["mismatched_keys"]):
        name, has, wants = mismatched[0]
        raise ModelError(
            f"The weights in {folder} do not fit its config.json: {name} is {tuple(has)} in the "
            f"weights, {tuple(wants)} by the configuration.",
            "Copy config.json from the training of these weights; classes are counted by its "
            "id2label, and frames and sizes are those of the training.",
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            f"The weights in {folder} are not those of a classifier: {len(missing)} tensors are "
            f"missing (first {missing[0]}).",
            "Choose a checkpoint that was fine-tuned to name classes.",
        )


def _without_input(name: str, config: Any, kind: _Kind) -> ModelSpec:
    """Describe what the configuration tells, with pictures of the network's size as they are."""
    frames = getattr(config, "num_frames", None) or config.frames_per_clip
    size = config.crop_size if config.model_type == "vjepa2" else config.image_size
    height, width = size if isinstance(size, list | tuple) else (size, size)
    return ModelSpec(
        name=name,
        labels=tuple(config.id2label[index] for index in sorted(config.id2label)),
        frames=int(frames),
        fps=None,
        stride=kind.stride,
        resize=(int(height), int(width)),
        crop=(int(height), int(width)),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        antialias=True,
        activation=_ACTIVATIONS.get(config.problem_type, "softmax"),
    )


def _with_processor(spec: ModelSpec, processor: Any, folder: Path) -> ModelSpec:
    """Return the spec with the input that a processor makes."""
    mean, std = spec.mean, spec.std
    if processor.do_normalize:
        mean, std = tuple(processor.image_mean), tuple(processor.image_std)
    crop, low, high = _probed(processor, folder)
    if crop != spec.crop:
        raise ModelError(
            f"The processor in {folder} makes pictures of {crop[1]}x{crop[0]}, but the network "
            f"takes {spec.crop[1]}x{spec.crop[0]}.",
            "Use the processor that belongs to the checkpoint.",
        )
    ends = [end * np.array(std) + np.array(mean) for end in (low, high)]
    rate = getattr(processor, "fps", None)
    return replace(
        spec,
        fps=None if rate is None else float(rate),
        stride=spec.stride if rate is None else None,
        resize=_resize(processor, folder),
        mean=mean,
        std=std,
        value_range=(round(float(ends[0].mean()), 6), round(float(ends[1].mean()), 6)),
    )


def _check_told(card: ModelCard | None, folder: Path) -> None:
    """Refuse a folder without a processor file, unless a card says what it would."""
    missing = [name for name in _TOLD if card is None or getattr(card, name) is None]
    if missing:
        examples = "; ".join(CARD_KEYS[name].example for name in missing)
        raise ModelError(
            f"The folder {folder} has no {PROCESSOR_FILES[0]}, which says what becomes of the "
            "pictures.",
            "Copy that file from the checkpoint that this one was trained from, or write "
            f"{', '.join(missing)} in a model card, as they were in training, for example: "
            f"{examples}.",
        )


def _probed(processor: Any, folder: Path) -> tuple[tuple[int, int], Any, Any]:
    """Measure a processor: its output size, and black and white per channel."""
    video = np.zeros((2, 64, 64, 3), np.uint8)
    video[1] = 255
    made = _read(folder, lambda: processor([video], return_tensors="pt", do_sample_frames=False))
    (values,) = made.values()
    middle = values[0, :, :, values.shape[-2] // 2, values.shape[-1] // 2].double().numpy()
    return (int(values.shape[-2]), int(values.shape[-1])), middle[0], middle[1]


def _resize(processor: Any, folder: Path) -> tuple[int, int] | int:
    size = processor.size
    if processor.do_resize and size.shortest_edge and not size.longest_edge:
        return int(size.shortest_edge)
    if processor.do_resize and size.height and size.width:
        return int(size.height), int(size.width)
    raise ModelError(
        f"The processor in {folder} resizes pictures in a way that is not known here.",
        "Give it a size with shortest_edge, or with height and width.",
    )


def _grid(config: Any, kind: _Kind, spec: ModelSpec) -> TokenGrid:
    tubelet = getattr(config, "tubelet_size", 1)
    if isinstance(tubelet, int):
        tubelet = (tubelet, config.patch_size, config.patch_size)
    extents = (spec.frames, *spec.crop)
    steps, height, width = (n // part for n, part in zip(extents, tubelet, strict=True))
    return TokenGrid(steps, height, width, kind.extra, kind.time_last)
