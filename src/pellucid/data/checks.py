"""Bad data stops here, before the first update: the message names the place, the value, the range and the remedy.

A clean array costs one pass (a sum is finite only if all its numbers are); the
exact place is looked for only when something is wrong.
"""

import math
from typing import Any

import numpy as np

from .. import native
from ..arrays import Array
from ..errors import DataError, ShapeError
from .batches import Shape, Slot

ROUNDING = 1e-5  # probabilities may miss 0 or 1 by as much as float32 arithmetic does


def check_shape(shape: tuple[int, ...], slot: Slot, name: str) -> int:
    """How many axes of size 1 must be added at the end (1, 0 or -1) so that the shape is what the slot expects.

    >>> check_shape((5,), Slot("y", (None, 1)), "y")
    1

    Raises ShapeError where it cannot be made to fit without guessing, and DataError when it is empty.
    """
    if shape and 0 in shape:
        raise DataError(f"{name} is empty: its shape is {shape}. Give at least one sample.")
    if fits(shape, slot.shape):
        return 0
    if slot.shape[-1] == 1 and len(slot.shape) > 1 and fits(shape, slot.shape[:-1]):
        return 1
    if shape and shape[-1] == 1 and fits(shape[:-1], slot.shape):
        return -1
    if slot.kind == "any" and shape:
        return 0
    raise ShapeError(f"{name} must be shaped {_words(slot.shape)}, got {shape}.{_shape_hint(shape, slot, name)}")


def fits(shape: tuple[int, ...], expected: Shape) -> bool:
    """Whether each axis has the expected size; the batch axis is counted elsewhere."""
    return (
        len(shape) == len(expected)
        and len(shape) > 0
        and all(e is None or s == e for s, e in zip(shape[1:], expected[1:], strict=True))
    )


def _words(shape: Shape) -> str:
    sizes = ["batch" if shape[0] is None else str(shape[0]), *("any" if s is None else str(s) for s in shape[1:])]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _shape_hint(shape: tuple[int, ...], slot: Slot, name: str) -> str:
    """The likeliest mistake behind a shape, with its remedy; empty when none is likely."""
    want, last = slot.shape, slot.shape[-1]
    lone = len(shape) == len(want) - 1 or (len(shape) == len(want) and shape[-1] == 1)
    if slot.kind in ("labels", "one_hot", "probabilities") and _has_one_each(shape, slot):
        places = " × ".join(str(size or "any") for size in slot.places[1:])
        return (
            f" One target for each sample, where the model answers at each of {places} places? A Flatten or a global "
            f"pooling may be missing before its last layers, or its last recurrent layer has return_sequences=True."
        )
    if slot.kind == "labels":
        if fits(shape[:-1], want) or (want[-1] == 1 and fits(shape[:-1], want[:-1])):
            return (
                f" One-hot rows, where class numbers are needed? Use loss='categorical_crossentropy', "
                f"or give the numbers: {name}.argmax(axis=-1)."
            )
    elif slot.kind in ("one_hot", "probabilities") and lone and last != 1:
        return (
            f" Class numbers, where one-hot rows are needed? Use loss='sparse_categorical_crossentropy', "
            f"or make rows of them: to_categorical({name}, {last})."
        )
    if shape == want[1:]:
        return f" A single sample? Give it a batch axis: {name}[None]."
    if len(shape) == len(want) - 1 and len(want) >= 4:
        repeat = (
            "" if last in (None, 1) else f" The model wants {last} channels: np.repeat({name}[..., None], {last}, -1)."
        )
        return f" Grey images without a channel axis? Add one: {name}[..., None].{repeat}"
    if len(want) >= 4 and len(shape) == len(want) and fits((*shape[:1], *shape[2:], shape[1]), want):
        return f" Channels first? They come last here: np.moveaxis({name}, 1, -1)."
    if shape and None not in want[1:] and math.prod(shape[1:]) == math.prod(s or 1 for s in want[1:]):
        return f" The numbers are right in count: {name}.reshape({', '.join(map(str, (-1, *want[1:])))})."
    if lone and len(want) == 2 and slot.kind == "values" and last is not None:
        return (
            f" One number per sample would silently be stretched over all {last}. "
            f"Class numbers? Make one-hot rows of them: to_categorical({name}, {last})."
        )
    return ""


