"""Model cards for the window: fields, checks, library. Never imports Qt, and torch late."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.cancel import Check
from engine.descriptions import CardReport, Finding, ModelInfo
from engine.errors import ModelError
from engine.models.cards.card_schema import CARD_KEYS
from engine.models.cards.library import save_card
from engine.models.cards.reading import parse_card_text
from engine.models.catalogue import MODELS
from engine.types import Report
from engine.utils.bounded_files import is_regular
from engine.utils.schema import SchemaError, parse_toml
from inspector.backend.torch_import import import_torch

Texts = Mapping[str, str]


def card_text(texts: Texts) -> str:
    """Return the TOML of a card from the typed text of each key, with absolute paths."""
    return "".join(f"{name} = {_value(name, texts[name])}\n" for name in CARD_KEYS if name in texts)


def check_texts(
    texts: Texts, video: Path | None, start: int, report: Report, check: Check
) -> CardReport:
    """Check the typed texts. Errors are those of `engine.model_check.check_card`."""
    try:
        card = parse_card_text(card_text(texts), Path("card.toml").absolute())
    except ModelError as error:
        return _unchecked(Finding("card", "fail", f"{error} {error.hint}"))
    known = MODELS.get(card.network)
    if known is not None and known.download_mb is not None and card.checkpoint is None:
        text = f"Its own weights, {known.download_mb:.1f} MB, are downloaded when it is first used."
        return _unchecked(Finding("loading", "warn", f"{text} Give a checkpoint to check yours."))
    import_torch()
    from engine.model_check import check_card

    return check_card(card, video, start, report=report, check=check)


def _unchecked(finding: Finding) -> CardReport:
    return CardReport((finding,), np.zeros((0, 1, 1, 3), np.uint8), ())


def save_texts(texts: Texts) -> ModelInfo:
    """Save the typed texts as a card. Errors are those of `cards.library.save_card`."""
    return save_card(card_text(texts))


def _value(name: str, text: str) -> str:
    key = CARD_KEYS[name]
    if key.is_file or (name == "network" and is_regular(Path(text.rpartition(":")[0] or text))):
        text = str(Path(text).absolute())
    if key.is_text:
        return _quoted(text)
    try:
        is_value = len(parse_toml(f"value = {text}")) == 1
    except SchemaError:
        is_value = False
    # A text where a number is needed: the parser says it in words.
    return text if is_value else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text as TOML has it, which knows no halves of characters, unlike JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
