"""What a caller gave (an array, a list of them, a dict by name) laid out by the inputs or targets of the model."""

from collections.abc import Mapping, Sequence
from typing import Any

from .batches import Slot
from .checks import fits
from .columns import is_array


def arrange(value: Any, slots: Sequence[Slot], argument: str) -> list[tuple[Any, str]]:
    """One (array, name for messages) for each slot.

    value     one array or list of numbers for a single slot; a list or tuple of one for each slot; a dict by name

    Raises ValueError when there are too many, too few, or names that the model does not have.
    """
    names = [slot.name for slot in slots]
    if isinstance(value, Mapping):
        unknown = [key for key in value if key not in names]
        missing = [name for name in names if name not in value]
        if unknown or missing:
            faults = [f"does not know {unknown!r}"] * bool(unknown) + [f"misses {missing!r}"] * bool(missing)
            raise ValueError(f"{argument} is a dict by name; the model {' and '.join(faults)}. It has {names!r}.")
        return [(value[name], f"{argument}[{name!r}]") for name in names]
    if len(slots) == 1:
        return [_single(value, slots[0], argument)]
    if isinstance(value, (list, tuple)) and len(value) == len(slots):
        return [(part, f"{argument}[{place}]") for place, part in enumerate(value)]
    got = f"a {type(value).__name__} of {len(value)}" if isinstance(value, (list, tuple)) else "one array"
    raise ValueError(f"{argument} must hold {len(slots)} arrays, a list in the order {names!r} or a dict, got {got}.")


def _single(value: Any, slot: Slot, argument: str) -> tuple[Any, str]:
    """The one array of a model with one slot: [x] means x where x by itself would fit, and a list of rows is rows."""
    if isinstance(value, (list, tuple)) and value and all(is_array(part) for part in value):
        shape = tuple(value[0].shape)
        if not fits((len(value), *shape), slot.shape) and len(shape) >= max(1, len(slot.shape) - 1):
            if len(value) == 1:
                return value[0], f"{argument}[0]"
            raise ValueError(
                f"{argument} must hold 1 array, for {slot.name!r} shaped {slot.shape}, got a list of {len(value)}, "
                f"the first shaped {shape}. Several inputs that belong side by side? np.concatenate(..., axis=-1)."
            )
    return value, argument


def arrange_weights(value: Any, targets: Sequence[Slot]) -> list[tuple[Any, str]]:
    """One (sample weight or None, name) for each target; a single array counts for all of them."""
    if isinstance(value, Mapping):
        unknown = [key for key in value if key not in [slot.name for slot in targets]]
        if unknown:
            raise ValueError(
                f"sample_weight is a dict by name; the model does not know {unknown!r}. "
                f"It has {[slot.name for slot in targets]!r}."
            )
        return [(value.get(slot.name), f"sample_weight[{slot.name!r}]") for slot in targets]
    several = isinstance(value, (list, tuple)) and any(part is None or is_array(part) for part in value)
    if several and len(targets) > 1:
        if len(value) != len(targets):
            raise ValueError(f"sample_weight must hold one array for each of {len(targets)} outputs, got {len(value)}.")
        return [(part, f"sample_weight[{place}]") for place, part in enumerate(value)]
    if several and len(value) == 1:
        return [(value[0], "sample_weight[0]")]
    return [(value, "sample_weight") for _ in targets]
