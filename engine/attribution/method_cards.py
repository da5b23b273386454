"""Method cards: what a method shows, when to trust it, what it costs. Free of torch.

``python -m engine.attribution.method_cards`` prints docs/methods.md.
"""

from __future__ import annotations

from engine.attribution.catalogue import BUILT_IN
from engine.descriptions import MethodInfo, OptionInfo

_HEAD = """# Attribution methods

Each method answers another question about the same decision. Ask them by name:
`motion-inspector explain VIDEO --out DIR --method NAME --option NAME=VALUE`, in the window under
"Method", or in Python with `attribute(model, clip, target, "NAME", option=value)` of
`engine.attribution`.

A target is a class (name or index), the model's top class, the difference of two classes
(`Contrast(a, b)`, `--class A --against B`), or in Python any function of the logits. A final
softmax is undone: what is explained are the logits before it.

What LRP does with each operation, and which it does not know: [rules of LRP](lrp-rules.md).
"""


def card_text(info: MethodInfo) -> str:
    """Return the card of a method as plain text."""
    lines = [
        f"{info.title}  ({info.name})",
        "",
        info.summary,
        f"When to trust it: {info.trust}",
        f"Cost: {info.cost}.",
        f"Sum: {_sum(info)}.",
        f"Source: {info.source}.",
    ]
    if info.options:
        lines += ["", "Options:", *(f"  {_option(option)}" for option in info.options)]
    return "\n".join(lines)


def methods_page() -> str:
    """docs/methods.md: the cards of all methods of this program, by family."""
    parts = [_HEAD]
    for family in dict.fromkeys(info.family for info in BUILT_IN.values()):
        parts.append(f"## {family}\n")
        parts += [_section(info) for info in BUILT_IN.values() if info.family == family]
    return "\n".join(parts)


def _section(info: MethodInfo) -> str:
    lines = [
        f"### {info.title}: `{info.name}`",
        "",
        info.summary,
        "",
        f"- **When to trust it.** {info.trust}",
        f"- **Cost.** {info.cost[0].upper()}{info.cost[1:]}.",
        f"- **Sum.** {_sum(info)[0].upper()}{_sum(info)[1:]}.",
        f"- **Source.** {info.source}.",
    ]
    if info.options:
        lines += ["", "| option | default | |", "|---|---|---|"]
        lines += [f"| `{o.name}` | `{_shown(o.default)}` | {_meaning(o)} |" for o in info.options]
    return "\n".join([*lines, ""])


def _sum(info: MethodInfo) -> str:
    if info.conserves:
        return "the relevance sums to what is explained"
    return "the relevance does not sum to the score"


def _option(option: OptionInfo) -> str:
    return f"{option.name}={_shown(option.default)}  {_meaning(option)}"


def _meaning(option: OptionInfo) -> str:
    if option.choices:
        return f"{option.text} One of: {', '.join(option.choices)}."
    if option.low is None:
        return option.text
    limits = f"From {option.low:g}" + ("" if option.high is None else f" to {option.high:g}")
    return f"{option.text} {limits}."


def _shown(value: object) -> str:
    return '""' if value == "" else str(value)


if __name__ == "__main__":
    print(methods_page(), end="")  # noqa: T201 - its output is the page
