from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from engine.attribution import DEFAULT_METHOD, METHODS, attribute
from engine.attribution.catalogue import check_options, find_entry
from engine.attribution.lrp.composites import COMPOSITES
from engine.attribution.registry import find_method
from engine.descriptions import OptionInfo
from engine.errors import AttributionError
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip

OPTIONS = [(method, option) for method, info in METHODS.items() for option in info.options]
NUMBERS = [(method, option) for method, option in OPTIONS if option.kind in ("int", "float")]
WORDS = {"int": "a whole number", "float": "a number"}
PRESETS = [(method, name) for method in METHODS for name in find_entry(method).preset]


def named(value: object) -> str:
    """Readable name of a parameter of a test."""
    return value.name if isinstance(value, OptionInfo) else str(value)


def set_to(method: str, option: OptionInfo | str, value: object) -> Any:
    """What an option is after it was given a value."""
    name = option if isinstance(option, str) else option.name
    return getattr(find_method(method, {name: value}).options, name)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_described(method: str) -> None:
    info = METHODS[method]
    assert info.name == method
    texts = (info.title, info.family, info.summary, info.trust, info.cost, info.source)
    assert all(text.strip() == text and text for text in texts)
    assert info.summary.endswith(".")
    assert info.trust.endswith(".")
    assert info.passes >= 1


def test_every_method_has_a_title_of_its_own() -> None:
    titles = {info.title for info in METHODS.values()}
    assert len(titles) == len(METHODS)
    assert DEFAULT_METHOD in METHODS


@pytest.mark.parametrize("method", METHODS)
def test_described_defaults_are_those_of_the_method(method: str) -> None:
    options = asdict(find_method(method).options)
    described = {option.name: option.default for option in METHODS[method].options}
    assert described == {
        name: value for name, value in options.items() if name not in find_entry(method).preset
    }


@pytest.mark.parametrize("method", METHODS)
def test_described_defaults_survive_as_text(method: str) -> None:
    texts = {option.name: str(option.default) for option in METHODS[method].options}
    read, plain = find_method(method, texts).options, find_method(method).options
    assert read == plain
    assert [type(value) for value in asdict(read).values()] == [
        type(value) for value in asdict(plain).values()
    ]


@pytest.mark.parametrize(("method", "option"), OPTIONS, ids=named)
def test_described_defaults_are_allowed(method: str, option: OptionInfo) -> None:
    assert option.text.endswith(".")
    assert type(option.default).__name__ == option.kind
    assert not option.choices or option.default in option.choices
    assert option.low is None or option.default >= option.low
    assert option.high is None or option.default <= option.high
    assert set_to(method, option, option.default) == option.default


@pytest.mark.parametrize(
    ("method", "option"), [(m, option) for m, option in OPTIONS if option.choices], ids=named
)
def test_every_choice_can_be_taken(method: str, option: OptionInfo) -> None:
    assert len(set(option.choices)) == len(option.choices) > 1
    assert [set_to(method, option, choice) for choice in option.choices] == list(option.choices)


@pytest.mark.parametrize(
    ("method", "option"), [(m, option) for m, option in OPTIONS if option.choices], ids=named
)
def test_what_is_no_choice_is_refused_with_the_closest(method: str, option: OptionInfo) -> None:
    wrong = option.choices[-1] + "x"
    with pytest.raises(AttributionError, match=f"option {option.name} cannot be") as caught:
        set_to(method, option, wrong)
    assert option.choices[-1] in caught.value.hint


@pytest.mark.parametrize(("method", "option"), NUMBERS, ids=named)
def test_a_number_at_the_end_of_its_range_is_taken(method: str, option: OptionInfo) -> None:
    ends = [end for end in (option.low, option.high) if end is not None]
    assert [set_to(method, option, end) for end in ends] == ends
    assert ends


@pytest.mark.parametrize(("method", "option"), NUMBERS, ids=named)
def test_a_number_outside_its_range_is_refused(method: str, option: OptionInfo) -> None:
    outside = [option.low - 1] if option.low is not None else []
    outside += [option.high + 1] if option.high is not None else []
    for value in outside:
        for given in (value, str(value)):
            with pytest.raises(AttributionError, match=f"number from {option.low}") as caught:
                set_to(method, option, given)
            assert caught.value.hint == option.text


@pytest.mark.parametrize(("method", "option"), NUMBERS, ids=named)
def test_what_is_no_number_is_refused(method: str, option: OptionInfo) -> None:
    for value in ("many", "", None, [1], "0x10", "1,5"):
        with pytest.raises(AttributionError, match=f"{WORDS[option.kind]}.* is needed") as caught:
            set_to(method, option, value)
        assert repr(value) in str(caught.value)
        assert caught.value.hint == option.text


@pytest.mark.parametrize("value", [2.5, "2.5", float("nan"), "nan"])
def test_a_fraction_is_no_count(value: object) -> None:
    with pytest.raises(AttributionError, match="a whole number"):
        set_to("rise", "samples", value)


@pytest.mark.parametrize("value", [12, 12.0, "12", " 12 "])
def test_a_count_may_be_text_or_a_whole_float(value: object) -> None:
    samples = set_to("rise", "samples", value)
    assert samples == 12
    assert type(samples) is int


