from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

import engine
from engine.errors import EngineError
from engine.pipeline.cache_key import code_id, request_key
from engine.types import Request

CARD = """name = "mine"
network = "figures"
labels = "labels.txt"
"""
CODE_CARD = """name = "own"
network = "net.py:build"
labels = "labels.txt"
frames = 8
fps = 15
resize = 32
crop = [32, 32]
"""


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    for name in ("video.mp4", "weights.pth", "labels.txt"):
        (tmp_path / name).write_bytes(name.encode())
    return Request(tmp_path / "video.mp4", weights=tmp_path / "weights.pth", target=1)


def test_request_key_is_the_same_for_equal_requests(asked: Request) -> None:
    key = request_key(asked)
    assert key is not None
    assert len(key) == 40
    assert request_key(replace(asked)) == key
    assert request_key(replace(asked, preset="paper-2020", sigma=2.5)) == key
    assert request_key(replace(asked, options=(("composite", "automatic"),))) == key


def test_request_key_takes_spellings_for_one(asked: Request) -> None:
    plain = replace(asked, method="smooth_grad", options=(("samples", 8), ("seed", 3)))
    turned = replace(asked, method="smooth-grad", options=(("seed", "3"), ("samples", "8")))
    assert request_key(turned) == request_key(plain)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "c3d"},
        {"weights": None},
        {"method": "gradient"},
        {"options": (("composite", "epsilon-plus"),)},
        {"target": 2},
        {"target": None},
        {"target": 1, "against": 2},
        {"frames": (0, 5)},
        {"device": "cpu"},
        {"overlap": 0.25},
        {"stream": 1},
        {"deinterlace": True},
        {"evidence": "off"},
    ],
    ids=lambda changes: next(reversed(changes)),
)
def test_request_key_differs_with_what_decides(asked: Request, changes: dict) -> None:
    assert request_key(replace(asked, **changes)) != request_key(asked)


def test_request_key_goes_by_what_the_prior_holds(asked: Request, tmp_path: Path) -> None:
    without = request_key(asked)
    beside = tmp_path / "weights.pth.prior.json"
    beside.write_text("one", encoding="utf-8")
    kept = request_key(asked)
    assert kept != without
    (tmp_path / "moved.json").write_text("one", encoding="utf-8")
    assert request_key(replace(asked, prior=tmp_path / "moved.json")) == kept
    beside.write_text("two", encoding="utf-8")
    assert request_key(asked) not in (kept, without)
    off = replace(asked, evidence="off")
    assert request_key(off) == request_key(replace(off, prior=tmp_path / "moved.json"))


def test_request_key_goes_by_what_files_hold(asked: Request, tmp_path: Path) -> None:
    key = request_key(asked)
    (tmp_path / "moved.mp4").write_bytes(b"video.mp4")
    assert request_key(replace(asked, video=tmp_path / "moved.mp4")) == key
    (tmp_path / "other.pth").write_bytes(b"weights.ptx")
    assert request_key(replace(asked, weights=tmp_path / "other.pth")) != key


@pytest.mark.parametrize("name", ["card.toml", "labels.txt"])
def test_request_key_follows_a_card_and_its_files(
    asked: Request, tmp_path: Path, name: str
) -> None:
    (tmp_path / "card.toml").write_text(CARD)
    carded = replace(asked, model=str(tmp_path / "card.toml"))
    before = request_key(carded)
    with (tmp_path / name).open("a") as file:
        file.write("\n# changed")
    assert request_key(carded) not in (before, None)


def test_request_key_follows_code_beside_a_card(asked: Request, tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(CODE_CARD)
    carded = replace(asked, model=str(tmp_path / "card.toml"))
    assert request_key(carded) is None
    (tmp_path / "net.py").write_text("import helper")
    (tmp_path / "helper.py").write_text("a = 1")
    before = request_key(carded)
    (tmp_path / "helper.py").write_text("a = 22")
    assert request_key(carded) not in (before, None)


def test_request_key_is_none_where_code_cannot_be_followed(asked: Request, tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text('name = "hub"\nnetwork = "hf:someone/model"\n')
    assert request_key(replace(asked, model=str(tmp_path / "card.toml"))) is None
    assert request_key(replace(asked, model="no such model")) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"video": Path("missing.mp4")},
        {"weights": Path("missing.pth")},
        {"labels": Path("missing.txt")},
        {"method": "guesswork"},
        {"options": (("composit", 1),)},
        {"model": "missing.toml"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_request_key_says_what_cannot_be_used(asked: Request, changes: dict) -> None:
    with pytest.raises(EngineError) as caught:
        request_key(replace(asked, **changes))
    assert caught.value.hint


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the engine's modules."""
    (root,) = engine.__path__
    copy = tmp_path / "engine"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_code_id_changes_with_any_module_of_the_engine(package: Path) -> None:
    modules = sorted(package.rglob("*.py"))
    assert len({path.parent for path in modules}) > 10  # packages inside packages too
    for path in modules:
        path.write_text("", encoding="utf-8")  # small files: each is hashed for every module
    ids = {code_id(package)}
    for number, path in enumerate(modules):
        path.write_text("#", encoding="utf-8")
        code_id.cache_clear()
        ids.add(code_id(package))
        assert len(ids) == number + 2, path


def test_request_key_changes_with_the_engine_as_a_whole(
    asked: Request, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = request_key(asked)
    monkeypatch.setattr("engine.pipeline.cache_key._ENGINE", package)
    assert request_key(asked) == before
    with (package / "attribution" / "lrp" / "rules.py").open("a", encoding="utf-8") as file:
        file.write("#")
    code_id.cache_clear()
    assert request_key(asked) != before


def test_code_id_changes_with_the_bundled_weights(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_id(package)
    (tmp_path / "weights").write_bytes(b"others")
    monkeypatch.setattr(
        "engine.pipeline.cache_key.resource_path", lambda name: nullcontext(tmp_path / "weights")
    )
    code_id.cache_clear()
    assert code_id(package) != before


def test_request_key_needs_no_torch() -> None:
    import subprocess

    code = "import sys, engine.pipeline.cache_key; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
