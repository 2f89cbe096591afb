"""The same numbers in another arrangement."""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..backend.functions import concatenate, expand_dims, reshape, stack, tile
from ..backend.symbols import array, on_symbols, shared
from .by_name import by_name

swapaxes, moveaxis, ravel, roll, flip = map(by_name, ("swapaxes", "moveaxis", "ravel", "roll", "flip"))
broadcast_to, take_along_axis = by_name("broadcast_to"), by_name("take_along_axis")
tril, triu, diag, diagonal, rot90 = map(by_name, ("tril", "triu", "diag", "diagonal", "rot90"))
sort, argsort, diff = by_name("sort"), by_name("argsort"), by_name("diff")
append, fliplr, flipud, kron = map(by_name, ("append", "fliplr", "flipud", "kron"))
hstack, vstack, meshgrid = by_name("hstack"), by_name("vstack"), by_name("meshgrid")
searchsorted, unravel_index = by_name("searchsorted"), by_name("unravel_index")


@on_symbols
def transpose(x: Any, axes: Any = None) -> Array:
    """The axes in another order; in reverse by default."""
    return namespace(array(x)).transpose(array(x), axes if axes is None else tuple(axes))


@on_symbols
def squeeze(x: Any, axis: Any = None) -> Array:
    """Without axes of length one."""
    return namespace(array(x)).squeeze(array(x), axis=tuple(axis) if isinstance(axis, list) else axis)


@on_symbols
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts along an axis: so many equal ones, or cut at these places."""
    return list(namespace(array(x)).split(array(x), indices_or_sections, axis=axis))


array_split = split


@on_symbols
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Array]:
    """The slices along an axis."""
    moved = namespace(array(x)).moveaxis(array(x), axis, 0)
    return [moved[i] for i in range(num or moved.shape[0])]


@on_symbols
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Array:
    """Each number (or slice along an axis) several times."""
    return namespace(array(x)).repeat(array(x), repeats, axis=axis)


@on_symbols
def take(x: Any, indices: Any, axis: int | None = None) -> Array:
    """What stands at these places of an axis."""
    x, indices = array(x), array(indices).astype("int32")
    return shared(x, indices).take(x, indices, axis=axis)


@on_symbols
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """With more numbers around: zeros, if mode and values say nothing else."""
    more = {} if constant_values is None else {"constant_values": constant_values}
    return namespace(array(x)).pad(array(x), pad_width, mode=mode, **more)


@on_symbols
def slice(inputs: Any, start_indices: Any, shape: Any) -> Array:
    """The part of this shape that starts at these places."""
    from builtins import slice as piece

    starts = [int(start) for start in start_indices]
    return array(inputs)[tuple(piece(start, start + size) for start, size in zip(starts, shape, strict=True))]


@on_symbols
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Array:
    """The inputs, with these numbers from these places on."""
    from builtins import slice as piece

    inputs, updates = array(inputs), array(updates)
    starts = [int(start) for start in start_indices]
    return _put(inputs, tuple(piece(a, a + n) for a, n in zip(starts, updates.shape, strict=True)), updates)


@on_symbols
def scatter_update(inputs: Any, indices: Any, updates: Any) -> Array:
    """The inputs, with one number (or slice) in place of another for each row of indices."""
    indices = np.asarray(array(indices))
    return _put(array(inputs), tuple(indices[..., i] for i in range(indices.shape[-1])), array(updates))


def _put(x: Array, places: Any, updates: Array) -> Array:
    if hasattr(x, "at"):
        return x.at[places].set(updates)
    new = np.array(x)
    new[places] = updates
    return new


__all__ = [
    "append", "argsort", "array_split", "broadcast_to", "concatenate", "diag", "diagonal", "diff", "expand_dims",
    "flip", "fliplr", "flipud", "hstack", "kron", "meshgrid", "moveaxis", "pad", "ravel", "repeat", "reshape",
    "roll", "rot90", "scatter_update", "searchsorted", "slice", "slice_update", "sort", "split", "squeeze", "stack",
    "swapaxes", "take", "take_along_axis", "tile", "transpose", "tril", "triu", "unravel_index", "unstack", "vstack",
]  # fmt: skip
