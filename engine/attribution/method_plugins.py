"""Attribution methods of other packages, which name a `MethodPlugin` as an entry point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.attribution.options import MethodOptions
from engine.descriptions import MethodInfo
from engine.errors import AttributionError
from engine.utils.entry_points import guard

METHOD_GROUP = "motion_inspector.methods"


@dataclass(frozen=True, slots=True)
class MethodPlugin:
    """An attribution method of another package.

    Attributes
    ----------
    info : MethodInfo
        What lists show; its ``options`` are made from the field of that name here.
    explain : callable
        ``explain(model, clip, options)`` gives a `MethodOutput` for one clip, as the methods of
        `engine.attribution.registry` do; ``model`` is an `ExplainedModel`.
    options : type
        A dataclass of its options, as those in `engine.attribution.options`.
    """

    info: MethodInfo
    explain: Callable[..., Any]
    options: type[MethodOptions] = field(default=MethodOptions)

    def guarded(self) -> MethodPlugin:
        """Return the plugin with its failures told as the program's own."""
        return replace(self, explain=guard(self.explain, self.info.name, AttributionError))
