"""What a pickle would make, as inert values: names are never imported, calls never made.

A call of a known constructor becomes a plain value or a record of a tensor; any other becomes a
`Made`, which only remembers what was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.models.weights.pickle_names import FaultError, HarmError, Name, shown

_STORAGES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexDouble": torch.complex128,
    "ComplexFloat": torch.complex64,
    "Untyped": torch.uint8,
    "QInt8": torch.int8,
    "QUInt8": torch.uint8,
    "QInt32": torch.int32,
}
"""Kinds of storage, as torch names their classes, and the dtypes of their elements."""

_NUMBERS = set(
    ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "c8", "c16"]
)
"""Codes of NumPy's dtypes whose values are numbers."""

MOST_SIDES = 32


PLAIN_STORAGE = Name("torch.storage", "_load_from_bytes")
"""What `pickle.dump` writes for the values of a tensor: a file within the file."""


@dataclass(slots=True, eq=False)
class Made:
    """An object that a pickle would make by a call, with what it would then be given."""

    kind: Name
    args: object = ()
    state: object = None
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class StoredValues:
    """A part of the file with the values of tensors: ``count`` elements from ``first`` on.

    ``raw`` has them already where they lie in the pickle itself.
    """

    key: str
    dtype: torch.dtype
    count: int
    first: int = 0
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    """A tensor of a file, not yet read.

    Attributes
    ----------
    values : StoredValues or None
        None for tensors that cannot be weights.
    offset : int
        First element, in elements of the storage.
    shape, strides : tuple of int
        In elements; none is negative.
    dtype : torch.dtype
        Of its elements.
    oddity : str
        Empty for an ordinary tensor, else why it can be no weight: "sparse", "quantised", ...
    """

    values: StoredValues | None
    offset: int = 0
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    dtype: torch.dtype = torch.float32
    oddity: str = ""

    @property
    def bytes(self) -> int:
        """Memory that its elements would take, were none shared."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(slots=True, eq=False)
class ArrayType:
    """The dtype of a NumPy array, by its code ("f4") and its order of bytes."""

    code: str
    order: str = "<"


@dataclass(slots=True, eq=False)
class StoredArray:
    """A NumPy array inside a pickle, not yet read. Python 2 kept its bytes as text."""

    shape: tuple[int, ...] = ()
    dtype: ArrayType | None = None
    data: bytes | bytearray | str = b""
    columns_first: bool = False

    @property
    def oddity(self) -> str:
        """Why it can be no weight, empty for one of numbers."""
        of_numbers = self.dtype is not None and self.dtype.code in _NUMBERS
        return "" if of_numbers else "not of numbers"

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return len(self.data)


def made(kind: object, args: object) -> object:
    """Return what a call would give, without the call.

    Raises
    ------
    FaultError
        If a function of torch is called that makes no tensor, or one that does wrongly.
    """
    if not isinstance(kind, Name):
        raise FaultError("would call what it has made itself, which is never done")
    if not isinstance(args, tuple):
        raise FaultError("calls without a list of arguments")
    maker = _MAKERS.get(str(kind)) or _MAKERS.get(f"*.{kind.name}" if _numpys(kind) else "")
    if maker is not None:
        try:
            return maker(*args)
        except (TypeError, AttributeError, UnicodeError) as error:
            raise FaultError(f"gives {shown(str(kind))} wrong arguments") from error
    of_torch = kind.module.partition(".")[0] == "torch"
    if of_torch and _is_function(kind) and kind.name not in ("device", "_get_layout", "dtype"):
        raise HarmError(f"would run {shown(str(kind))}, which is never done")
    return Made(kind, args)


def build(target: object, state: object) -> None:
    """Give an object its state, as a pickle does after the call."""
    if isinstance(target, StoredArray) and isinstance(state, tuple) and len(state) == 5:
        _fill(target, state)
    elif isinstance(target, ArrayType) and isinstance(state, tuple) and len(state) > 1:
        target.order = str(state[1])
    elif isinstance(target, Made):
        target.state = state


def stored(persistent: object) -> object:
    """Return the storage that a persistent id of torch stands for, or the class of a module.

    Raises
    ------
    FaultError
        If it stands for neither.
    """
    if isinstance(persistent, tuple) and persistent[:1] == ("module",) and len(persistent) > 1:
        return persistent[1]
    if not isinstance(persistent, tuple) or len(persistent) not in (5, 6):
        raise FaultError("refers to something outside of itself")
    tag, kind, key, _, count, *view = persistent
    if tag != "storage" or not isinstance(kind, Name) or not _is_size(count):
        raise FaultError("refers to something outside of itself")
    first = 0
    if view and view[0] is not None:
        _, first, count = view[0] if isinstance(view[0], tuple) and len(view[0]) == 3 else (0, 0, 0)
    if not (_is_size(first) and _is_size(count)):
        raise FaultError("has a storage of no possible size")
    family = kind.name.removesuffix("Storage")
    if kind.module.partition(".")[0] != "torch" or family not in _STORAGES:
        raise FaultError(f"has a storage of an unknown kind, {kind}")
    return StoredValues(str(key), _STORAGES[family], count, first)


def mapping_of(value: object) -> Mapping[Any, Any] | None:
    """Return the entries of a dict or of an object that is one, else None."""
    if isinstance(value, dict):
        return value
    return value.items if isinstance(value, Made) and value.items else None


def key_of(value: object) -> object:
    """Return a key for a dict whose hash costs no time, whatever the pickle asks for."""
    plain = value is None or isinstance(value, str | bytes | float | bool)
    small = isinstance(value, int) and value.bit_length() < 60
    return value if plain or small else Made(Name("", "key"), (value,))


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**60


def _sizes(values: object) -> tuple[int, ...]:
    if isinstance(values, tuple) and len(values) <= MOST_SIDES and all(map(_is_size, values)):
        return values
    raise FaultError("has a tensor of no possible shape")


def _tensor(values: object, offset: object, shape: object, strides: object, *_: object) -> object:
    sides, steps = _sizes(shape), _sizes(strides)
    if not isinstance(values, StoredValues) or not _is_size(offset) or len(sides) != len(steps):
        raise FaultError("has a tensor without a storage")
    assert isinstance(offset, int)
    return StoredTensor(values, offset + values.first, sides, steps, values.dtype)


def _tensor_of_dtype(*parts: object) -> object:
    tensor, dtype = _tensor(*parts[:4]), parts[6]
    found = getattr(torch, dtype.name, None) if isinstance(dtype, Name) else None
    if not isinstance(found, torch.dtype) or not isinstance(tensor, StoredTensor):
        raise FaultError("has a tensor of an unknown kind")
    return StoredTensor(tensor.values, tensor.offset, tensor.shape, tensor.strides, found)


def _odd(oddity: str) -> Callable[..., object]:
    return lambda *_: StoredTensor(None, oddity=oddity)


def _first(value: object, *_: object) -> object:
    return value


def _of_subclass(maker: object, _kind: object, args: object, _state: object) -> object:
    return made(maker, args)


def _dict(items: object = (), *_: object) -> dict[Any, Any]:
    if isinstance(items, dict):
        return items
    pairs = items if isinstance(items, list | tuple) else ()
    return {key_of(p[0]): p[1] for p in pairs if isinstance(p, list | tuple) and len(p) == 2}


def _factory_dict(_factory: object = None, *items: object) -> dict[Any, Any]:
    return _dict(*items)


def _attribute(owner: object, name: object) -> object:
    """Return the name of a class inside a class."""
    if (
        isinstance(owner, Name)
        and isinstance(name, str)
        and owner.name.split(".")[-1][:1].isupper()
    ):
        return Name(owner.module, f"{owner.name}.{name}")
    raise FaultError("would look up an attribute, which is never done")


def _encoded(text: str, encoding: str = "", *_: object) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise FaultError(f"encodes a text as {shown(str(encoding))}")
    return text.encode("latin-1")


def _empty_array(*_: object) -> StoredArray:
    return StoredArray()


def _array_of(data: object, dtype: object, shape: object, order: object = "C") -> StoredArray:
    array = StoredArray()
    _fill(array, (1, shape, dtype, order == "F", data))
    return array


def _array_type(code: object, *_: object) -> ArrayType:
    return ArrayType(str(code))


def _array_on_device(array: object, *_: object) -> object:
    return array


def _fill(array: StoredArray, state: tuple[object, ...]) -> None:
    _, shape, dtype, columns_first, data = state
    if isinstance(data, bytes | bytearray | str) and isinstance(dtype, ArrayType):
        array.shape, array.dtype = _sizes(shape), dtype
        array.data, array.columns_first = data, bool(columns_first)


def _is_function(kind: Name) -> bool:
    return kind.name.rpartition(".")[2].lstrip("_")[:1].islower()


def _numpys(kind: Name) -> bool:
    return kind.module.partition(".")[0] == "numpy"


_MAKERS: dict[str, Callable[..., object]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_device_tensor_from_numpy": _array_on_device,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_qtensor": _odd("quantised"),
    "torch._utils._rebuild_sparse_tensor": _odd("sparse"),
    "torch._utils._rebuild_sparse_csr_tensor": _odd("sparse"),
    "torch._utils._rebuild_meta_tensor_no_storage": _odd("without values (meta)"),
    "torch._utils._rebuild_nested_tensor": _odd("nested"),
    "torch._utils._rebuild_wrapper_subclass": _odd("of a wrapper"),
    "torch._tensor._rebuild_from_type_v2": _of_subclass,
    "torch._tensor._rebuild_from_type": lambda maker, _kind, args, _state: made(maker, args),
    "torch.nn.parameter.Parameter": _first,
    "torch.Size": _first,
    "collections.OrderedDict": _dict,
    "collections.Counter": _dict,
    "collections.defaultdict": _factory_dict,
    "builtins.dict": _dict,
    "builtins.getattr": _attribute,
    "_codecs.encode": _encoded,
    "*._reconstruct": _empty_array,
    "*._frombuffer": _array_of,
    "*.dtype": _array_type,
}
"""Constructors that are known, ``*`` for any module of numpy (it has moved them)."""
