"""Checkpoints made to harm: each is a name and the function that writes it to a path."""

from __future__ import annotations

import io
import os
import pickle
import struct
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.engine.models.weights.pickles_by_hand import (
    TENSORS,
    Call,
    Writer,
    archive,
    called,
    listed,
    pickled,
    raw,
    running,
    storage,
    tensor,
    text,
    whole,
)

_ARRAY = np.zeros(2**20)


def _chain(path: Path, canary: Path) -> None:
    """Nested look-ups of attributes: ().__class__.__base__.__subclasses__()."""
    look = b"c__builtin__\ngetattr\n"
    begin = look + b"(c__builtin__\nobject\n" + text("__subclasses__") + b"tR(tR"
    archive(path, b"\x80\x02" + look + b"(" + begin + text("__init__") + b"tR.")


def _attribute_of_class(path: Path, canary: Path) -> None:
    look = b"c__builtin__\ngetattr\n(cmine\nThing\n" + text("mkdir") + b"tR"
    archive(path, b"\x80\x02" + look + b"(" + text(str(canary)) + b"tR.")


def _build_on_type(path: Path, canary: Path) -> None:
    archive(path, b"\x80\x02cmine\nThing\n}" + text("__setstate__") + b"cos\nsystem\nsb.")


def _build_then_set(path: Path, canary: Path) -> None:
    first = b"\x80\x02cmine\nThing\n)\x81}" + text("__setstate__") + b"cposix\nmkdir\nsb"
    archive(path, first + text(str(canary)) + b"b.")


def _shared_lists(path: Path, _canary: Path) -> None:
    """Lists that each hold the one before twice: 2 ** 60 ways through a few bytes."""
    value: list[Any] = [1]
    for _ in range(60):
        value = [value, value]
    archive(path, pickle.dumps({"a": value}, 2))


def _shared_keys(path: Path, _canary: Path) -> None:
    """Tuples likewise, as keys: their hash would walk all the ways."""
    code = b"\x80\x02}("
    for index in range(60):
        code += b"2\x86" if index else b")2\x86"
    archive(path, code + b"K\x01u.")


def _shared_dicts(path: Path, _canary: Path) -> None:
    value: dict[str, Any] = {"x": 1}
    for _ in range(60):
        value = {"state_dict": value, "model": value}
    archive(path, pickle.dumps(value, 2))


def _itself(path: Path, _canary: Path) -> None:
    value: dict[str, Any] = {}
    value["model"] = value
    archive(path, pickle.dumps(value, 2))


def _many_tensors(path: Path, _canary: Path) -> None:
    args = storage() + whole(0) + listed((4,)) + listed((1,)) + b"\x89}t"
    code = io.BytesIO()
    code.write(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00(" + args + b"q\x010}(")
    for index in range(500_000):
        code.write(text(str(index)) + b"h\x00h\x01R")
    code.write(b"u.")
    archive(path, code.getvalue())


def _many_files(path: Path, _canary: Path) -> None:
    """An archive with 300,000 empty parts."""
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 6) + bytes(16) + b"abcdef"
    listing = entry * 300_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, len(listing), 0, 0)
    path.write_bytes(listing + end)


def _encoded_often(path: Path, _canary: Path) -> None:
    """A text of 4 MB made bytes 20,000 times."""
    again = b"h\x00h\x01\x85R"
    code = b"\x80\x02c_codecs\nencode\nq\x00" + text("x" * 2**22) + b"q\x01" + text("latin1")
    code = code.replace(text("latin1"), b"") + b"](" + again * 20_000 + b"e."
    archive(path, code.replace(b"\x85R", b"X\x06\x00\x00\x00latin1\x86R"))


def _one_array_often(path: Path, _canary: Path) -> None:
    """An array of 8 MB under 2,000 names."""
    torch.save({f"a{i}": _ARRAY for i in range(2_000)}, path)