@pytest.mark.parametrize("value", [1, "1", "1.0", "1e0"])
def test_a_float_may_be_text_or_whole(value: object) -> None:
    gamma = set_to("lrp", "gamma", value)
    assert gamma == 1.0
    assert type(gamma) is float


@pytest.mark.parametrize("value", ["nan", float("nan")])
def test_a_number_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(AttributionError, match="gamma"):
        set_to("lrp", "gamma", value)


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        *((value, True) for value in (True, "True", "true", "TRUE", "yes", "Yes", "1", 1)),
        *((value, False) for value in (False, "False", "false", "no", "NO", "0", 0)),
    ],
)
def test_a_truth_may_be_text(value: object, truth: bool) -> None:
    assert set_to("grad_cam", "positive", value) is truth


@pytest.mark.parametrize("value", ["maybe", "", None, 2, "on"])
def test_what_is_no_truth_is_refused(value: object) -> None:
    with pytest.raises(AttributionError, match="true or false") as caught:
        set_to("grad_cam", "positive", value)
    assert caught.value.hint


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_option_is_refused(method: str) -> None:
    with pytest.raises(AttributionError, match=f"{method} has no option 'colour'") as caught:
        find_method(method, {"colour": 1})
    options = METHODS[method].options
    assert bool(options) == (caught.value.hint != "It has none.")
    assert not options or any(option.name in caught.value.hint for option in options)


@pytest.mark.parametrize(("method", "option"), OPTIONS, ids=named)
def test_a_misspelt_option_is_answered_with_the_closest(method: str, option: OptionInfo) -> None:
    with pytest.raises(AttributionError, match="no option") as caught:
        find_method(method, {option.name + "z": option.default})
    assert caught.value.hint.startswith("Did you mean")
    assert option.name in caught.value.hint


@pytest.mark.parametrize(("method", "name"), PRESETS)
def test_what_makes_a_method_cannot_be_set(method: str, name: str) -> None:
    assert name not in [option.name for option in METHODS[method].options]
    made = find_entry(method).preset[name]
    with pytest.raises(AttributionError, match=f"no option '{name}'"):
        find_method(method, {name: made})
    assert getattr(find_method(method).options, name) == made


def test_deep_taylor_is_made_by_its_composite() -> None:
    assert ("deep_taylor", "composite") in PRESETS
    assert find_method("deep_taylor").options.composite == "deep-taylor"
    with pytest.raises(AttributionError, match="no option 'composite'"):
        attribute(model_of(built("+=")), random_clip(), 0, "deep_taylor", composite="epsilon-plus")


def test_every_composite_that_makes_a_method_exists() -> None:
    made = [find_entry(method).preset["composite"] for method, _ in PRESETS]
    assert made
    assert set(made) <= set(COMPOSITES)
    assert len(set(made)) == len(made)


def test_other_options_of_a_preset_method_can_be_set() -> None:
    options = find_method("lrp_epsilon_gamma_box", {"gamma": "0.5"}).options
    assert options.gamma == 0.5
    assert options.composite == "epsilon-gamma-box"


@pytest.mark.parametrize("method", METHODS)
def test_methods_are_found_by_names_with_hyphens(method: str) -> None:
    found, plain = find_method(method.replace("_", "-")), find_method(method)
    assert (found.explain, found.options) == (plain.explain, plain.options)


def test_an_unknown_method_is_answered_with_the_closest() -> None:
    with pytest.raises(AttributionError, match="'grad_camm'") as caught:
        find_method("grad_camm")
    assert "grad_cam" in caught.value.hint


def test_check_options_lets_good_ones_through() -> None:
    good: dict[str, object] = {"samples": "40", "fill": "blur"}
    check_options("rise", good)
    check_options("gradient", {})
    with pytest.raises(AttributionError, match="sample"):
        check_options("rise", good | {"sample": 40})


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("rize", {}),
        ("rise", {"sample": 40}),
        ("rise", {"samples": 1}),
        ("deep_taylor", {"composite": "deep-taylor"}),
        ("gradient", {"samples": 3}),
    ],
)
def test_check_options_refuses_what_the_method_would(
    method: str, options: dict[str, object]
) -> None:
    with pytest.raises(AttributionError) as caught:
        check_options(method, options)
    assert caught.value.hint


def test_attribute_reads_options_from_text() -> None:
    model, clip = model_of(built("+=")), random_clip()
    text = attribute(model, clip, 0, "smooth_grad", samples="3", noise="0.2", seed="5")
    plain = attribute(model, clip, 0, "smooth_grad", samples=3, noise=0.2, seed=5)
    other = attribute(model, clip, 0, "smooth_grad", samples=3, noise=0.2, seed=6)
    assert (text.relevance == plain.relevance).all()
    assert not (text.relevance == other.relevance).all()


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("rise", {"samples": float("inf")}),
        ("lrp", {"epsilon": "inf"}),
        ("lrp_epsilon_gamma_box", {"gamma": 1e39}),
        ("smooth_grad", {"noise": float("nan")}),
        ("rise", {"samples": True}),
        ("rise", {"samples": "9" * 5_000}),
    ],
)
def test_options_without_limits_are_refused(method: str, options: dict[str, object]) -> None:
    with pytest.raises(AttributionError):
        find_method(method, options)
