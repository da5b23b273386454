from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from engine.errors import ModelError
from engine.models.weights.checkpoint import State, Weights
from engine.models.weights.choosing import chosen
from engine.models.weights.fitting import fit, matched

FILE = Path("net.pth")


def network(classes: int = 3, **more: nn.Module) -> nn.Module:
    conv, norm = nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4)
    return nn.Sequential(OrderedDict(conv=conv, norm=norm, fc=nn.Linear(4, classes), **more))


STATE = network().state_dict()


def behind(prefix: str, state: State = STATE) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def fitted(state: State, target: nn.Module | None = None, *nests: str) -> tuple[State, str]:
    """Fit weights, and return what the network then has, and the notices."""
    target = target or network()
    notices = fit(target, matched(target, Weights(state, nests=nests)), "net", "net.pth")
    return target.state_dict(), " ".join(notices)


def refused(state: State, target: nn.Module | None = None) -> str:
    target = target or network()
    before = {name: tensor.clone() for name, tensor in target.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        fitted(state, target)
    assert all(torch.equal(before[name], now) for name, now in target.state_dict().items())
    return f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "prefix",
    [
        *("", "module.", "net.", "model.", "backbone.", "_orig_mod.", "module._orig_mod."),
        *("state_dict.model.net.", "weights.", "0.", "model.module.backbone._orig_mod."),
    ],
)
def test_fit_finds_weights_behind_any_prefix(prefix: str) -> None:
    found, notices = fitted(behind(prefix))
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)
    assert notices == ""


@pytest.mark.parametrize("prefix", ["", "state_dict.model."])
def test_fit_finds_weights_of_what_the_network_wraps(prefix: str) -> None:
    target = nn.Sequential(OrderedDict(net=nn.Sequential(OrderedDict(body=network()))))
    found, notices = fitted(behind(prefix), target)
    assert torch.equal(found["net.body.fc.bias"], STATE["fc.bias"])
    assert notices == ""


def test_fit_finds_weights_with_wrappers_inside_of_names() -> None:
    state = {name.replace("conv.", "conv._orig_mod.module."): t for name, t in STATE.items()}
    assert torch.equal(fitted(behind("state_dict.", state))[0]["conv.weight"], STATE["conv.weight"])


@pytest.mark.parametrize("twin", ["state_dict_ema.", "model_ema.module.", "ema.", "teacher."])
def test_fit_takes_plain_weights_and_tells_of_their_average(twin: str) -> None:
    other = {name: tensor + 1 for name, tensor in STATE.items()}
    found, notices = fitted({**behind(twin, other), **behind("state_dict.")})
    assert torch.equal(found["fc.bias"], STATE["fc.bias"])
    assert f'prefix = "{twin}"' in notices
    weights = Weights({**behind(twin, other), **behind("state_dict.")})
    target = network()
    fit(target, matched(target, chosen(weights, twin, None, FILE)), "net", "net.pth")
    assert torch.equal(target.state_dict()["fc.bias"], STATE["fc.bias"] + 1)


def test_fit_takes_an_average_alone_and_says_so() -> None:
    assert "An average" in fitted(behind("state_dict_ema."))[1]


def test_fit_takes_the_first_of_a_list_and_asks_between_equals() -> None:
    assert 'prefix = "1."' in fitted({**behind("0."), **behind("1.")})[1]
    said = refused({**behind("best."), **behind("last.")})
    assert "2 sets of weights" in said
    assert 'prefix = "best." or prefix = "last."' in said


def test_fit_leaves_auxiliary_heads_out_with_a_notice() -> None:
    extra = {"aux.weight": torch.zeros(3, 4), "aux.bias": torch.zeros(3)}
    assert (
        "no use for 2 of the file's tensors, left out: aux.weight" in fitted({**STATE, **extra})[1]
    )
    counters = {"n_averaged": torch.tensor(3), "norm.total_ops": torch.zeros(1)}
    assert fitted({**STATE, **counters})[1] == ""


@pytest.mark.parametrize("name", ["conv.scale", "conv2.weight", "fc.1.weight", "norm.more.bias"])
def test_fit_refuses_what_would_change_the_network(name: str) -> None:
    said = refused({**STATE, name: torch.zeros(3)})
    assert f"1 are of no use to it (first {name})" in said


