"""Random bits: JAX's own Threefry is the judge, and the same code gives the same bits inside jax.jit."""

from typing import Any

import numpy as np

from pellucid import random


def test_threefry_is_jax_s_threefry(jax: Any) -> None:
    from jax.extend.random import threefry_2x32

    draw = np.random.default_rng(0)
    for _ in range(5):
        key, counters = draw.integers(0, 2**32, 2, dtype="uint32"), draw.integers(0, 2**32, 64, dtype="uint32")
        ours = np.concatenate(random.threefry(key, counters[:32], counters[32:]))
        np.testing.assert_array_equal(ours, threefry_2x32(jax.numpy.asarray(key), jax.numpy.asarray(counters)))


def test_the_same_bits_under_jit(jax: Any) -> None:
    key = random.key(11)
    jitted = jax.jit(lambda key: (random.uniform(key, (33,)), random.fold_in(key, 3), random.split(key, 3)))
    for theirs, ours in zip(
        jitted(jax.numpy.asarray(key)),
        (random.uniform(key, (33,)), random.fold_in(key, 3), random.split(key, 3)),
        strict=True,
    ):
        np.testing.assert_array_equal(theirs, ours)
