"""Activations: each derivative against central differences, no warnings, names, functions of a user's own."""

import copy
import pickle
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import activations
from pellucid.activations import Activation
from pellucid.arrays import erf, erfc
from pellucid.errors import ShapeError
from pellucid.registry import custom_object_scope

RNG = np.random.default_rng(3)

# Names with the settings that are tried beside the defaults.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "relu": [
        {},
        {"negative_slope": 0.3},
        {"max_value": 1.0},
        {"threshold": 0.7},
        {"negative_slope": 0.2, "max_value": 1.5, "threshold": -0.6},
    ],
    "leaky_relu": [{}, {"negative_slope": 0.5}],
    "elu": [{}, {"alpha": 0.4}],
    "celu": [{}, {"alpha": 0.4}],
    "gelu": [{}, {"approximate": True}],
    "squareplus": [{}, {"b": 0.3}],
    "soft_shrink": [{}, {"threshold": 1.1}],
    "hard_shrink": [{}, {"threshold": 1.1}],
    "threshold": [{"threshold": 0.4, "default_value": 9.0}],
    "softmax": [{}, {"axis": 0}, {"axis": 1}],
    "log_softmax": [{}, {"axis": 0}],
    "sparsemax": [{}, {"axis": 1}],
    "glu": [{}, {"axis": 0}],
}
CASES = [(name, settings) for name in activations.names() for settings in SETTINGS.get(name, [{}])]
ELEMENTWISE = [(name, settings) for name, settings in CASES if activations.get(name).elementwise]
KERAS_NAMES = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus tanh tanh_shrink threshold
"""


def _numeric_dx(function: Any, x: np.ndarray, dy: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """dL/dx for L = Σ dy · f(x), by central differences."""
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        dx[place] = np.sum(dy * (function(up) - function(down))) / (2 * step)
    return dx


def test_every_activation_of_keras_is_there_with_two_more() -> None:
    assert activations.names() == sorted([*KERAS_NAMES.split(), "step", "keras_2_hard_sigmoid"])
    assert activations.get("swish") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_backward_is_what_central_differences_say(name: str, settings: dict[str, Any]) -> None:
    f = activations.get(name)
    x = RNG.normal(size=(4, 3, 6)) * 2
    y = f(x, **settings)
    dy = RNG.normal(size=y.shape)
    np.testing.assert_allclose(
        f.backward(x, y, dy, **settings), _numeric_dx(lambda v: f(v, **settings), x, dy), rtol=1e-6, atol=1e-8
    )


def test_the_differences_notice_a_wrong_derivative() -> None:
    wrong = Activation(lambda x: x * x)
    wrong.slope(lambda x, y: 2.001 * x)
    x, dy = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(wrong.backward(x, x * x, dy), _numeric_dx(wrong, x, dy), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "settings"), ELEMENTWISE)
def test_the_derivative_is_backward_for_a_dy_of_one(name: str, settings: dict[str, Any]) -> None:
    f = activations.get(name)
    x = np.linspace(-4, 4, 33)
    y = f(x, **settings)
    np.testing.assert_array_equal(f.derivative(x, **settings), f.backward(x, y, np.ones_like(y), **settings))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "settings"), CASES)
def test_dtype_shape_and_input_are_kept(name: str, settings: dict[str, Any], dtype: str) -> None:
    f = activations.get(name)
    x = RNG.normal(size=(4, 6)).astype(dtype)
    before = x.copy()
    y = f(x, **settings)
    dy = RNG.normal(size=y.shape).astype(dtype)
    dx = f.backward(x, y, dy, **settings)
    assert (y.dtype, dx.dtype, dx.shape) == (x.dtype, x.dtype, x.shape)
    assert name == "glu" or y.shape == x.shape
    if f.elementwise:
        assert f.derivative(x, **settings).dtype == x.dtype
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "settings"), CASES)
def test_huge_inputs_give_the_limit_without_a_warning(name: str, settings: dict[str, Any], dtype: str) -> None:
    f = activations.get(name)
    huge = 1e30 if dtype == "float32" else 1e200
    x = np.array([[-huge, -1e4, -100.0, -20.0, 20.0, 100.0, 1e4, huge]] * 2, dtype=dtype)
    y = f(x, **settings)
    dx = f.backward(x, y, np.ones_like(y), **settings)
    if name == "exponential":
        assert y[0, 0] == 0
        assert y[0, -1] == np.inf
    else:
        assert np.isfinite(y).all()
        assert np.isfinite(dx).all()
    if name in ("relu", "relu6", "sigmoid", "silu", "gelu", "mish", "softplus", "squareplus", "sparse_plus") and (
        settings.get("negative_slope", 0) == 0
    ):
        np.testing.assert_allclose(y[0, 0], 0, atol=1e-25)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=9))
def test_shares_add_up_to_one(values: list[float]) -> None:
    for share in (activations.softmax, activations.sparsemax):
        y = share(np.array(values, dtype="float32"))
        assert y.min() >= 0
        np.testing.assert_allclose(y.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(np.exp(activations.log_softmax(np.array(values))).sum(), 1, rtol=1e-6)


def test_values_small_enough_to_check_by_hand() -> None:
    x = np.array([-2.0, 0.0, 2.0])
    np.testing.assert_array_equal(activations.step(x), [0, 1, 1])
    np.testing.assert_array_equal(activations.step.derivative(x), [0, 0, 0])
    np.testing.assert_allclose(activations.sigmoid.derivative(x)[1], 0.25)
    np.testing.assert_allclose(activations.softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])
    np.testing.assert_allclose(activations.sparsemax(np.array([0.5, 0.5, -9.0])), [0.5, 0.5, 0])
    np.testing.assert_array_equal(activations.hard_silu(np.array([3.0])), [3])


def test_small_shares_keep_their_digits() -> None:
    np.testing.assert_allclose(activations.sigmoid(np.float32([-50.0])), np.exp(np.float32([-50.0])), rtol=1e-6)
    np.testing.assert_allclose(activations.squareplus(np.float32([-1e4])), [1e-4], rtol=1e-6)
    np.testing.assert_allclose(activations.softplus(np.array([-40.0])), [np.exp(-40.0)], rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "relu6", "leaky_relu", "hard_sigmoid", "soft_shrink"])
def test_a_kink_has_the_slope_of_its_flatter_side(name: str) -> None:
    f = activations.get(name)
    kinks = {"relu": [0], "hard_tanh": [-1, 1], "relu6": [0, 6], "leaky_relu": [0]}
    x = np.array({**kinks, "hard_sigmoid": [-3, 3], "soft_shrink": [-0.5, 0.5]}[name], dtype="float64")
    sides = np.abs([f.derivative(x - 1e-9), f.derivative(x + 1e-9)])
    np.testing.assert_array_equal(f.derivative(x), sides.min(axis=0))


def test_numbers_and_lists_are_taken_too() -> None:
    assert activations.relu(-3).dtype == np.float32
    np.testing.assert_array_equal(activations.relu([-1, 2]), [0, 2])
    np.testing.assert_array_equal(activations.relu(np.array([-1, 2])), [0, 2])
    with pytest.raises(TypeError, match="relu: needs numbers"):
        activations.relu(["a"])


def test_settings_may_be_given_by_place() -> None:
    x = np.array([-2.0, 2.0])
    np.testing.assert_array_equal(activations.leaky_relu(x, 0.5), activations.leaky_relu(x, negative_slope=0.5))
    np.testing.assert_array_equal(activations.threshold(x, 1, 7), [7, 2])


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="Did you mean 'sigmoid'"):
        activations.get("sigmoidd")
    with pytest.raises(ValueError, match="must be a name, a function or None, got 3"):
        activations.get(3)
    with pytest.raises(ShapeError, match="glu: axis -1 must have an even size"):
        activations.glu(np.ones((2, 3)))
    with pytest.raises(ValueError, match="b must be above 0"):
        activations.squareplus(np.ones(2), b=0)
    with pytest.raises(TypeError, match="softmax has no derivative per number"):
        activations.softmax.derivative(np.ones(2))


@pytest.mark.parametrize("name", activations.names())
def test_every_activation_survives_serialize(name: str) -> None:
    f = activations.get(name)
    assert activations.serialize(f) == name
    assert activations.deserialize(name) is f
    assert activations.get(f) is f
    assert f.__doc__


@pytest.mark.parametrize("name", activations.names())
def test_there_is_one_of_each_also_after_a_pickle_or_a_copy(name: str) -> None:
    f = activations.get(name)
    assert pickle.loads(pickle.dumps(f)) is f
    assert copy.deepcopy(f) is f


def twice(x: np.ndarray) -> np.ndarray:
    return 2 * x


class Times:
    """Somebody's own activation with a setting."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.factor * x

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor}


