"""Two runs of an unmodified network: one is taped, the other traces relevance of the difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.attribution.base.tensor_tags import (
    alias,
    depends_on_input,
    is_seen,
    newest,
    tag,
    tensors_in,
)
from engine.attribution.lrp.context import name_of, with_backward
from engine.attribution.lrp.dispatch import MOVES, OF_FIRST
from engine.attribution.lrp.in_place import is_in_place, out_of_place
from engine.cancel import Check
from engine.evidence.maps_composed import COMPOSED
from engine.evidence.maps_layers import RULES, WEIGHTED
from engine.evidence.maps_tape import Call, NoRuleError, Step, Tape, slotted, traced_in


class _Run(TorchFunctionMode):
    """While active, operations on the clip go through `done`, one by one."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.check = check

    def done(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Do an operation that has a rule."""
        raise NotImplementedError

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        args, kwargs = newest(args), {name: newest(part) for name, part in (kwargs or {}).items()}
        for part in tensors_in((args, *kwargs.values())):
            if part.requires_grad and not is_seen(part):
                raise NoRuleError("The network has an operation that cannot be looked into.")
        if not depends_on_input(args, *kwargs.values()):
            return func(*args, **kwargs)
        result = self._dispatched(func, args, kwargs)
        if func is Tensor.__iter__:
            result = list(result)
        for part in tensors_in((result,)):
            tag(part, seen=True)
        if is_in_place(func, args, kwargs):
            tag(args[0], newer=result)
        return iter(result) if func is Tensor.__iter__ else result

    def _dispatched(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if func in COMPOSED:
            with self:
                return COMPOSED[func](*args, **kwargs)
        others = (*args[1:], *(part for name, part in kwargs.items() if name != "input"))
        if func in OF_FIRST | WEIGHTED and depends_on_input(*others):
            raise NoRuleError(f"There is no rule for {name_of(func)} with weights of the input.")
        if func in RULES:
            self.check()
            return self.done(func, args, kwargs)
        result = func(*args, **kwargs)
        if func not in MOVES and depends_on_input(result):
            raise NoRuleError(f"There is no rule for {name_of(func)}.")
        if func is Tensor.__setitem__ and depends_on_input(args[0]):
            raise NoRuleError("There is no rule for assigning to parts of a tensor.")
        return result


class TapedRun(_Run):
    """While active, values of operations on the clip are put on a tape."""

    def __init__(self, check: Check) -> None:
        super().__init__(check)
        self.tape: Tape = []
        self._kept: dict[tuple[Any, ...], tuple[Tensor, Tensor]] = {}

    def done(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Do an operation and keep its values."""
        traced = traced_in(args, kwargs)
        if is_in_place(func, args, kwargs):
            given, named = out_of_place(func, args, kwargs)
        else:
            given, named = args, kwargs
        with torch.no_grad():
            result = func(*given, **named)
        if not isinstance(result, Tensor):
            raise NoRuleError(f"There is no rule for {name_of(func)} with several results.")
        inputs = tuple(self._once(one.detach()) for one in traced)
        self.tape.append(Step(func, inputs, self._once(result)))
        return with_backward(_nowhere, result, *map(alias, traced))

    def _once(self, values: Tensor) -> Tensor:
        """Return values as they were kept before, if they are the same memory."""
        key = (values.data_ptr(), values.shape, values.stride(), values.dtype)
        if key not in self._kept:  # what is kept keeps its memory, so that the key stays its own
            exact = values if values.dtype == torch.float64 else values.float()
            self._kept[key] = (values, exact)
        return self._kept[key][1]


class TracedRun(_Run):
    """While active, results are those of one tape, and relevance goes back along differences.

    Parameters
    ----------
    here, there : list of Step
        Tapes of the runs whose difference is explained.
    check : callable
        Raises `Cancelled`.
    """

    def __init__(self, here: Tape, there: Tape, check: Check) -> None:
        super().__init__(check)
        self._here, self._there, self._place = here, there, 0
        weighted = [i for i, step in enumerate(here) if step.func in WEIGHTED]
        self._last = weighted[-1] if weighted else -1
        self._head = weighted[-2] if len(weighted) > 1 else -1

    def done(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Take a result from the tape, and give it its rule."""
        place, self._place = self._place, self._place + 1
        here = self._here[place] if place < len(self._here) else None
        if here is None or here.func is not func:
            raise NoRuleError("The network does not do the same twice.")
        traced = [alias(one) for one in traced_in(args, kwargs)]
        there, is_last, in_head = self._there[place], place == self._last, place > self._head
        call = Call(func, *slotted(args, kwargs), here, there, is_last, in_head)
        rule = RULES[func]

        def back(relevance: Tensor) -> tuple[Tensor, ...]:
            self.check()
            return rule(call, relevance)

        return with_backward(back, here.result, *traced)


def _nowhere(relevance: Tensor) -> tuple[None]:
    raise AssertionError("a taped run has no way back")
