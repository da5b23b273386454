"""Model cards that the user saved: by their names they are models like those of the catalogue.

No torch: menus list them.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.descriptions import ModelInfo
from engine.errors import ModelError, os_errors
from engine.models.cards.card import CARD_SUFFIX, ModelCard, is_card
from engine.models.cards.reading import MOST_BYTES, parse_card_text, read_card
from engine.models.catalogue import MODELS
from engine.models.model_plugins import plugin_models
from engine.utils.atomic import write_text
from engine.utils.bounded_files import is_regular, read_bounded
from engine.utils.paths import config_folder

_UNFIT = re.compile(r"[^\w.-]+")


def shelf_folder() -> Path:
    """Return the folder of saved cards, which may not exist yet."""
    return config_folder() / "models"


def known_models() -> dict[str, ModelInfo]:
    """Return the models of catalogue, plugins and saved cards. Unreadable cards say why."""
    known = MODELS | {name: plugin.info for name, plugin in plugin_models().items()}
    for path in sorted(shelf_folder().glob(f"*{CARD_SUFFIX}")):
        known.setdefault(path.stem, _info(path))
    return known


def find_card(name_or_path: str | Path) -> ModelCard | None:
    """Return the card of a path or of a saved name, None for other models.

    Raises
    ------
    ModelError
        If the card cannot be used.
    """
    if is_card(name_or_path):
        return read_card(Path(name_or_path))
    path = shelf_folder() / f"{name_or_path}{CARD_SUFFIX}"
    taken = str(name_or_path) in (*MODELS, *plugin_models())
    is_name = not taken and path.parent == shelf_folder()
    return read_card(path) if is_name and is_regular(path) else None


def save_card(text: str) -> ModelInfo:
    """Save a card under its name. Relative paths are taken from the working folder.

    Raises
    ------
    ModelError
        If it is not a good card, has the name of a model of the catalogue or of another saved
        card, or cannot be written.
    """
    card = parse_card_text(text, Path.cwd() / "new.toml")
    stem = _UNFIT.sub("-", card.name).strip("-.") or "model"
    path = shelf_folder() / f"{stem}{CARD_SUFFIX}"
    if stem in (*MODELS, *plugin_models()):
        raise ModelError(f"There is a model called {stem} already.", "Choose another name.")
    if path.exists() and _text_of(path) != text:
        raise ModelError(
            f"There is another card called {stem} already: {path}.",
            "Choose another name, or remove that file.",
        )
    hint = "Check that your settings folder can be written to."
    with os_errors(ModelError, f"{path} cannot be written", hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return _info(path)


def _text_of(path: Path) -> str | None:
    try:
        return read_bounded(path, MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return None


def _info(path: Path) -> ModelInfo:
    try:
        card = read_card(path)
    except ModelError as error:
        return ModelInfo(
            path.stem, path.stem, f"cannot be used: {error} {error.hint}", bundled=False
        )
    base = MODELS.get(card.network)
    title = card.network if base is None else base.title
    inputs = tuple(one.name for one in card.inputs)
    summary = f"your model card {path}: {title}"
    return ModelInfo(path.stem, card.name, summary, bundled=False, inputs=inputs)
