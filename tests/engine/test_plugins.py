from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from engine.attribution import METHODS, attribute, catalogue
from engine.attribution.catalogue import BUILT_IN, check_options, find_entry
from engine.attribution.method_cards import card_text
from engine.cancel import Cancelled
from engine.descriptions import ModelInfo
from engine.errors import AttributionError, ModelError
from engine.models import MODELS, VideoModel
from engine.models.model_plugins import discovered_models
from engine.plugins import (
    METHOD_GROUP,
    MODEL_GROUP,
    ModelPlugin,
    plugin_methods,
    plugin_models,
    skipped_plugins,
)

TEMPLATE = Path(__file__).parents[2] / "docs/plugin-template/motion_inspector_example.py"
Install = Callable[..., None]


def forget() -> None:
    for cached in (discovered_models, catalogue.discovered_methods, catalogue._entries):
        cached.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Lay out a distribution with entry points, as pip would, with the template importable."""
    shutil.copy(TEMPLATE, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def lay_out(group: str, *entries: str, package: str = "other") -> None:
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join([f"[{group}]", *entries]) + "\n")
        forget()

    yield lay_out
    forget()
    sys.modules.pop("motion_inspector_example", None)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("some_plugins")
    monkeypatch.setitem(sys.modules, "some_plugins", made)
    return made


def info(name: str) -> ModelInfo:
    return ModelInfo(name, "Title", "Summary", bundled=False)


def loaded(plugin: ModelPlugin) -> VideoModel:
    return plugin.load(None, None, "cpu", lambda progress: None, lambda: None)


def test_without_plugins_there_are_the_built_in_methods_alone() -> None:
    forget()
    assert dict(METHODS) == BUILT_IN
    assert skipped_plugins() == ()


def test_the_model_of_the_template_loads_and_is_explained(install: Install) -> None:
    install(MODEL_GROUP, "example = motion_inspector_example:MODEL")
    (name,) = plugin_models()
    model = loaded(plugin_models()[name])
    frames = np.zeros((8, 64, 64, 3), np.uint8)
    frames[-1] = 255
    result = attribute(model, model.preprocess(frames), None, "gradient")
    assert model.spec.label(result.target) == "brighter"
    assert result.relevance[-1].sum() > 0


def test_the_method_of_the_template_is_one_among_the_others(install: Install) -> None:
    install(METHOD_GROUP, "example = motion_inspector_example:METHOD")
    assert list(METHODS) == [*BUILT_IN, "example_frame_change"]
    assert "power=1.0" in card_text(find_entry("example-frame-change").info)
    check_options("example_frame_change", {"power": 2})
    with pytest.raises(AttributionError, match="power"):
        check_options("example_frame_change", {"power": 9})


def test_a_method_of_a_plugin_explains(install: Install) -> None:
    install(METHOD_GROUP, "example = motion_inspector_example:METHOD")
    import motion_inspector_example as example

    model = loaded(example.MODEL)
    frames = np.zeros((8, 64, 64, 3), np.uint8)
    frames[3:, 10, 20] = 255
    result = attribute(model, model.preprocess(frames), 0, "example_frame_change", power=2.0)
    assert np.argwhere(result.relevance).tolist() == [[3, 10, 20]]
    assert result.relevance[3, 10, 20] == pytest.approx(6**2)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("broken = no_such_module:MODEL", "ModuleNotFoundError"),
        ("broken = motion_inspector_example:NOTHING", "AttributeError"),
        ("broken = motion_inspector_example:SPEC", "ModelSpec, not a ModelPlugin"),
        ("broken = motion_inspector_example:METHOD", "MethodPlugin, not a ModelPlugin"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_the_reason(
    install: Install, caplog: pytest.LogCaptureFixture, entry: str, reason: str
) -> None:
    install(MODEL_GROUP, entry, "example = motion_inspector_example:MODEL")
    assert list(plugin_models()) == ["example_brightness"]
    (skipped,) = skipped_plugins()
    assert skipped.name == "broken of other"
    assert reason in skipped.reason
    assert reason in caplog.text


def test_a_plugin_that_stops_the_program_is_left_out(
    install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "leaving.py").write_text("import sys\nsys.exit('no licence')\n")
    install(MODEL_GROUP, "leaving = leaving:MODEL")
    assert not plugin_models()
    assert "no licence" in caplog.text


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "GeneratorExit", "BaseException"])
def test_a_plugin_that_raises_anything_is_left_out(
    install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    (tmp_path / "raising.py").write_text(f"raise {error}('now')\n")
    install(MODEL_GROUP, "raising = raising:MODEL")
    assert not plugin_models()
    assert f"raising of other is left out: it raised {error}: now" in caplog.text


def test_a_plugin_that_does_not_end_is_left_out(
    install: Install,
    module: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in (("_PATIENCE_S", 0.05), ("_LEAST_S", 0.01), ("_lost_s", 0.0)):
        monkeypatch.setattr(f"engine.utils.entry_points.{name}", value)
    module.GATE = threading.Event()
    hanging = "import some_plugins\nsome_plugins.GATE.wait(30)\n"
    (tmp_path / "hanging.py").write_text(hanging)
    install(MODEL_GROUP, "slow = hanging:MODEL", "example = motion_inspector_example:MODEL")
    try:
        assert list(plugin_models()) == ["example_brightness"]
        (skipped,) = skipped_plugins()
    finally:
        module.GATE.set()
    assert (skipped.name, "within 0.05 s" in skipped.reason) == ("slow of other", True)
    assert "slow of other" in caplog.text
    for thread in threading.enumerate():
        if thread.name == "plugin slow":
            thread.join()


def test_a_plugin_without_a_name_is_left_out(install: Install, module: ModuleType) -> None:
    module.MODEL = ModelPlugin(None, lambda *given: None)
    install(MODEL_GROUP, "nameless = some_plugins:MODEL")
    assert not plugin_models()
    assert [skipped.reason for skipped in skipped_plugins()] == ["it has no name."]


def test_a_damaged_list_of_plugins_is_told(
    install: Install, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(MODEL_GROUP, "broken")
    (tmp_path / "other-1.0.dist-info/entry_points.txt").write_bytes(b"\xff[x\n=\n")
    forget()
    assert not plugin_models()
    assert "damaged" in caplog.text


def test_names_of_built_in_models_are_refused(
    install: Install, module: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    module.MODEL = ModelPlugin(info(next(iter(MODELS))), lambda *given: None)
    install(MODEL_GROUP, "clash = some_plugins:MODEL")
    assert not plugin_models()
    assert "belongs to a built-in one" in caplog.text


def test_names_of_other_plugins_are_refused(
    install: Install, module: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    module.FIRST = ModelPlugin(info("same"), lambda *given: "first")
    module.SECOND = ModelPlugin(info("same"), lambda *given: "second")
    install(MODEL_GROUP, "first = some_plugins:FIRST", "second = some_plugins:SECOND")
    assert list(plugin_models()) == ["same"]
    assert "another plugin has the name 'same'" in caplog.text


def test_a_failure_of_a_plugin_is_told_as_ours_are(install: Install, module: ModuleType) -> None:
    def load(*given: object) -> None:
        raise KeyError("weight")

    module.MODEL = ModelPlugin(info("failing"), load)
    install(MODEL_GROUP, "failing = some_plugins:MODEL")
    with pytest.raises(ModelError, match=r"plugin failing failed: KeyError: 'weight'"):
        loaded(plugin_models()["failing"])


@pytest.mark.parametrize("error", [Cancelled(), ModelError("no weights"), torch.OutOfMemoryError()])
def test_a_cancel_and_a_told_error_pass_through(
    install: Install, module: ModuleType, error: Exception
) -> None:
    def load(*given: object) -> None:
        raise error

    module.MODEL = ModelPlugin(info("failing"), load)
    install(MODEL_GROUP, "failing = some_plugins:MODEL")
    with pytest.raises(type(error)) as caught:
        loaded(plugin_models()["failing"])
    assert caught.value is error


def test_methods_of_plugins_are_known_to_the_registry(install: Install) -> None:
    install(METHOD_GROUP, "example = motion_inspector_example:METHOD")
    from engine.attribution.registry import find_method

    assert not find_method("example_frame_change").batched
    assert plugin_methods()["example_frame_change"].info.family == "Examples"