def test_fit_refuses_a_deeper_network_of_the_same_names() -> None:
    deep, shallow = (
        nn.Sequential(OrderedDict(layer1=nn.Sequential(*(nn.Linear(2, 2) for _ in range(n)))))
        for n in (3, 2)
    )
    assert "layer1.2.weight" in refused(deep.state_dict(), shallow)


@pytest.mark.parametrize("head", ["fc.1", "fc.0", "cls_head.fc_cls", "classifier", "head"])
def test_fit_finds_the_classifier_under_another_name(head: str) -> None:
    state = {name.replace("fc.", f"{head}."): tensor for name, tensor in STATE.items()}
    found, notices = fitted(state)
    assert torch.equal(found["fc.weight"], STATE["fc.weight"])
    assert (head in notices) == (not head.startswith("fc."))


def test_fit_finds_prefix_and_classifier_of_mmaction() -> None:
    body = {f"state_dict.backbone.{n}": t for n, t in STATE.items() if not n.startswith("fc")}
    head = {
        f"state_dict.cls_head.fc_cls.{leaf}": STATE[f"fc.{leaf}"] for leaf in ("weight", "bias")
    }
    found, notices = fitted({**body, **head}, None, "state_dict")
    assert torch.equal(found["fc.bias"], STATE["fc.bias"])
    assert "The classifier fc was taken from cls_head.fc_cls." in notices


def test_fit_refuses_a_classifier_of_several_layers() -> None:
    body = {name: tensor for name, tensor in STATE.items() if not name.startswith("fc")}
    head = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).state_dict()
    said = refused({**body, **behind("fc.", head)})
    assert "2 of 8 tensors are missing (first fc.weight)" in said
    assert "function of your own" in said


def test_rename_maps_beginnings_with_asterisks() -> None:
    renames = {"stem.cnn*.": "conv*.", "old.": "", "aux.": "-", "head.fc_*.": "fc."}
    state = {
        "stem.cnn.weight": STATE["conv.weight"],
        "stem.cnn.bias": STATE["conv.bias"],
        **{f"old.{name}": tensor for name, tensor in STATE.items() if name.startswith("norm")},
        **{f"head.fc_cls.{leaf}": STATE[f"fc.{leaf}"] for leaf in ("weight", "bias")},
        "aux.weight": torch.zeros(3),
    }
    weights = chosen(
        Weights(behind("state_dict.", state), nests=("state_dict",)), "", renames, FILE
    )
    assert set(weights.state) == {f"state_dict.{name}" for name in STATE}
    assert fitted(weights.state)[1] == ""


@pytest.mark.parametrize(("prefix", "renames"), [("nets.", None), ("", {"nets.": "a."})])
def test_prefix_and_rename_that_nothing_begins_with_are_refused(
    prefix: str, renames: dict[str, str] | None
) -> None:
    with pytest.raises(ModelError, match=r"begins with 'nets\.'") as caught:
        chosen(Weights(behind("model.")), prefix, renames, FILE)
    assert "'model.conv.weight'" in caught.value.hint


def folded_twin(change: object) -> tuple[State, torch.Tensor]:
    """The state dict of a network with a changed layer, and the weight that it computes."""
    source = network()
    layer = source.get_submodule("fc")
    change(layer)  # type: ignore[operator]
    layer(torch.zeros(1, 4))
    return source.state_dict(), layer.weight.detach().clone()  # type: ignore[operator]


@pytest.mark.parametrize(
    "change",
    [
        parametrizations.weight_norm,
        lambda layer: parametrizations.weight_norm(layer, dim=1),
        lambda layer: parametrizations.spectral_norm(layer).eval(),
        lambda layer: prune.random_unstructured(layer, "weight", 0.5),  # type: ignore[no-untyped-call]
    ],
)
def test_fit_folds_what_a_weight_is_computed_of(change: object) -> None:
    state, weight = folded_twin(change)
    found, notices = fitted(behind("model.", state))
    assert torch.allclose(found["fc.weight"], weight, atol=1e-6)
    assert notices == ""


def test_fit_folds_the_names_of_weight_norm_before_torch_2() -> None:
    state, weight = folded_twin(parametrizations.weight_norm)
    name = "fc.parametrizations.weight.original"
    state["fc.weight_g"], state["fc.weight_v"] = state.pop(f"{name}0"), state.pop(f"{name}1")
    assert torch.allclose(fitted(state)[0]["fc.weight"], weight, atol=1e-6)
    target = network()
    parametrizations.weight_norm(target.get_submodule("fc"))
    found, _ = fitted(state, target)
    assert torch.equal(found[f"{name}0"], state["fc.weight_g"])


