from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import get_model, get_model_weights

from engine.attribution import attribute
from engine.cancel import Cancelled
from engine.descriptions import ModelInfo
from engine.errors import ModelError
from engine.models import MODELS, known_models, load_model
from engine.models.load import known_labels
from engine.models.loaders.sources import find_network
from engine.models.networks.figures import FIGURES_LABELS, FiguresNet
from engine.models.networks.network import take_one_channel
from engine.models.networks.torchvision_zoo import HEADS
from engine.plugins import ModelPlugin
from engine.types import Progress
from tests.engine.networks import warmed_up
from tests.programs import trust_file


def saved(path: Path, network: torch.nn.Module) -> Path:
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def figures_file(tmp_path: Path) -> Path:
    return saved(tmp_path / "figures.pth", warmed_up("figures"))


def test_import_of_the_package_loads_no_torch() -> None:
    code = (
        "import sys, engine.models as m; m.known_models(); m.sample_frames; m.seen_rect;"
        "sys.exit(bool({'torch', 'torchvision', 'safetensors'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_package_gives_the_names_that_need_torch_and_no_others() -> None:
    import engine.models

    assert {name for name in engine.models.__all__ if hasattr(engine.models, name)} == set(
        engine.models.__all__
    )
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        engine.models.__getattr__("nothing")


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_catalogue_has_a_source(name: str) -> None:
    spec = find_network(name).spec
    assert spec.name == name
    assert f"{spec.frames} frames of {spec.crop[1]}x{spec.crop[0]}" in MODELS[name].summary
    assert f"names {len(spec.labels)} activities" in MODELS[name].summary


@pytest.mark.parametrize("name", HEADS)
def test_catalogue_has_what_torchvisions_metadata_has(name: str) -> None:
    meta = get_model_weights(name).DEFAULT.meta
    info, measured = MODELS[name], meta["_metrics"]["Kinetics-400"]
    assert info.accuracy == (
        f"top-1 {measured['acc@1']:.1f} %, top-5 {measured['acc@5']:.1f} % on Kinetics-400"
    )
    assert info.download_mb == meta["_file_size"]
    assert info.file == get_model_weights(name).DEFAULT.url.rpartition("/")[2]
    assert info.licence
    assert f"at {find_network(name).spec.fps:g} frames/s" in info.summary


@pytest.mark.parametrize("name", HEADS)
def test_torchvision_network_has_its_head_and_layer(name: str) -> None:
    source = find_network(name)
    with torch.device("meta"):
        network = source.build(7)
    assert network.state_dict()[source.head].shape[0] == 7
    assert source.spec.layer in dict(network.named_modules())


def test_torchvision_spec_has_the_evaluation_rate_and_the_kinetics_labels() -> None:
    spec = find_network("r2plus1d_18").spec
    assert (spec.frames, spec.fps, spec.resize, spec.crop) == (16, 15.0, (128, 171), (112, 112))
    assert (spec.labels[0], spec.labels[-1]) == ("abseiling", "zumba")


def test_figures_loads_from_the_bundled_weights_alone() -> None:
    model = load_model("figures", device="cpu")
    assert model.spec.labels == FIGURES_LABELS
    assert not model.module.training
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in model.module.parameters())


def test_weights_file_gives_the_same_logits(figures_file: Path) -> None:
    model = load_model("figures", weights=figures_file, device="cpu")
    clip = torch.randn(1, 3, 4, 32, 32)
    assert torch.equal(model.module(clip), warmed_up("figures")(clip))
    assert model.spec.labels == FIGURES_LABELS


def test_weights_with_other_classes_bring_their_number(tmp_path: Path) -> None:
    weights = saved(tmp_path / "s3d.pth", get_model("s3d", weights=None, num_classes=3))
    model = load_model("s3d", weights=weights, device="cpu")
    assert model.spec.labels == ("class 0", "class 1", "class 2")
    labels = tmp_path / "labels.txt"
    labels.write_text("\ufefffall\r\nrise\r\nzoë\r\n\r\n", encoding="utf-8")
    model = load_model("s3d", weights=weights, labels=labels, device="cpu")
    assert model.spec.labels == ("fall", "rise", "zoë")