def _plain_in_plain(path: Path, canary: Path) -> None:
    """A storage within a storage within ..."""
    content = pickle.dumps(Call(os.mkdir, str(canary)), 2)
    for _ in range(50):
        begin = b"\x80\x02ctorch.storage\n_load_from_bytes\nB"
        content = begin + struct.pack("<I", len(content)) + content + b"\x85R."
    path.write_bytes(content)


def _deep(path: Path, _canary: Path) -> None:
    archive(path, b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".")


def _endless(path: Path, _canary: Path) -> None:
    archive(path, b"\x80\x02" + b"]0" * 510_000 + b".")


def _zip_bomb(path: Path, _canary: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", pickle.dumps({}))
        file.writestr("archive/data/0", bytes(100 * 2**20))


def _pickle_bomb(path: Path, _canary: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + bytes(100 * 2**20))


def _truncated(path: Path, _canary: Path, share: float = 0.5) -> None:
    torch.save(TENSORS, path)
    whole_file = path.read_bytes()
    path.write_bytes(whole_file[: int(len(whole_file) * share)])


def _truncated_old(path: Path, _canary: Path) -> None:
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-20])


def _old_claims(path: Path, _canary: Path) -> None:
    """The format of before 1.6 with a storage of 2 ** 60 elements."""
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    place = content.rfind(struct.pack("<q", 16))
    path.write_bytes(content[:place] + struct.pack("<q", 2**60) + content[place + 8 :])


def _fifo(path: Path, _canary: Path) -> None:
    os.mkfifo(path)


def _link(target: str) -> Writer:
    return lambda path, _: path.symlink_to(target)


def _loop(path: Path, _canary: Path) -> None:
    path.symlink_to(path)


def _sparse(path: Path, _canary: Path) -> None:
    torch.save({"weight": torch.eye(4).to_sparse()}, path)


