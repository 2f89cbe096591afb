"""Regularizers and constraints against Keras (numbers, defaults) and `jax.grad` (gradients)."""

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import constraints, regularizers

RNG = np.random.default_rng(13)
X = RNG.normal(size=(6, 5))

REGULARIZERS: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L1L2", {"l1": 0.2, "l2": 0.3}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.4, "mode": "columns"}),
]
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": (0, 1)}),
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 1.0, "axis": 1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 2.5, "rate": 0.3, "axis": 1}),
]


@pytest.mark.parametrize(("name", "settings"), REGULARIZERS)
def test_penalties_are_keras_own(jax: ModuleType, keras: ModuleType, name: str, settings: dict[str, Any]) -> None:
    x = X.astype("float32")
    ours = getattr(regularizers, name)(**settings)
    theirs = getattr(keras.regularizers, name)(**settings)(jax.numpy.asarray(x))  # its columns fail on NumPy arrays
    np.testing.assert_allclose(ours(x), theirs, rtol=1e-6)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("name", "settings"), REGULARIZERS)
def test_gradients_are_what_jax_finds(jax: ModuleType, name: str, settings: dict[str, Any]) -> None:
    ours = getattr(regularizers, name)(**settings)
    theirs = jax.grad(ours)(jax.numpy.asarray(X))
    np.testing.assert_allclose(ours.gradient(X), theirs, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(jax.jit(ours.gradient)(X), theirs, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("name", "settings"), CONSTRAINTS)
def test_constraints_are_keras_own(jax: ModuleType, keras: ModuleType, name: str, settings: dict[str, Any]) -> None:
    x = X.astype("float32")
    ours = getattr(constraints, name)(**settings)
    np.testing.assert_allclose(ours(x), getattr(keras.constraints, name)(**settings)(x), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(ours)(x), ours(x), rtol=1e-6)


def test_names_and_defaults_are_keras_own(keras: ModuleType) -> None:
    for ours, theirs, base in (
        (regularizers, keras.regularizers, "Regularizer"),
        (constraints, keras.constraints, "Constraint"),
    ):
        names = {n for n in dir(theirs) if not n.startswith("_")} - {"get", "serialize", "deserialize", base}
        for name in names:
            assert name in ours.registry
            assert getattr(ours, name).__name__ == getattr(theirs, name).__name__
            takes, judge = (inspect.signature(getattr(module, name)).parameters for module in (ours, theirs))
            assert [(k, p.default) for k, p in takes.items()] == [(k, p.default) for k, p in judge.items()]


def test_what_we_write_keras_reads(keras: ModuleType) -> None:
    for name, settings in REGULARIZERS:
        data = regularizers.serialize(getattr(regularizers, name)(**settings))
        assert type(keras.regularizers.deserialize(data)).__name__ == name
    for name, settings in CONSTRAINTS:
        data = constraints.serialize(getattr(constraints, name)(**settings))
        assert keras.constraints.deserialize(data).get_config() == data["config"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_penalty_of_your_own_gets_its_gradient_from_jax(jax: ModuleType, dtype: str) -> None:
    penalty = regularizers.get(lambda x: (x * x * x).sum())
    x = X.astype(dtype)
    gradient = penalty.gradient(x)
    assert isinstance(gradient, np.ndarray)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, 3 * x * x, rtol=1e-6 if dtype == "float32" else 1e-12)
