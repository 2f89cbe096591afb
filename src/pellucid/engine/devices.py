"""The devices that JAX computes on: what fits on them, and how several of them share a batch.

All numbers and data lie on each device whole. What is divided is the batch: each device takes an equal part of the
samples, and XLA adds up what they find, as the formulas say ("GSPMD", Xu et al., arXiv:2105.04663, 2021).
"""

import functools
import math
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array

ALIGNMENT = 64  # bytes: where XLA wants the arrays of a CPU to begin
SHARE = 4  # data may take up to 1/SHARE of a device's memory
MANY = 1 << 20  # bytes that are not worth a copy


@dataclass(frozen=True)
class Rows:
    """The samples of an array that XLA reads where NumPy has them, although they begin where it wants no array to.

    NumPy's arrays begin at multiples of 16 bytes, and XLA would copy 188 MB in 130 ms at each `fit`. So what it is
    given begins a few numbers later; the samples that those belong to come extra.

    numbers    (length · width - missing,)    the array's numbers in order, but the first few
    first      (few, ...)                     the samples that some of those few belong to
    """

    numbers: Array
    first: Array
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def dtype(self) -> Any:
        return self.numbers.dtype

    def take(self, index: Array) -> Array:
        """The samples of these numbers, while being traced."""
        from jax import lax

        width, few = math.prod(self.shape[1:]), len(self.first)
        begins = index * width - (math.prod(self.shape) - len(self.numbers))
        where = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(), start_index_map=(0,))
        found = lax.gather(self.numbers, begins[:, None], where, slice_sizes=(width,), mode="clip")
        extra = self.first.reshape(few, width).at[index].get(mode="clip")
        rows = lax.select(lax.broadcast_in_dim(index < few, found.shape, (0,)), extra, found)
        return rows.reshape(-1, *self.shape[1:])


class Devices:
    """All devices that are of JAX's default kind; those of all processes, where jax.distributed has joined several."""

    def __init__(self) -> None:
        import jax

        self._jax, found, own = jax, jax.devices(), jax.local_devices()
        self._whole: Any = None  # where numbers and data lie; None: on the default device
        self._parts: Any = None  # where the samples of a batch lie
        self.processes: int = jax.process_count()
        self.memory = _memory(own[0])  # bytes
        self._on_cpu = own[0].platform == "cpu"
        if len(found) > 1:
            mesh = jax.sharding.Mesh(np.array(found), ("batch",))
            self._whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
            self._parts = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))

    def has_room_for(self, data: Any) -> bool:
        """Whether these arrays may lie on each device."""
        return sum(array.nbytes for array in self._jax.tree.leaves(data)) * SHARE <= self.memory

    def put(self, arrays: Any) -> Any:
        """The same nesting of arrays, on the devices."""
        if self._on_cpu:
            arrays = self._jax.tree.map(_aligned, arrays)
        return self._jax.device_put(arrays, self._whole)

    def put_samples(self, arrays: Any) -> Any:
        """The same of samples that are picked one by one: large ones stay where they are, as Rows, if that can be."""
        if not self._on_cpu or self._whole is not None:
            return self.put(arrays)
        _register_rows()
        return self._jax.tree.map(lambda array: self._lying(array) if _can_lie(array) else self.put(array), arrays)

    def _lying(self, array: Array) -> Rows:
        missing = -array.ctypes.data % ALIGNMENT // array.itemsize
        few = -(-missing // math.prod(array.shape[1:]))
        return Rows(self._jax.device_put(array.reshape(-1)[missing:]), self._jax.device_put(array[:few]), array.shape)

    def shared(self, arrays: Any) -> Any:
        """The same, where several devices must agree; one device takes arrays as they come."""
        return arrays if self._whole is None else self.put(arrays)

    def divide(self, batch: Any) -> Any:
        """While being traced: the same batch, its samples divided among the devices."""
        return batch if self._parts is None else self._jax.lax.with_sharding_constraint(batch, self._parts)


@functools.cache
def _register_rows() -> None:
    """Tell JAX of Rows: what of them is an array, and what is known while being traced."""
    import jax

    jax.tree_util.register_dataclass(Rows, ["numbers", "first"], ["shape"])


def _can_lie(array: Array) -> bool:
    """Whether XLA can read this array where it is, though not from its first number on."""
    from jax import dtypes

    if not isinstance(array, np.ndarray) or array.nbytes < MANY or array.size > np.iinfo(np.int32).max:
        return False
    begins = array.ctypes.data % ALIGNMENT
    if begins == 0 or begins % array.itemsize or not array.flags.c_contiguous:
        return False
    return dtypes.canonicalize_dtype(array.dtype) == array.dtype


def _aligned(array: Array) -> Array:
    """The array at an address that XLA can compute from. It would make that copy itself, four times as slowly."""
    if not isinstance(array, np.ndarray) or array.ctypes.data % ALIGNMENT == 0:
        return array
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    first = -room.ctypes.data % ALIGNMENT
    copy = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    np.copyto(copy, array)
    return copy


def precision(arrays: Any) -> AbstractContextManager[Any]:
    """Within the block JAX computes in float64 if one of these arrays is float64, as NumPy would; else in float32."""
    import jax

    return jax.enable_x64(any(array.dtype == np.float64 for array in jax.tree.leaves(arrays)))


def all_finite(arrays: Iterable[Array]) -> bool:
    """Whether all numbers of these arrays are finite; asked where the arrays are."""
    here: list[Array] = []
    there: list[Array] = []
    for array in arrays:
        (here if isinstance(array, np.ndarray | np.generic) else there).append(array)
    return all(np.isfinite(array).all() for array in here) and (not there or bool(_finite_check()(there)))


@functools.cache
def _finite_check() -> Any:
    import jax

    return jax.jit(lambda arrays: jax.numpy.stack([jax.numpy.isfinite(array).all() for array in arrays]).all())


def _memory(device: Any) -> int:
    """Bytes that a device has: its own, or the computer's."""
    stats = device.memory_stats() or {}
    if "bytes_limit" in stats:
        return int(stats["bytes_limit"])
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 8 << 30


def describe() -> str:
    """The devices that JAX computes on, in words; or why it cannot."""
    import jax

    try:
        found = jax.local_devices()
    except RuntimeError as error:  # a driver that is missing or too old
        return f"nothing: {error}"
    return f"{len(found)} × {found[0].device_kind}" + (f" ({found[0].platform})" if found[0].platform != "cpu" else "")