def test_known_network_takes_weights_of_one_channel(tmp_path: Path) -> None:
    network = FiguresNet(8)
    take_one_channel(network)
    saved(tmp_path / "grey.pth", network)
    card = tmp_path / "grey.toml"
    card.write_text(
        'network = "figures"\ncheckpoint = "grey.pth"\nchannels = "grey"\nmean = 0.5\nstd = 1\n'
    )
    model = load_model(card, device="cpu")
    frames = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    clip = model.preprocess(frames).tensor
    (given,) = model.arguments(clip)
    assert torch.equal(given, clip[:, :1])
    assert torch.equal(model.module(given), network.eval()(given))


def test_labels_of_another_number_are_refused(figures_file: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    with pytest.raises(ModelError, match=r"has 2 labels, but .* 8 classes"):
        load_model("figures", weights=figures_file, labels=tmp_path / "labels.txt")


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), (b"\n \n", "is empty"), (b"\xff\xfe\x00", "not text in UTF-16")],
)
def test_unreadable_labels_are_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model("figures", labels=path)


def own_card(folder: Path, labels: str, classes: int) -> Path:
    """A card of a network of the user's, with weights for a number of classes."""
    (folder / "net.py").write_text(
        "from torch import nn\n"
        "def build(classes):\n"
        "    return nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(3, classes))\n"
    )
    torch.save(
        {"2.weight": torch.ones(classes, 3), "2.bias": torch.ones(classes)}, folder / "w.pth"
    )
    (folder / "labels.txt").write_bytes(labels.encode("latin-1"))
    (folder / "card.toml").write_text(
        'network = "net.py:build"\ncheckpoint = "w.pth"\nlabels = "labels.txt"\n'
        "frames = 4\nfps = 10\nresize = 16\ncrop = 16\n"
    )
    trust_file(folder / "net.py", "build")
    return folder / "card.toml"


def test_labels_file_is_blamed_where_it_made_the_head_of_a_users_network(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"labels\.txt has 2 labels, but .* 3 classes"):
        load_model(own_card(tmp_path, "one\ntwo\n", 3), device="cpu")


def test_notices_of_loading_reach_who_explains(tmp_path: Path) -> None:
    model = load_model(own_card(tmp_path, "zoë\ntwo\n", 2), device="cpu")
    assert "read as Latin-1" in model.notices[0]
    clip = model.preprocess(np.zeros((4, 16, 16, 3), np.uint8))
    assert model.notices[0] in attribute(model, clip, method="gradient").notices


def test_weights_of_another_network_are_refused(figures_file: Path) -> None:
    with pytest.raises(ModelError, match=r"do not fit the model s3d: \d+ of \d+ .* missing"):
        load_model("s3d", weights=figures_file, device="cpu")


def test_unknown_model_lists_the_known_ones_and_guesses() -> None:
    with pytest.raises(ModelError, match="no model 'R3D18'") as caught:
        load_model("R3D18")
    assert caught.value.hint.startswith("Did you mean: r3d_18")


def test_file_in_place_of_a_model_is_explained(figures_file: Path) -> None:
    with pytest.raises(ModelError, match="is a file, not the name") as caught:
        load_model(figures_file)
    assert "--weights" in caught.value.hint


def test_default_weights_are_found_where_torchvision_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "s3d-d76dad2f.pth").write_bytes(b"not it")
    with pytest.raises(ModelError, match=r"s3d-d76dad2f\.pth is damaged"):
        load_model("s3d", device="cpu")


def test_default_weights_offline_say_which_file_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(ModelError, match=r"r3d_18 weights \(r3d_18-b3b3357e\.pth\)") as caught:
        load_model("r3d_18", device="cpu")
    assert f"put r3d_18-b3b3357e.pth into {tmp_path / 'checkpoints'}" in caught.value.hint
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_load_model_reports_and_cancels(figures_file: Path) -> None:
    seen: list[Progress] = []

    def check() -> None:
        if seen:
            raise Cancelled

    with pytest.raises(Cancelled):
        load_model("figures", weights=figures_file, report=seen.append, check=check)
    assert [progress.stage for progress in seen] == ["Loading figures"]


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "meta"])
def test_unknown_device_is_refused(name: str, figures_file: Path) -> None:
    with pytest.raises(ModelError, match="There is no device") as caught:
        load_model("figures", weights=figures_file, device=name)
    assert "cuda:N" in caught.value.hint


