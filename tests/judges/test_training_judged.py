"""Whole trainings against Keras, number for number: every log of every epoch, and the weights at the end.

Keras learns in float64 in processes of its own: on PyTorch, which is quick to start, or on TensorFlow. The NumPy
engine learns in float64, too, and agrees to rounding. In float32 both engines stray from there as far as float32 does.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import pellucid
from pellucid import native, optimizers
from training_networks import NETWORKS
from training_runs import Outcome, learn

# What Keras 3.15 cannot do on PyTorch, where its arrays change in place, it does on TensorFlow.
ON_TENSORFLOW = {
    "stateful_layers": "a state is changed while its gradient is waited for",
    "masked_sequence_to_sequence": "the loss's mask stays in the weights that the metrics get",
}
ROUNDING = {"stateful_layers": 1e-5}  # whose states Keras keeps in float32
ON_JAX = "schedule_free"  # its old momentum is the new one on PyTorch, and begins with nothing on TensorFlow
FLOAT64 = [name for name in NETWORKS if name != ON_JAX]
OPTIMIZERS = {
    type(optimizer).__name__
    for name in NETWORKS
    if isinstance(optimizer := NETWORKS[name](pellucid).compiled["optimizer"], optimizers.Optimizer)
}


@pytest.fixture(autouse=True)
def float_type() -> Iterator[None]:
    yield
    pellucid.backend.set_floatx("float32")


@pytest.fixture(scope="module")
def in_float64(keras: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Keras's trainings, by name."""
    script, folder = Path(__file__).parents[1] / "training_runs.py", tmp_path_factory.mktemp("keras")
    results: dict[str, Outcome] = {}
    for backend in ("torch", "tensorflow"):
        pytest.importorskip(backend)
        names = [name for name in FLOAT64 if (name in ON_TENSORFLOW) == (backend == "tensorflow")]
        settings = {"KERAS_BACKEND": backend, "PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": ""}
        subprocess.run([sys.executable, script, folder / backend, *names], check=True, env={**os.environ, **settings})
        found = pickle.loads((folder / backend).read_bytes())
        results |= {name: Outcome(*outcome) for name, outcome in found.items()}
    return results


def assert_same(one: Outcome, other: Outcome, tolerance: float) -> None:
    assert one.logs.keys() == other.logs.keys()
    for log in other.logs:
        np.testing.assert_allclose(one.logs[log], other.logs[log], rtol=tolerance, atol=tolerance, err_msg=log)
    assert len(one.last) == len(other.last)
    for i, (mine, theirs) in enumerate(zip(one.last, other.last, strict=True)):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance, err_msg=f"weight {i}")


@pytest.mark.parametrize("name", FLOAT64)
def test_a_training_in_float64_is_keras_own_to_rounding(name: str, in_float64: dict[str, Outcome]) -> None:
    found = learn(pellucid, name, "float64", in_float64[name].first, engine="numpy")
    assert all(weight.dtype == np.float64 for weight in found.last)
    assert_same(found, in_float64[name], ROUNDING.get(name, 1e-9))


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("name", FLOAT64)
def test_a_training_in_float32_is_keras_own(name: str, engine: str, in_float64: dict[str, Outcome]) -> None:
    if engine == "native" and not native.available():
        pytest.skip("the native engine was not built")
    found = learn(pellucid, name, "float32", in_float64[name].first, engine=engine)
    assert all(weight.dtype == np.float32 for weight in found.last)
    assert_same(found, in_float64[name], 2e-5)


@pytest.mark.parametrize("engine", ["numpy", *(["native"] if native.available() else [])])
def test_a_training_is_that_of_keras_on_jax(engine: str, keras: ModuleType) -> None:
    expected = learn(keras, ON_JAX, "float32")
    assert_same(learn(pellucid, ON_JAX, "float32", expected.first, engine=engine), expected, 1e-5)


def test_every_optimizer_takes_part() -> None:
    known = {name for name in dir(optimizers) if name[0].isupper()} - {"Optimizer", "OptimizerMap", "MultiOptimizer"}
    assert known == OPTIMIZERS


def test_a_training_that_is_not_keras_own_is_found(in_float64: dict[str, Outcome]) -> None:
    expected = in_float64["regression"]
    wrong = expected._replace(last=[expected.last[0] * (1 + 3e-9), *expected.last[1:]])
    with pytest.raises(AssertionError, match="weight 0"):
        assert_same(wrong, expected, 1e-9)