def _quantised(path: Path, _canary: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it is deprecated
        torch.save({"weight": torch.quantize_per_tensor(torch.eye(4), 0.1, 0, torch.qint8)}, path)


def _safetensors(header: str, data: bytes = bytes(64)) -> Writer:
    listing = header.encode()
    return raw(struct.pack("<Q", len(listing)) + listing + data)


def _sub_pickle(path: Path, canary: Path) -> None:
    inner = pickle.dumps(Call(os.mkdir, str(canary)), 2)
    code = b"\x80\x02ctorch.storage\n_load_from_bytes\n(" + b"C" + bytes([len(inner)]) + inner
    archive(path, code + b"tR.")


def _numpy_objects(path: Path, canary: Path) -> None:
    """An array of objects, whose values are a pickle of their own."""
    inner = pickle.dumps([Call(os.mkdir, str(canary))], 2)
    kind = b"cnumpy\ndtype\n(" + text("O8") + b"\x89\x88tR"
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
    state = b"(K\x01(K\x01t" + kind + b"\x89C" + bytes([len(inner)]) + inner + b"t"
    archive(path, b"\x80\x04}" + text("weight") + empty + state + b"bs.")


def _numpy_claims(path: Path, _canary: Path) -> None:
    kind = b"cnumpy\ndtype\n(" + text("f8") + b"\x89\x88tR"
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
    state = b"(K\x01(" + whole(2**40) + b"t" + kind + b"\x89C\x08" + bytes(8) + b"t"
    archive(path, b"\x80\x04}" + text("weight") + empty + state + b"bs.")


def _module(path: Path, _canary: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def _subclass(path: Path, canary: Path) -> None:
    code = b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(cposix\nmkdir\ncmine\nThing\n("
    archive(path, code + text(str(canary)) + b"t}tR.")


def _state_of_parameter(path: Path, canary: Path) -> None:
    torch.save(
        {**TENSORS, "extra": Call(OrderedDict, state={"a": Call(os.mkdir, str(canary))})}, path
    )


def _copied_often(path: Path, _canary: Path) -> None:
    """A list of 100,000 pairs made a dict 50,000 times."""
    pairs = b"".join(b"K%cK\x01\x86" % (index % 256) for index in range(100_000))
    again = b"h\x00h\x01\x85R" * 50_000
    begin = b"\x80\x02ccollections\nOrderedDict\nq\x00("
    archive(path, begin + pairs + b"lq\x01](" + again + b"e.")


def _safetensors_of_many(path: Path, canary: Path) -> None:
    entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    _safetensors("{" + ",".join(f'"w{i}":{entry}' for i in range(200_000)) + "}", b"")(path, canary)


_BAD_TENSORS: dict[str, Writer] = {
    "negative side": tensor((-4,), (1,)),
    "negative stride": tensor((4,), (-1,)),
    "negative offset": tensor((4,), (1,), -8),
    "giant shape": tensor((2**40,), (1,)),
    "giant by strides of 0": tensor((2**20, 2**20), (0, 0)),
    "giant sides that overflow": tensor((2**31, 2**31, 2**31), (1, 1, 1)),
    "beyond its storage": tensor((4, 4), (100, 1)),
    "offset beyond its storage": tensor((4,), (1,), 2**40),
    "sides without strides": tensor((4, 4), (1,)),
    "a thousand sides": tensor((1,) * 1000, (1,) * 1000),
    "no storage": tensor((4,), (1,), of=b"K\x07"),
    "storage of an unknown kind": tensor((4,), (1,), of=storage("EvilStorage")),
    "storage that is missing": tensor((4,), (1,), of=storage(key="../../etc/passwd")),
    "storage of negative size": tensor((4,), (1,), of=storage(count=-1)),
    "storage smaller than it says": tensor((64,), (1,), of=storage(count=64)),
    "maker without arguments": called("torch._utils", "_rebuild_tensor_v2", b""),
    "maker with a text": called("torch._utils", "_rebuild_tensor_v2"),
    "parameter of nothing": called("torch._utils", "_rebuild_parameter", b""),
    "dtype that is none": called("torch._utils", "_rebuild_tensor_v3", b"(NNNNNNNt"),
    "sparse": _sparse,
    "quantised": _quantised,
    "numpy objects": _numpy_objects,
    "numpy claims": _numpy_claims,
}

_CALLS: dict[str, Writer] = {
    "os.mkdir": running(os.mkdir),
    "os.mkdir in the old format": running(os.mkdir, old=True),
    "os.system": called("os", "system"),
    "posix.system": called("posix", "system"),
    "nt.system": called("nt", "system"),
    "subprocess.Popen": called("subprocess", "Popen"),
    "builtins.eval": called("builtins", "eval"),
    "__builtin__.exec": called("__builtin__", "exec"),
    "builtins.__import__": called("builtins", "__import__"),
    "builtins.open": called("builtins", "open"),
    "importlib.import_module": called("importlib", "import_module"),
    "runpy.run_path": called("runpy", "run_path"),
    "ctypes.CDLL": called("ctypes", "CDLL"),
    "socket.create_connection": called("socket", "create_connection"),
    "shutil.rmtree": called("shutil", "rmtree"),
    "pickle.loads": called("pickle", "loads"),
    "types.FunctionType": called("types", "FunctionType"),
    "operator.attrgetter": called("operator", "attrgetter"),
    "webbrowser.open": called("webbrowser", "open"),
    "codecs.decode": called("_codecs", "decode"),
    "codecs.encode to another": called("_codecs", "encode", text("x") + text("rot13")),
    "torch.load": called("torch", "load"),
    "torch.hub.load": called("torch.hub", "load"),
    "torch.jit.load": called("torch.jit", "load"),
    "torch.utils.cpp_extension.load": called("torch.utils.cpp_extension", "load"),
    "torch.storage._load_from_bytes": _sub_pickle,
    "torch.ops.load_library": called("torch._ops", "load_library"),
    "a chain of attributes": _chain,
    "an attribute of a class": _attribute_of_class,
    "a state for a class": _build_on_type,
    "a state that is a function": _build_then_set,
    "a subclass of a tensor": _subclass,
    "a state of a dict": _state_of_parameter,
    "a call in a state of nothing": pickled(b"\x80\x02cos\nsystem\n(" + text("x") + b"o."),
    "an instance": pickled(b"(" + text("x") + b"ios\nsystem\n."),
    "a call by stack": pickled(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R."),
    "a call with names": pickled(b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92."),
    "an extension": pickled(b"\x80\x02\x82\x01."),
    "a persistent id of a text": pickled(b"Pstorage\n."),
    "a persistent id of a number": pickled(b"\x80\x02K\x07Q."),
    "a persistent id of another kind": pickled(b"\x80\x02(" + text("file") + b"K\x01tQ."),
    "a call of what was made": pickled(b"\x80\x02cmine\nThing\n)R)R."),
    "a whole network": _module,
}

_COSTS: dict[str, Writer] = {
    "shared lists": _shared_lists,
    "shared keys": _shared_keys,
    "shared dicts": _shared_dicts,
    "a dict in itself": _itself,
    "bytes of a text, 20,000 times": _encoded_often,
    "one array of 8 MB, 2,000 times": _one_array_often,
    "a storage in a storage": _plain_in_plain,
    "500,000 tensors": _many_tensors,
    "300,000 parts": _many_files,
    "100,000 lists in each other": _deep,
    "1,020,000 steps": _endless,
    "memory at 2 ** 31": pickled(b"\x80\x02]r\xff\xff\xff\x7f."),
    "a text of 4 GB": pickled(b"\x80\x02X\xff\xff\xff\xffabc."),
    "a text of 2 ** 63": pickled(b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fabc."),
    "a frame of 2 ** 63": pickled(b"\x80\x04\x95" + b"\xff" * 7 + b"\x7f]."),
    "a number of a million digits": pickled(b"I" + b"9" * 1_000_000 + b"\n."),
    "a buffer from outside": pickled(b"\x80\x05\x97."),
    "an archive that unpacks to 100 MB": _zip_bomb,
    "a pickle that unpacks to 100 MB": _pickle_bomb,
    "half a file": _truncated,
    "nine tenths of a file": lambda path, canary: _truncated(path, canary, 0.9),
    "the old format cut short": _truncated_old,
    "the old format with claims": _old_claims,
    "an unknown operation": pickled(b"\x80\x02\xfe."),
    "an empty stack": pickled(b"\x80\x020000."),
    "no end": pickled(b"\x80\x02}"),
    "noise": raw(bytes((i * 77 + 13) % 256 for i in range(5000))),
    "nothing": raw(b""),
    "one byte": raw(b"\x80"),
    "zeros": raw(bytes(10000)),
    "a pipe": _fifo,
    "a link to endless zeros": _link("/dev/zero"),
    "a link to a terminal": _link("/dev/tty"),
    "a link to itself": _loop,
    "a link to a folder": _link("/"),
    "safetensors with a giant header": raw(struct.pack("<Q", 2**62) + b"{" + bytes(100)),
    "safetensors beyond its end": _safetensors(
        '{"weight":{"dtype":"F32","shape":[99],"data_offsets":[0,396]}}'
    ),
    "safetensors of negative sides": _safetensors(
        '{"weight":{"dtype":"F32","shape":[-4],"data_offsets":[0,64]}}'
    ),
    "safetensors that is no JSON": _safetensors('{"weight":'),
    "pairs made a dict 50,000 times": _copied_often,
    "safetensors of 200,000 tensors": _safetensors_of_many,
    "safetensors of one name twice": _safetensors(
        '{"weight":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]},'
        '"weight":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}}'
    ),
    "safetensors of a name of 1 MB": _safetensors(
        '{"' + "n\\n" * 2**19 + '":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}}'
    ),
    "safetensors of overlapping tensors": _safetensors(
        '{"weight":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]},'
        '"bias":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
    ),
    "safetensors nested deeply": _safetensors('{"a":' * 5000),
}

HOSTILE: dict[str, Writer] = {**_CALLS, **_BAD_TENSORS, **_COSTS}
