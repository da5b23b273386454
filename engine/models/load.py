"""Loading of models by name, ready to be explained."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from engine.cancel import Check, never
from engine.errors import ModelError
from engine.models.cards.card import HUB_PREFIX, ModelCard
from engine.models.cards.library import find_card
from engine.models.cards.trust import require_trust_of_address
from engine.models.devices import move
from engine.models.devices.guard import guarded, usable_device
from engine.models.labels import Labels, read_labels
from engine.models.loaders.black_box import black_box
from engine.models.loaders.frame_networks import assumptions, load_frame_network
from engine.models.loaders.http_endpoint import Endpoint
from engine.models.loaders.sources import find_network
from engine.models.loaders.user_networks import build_own, load_closed
from engine.models.model import VideoModel
from engine.models.model_plugins import plugin_models
from engine.models.networks import Network
from engine.models.networks.network import numbered, take_one_channel
from engine.models.one_output import both_directions, with_both_directions
from engine.models.preprocess.input_layout import grey_packing, packing
from engine.models.preprocess.unfit_input import check_signature
from engine.models.weights.checkpoint import Weights, read_weights
from engine.models.weights.choosing import chosen
from engine.models.weights.fit_problems import class_difference
from engine.models.weights.fitting import Fitted, fit, matched, needed_by
from engine.types import ModelSpec, Progress, Report, Request, unreported
from engine.utils.hints import did_you_mean

_TIMEOUT_S = 30.0  # of an endpoint whose card says nothing


def load_model(
    name_or_path: str | Path,
    *,
    weights: Path | str | None = None,
    labels: Path | str | None = None,
    device: str = "auto",
    report: Report | None = None,
    check: Check = never,
) -> VideoModel:
    """Load a model: of the catalogue or by its card, with its own weights or the user's.

    Parameters
    ----------
    name_or_path : str or Path
        A key of `engine.models.MODELS`, the name of a card that the user saved, or the path of
        a model card (``.toml``).
    weights : Path or str, optional
        File with a state dict (.pth, .pt, .safetensors) for that network; the number of
        classes is taken from it. By default the card's, or the bundled weights, or
        torchvision's: found in torch hub's folder or downloaded to it.
    labels : Path or str, optional
        File with a label for each logit, see `engine.models.labels`. By default the card's, or
        the model's own labels where their number fits, else "class 0", "class 1", ...
    device : str
        "auto", "cpu", "mps", "cuda" or "cuda:N".
    report : callable, optional
        Told the progress of the loading and of the download in bytes.
    check : callable
        Raises `Cancelled` when the model is no longer wanted.

    Raises
    ------
    ModelError
        If the model is unknown, its card, weights or labels cannot be had or do not fit, or the
        device is not there.
    UntrustedError
        If it comes with code that the user has not trusted; see `engine.models.cards.trust`.
    Cancelled
        If ``check`` says so; a download goes on from there the next time.
    """
    card = card_of(name_or_path, weights, labels)
    return load_card(card, device, report or unreported, check)


def load_requested(
    request: Request, report: Report | None = None, check: Check = never
) -> VideoModel:
    """Load the model of a request. Progress and errors are those of `load_model`."""
    model = load_model(
        request.model,
        weights=request.weights,
        labels=request.labels,
        device=request.device,
        report=report,
        check=check,
    )
    return model.at_step(request.step)


def card_of(
    name_or_path: str | Path, weights: Path | str | None = None, labels: Path | str | None = None
) -> ModelCard:
    """Return the card of a model, one without settings for a plain name.

    Parameters
    ----------
    name_or_path : str or Path
        As for `load_model`.
    weights, labels : Path or str, optional
        Files that are taken in place of the card's own.

    Raises
    ------
    ModelError
        If the card cannot be used.
    """
    name = str(name_or_path)
    card = find_card(name_or_path) or ModelCard(name=name, network=name)
    return replace(
        card,
        checkpoint=card.checkpoint if weights is None else Path(weights),
        labels=card.labels if labels is None else Path(labels),
    )


def load_card(card: ModelCard, device: str, report: Report, check: Check) -> VideoModel:
    """Load the model that a card describes, with the errors of `load_model`."""
    plugin = plugin_models().get(card.network) if card.path is None else None
    if plugin is not None:
        made: VideoModel = plugin.load(card.checkpoint, card.labels, device, report, check)
        return guarded(with_both_directions(made))
    target, notices = usable_device(device)
    check()
    report(Progress(stage=f"Loading {card.name}"))
    if card.endpoint is not None:
        model = _behind_endpoint(card)
    elif card.frame_network is not None:
        model = _framewise(card)
    elif card.is_of_hub:
        model = _of_hub(card, check)
    elif card.needs_code:
        model = _own(card)
    else:
        model = _known(card, report, check)
    check()
    model = with_both_directions(model)
    module = move(model.module, target, model.spec.name)
    return guarded(replace(model, module=module, device=target, notices=model.notices + notices))


def known_labels(name: str, weights: Path | None, report: Report, check: Check) -> tuple[str, ...]:
    """Return the labels of a model, loading it only if they come with its weights.

    Raises
    ------
    ModelError
        If they cannot be had.
    """
    if name not in plugin_models():
        card = card_of(name)
        if card.labels is not None:
            return both_directions(read_labels(card.labels).names, card.head)
        if card.checkpoint is weights is None and card.is_known:
            return find_network(card.network).spec.labels
    return load_model(name, weights=weights, report=report, check=check).spec.labels


def _of_hub(card: ModelCard, check: Check) -> VideoModel:
    """Load a classifier of the transformers library, changed as the card says."""
    from engine.models.loaders.hub_transformers import load_transformer  # its library is an extra

    if card.checkpoint is not None:
        raise ModelError(
            f"{card.network} has weights of its own, so {card.checkpoint} cannot be used.",
            "Leave the weights out.",
        )
    name = card.network.removeprefix(HUB_PREFIX)
    folder = card.folder / name
    found = folder if os.path.isdir(folder) else name
    model = load_transformer(found, card=card, device="cpu", check=check)
    labels = Labels(model.spec.labels) if card.labels is None else read_labels(card.labels)
    if len(labels.names) != len(model.spec.labels):
        raise _other_labels(card, len(labels.names), len(model.spec.labels))
    spec = _checked_layer(card.spec(model.spec, labels.names), model.module, card)
    return replace(model, spec=spec, notices=labels.notices)


def _labels_for(
    card: ModelCard, read: Labels | None, classes: int, usual: tuple[str, ...]
) -> Labels:
    """Return the labels of a file, one for each class, or two for a single output; else others."""
    if read is None:
        return Labels(usual)
    if len(read.names) != classes and not (classes == 1 and len(read.names) == 2):
        raise _other_labels(card, len(read.names), classes)
    return read


def _other_labels(card: ModelCard, count: int, classes: int) -> ModelError:
    return ModelError(
        f"The labels file {card.labels} has {count} labels, but the weights of "
        f"{card.name} decide between {classes} classes.",
        f"Give {classes} labels, one a line in the order of the logits.",
    )


def _known(card: ModelCard, report: Report, check: Check) -> VideoModel:
    """Load a network of the catalogue, with the number of classes of its weights."""
    network = find_network(card.network)
    labels = None if card.labels is None else read_labels(card.labels)
    if card.checkpoint is not None:
        weights, origin = _weights_of(card), str(card.checkpoint)
    elif network.default_weights is not None:
        weights, origin = Weights(network.default_weights(report, check)), "that belong to it"
    else:
        raise ModelError(
            f"The weights of {card.network} are not published at an address of their own.",
            f"Give a weights file: --weights FILE, or checkpoint in a card. {network.source}",
        )
    check()
    weights = replace(weights, state=network.renamed(weights.state))
    with torch.device("meta"):
        fitted = matched(network.build(len(network.spec.labels)), weights)
    classes = _class_count(network, fitted)
    own = network.spec.labels
    usual = own if len(own) == classes else numbered(classes)
    labels = _labels_for(card, labels, classes, usual)
    module = network.built_for(fitted.rest | fitted.state, classes).eval().requires_grad_(False)
    pack = network.pack
    if card.channels == "grey":
        take_one_channel(module)
        pack = grey_packing(pack)
    notices = labels.notices + fit(module, matched(module, weights), card.name, origin)
    spec = _checked_layer(card.spec(network.spec, labels.names), module, card)
    if card.checkpoint is not None:  # what is known of the default weights is not true of others
        spec = replace(spec, trained_on="", least_familiar=None)
    return VideoModel(spec, module, torch.device("cpu"), pack, notices=notices)


def _framewise(card: ModelCard) -> VideoModel:
    """Load a network of pictures with what joins its frames, in the shapes of its weights."""
    if card.checkpoint is None:
        raise ModelError(
            f"The card {card.path} gives no weights for frame_network = {card.network!r}.",
            'Add a line such as checkpoint = "best.pth", or give --weights FILE.',
        )
    state, origin = _weights_of(card).state, str(card.checkpoint)
    module, classes = load_frame_network(
        card.network, state, card.temporal, card.readout, origin, grey=card.channels == "grey"
    )
    read = None if card.labels is None else read_labels(card.labels)
    labels = _labels_for(card, read, classes, numbered(classes))
    spec = _checked_layer(card.spec(None, labels.names), module, card)
    pack = packing(card.layout, card.channels)
    notices = labels.notices + assumptions(module, card)
    return VideoModel(spec, module, torch.device("cpu"), pack, notices=notices)


def _own(card: ModelCard) -> VideoModel:
    """Load a network that comes with its own code, with a class for each label."""
    labels = Labels() if card.labels is None else read_labels(card.labels)
    spec = card.spec(None, labels.names)
    folder = card.folder
    pack = packing(card.layout, card.channels)
    if card.is_function:
        module = build_own(card.network, folder, len(labels.names)).float().eval()
        notices = labels.notices
        if card.checkpoint is not None:
            notices += _fit_own(card, module, len(labels.names))
        module.requires_grad_(False)
        spec = _checked_layer(spec, module, card)
        model = VideoModel(spec, module, torch.device("cpu"), pack, notices=notices)
        blank = torch.zeros(1, 3, spec.frames, *spec.crop)
        check_signature(module, spec, model.arguments(blank))
        return model
    if card.checkpoint is not None:
        raise ModelError(
            f"{card.network} has its own weights inside, so {card.checkpoint} cannot be used.",
            "Leave the weights out.",
        )
    clip = torch.empty(1, 3, spec.frames, *spec.crop, device="meta")
    shape = tuple((clip if pack is None else pack(clip)).shape)
    closed = load_closed(folder / card.network, shape)
    device, notices = torch.device("cpu"), labels.notices
    return VideoModel(spec, closed, device, pack, closed=closed.kind, notices=notices)


def _behind_endpoint(card: ModelCard) -> VideoModel:
    """Return the model behind an address, which is asked for nothing yet."""
    if card.checkpoint is not None:
        raise ModelError(
            f"{card.network} has weights of its own, so {card.checkpoint} cannot be used.",
            "Leave the weights out.",
        )
    labels = Labels() if card.labels is None else read_labels(card.labels)
    spec = card.spec(None, labels.names)
    require_trust_of_address(card.network)
    endpoint = Endpoint(card.network, card.timeout or _TIMEOUT_S)
    model = black_box(spec, endpoint.score, "HTTP")
    return replace(model, pack=packing(card.layout, card.channels), notices=labels.notices)


def _checked_layer(spec: ModelSpec, module: nn.Module, card: ModelCard) -> ModelSpec:
    """Return the spec, unless the card names a layer that the network does not have."""
    names = [name for name, _ in module.named_modules() if name]
    if card.layer is not None and card.layer not in names:
        raise ModelError(
            f"The card {card.path} names the layer {card.layer!r}, which {card.network} does not "
            "have.",
            did_you_mean(card.layer, names),
        )
    return spec


def _weights_of(card: ModelCard) -> Weights:
    """Read the card's checkpoint, as far as the card wants it and by the names that it gives."""
    assert card.checkpoint is not None
    return chosen(read_weights(card.checkpoint), card.prefix, card.rename, card.checkpoint)


def _fit_own(card: ModelCard, module: nn.Module, labels: int) -> tuple[str, ...]:
    """Give a user's network the card's weights, and blame the labels where they made its head."""
    fitted = matched(module, _weights_of(card))
    differ = class_difference(needed_by(module), fitted.state)
    if differ is not None and differ[1] == labels and card.labels is not None:
        raise _other_labels(card, labels, differ[0])
    return fit(module, fitted, card.name, str(card.checkpoint))


def _class_count(network: Network, fitted: Fitted) -> int:
    """Return the number of classes in the weights, the usual one if they have no head."""
    head = fitted.state.get(network.head)
    if head is None or head.ndim == 0 or head.shape[0] == 0:
        return len(network.spec.labels)  # they do not fit, which is told when they are fitted
    return int(head.shape[0])
