"""Videos that are none, or not what they say: by content, by what lies there, and by name."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.hostile.spoil import spoiled_bytes

NAMES = (
    "a\nmotion-inspector: done.mp4",
    "\x1b[31mred\x1b[0m.mp4",
    "\x1b]0;title\x07.mp4",
    "walk\u202e4pm.exe.mp4",
    "\u2066walk\u2069\u200b.mp4",
    'it\'s "quoted" `id` $(id).mp4',
    "--out.mp4",
    "-.mp4",
    "=1+1.mp4",
    "[red]a[x].mp4",
    "<b>a<b>.mp4",
    "%s%n%d {0.__class__}.mp4",
    "a\\b:c*?.mp4",
    "latin-\udce9.mp4",
    " .mp4",
    "concat:a|b.mp4",
    "pipe:0",
    "walk%03d.mp4",
    "x" * 250 + ".mp4",
)
"""Names of files that people do not expect, all allowed on Linux."""


def written(content: bytes) -> Callable[[Path], None]:
    """Return what writes a file of that content."""
    return lambda path: path.write_bytes(content) and None


def broken_videos(valid: bytes) -> dict[str, tuple[str, Callable[[Path], None]]]:
    """Return for each fault the name of a file and what makes it, given a valid MP4."""
    cut = {f"cut to {part} %": valid[: len(valid) * part // 100] for part in (1, 10, 50, 90, 99)}
    spoiled = {f"spoiled {i}": spoiled_bytes(valid, Random(i)) for i in range(8)}
    contents = {
        "empty.mp4": b"",
        "one-byte.mp4": b"\0",
        "text.mp4": b"I am no video.\n" * 40,
        "pickle.mp4": pickle.dumps({"a": [1] * 100}),
        "noise.mp4": Random(0).randbytes(20_000),
        "zeros.mkv": bytes(100_000),
        "of-mp4.png": valid,
        "of-mp4.toml": valid,
        "of-mp4.txt": valid,
        "of-mp4": valid,
        "huge.ppm": b"P6 100000 100000 255\n" + bytes(1000),
        "huge.bmp": _bmp(60_000, 60_000),
        "huge.png": _png(60_000, 60_000),
        "huge.gif": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2D\1\0;",
        "huge.y4m": b"YUV4MPEG2 W65535 H65535 F25:1\nFRAME\n" + bytes(1000),
        "thin.y4m": b"YUV4MPEG2 W1 H60000 F25:1\n" + (b"FRAME\n" + bytes(90_000)) * 3,
        "endless-rate.y4m": b"YUV4MPEG2 W16 H16 F2147483647:1\n" + (b"FRAME\n" + bytes(384)) * 40,
        "no-rate.y4m": b"YUV4MPEG2 W16 H16 F0:0\n" + (b"FRAME\n" + bytes(384)) * 40,
        "list.m3u8": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n",
        "list.mp4": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "sdp.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "script.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9e9' height='9e9'/>",
    }
    made = {name: (name, written(content)) for name, content in contents.items()}
    made |= {name: ("walk.mp4", written(content)) for name, content in (cut | spoiled).items()}
    return made | _OTHERS | {"an MP4 of huge size": ("walk.mp4", written(_resized(valid)))}


def _resized(valid: bytes) -> bytes:
    """Return an MP4 whose header tells 65535 x 65535 pixels."""
    place = valid.find(b"avc1") + 4 + 24
    return valid[:place] + b"\xff\xff\xff\xff" + valid[place + 4 :]


def _bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1054, 0, 0, 54) + header + bytes(1000)


def _png(width: int, height: int) -> bytes:
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(10**6)))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp4", bytes(2**20))


def _without_end(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**36)  # of holes: it takes no room


def _pictures(path: Path) -> None:
    path.mkdir()
    for number in range(20):
        (path / f"{number}.png").write_bytes(_png(60_000, 60_000) if number else b"")


def _of_texts(path: Path) -> None:
    path.mkdir()
    (path / "a.txt").write_text("a")


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


_OTHERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "missing": ("walk.mp4", lambda path: None),
    "zip.mp4": ("zip.mp4", _zip),
    "hole.mp4": ("hole.mp4", _without_end),
    "pipe.mp4": ("pipe.mp4", os.mkfifo),
    "folder.mp4": ("folder.mp4", Path.mkdir),
    "folder of texts": ("shots", _of_texts),
    "folder of huge pictures": ("shots", _pictures),
    "link to itself": ("loop.mp4", _link("loop.mp4")),
    "link to /dev/zero": ("zero.mp4", _link("/dev/zero")),
    "link to /dev/stdin": ("stdin.mp4", _link("/dev/stdin")),
    "link to /proc/self/mem": ("mem.mp4", _link("/proc/self/mem")),
    "link to /": ("root.mp4", _link("/")),
}