def test_missing_gpu_is_told_and_auto_does_without(
    figures_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="cuda:0 is not available") as caught:
        load_model("figures", weights=figures_file, device="cuda:0")
    assert "cpu" in caught.value.hint
    assert load_model("figures", weights=figures_file).device == torch.device("cpu")


def test_gpu_number_beyond_the_last_is_refused(
    figures_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ModelError, match=r"cuda:7 is not available: this machine has 2"):
        load_model("figures", weights=figures_file, device="cuda:7")


def test_figures_net_takes_another_number_of_classes() -> None:
    assert find_network("figures").build(5).state_dict()["head.weight"].shape[0] == 5
    assert len(FIGURES_LABELS) == FiguresNet().head.out_features


def test_network_without_published_address_asks_for_its_weights() -> None:
    with pytest.raises(ModelError, match="weights of c3d are not published") as caught:
        load_model("c3d", device="cpu")
    assert "c3d-pytorch" in caught.value.hint


def test_known_labels_need_no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.models.load.load_model", pytest.fail)
    assert len(known_labels("swin3d_b", None, ignore, ignore)) == 400
    (tmp_path / "labels.txt").write_text("a\nb\n")
    card = tmp_path / "card.toml"
    card.write_text('network = "r3d_18"\ncheckpoint = "a.pth"\nlabels = "labels.txt"')
    assert known_labels(str(card), None, ignore, ignore) == ("a", "b")


@pytest.mark.parametrize("prefix", ["", "model.", "model.module."])
def test_card_takes_the_weights_of_wrappers(prefix: str, tmp_path: Path) -> None:
    state = {prefix + n: t for n, t in warmed_up("figures", classes=3).state_dict().items()}
    torch.save({"model_state": state}, tmp_path / "mine.pth")
    (tmp_path / "card.toml").write_text('network = "figures"\ncheckpoint = "mine.pth"')
    model = load_model(tmp_path / "card.toml", device="cpu")
    assert model.spec.labels == ("class 0", "class 1", "class 2")
    clip = torch.randn(1, 3, 4, 32, 32)
    assert torch.equal(model.module(clip), warmed_up("figures", classes=3)(clip))


def test_head_in_a_sequential_is_the_head_of_a_known_network(tmp_path: Path) -> None:
    state = warmed_up("figures", classes=3).state_dict()
    changed = {name.replace("head.", "head.1."): tensor for name, tensor in state.items()}
    torch.save({"state_dict": changed}, tmp_path / "mine.pth")
    model = load_model("figures", weights=tmp_path / "mine.pth", device="cpu")
    assert model.spec.labels == ("class 0", "class 1", "class 2")
    assert torch.equal(model.module.state_dict()["head.weight"], state["head.weight"])


@pytest.mark.parametrize("by_card", [False, True])
def test_transformer_of_a_folder_is_a_model_like_others(by_card: bool, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.engine.transformers import save_checkpoint

    save_checkpoint("videomae", tmp_path / "net")
    (tmp_path / "labels.txt").write_text("a\nb\nc\nd\ne\n")
    card = tmp_path / "card.toml"
    card.write_text('network = "hf:net"\nlabels = "labels.txt"\nstride = 3')
    model = load_model(card if by_card else f"hf:{tmp_path / 'net'}", device="cpu")
    assert model.module(*model.arguments(torch.rand(1, 3, 4, 32, 32))).logits.shape == (1, 5)
    assert ("a" in model.spec.labels, model.spec.stride == 3) == (by_card, by_card)


def test_plugin_is_a_model_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def load(*arguments: object) -> object:
        given.extend(arguments[:3])
        return load_model("figures", device="cpu")

    plugin = ModelPlugin(ModelInfo("theirs", "Theirs", "a plugin", bundled=False), load)
    for module in ("load", "cards.library"):
        monkeypatch.setattr(f"engine.models.{module}.plugin_models", lambda: {"theirs": plugin})
    assert known_models()["theirs"].title == "Theirs"
    assert load_model("theirs", weights="a.pth", device="cpu").spec.labels == FIGURES_LABELS
    assert given == [Path("a.pth"), None, "cpu"]


def ignore(*_: object) -> None:
    pass
