"""A pickle read as data by a machine of our own: it imports nothing and calls nothing.

Python's machines call what a pickle names, and allocate what it asks for. This one knows all
operations of protocols 0 to 5, makes plain values and the inert ones of `pickle_values`, and does
no more steps than a large checkpoint needs.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO, cast

from engine.models.weights.pickle_names import FaultError, Name, named
from engine.models.weights.pickle_values import (
    PLAIN_STORAGE,
    Made,
    StoredValues,
    build,
    key_of,
    made,
    stored,
)

_MOST_STEPS = 1_000_000
"""Of one pickle; 50 for a tensor are usual."""
_MOST_CALLS = 60_000
"""Of one pickle; 2 for a tensor are usual."""
_LONGEST_LINE = 65536
_LARGEST_PART = 2**30


def read_pickle(
    file: BinaryIO, storages: dict[str, StoredValues] | None = None, *, inner: bool = False
) -> Any:
    """Read the pickle at the position of a file, and leave the file after it.

    Parameters
    ----------
    file : binary file
    storages : dict, optional
        Filled with the storages that the pickle refers to, by their keys.
    inner : bool
        Whether it lies in another pickle; none may lie in it then.

    Returns
    -------
    object
        Plain values, dicts and lists, and the records of `pickle_values`.

    Raises
    ------
    FaultError
        If it is damaged, has no end, would run code, or takes too many steps.
    """
    source = _Bounded(file)
    machine = _Machine(source, {} if storages is None else storages, inner)
    try:
        for steps, (operation, argument, _) in enumerate(pickletools.genops(cast(Any, source))):
            if operation.name == "STOP":
                return machine.stack.pop()
            if steps > _MOST_STEPS:
                raise FaultError(f"takes more than {_MOST_STEPS} steps to read")
            _STEPS[operation.name](machine, argument)
    except FaultError:
        raise
    # What a damaged pickle does: an empty stack, an unknown name or operation, a bad number.
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise FaultError("is damaged: its pickle cannot be read") from error
    raise FaultError("is damaged: its pickle has no end")


def _plain_storage(content: object) -> StoredValues:
    """Read a file of the format before torch 1.6 with one storage, as `pickle.dump` makes them."""
    if not isinstance(content, bytes | bytearray):
        raise FaultError("has a storage of an unknown kind")
    file = io.BytesIO(content)
    for _ in range(3):  # what all files of this format begin with
        read_pickle(file, inner=True)
    values = read_pickle(file, inner=True)
    read_pickle(file, inner=True)
    if not isinstance(values, StoredValues) or len(file.read(8)) < 8:
        raise FaultError("is damaged: it ends too early")
    return replace(values, key=f"plain {id(content)}", raw=file.read())


class _Bounded:
    """A file whose lines and parts have a limit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell = file.tell
        self.consumed = 0

    def read(self, count: int) -> bytes:
        if count > _LARGEST_PART:
            raise FaultError("is damaged: its pickle has a part of no possible size")
        self.consumed += count
        return self._file.read(count)

    def readline(self) -> bytes:
        line = self._file.readline(_LONGEST_LINE)
        self.consumed += len(line)
        return line


class _Machine:
    """The stack of a pickle, those that marks put aside, and its memory."""

    def __init__(self, source: _Bounded, storages: dict[str, StoredValues], inner: bool) -> None:
        self.storages = storages
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memory: dict[int, Any] = {}
        self.calls = 0
        self.inner = inner
        self.source = source
        self.work = 0
        self.plain: dict[int, tuple[object, StoredValues]] = {}

    def to_mark(self) -> list[Any]:
        values, self.stack = self.stack, self.below.pop()
        return values

    def call(self, kind: object, args: object) -> None:
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise FaultError(f"holds more than {_MOST_CALLS} objects, more than a network has")
        value = self._plain(args) if kind == PLAIN_STORAGE and not self.inner else made(kind, args)
        self.work += _work(value, args)
        if self.work > 2 * self.source.consumed:
            raise FaultError("asks for more bytes of memory than it has")
        self.stack.append(value)

    def _plain(self, args: object) -> StoredValues:
        """Return the storage in bytes of the pickle, read once however often it is asked for."""
        content = args[0] if isinstance(args, tuple) and args else None
        if id(content) not in self.plain:
            self.plain[id(content)] = (content, _plain_storage(content))
        return self.plain[id(content)][1]


def _work(value: object, args: object) -> int:
    """Return the bytes or entries that a call has read and made anew of what it was given."""
    given = args if isinstance(args, tuple) else ()
    if not isinstance(value, bytes | dict) or any(value is one for one in given):
        return 0
    return len(value) + sum(len(one) for one in given if isinstance(one, list | tuple))