def test_a_function_of_your_own_is_called_named_and_restored() -> None:
    f = activations.get(twice)
    assert isinstance(f, Activation)
    assert f.name == "twice"
    assert not f.elementwise
    np.testing.assert_array_equal(f(np.float32([1, 2])), np.float32([2, 4]))
    data = activations.serialize(f)
    assert data == {"module": "builtins", "class_name": "function", "config": "twice", "registered_name": "twice"}
    assert activations.deserialize(data, {"twice": twice}).formula is twice
    assert pickle.loads(pickle.dumps(f))(1) == 2
    with custom_object_scope({"twice": twice}):
        assert activations.get("twice").formula is twice
    with pytest.raises(ValueError, match="unknown activation 'twice'"):
        activations.deserialize(data)


def test_an_object_of_your_own_is_restored_with_its_settings() -> None:
    data = activations.serialize(Times(3.0))
    assert activations.deserialize(data, {"Times": Times}).formula.factor == 3


def test_your_own_function_may_declare_its_derivative() -> None:
    f = Activation(twice)

    @f.slope
    def _(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.full_like(x, 2)

    x = np.array([1.0, -1.0])
    np.testing.assert_array_equal(f.backward(x, f(x), np.array([3.0, 5.0])), [6, 10])
    np.testing.assert_array_equal(f.derivative(x), [2, 2])


def test_your_own_function_needs_no_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    x = np.array([1.0, -3.0])
    np.testing.assert_array_equal(activations.get(twice).backward(x, 2 * x, np.array([1.0, 10.0])), [2.0, 20.0])


def test_erf_by_hand() -> None:
    """erf(1/√2) is the share of the bell curve within one standard deviation."""
    x = np.array([-1.0, 1.0, 0.0, 1e300]) / np.sqrt(2)
    np.testing.assert_allclose(erf(x), [-0.6826894921370859, 0.6826894921370859, 0, 1], rtol=1e-15)
    np.testing.assert_allclose(erf(x) + erfc(x), 1, rtol=1e-15)
    assert erf(np.float16([3.0])).dtype == np.float16