def _has_one_each(shape: tuple[int, ...], slot: Slot) -> bool:
    """Whether targets of this shape are one a sample, where the slot has several places."""
    if len(slot.places) < 2 or len(shape) not in (1, 2):
        return False
    return shape[1:] in ((), (1,)) or (slot.kind != "labels" and shape[1] == slot.shape[-1])


def check_lengths(lengths: dict[str, int]) -> int:
    """The number of samples, when all arguments agree on it."""
    first, count = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != count:
            raise ShapeError(
                f"{first} has {count} samples and {name} has {length}: they must be as many. Was one of them split, "
                f"filtered or transposed without the other?"
            )
    return count


def checked(raw: Array, slot: Slot, name: str, first: int = 0) -> Array:
    """The rows in the slot's dtype, once nothing in them is wrong.

    raw      (n, ...)   rows `first` to `first + n` of the argument called `name`

    Raises DataError at the first value that is not finite, not whole where it must be, or out of range.
    """
    rows = None
    if raw.dtype.kind not in "iub":
        with np.errstate(over="ignore", invalid="ignore"):
            rows = raw if slot.whole else raw.astype(slot.dtype, copy=False)
            fine = _is_finite(rows)
        if not fine:
            _refuse_non_finite(raw, rows, slot, name, first)
        if slot.whole:
            _refuse_fractions(raw, slot, name, first)
    low, high = _range(slot)
    if low > -math.inf and (raw.min() < low or raw.max() > high):
        _refuse_outside(raw, low, high, slot, name, first)
    return raw.astype(slot.dtype, copy=False) if rows is None or slot.whole else rows


def _is_finite(rows: Array) -> bool:
    """Whether all these numbers are finite; False also for some whose sum is too large."""
    core = native.load()
    if core is not None and type(rows) is np.ndarray and rows.dtype == np.float32 and rows.flags.c_contiguous:
        return bool(core.is_finite(rows))
    return math.isfinite(np.add.reduce(rows, axis=None, dtype=np.float32 if rows.dtype.itemsize < 4 else None))


def harmless(dtype: Any, slot: Slot) -> bool:
    """Whether no value of this dtype can be wrong for the slot, so that nothing need be read to know it."""
    return dtype.kind in "iub" and slot.kind in ("values", "any") and not slot.whole


def _range(slot: Slot) -> tuple[float, float]:
    if slot.kind == "probabilities":
        return -ROUNDING, 1 + ROUNDING
    if not slot.whole:
        return -math.inf, math.inf
    limits = np.iinfo(slot.dtype) if slot.dtype.startswith(("int", "uint")) else None
    if slot.kind == "values":
        return (int(limits.min), int(limits.max)) if limits else (-math.inf, math.inf)
    return 0, slot.limit - 1 if slot.limit is not None else int(limits.max) if limits else math.inf


def _first(bad: Array, raw: Array, name: str, first: int) -> tuple[str, Any, str]:
    """The first bad place as Python would write it, its value, and between what the sound values lie."""
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    place = f"{name}[{', '.join(map(str, (first + index[0], *index[1:])))}]"
    count = int(bad.sum())
    others = "" if count == 1 else f", the first of at least {count} such values"
    return place, raw[index].item(), others