def _push(machine: _Machine, value: object) -> None:
    machine.stack.append(value)


def _pushing(make: Callable[[], object]) -> Callable[[_Machine, object], None]:
    return lambda machine, _: machine.stack.append(make())


def _ignore(_machine: _Machine, _argument: object) -> None:
    """Do nothing: what a machine needs that runs a pickle."""


def _mark(machine: _Machine, _: object) -> None:
    machine.below.append(machine.stack)
    machine.stack = []


def _pop(machine: _Machine, _: object) -> None:
    machine.stack.pop() if machine.stack else machine.to_mark()


def _pop_mark(machine: _Machine, _: object) -> None:
    machine.to_mark()


def _duplicate(machine: _Machine, _: object) -> None:
    machine.stack.append(machine.stack[-1])


def _remember(machine: _Machine, index: int) -> None:
    machine.memory[index] = machine.stack[-1]


def _memoize(machine: _Machine, _: object) -> None:
    machine.memory[len(machine.memory)] = machine.stack[-1]


def _recall(machine: _Machine, index: int) -> None:
    machine.stack.append(machine.memory[index])


def _gathered(make: Callable[[list[Any]], object]) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _: object) -> None:
        values = machine.to_mark()
        machine.stack.append(make(values))

    return step


def _tuple_of(count: int) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _: object) -> None:
        values = tuple(machine.stack[-count:])
        if len(values) < count:
            raise IndexError
        machine.stack[-count:] = [values]

    return step


def _pairs(values: list[Any]) -> dict[Any, Any]:
    return {key_of(k): v for k, v in zip(values[::2], values[1::2], strict=True)}


def _extend(machine: _Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if isinstance(target, list):
        target.extend(values)


def _update(machine: _Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if isinstance(target, dict | Made):
        (target if isinstance(target, dict) else target.items).update(_pairs(values))


def _setitem(machine: _Machine, _: object) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _update(machine, [key, value])


def _append(machine: _Machine, _: object) -> None:
    value = machine.stack.pop()
    _extend(machine, [value])


def _global(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.stack.append(named(module, name))


def _stack_global(machine: _Machine, _: object) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not (isinstance(name, str) and isinstance(module, str)):
        raise TypeError
    machine.stack.append(named(module, name))


def _instance(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    args = tuple(machine.to_mark())
    machine.call(named(module, name), args)


def _object(machine: _Machine, _: object) -> None:
    kind, *args = machine.to_mark()
    machine.call(kind, tuple(args))


def _reduce(machine: _Machine, _: object) -> None:
    args, kind = machine.stack.pop(), machine.stack.pop()
    if isinstance(kind, Name) and kind.module == "copyreg" and isinstance(args, tuple) and args:
        kind, args = args[0], args[1:]  # it makes an object of its first argument's class
    machine.call(kind, args)


def _new_object_by_names(machine: _Machine, _: object) -> None:
    machine.stack.pop()
    args, kind = machine.stack.pop(), machine.stack.pop()
    machine.call(kind, args)


def _build(machine: _Machine, _: object) -> None:
    state = machine.stack.pop()
    build(machine.stack[-1], state)


def _persistent(machine: _Machine, _: object) -> None:
    found = stored(machine.stack.pop())
    if isinstance(found, StoredValues):
        machine.storages.setdefault(found.key, found)
    machine.stack.append(found)


def _outside(_machine: _Machine, _: object) -> None:
    raise FaultError("refers to something outside of itself")


_VALUES = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING "
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
)
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(_VALUES.split(), _push),
    **dict.fromkeys(("PROTO", "FRAME"), _ignore),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _recall),
    **dict.fromkeys(("PERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"), _outside),
    "NONE": _pushing(lambda: None),
    "NEWTRUE": _pushing(lambda: True),
    "NEWFALSE": _pushing(lambda: False),
    "EMPTY_LIST": _pushing(list),
    "EMPTY_SET": _pushing(list),
    "EMPTY_TUPLE": _pushing(tuple),
    "EMPTY_DICT": _pushing(dict),
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": _duplicate,
    "MEMOIZE": _memoize,
    "LIST": _gathered(list),
    "FROZENSET": _gathered(list),
    "TUPLE": _gathered(tuple),
    "DICT": _gathered(_pairs),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": _append,
    "APPENDS": lambda machine, _: _extend(machine, machine.to_mark()),
    "ADDITEMS": lambda machine, _: _extend(machine, machine.to_mark()),
    "SETITEM": _setitem,
    "SETITEMS": lambda machine, _: _update(machine, machine.to_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "INST": _instance,
    "OBJ": _object,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _new_object_by_names,
    "BUILD": _build,
    "BINPERSID": _persistent,
}