def test_fit_converts_to_the_networks_dtype() -> None:
    target = network()
    fitted({name: tensor.half() for name, tensor in STATE.items()}, target)
    assert {parameter.dtype for parameter in target.parameters()} == {torch.float32}
    assert torch.equal(target.state_dict()["conv.weight"], STATE["conv.weight"].half().float())


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int64, torch.int8, torch.bool])
def test_fit_refuses_other_numbers_by_name(dtype: torch.dtype) -> None:
    state = {**STATE, "conv.bias": STATE["conv.bias"].to(dtype)}
    said = f"conv.bias is {str(dtype).removeprefix('torch.')}, but float32 is needed"
    assert said in refused(state)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fc.lora_A.default.weight", "adapters (LoRA)"),
        ("_fsdp_wrapped_module._flat_param", "FSDP"),
        ("fc._packed_params.scale", "quantised"),
    ],
)
def test_fit_names_the_true_cause_of_missing_weights(name: str, said: str) -> None:
    state = {n: tensor for n, tensor in STATE.items() if not n.startswith("fc")}
    assert said in refused({**state, name: torch.zeros(3)})


def test_fit_names_tensors_that_are_no_weights() -> None:
    state = {name: tensor for name, tensor in STATE.items() if name != "fc.weight"}
    target = network()
    weights = Weights(behind("model.", state), {"model.fc.weight": "sparse"})
    with pytest.raises(ModelError, match=r"model\.fc\.weight is sparse"):
        fit(target, matched(target, weights), "net", "net.pth")


def test_fit_says_how_many_classes_and_channels_differ() -> None:
    assert "between 5 classes, the network between 3" in refused(network(5).state_dict())
    grey = {**STATE, "conv.weight": torch.zeros(4, 1, 1, 1, 1)}
    assert "clips of 1 channels, the network of 3" in refused(grey)


def test_fit_does_not_need_the_batch_counters() -> None:
    state = {name: tensor for name, tensor in STATE.items() if "num_batches" not in name}
    assert torch.equal(fitted(state)[0]["fc.bias"], STATE["fc.bias"])


def test_fit_counts_what_differs_and_leaves_the_network_alone() -> None:
    state = {**STATE, "fc.weight": torch.zeros(5, 4), "tail.weight": torch.zeros(1)}
    del state["conv.weight"], state["conv.bias"]
    assert refused(state).startswith(
        "The weights net.pth do not fit the model net: "
        "2 of 8 tensors are missing (first conv.weight), "
        "1 are of no use to it (first tail.weight), "
        "1 have another shape (first fc.weight: (5, 4) instead of (3, 4))."
    )


def batch_norm() -> nn.Module:
    return nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2))


KINDS = ["complex64", "int64", "int8", "uint8", "bool", "float8_e4m3fn", "float8_e5m2"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["0.weight", "1.bias", "1.running_var"])
def test_numbers_of_another_kind_are_refused_by_name(name: str, kind: str) -> None:
    network = batch_norm()
    state = dict(network.state_dict())
    state[name] = state[name].to(getattr(torch, kind))
    with pytest.raises(ModelError, match=f"{name} is {kind}, but float32 is needed"):
        fit(network, matched(network, Weights(state)), "net", "w.pth")


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_numbers_of_another_precision_are_taken(kind: str) -> None:
    network = batch_norm()
    state = {n: t.to(getattr(torch, kind)) for n, t in network.state_dict().items()}
    assert fit(network, matched(network, Weights(state)), "net", "w.pth") == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.zeros((), dtype=torch.complex64), "num_batches_tracked is complex64"),
        (torch.zeros(5, dtype=torch.int64), "another shape"),
    ],
)
def test_counters_that_cannot_be_are_refused(value: torch.Tensor, said: str) -> None:
    network = batch_norm()
    state = {**network.state_dict(), "1.num_batches_tracked": value}
    with pytest.raises(ModelError, match=said):
        fit(network, matched(network, Weights(state)), "net", "w.pth")


def test_statistics_that_are_no_numbers_are_told() -> None:
    network = batch_norm()
    state = {**network.state_dict(), "1.running_mean": torch.full((2,), float("nan"))}
    (notice,) = fit(network, matched(network, Weights(state)), "net", "w.pth")
    assert "not finite (first 1.running_mean)" in notice
