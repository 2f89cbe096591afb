"""Random numbers from keys: the same key gives the same bits on NumPy and under `jax.jit`.

A key is two 32-bit numbers. Nothing here remembers anything, except the one
stream of keys (`set_random_seed`, `next_key`) that a program starts from.

The bits are Threefry-2x32 with 20 rounds, a cipher on counters: number i of a
key is the cipher of i, so any part of a stream can be drawn by itself.

Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as
1, 2, 3", Proc. SC11 (2011), section 3.3.
"""

import itertools
import math
import os
import random as python_random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from .arrays import Array, namespace

Key = Any  # (2,) uint32

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_BLOCK = 1 << 15  # counters: 128 kB for each half


def key(seed: int) -> Key:
    """The key of a seed, any whole number of at least 0 (its lowest 64 bits count).

    >>> key(7)
    array([0, 7], dtype=uint32)
    """
    return np.array([(seed >> 32) & 0xFFFFFFFF, seed & 0xFFFFFFFF], dtype=np.uint32)


def threefry(key: Key, high: Array, low: Array) -> tuple[Array, Array]:
    """The cipher of the counters (high, low), two uint32 arrays of one shape.

    key      (..., 2) uint32; one key for all counters, or one for each
    """
    xp = namespace(low)
    keys = (key[..., 0], key[..., 1], key[..., 0] ^ key[..., 1] ^ xp.asarray(_PARITY, dtype=xp.uint32))
    a, b = high + keys[0], low + keys[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            a = a + b
            b = ((b << turn) | (b >> (32 - turn))) ^ a
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + xp.asarray(group + 1, dtype=xp.uint32)
    return a, b


def fold_in(key: Key, data: Any) -> Key:
    """A new key from a key and a whole number below 2³² (a step, a node's place): the same pair, the same key.

    data     an int, or an array of any shape; then one key for each, shape (..., 2)
    """
    xp = namespace(key)
    low = xp.asarray(data, dtype=xp.uint32)[None]  # an axis more: NumPy warns when a lone number wraps around
    return xp.stack(threefry(key, xp.zeros_like(low), low), axis=-1)[0]


def split(key: Key, count: int = 2) -> Key:
    """`count` keys from one, shape (count, 2)."""
    return fold_in(key, namespace(key).arange(count))


def bits(key: Key, shape: tuple[int, ...]) -> Array:
    """Random 32-bit numbers, uint32: the ciphers of the counters (1, i), all their first halves, then their second."""
    xp, size = namespace(key), math.prod(shape)
    half = (size + 1) // 2
    if xp is np:
        return _bits_in_blocks(key, half)[:size].reshape(shape)
    counters = xp.arange(half, dtype=xp.uint32)
    return xp.concat(threefry(key, xp.ones_like(counters), counters))[:size].reshape(shape)


def _bits_in_blocks(key: Key, half: int) -> np.ndarray:
    """The same on NumPy, some three times as fast: a block at a time, which stays in the cache meanwhile."""
    made, turned = np.ones(2 * half, np.uint32), np.empty(min(half, _BLOCK), np.uint32)
    keys = [int(key[0]), int(key[1]), int(key[0]) ^ int(key[1]) ^ _PARITY]
    for start in range(0, half, _BLOCK):
        end = min(start + _BLOCK, half)
        a, b, left = made[start:end], made[half + start : half + end], turned[: end - start]
        b[:] = np.arange(start, end, dtype=np.uint32)
        a += np.uint32(keys[0])
        b += np.uint32(keys[1])
        for group in range(5):
            for turn in _ROTATIONS[group % 2]:
                a += b
                np.left_shift(b, turn, out=left)
                b >>= 32 - turn
                b |= left
                b ^= a
            a += np.uint32(keys[(group + 1) % 3])
            b += np.uint32((keys[(group + 2) % 3] + group + 1) & 0xFFFFFFFF)
    return made


def uniform(key: Key, shape: tuple[int, ...], dtype: Any = "float32") -> Array:
    """Numbers spread evenly over [0, 1), in steps of 2⁻²⁴ (all of them exact in float32)."""
    drawn = bits(key, shape)
    drawn >>= 8
    values = namespace(key).asarray(drawn, dtype=dtype)
    values *= 1 / (1 << 24)
    return values


def normal(key: Key, shape: tuple[int, ...], dtype: Any = "float32") -> Array:
    """Numbers from the bell curve of mean 0 and standard deviation 1.

    Source: Box & Muller, "A note on the generation of random normal deviates",
    Ann. Math. Statist. 29 (1958).
    """
    xp = namespace(key)
    first, second = uniform(key, (2, *shape), dtype)
    return xp.sqrt(-2 * xp.log(1 - first)) * xp.cos(2 * math.pi * second)


def generator(key: Key) -> "np.random.Generator":  # in quotes: numpy.random is slow to load, and not always used
    """NumPy's own generator, started from a key: for draws made once, outside the step (weights, shuffles)."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([int(part) for part in key])))


class _Stream:
    """The keys a program uses one after another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.restart(int.from_bytes(os.urandom(8)) >> 1)

    def restart(self, seed: int) -> None:
        with self._lock:
            self._start, self._used = key(seed), 0

    follows_numpy = False  # True: each key comes from NumPy's global generator, whose seed then settles all (Keras 2)

    def next(self) -> Key:
        if self.follows_numpy:
            return key(int(np.random.randint(2**31)))  # noqa: NPY002 - the generator that the program has seeded
        with self._lock:
            self._used += 1
            return fold_in(self._start, self._used)


_stream = _Stream()
_source: ContextVar[Callable[[], Key] | None] = ContextVar("source of keys", default=None)


def set_random_seed(seed: int) -> None:
    """Start the program's stream of keys (weights, shuffles, dropout) from this seed.

    The same seed on the same engine and machine gives the same bits. Python's
    and NumPy's global generators are seeded too, as Keras does, for programs
    that use them for their own data.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {seed!r}.")
    python_random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - the legacy global generator is what the programs use
    _stream.restart(int(seed))


def follow_numpy(on: bool) -> None:
    """Let `numpy.random.seed` settle weights, shuffles and dropout, too, as it did until Keras 2.3."""
    _stream.follows_numpy = on


def next_key() -> Key:
    """The next key of the program's stream, or of the key that `keys_from` put in its place."""
    source = _source.get()
    return _stream.next() if source is None else source()


@contextmanager
def keys_from(key: Key | None) -> Iterator[None]:
    """Within the block, `next_key` gives the keys of this one, in order; with None, the program's own."""
    numbers = itertools.count()
    token = _source.set(None if key is None else lambda: fold_in(key, next(numbers)))
    try:
        yield
    finally:
        _source.reset(token)
