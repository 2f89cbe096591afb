"""One-hot rows and unit lengths as Keras computes them."""

from types import ModuleType

import numpy as np
import pytest

from pellucid.utils import normalize, to_categorical


@pytest.mark.parametrize(
    "labels", [np.array([0, 2, 1]), np.array([[0], [3]]), np.array([[0, 1], [2, 2]]), 3, [1.0, 2.0]]
)
@pytest.mark.parametrize("classes", [None, 5])
def test_to_categorical_is_keras(keras: ModuleType, labels: object, classes: int | None) -> None:
    expected = keras.utils.to_categorical(labels, classes)
    ours = to_categorical(labels, classes)
    np.testing.assert_array_equal(ours, expected)
    assert ours.dtype == expected.dtype


@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_normalize_is_keras(keras: ModuleType, axis: int, order: float) -> None:
    x = np.random.default_rng(0).normal(size=(4, 4))  # Keras wants a square: it puts the lengths on the last axis
    x[2] = 0
    expected = keras.utils.normalize(x, axis=axis, order=order)
    if axis == 0:
        expected = keras.utils.normalize(x.T, axis=-1, order=order).T
    np.testing.assert_allclose(normalize(x, axis=axis, order=order), expected, rtol=1e-12, atol=1e-15)
