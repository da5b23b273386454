"""Hostile JSON, TOML and WebVTT: whole documents with some values exchanged, and damaged ones."""

from __future__ import annotations

from random import Random

_VALUES = (
    "",
    "-1",
    "0",
    "1000000000",
    "9" * 5_000,
    "1e400",
    "-1e400",
    "NaN",
    "nan",
    "Infinity",
    "inf",
    "true",
    "null",
    "[]",
    "{}",
    "[" * 3_000,
    "[" * 150 + "]" * 150,
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u001b[31m"',
    '"../../.."',
    '"/dev/zero"',
    '"hf:../../.."',
    '"hf:/etc"',
    '"a\\nb"',
    f'"{"a" * 5_000}"',
    f'"{"../" * 2_000}"',
    '"=1+1"',
)
"""In place of a value: what numbers, texts and lists can do to a reader."""
_KEYS = ("frames", "crop", "resize", "stride", "fps", "mean", "std", "labels", "checkpoint", "name")
_RAW = (b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", b'"', b"[", b"}", b"\n")


def mutated_card(text: str, random: Random) -> bytes:
    """Return the text of a card with some keys, values or bytes exchanged."""
    lines = text.splitlines()
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(lines) + 1)
        kind = random.randrange(5)
        value = random.choice(_VALUES)
        if kind == 0:
            lines.insert(place, f"{random.choice(_KEYS)} = {value}")
        elif kind == 1:
            lines.insert(place, f"rename = {{ '{'*a' * random.randint(1, 60)}b' = 'x' }}")
        elif kind == 2:
            lines.insert(place, "[[inputs]]\nname = 'a'\nkind = 'rgb'\n" * random.choice((1, 99)))
        elif kind == 3:
            lines.insert(place, "a" + ".a" * random.choice((5, 500)) + " = 1")
        else:
            key = lines[min(place, len(lines) - 1)].partition("=")[0]
            lines[min(place, len(lines) - 1)] = f"{key}= {value}"
    return _damaged("\n".join(lines).encode("utf-8", "surrogatepass"), random)


def mutated_json(text: str, random: Random) -> bytes:
    """Return a JSON text (labels, a session, notes, regions) with some values exchanged."""
    for _ in range(random.randint(1, 3)):
        places = [place for place, sign in enumerate(text) if sign in ":,["]
        if not places:
            break
        start = random.choice(places) + 1
        ends = [
            place for place in range(start, min(start + 200, len(text))) if text[place] in ",}]"
        ]
        stop = ends[0] if ends else start
        text = text[:start] + random.choice(_VALUES) + text[stop:]
    return _damaged(text.encode("utf-8", "surrogatepass"), random)


def mutated_annotations(text: str, random: Random) -> bytes:
    """Return a WebVTT text with some lines exchanged."""
    lines = text.splitlines()
    odd = (
        "99:99:99.999 --> 00:00:00.000",
        "00:00.000 --> 9999:59:59.999",
        "-->",
        "<" * random.choice((1, 50_000)),
        "&#0;&#xd800;&#x110000;",
        "a" * random.choice((1, 100_000)),
        "\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m",
        "NOTE",
        "",
    )
    for _ in range(random.randint(1, 4)):
        lines.insert(random.randrange(len(lines) + 1), random.choice(odd))
    return _damaged("\n".join(lines).encode("utf-8", "surrogatepass"), random)


def _damaged(raw: bytes, random: Random) -> bytes:
    """Return bytes with a few exchanged, cut off or put in, half of the times."""
    kind = random.randrange(6)
    place = random.randrange(len(raw) + 1)
    if kind == 0:
        return raw[:place]
    if kind == 1:
        return raw[:place] + random.choice(_RAW) + raw[place:]
    if kind == 2:
        return raw[:place] + random.randbytes(random.randint(1, 4)) + raw[place + 2 :]
    return raw