def _refuse_non_finite(raw: Array, rows: Array, slot: Slot, name: str, first: int) -> None:
    bad = ~np.isfinite(rows)
    if not bad.any():  # large numbers whose sum overflows: nothing is wrong
        return
    place, value, others = _first(bad, raw, name, first)
    sound = rows[~bad]
    span = f" (the finite ones here run from {_number(sound.min())} to {_number(sound.max())})" if sound.size else ""
    if math.isfinite(value):
        raise DataError(f"{place} is {_number(value)}, too large for {slot.dtype}{others}{span}. Scale {name} down.")
    raise DataError(
        f"{place} is {value}{others}{span}; every number must be finite. Replace such values, np.nan_to_num({name}), "
        f"or leave their samples out."
    )


def _refuse_fractions(raw: Array, slot: Slot, name: str, first: int) -> None:
    bad = raw != np.rint(raw)
    if bad.any():
        place, value, others = _first(bad, raw, name, first)
        wanted = f"{_meaning(slot)} must be whole numbers"
        raise DataError(f"{place} is {_number(value)}{others}, but {wanted}{_remedy(slot, 'fraction', name)}")


def _refuse_outside(raw: Array, low: float, high: float, slot: Slot, name: str, first: int) -> None:
    bad = (raw < low) | (raw > high)
    if slot.ignore is not None:
        bad &= raw != slot.ignore
    if not bad.any():
        return
    place, value, others = _first(bad, raw, name, first)
    span = f" (here they run from {_number(raw.min())} to {_number(raw.max())})"
    side = "low" if value < low else "high"
    wanted = (
        ("run from 0 up" if slot.limit is None else f"run from 0 to {_number(high)}") if slot.whole else "lie in [0, 1]"
    )
    if slot.kind == "values":
        wanted = f"must fit {slot.dtype}, {low} to {high}"
    raise DataError(
        f"{place} is {_number(value)}{others}, but {_meaning(slot)} {wanted}{span}{_remedy(slot, side, name, raw)}"
    )


def _number(value: Any) -> str:
    """Whole numbers with all their digits, others with six.

    >>> _number(1234567), _number(np.float32(0.1))
    ('1234567', '0.1')
    """
    value = value.item() if hasattr(value, "item") else value
    whole = isinstance(value, int) or (abs(value) < 1e15 and value == int(value))
    return str(int(value)) if whole else f"{value:g}"


def _meaning(slot: Slot) -> str:
    """The subject of a sentence on what the slot takes."""
    if slot.kind == "labels":
        return "labels" if slot.limit is None else f"labels of {slot.limit} classes"
    if slot.kind == "indices":
        return "indices of an embedding" + ("" if slot.limit is None else f" with input_dim={slot.limit}")
    return "targets of a cross-entropy" if not slot.whole else "these values"


def _remedy(slot: Slot, fault: str, name: str, raw: Array | None = None) -> str:
    if fault == "fraction":
        if slot.kind == "labels":
            return ". Measured numbers rather than classes? Use a loss such as 'mean_squared_error'."
        return f". Round them, {name}.round(), or give this input to a layer that takes any number."
    if slot.kind == "labels" and raw is not None:
        if fault == "high" and slot.limit is not None and raw.min() >= 1 and raw.max() == slot.limit:
            return f". Labels that begin at 1? Subtract it: {name} - 1."
        if fault == "low" and raw.min() == -1 and raw.max() <= 1:
            return f". Labels of -1 and 1? Make them 0 and 1: ({name} + 1) // 2."
        return ". Give the last layer as many units as there are classes, or correct the labels."
    if slot.kind == "indices" and raw is not None:
        if fault == "high":
            return f". Raise input_dim to {int(raw.max()) + 1}, or keep only the commonest words."
        return ". Indices begin at 0."
    if slot.kind in ("one_hot", "probabilities") and raw is not None:
        if raw.min() >= -1 and fault == "low":
            return f". Targets of -1 and 1? Make them 0 and 1, ({name} + 1) / 2, or use loss='hinge'."
        return ". Class numbers? Use loss='sparse_categorical_crossentropy'. Other numbers? 'mean_squared_error'."
    return "."
