"""From a name to a model that is ready to be explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import ModelError
from engine.models.checkpoint import State, fit, read_weights
from engine.models.devices import move, resolve_device
from engine.models.download import Report
from engine.models.model import VideoModel
from engine.models.sources import Source, find_source
from engine.types import Progress


def load_model(
    name_or_path: str | Path,
    *,
    weights: Path | str | None = None,
    labels: Path | str | None = None,
    device: str = "auto",
    report: Report | None = None,
    check: Check = never,
) -> VideoModel:
    """Load a model of the catalogue, with its own weights or the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A key of `engine.models.MODELS`.
    weights : Path or str, optional
        File with a state dict (.pth, .pt, .safetensors) for that network; the number of
        classes is taken from it. By default the bundled weights, or torchvision's: found in
        torch hub's folder or downloaded to it.
    labels : Path or str, optional
        Text file (UTF-8) with one label a line, in the order of the logits. By default the
        model's own labels where their number fits, else "class 0", "class 1", ...
    device : str
        "auto", "cpu", "cuda" or "cuda:N".
    report : callable, optional
        Told the progress of the loading and of the download in bytes.
    check : callable
        Raises `Cancelled` when the model is no longer wanted.

    Raises
    ------
    ModelError
        If the model is unknown, its weights or labels cannot be had or do not fit, or the
        device is not there.
    Cancelled
        If ``check`` says so; nothing half-written is left.
    """
    tell: Report = report or _nobody
    source = find_source(str(name_or_path))
    target = resolve_device(device)
    names = None if labels is None else read_labels(Path(labels))
    check()
    tell(Progress(stage=f"Loading {source.spec.name}"))
    if weights is None:
        state, origin = source.default_weights(tell, check), "that belong to it"
    else:
        state, origin = read_weights(Path(weights)), str(weights)
    check()
    classes = _class_count(source, state)
    module = source.build(classes).eval().requires_grad_(False)
    fit(module, state, source.spec.name, origin)
    spec = replace(source.spec, labels=_labels(source, classes, names, labels))
    check()
    return VideoModel(spec, move(module, target, spec.name), target)


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a labels file: UTF-8 text, one label a line, empty lines skipped.

    Raises
    ------
    ModelError
        If it is missing, unreadable, not text, or empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ModelError(
            f"The labels file {path} cannot be read ({error.strerror or error}).",
            "Check the path of the labels file.",
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"The labels file {path} is not text in UTF-8.",
            "Give a text file with one label a line.",
        ) from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise ModelError(
            f"The labels file {path} is empty.", "Give a text file with one label a line."
        )
    return names


def _class_count(source: Source, state: State) -> int:
    """Classes that the weights decide between; the usual number where they have no head."""
    head = state.get(source.head)
    if head is None or head.ndim == 0 or head.shape[0] == 0:
        return len(source.spec.labels)  # they do not fit, which is told when they are fitted
    return int(head.shape[0])


def _labels(
    source: Source, classes: int, names: tuple[str, ...] | None, path: Path | str | None
) -> tuple[str, ...]:
    """One label a class."""
    if names is None:
        own = source.spec.labels
        return own if len(own) == classes else tuple(f"class {i}" for i in range(classes))
    if len(names) != classes:
        raise ModelError(
            f"The labels file {path} has {len(names)} labels, but the weights of "
            f"{source.spec.name} decide between {classes} classes.",
            f"Give one label a line, {classes} in all, in the order of the logits.",
        )
    return names


def _nobody(_progress: Progress) -> None:
    """Report to nobody."""
