"""What surrounds a call of a layer: whether it is for learning, who notes it, and the losses that it adds.

A layer that is called inside another's `call` finds here what the outer call was told.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..arrays import Array
from ..metrics.metric import of_one_batch

_training: ContextVar[bool | None] = ContextVar("training", default=None)
_said: ContextVar["list[Said] | None"] = ContextVar("said", default=None)
_noting: ContextVar[bool] = ContextVar("noting", default=False)


@contextmanager
def for_learning(training: bool) -> Iterator[None]:
    """Within the block, calls that do not say whether they are for learning are what this says."""
    token = _training.set(training)
    try:
        yield
    finally:
        _training.reset(token)


def is_for_learning() -> bool:
    """What the call around this one was told."""
    return bool(_training.get())


def nobody_said() -> bool:
    """Whether no call around this one was told anything."""
    return _training.get() is None


class Following:
    """What `training` is in a `call` that is being noted: whatever each pass of the network will be.

    guess    what it answers when `call` asks whether it is true
    asked    whether it was asked
    """

    def __init__(self, guess: bool) -> None:
        self.guess, self.asked = guess, False

    def __bool__(self) -> bool:
        self.asked = True
        return self.guess


class NotNotedError(Exception):
    """A `call` did something that cannot be noted layer by layer."""


@contextmanager
def noting(on: bool) -> Iterator[None]:
    """Within the block, a `call` is being noted (or, inside that, is computed after all)."""
    token = _noting.set(on)
    try:
        yield
    finally:
        _noting.reset(token)


def is_noting() -> bool:
    return _noting.get()


class Said(NamedTuple):
    """A loss or a metric that a layer added in its call; label: the metric's name, None for a loss."""

    layer: Any
    value: Any
    label: str | None


@contextmanager
def listening() -> Iterator[list[Said]]:
    """Within the block, what layers add comes into this list."""
    found: list[Said] = []
    token = _said.set(found)
    try:
        with of_one_batch():
            yield found
    finally:
        _said.reset(token)


def say(layer: Any, value: Any, label: str | None = None) -> bool:
    """Tell whoever listens; False when nobody does."""
    found = _said.get()
    if found is None:
        return False
    found.append(Said(layer, value, label))
    return True


def nobody_listens() -> bool:
    return _said.get() is None


_masks: dict[int, Array] = {}


def remember_mask(y: Array, mask: Array) -> None:
    """The array that a layer returned carries this mask to the next layer."""
    _masks[id(y)] = mask
    weakref.finalize(y, _masks.pop, id(y), None)


def mask_of(x: Array) -> Array | None:
    """The mask that an array carries, if a layer gave it one."""
    return _masks.get(id(x)) if _masks else None
