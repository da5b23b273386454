"""Names in pickles: which of the standard library are harmless. None is ever imported."""

from __future__ import annotations

import sys
from dataclasses import dataclass

_HARMLESS = {
    "_codecs": {"encode"},
    "argparse": {"Namespace"},
    "collections": {"OrderedDict", "defaultdict", "Counter", "deque", "ChainMap", "UserDict"},
    "copyreg": {"_reconstructor", "__newobj__", "__newobj_ex__"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "enum": {"Enum", "IntEnum", "Flag", "IntFlag", "StrEnum"},
    "fractions": {"Fraction"},
    "functools": {"partial"},
    "ipaddress": {"IPv4Address", "IPv6Address"},
    "random": {"Random"},
    "types": {"SimpleNamespace", "MappingProxyType"},
    "uuid": {"UUID", "SafeUUID"},
    "zoneinfo": {"ZoneInfo"},
}
"""Names of the standard library that training scripts save. All others would be for harm."""
_BUILTINS = (
    "bool bytearray bytes complex dict float frozenset getattr int iter list long object range "
    "reversed set slice str tuple type unicode xrange Ellipsis"
)
_HARMLESS["builtins"] = set(_BUILTINS.split())
_PATHS = "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath"
_HARMLESS["pathlib"] = _HARMLESS["pathlib._local"] = set(_PATHS.split())
_OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections"}


class FaultError(ValueError):
    """What is wrong with a file, as the end of a sentence that begins with its path."""


class HarmError(FaultError):
    """What a file would run, were it read as a program."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that a pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def named(module: str, name: str) -> Name:
    """Return what a pickle names, unless it is of the standard library and of no harmless use.

    Raises
    ------
    HarmError
        If it is of such.
    """
    module = _OLD_MODULES.get(module, module)
    standard = module.partition(".")[0] in sys.stdlib_module_names | {"nt", "posix"}
    if standard and name not in _HARMLESS.get(module, ()):
        raise HarmError(f"would run {shown(module)}.{shown(name)}, which is never done")
    return Name(module, name)


def shown(text: str) -> str:
    """Return a name of a hostile file that a sentence can hold."""
    return "".join(sign for sign in text[:60] if sign.isprintable())
