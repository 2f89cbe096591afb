"""Activations against Keras (numbers, defaults), PyTorch and `jax.vjp` (gradients); erf against the C library.

Where a judge errs, another decides. Keras 3.15.1's sparsemax on JAX gives shares that do
not add up to 1 (it sums the running sums): bisection decides. PyTorch's hardsigmoid and
celu round a setting to float32: `jax.vjp` decides, and celu gets an alpha that float32 holds.
"""

import inspect
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import activations
from pellucid.arrays import erf, erfc

RNG = np.random.default_rng(5)
X = np.concatenate([RNG.normal(size=(6, 3, 8)) * 2, RNG.normal(size=(2, 3, 8)) * 30])
KINKS = np.array([-6.0, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 7])

CASES: list[tuple[str, dict[str, Any]]] = [
    (name, {}) for name in activations.names() if name not in ("step", "threshold", "keras_2_hard_sigmoid")
]
CASES += [
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"negative_slope": 0.1, "max_value": 5.0, "threshold": 1.0}),
    ("relu", {"negative_slope": 0.1, "max_value": 5.0, "threshold": -1.0}),
    ("relu", {"threshold": -1.0}),
    ("relu", {"max_value": 6.0}),
    ("leaky_relu", {"negative_slope": 0.4}),
    ("elu", {"alpha": 0.3}),
    ("celu", {"alpha": 0.3}),
    ("gelu", {"approximate": True}),
    ("glu", {"axis": 0}),
    ("softmax", {"axis": 1}),
    ("log_softmax", {"axis": 0}),
    ("sparsemax", {"axis": 0}),
    ("squareplus", {"b": 0.2}),
    ("soft_shrink", {"threshold": 1.2}),
    ("hard_shrink", {"threshold": 1.2}),
    ("threshold", {"threshold": 0.5, "default_value": 9.0}),
]

# Our name and settings -> the function of torch.nn.functional and its settings.
TORCH: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("relu", {}, "relu", {}),
    ("relu6", {}, "relu6", {}),
    ("leaky_relu", {}, "leaky_relu", {"negative_slope": 0.2}),
    ("elu", {"alpha": 0.3}, "elu", {"alpha": 0.3}),
    ("selu", {}, "selu", {}),
    ("celu", {"alpha": 0.25}, "celu", {"alpha": 0.25}),
    ("gelu", {}, "gelu", {}),
    ("gelu", {"approximate": True}, "gelu", {"approximate": "tanh"}),
    ("glu", {"axis": 0}, "glu", {"dim": 0}),
    ("silu", {}, "silu", {}),
    ("mish", {}, "mish", {}),
    ("softplus", {}, "softplus", {"threshold": 1000}),
    ("softsign", {}, "softsign", {}),
    ("soft_shrink", {}, "softshrink", {}),
    ("hard_shrink", {}, "hardshrink", {}),
    ("tanh_shrink", {}, "tanhshrink", {}),
    ("threshold", {"threshold": 0.5, "default_value": 9.0}, "threshold", {"threshold": 0.5, "value": 9.0}),
    ("sigmoid", {}, "sigmoid", {}),
    ("log_sigmoid", {}, "logsigmoid", {}),
    ("hard_silu", {}, "hardswish", {}),
    ("hard_tanh", {}, "hardtanh", {}),
    ("tanh", {}, "tanh", {}),
    ("softmax", {"axis": 1}, "softmax", {"dim": 1}),
    ("log_softmax", {}, "log_softmax", {"dim": -1}),
]


def _close(ours: Any, theirs: Any, tolerance: float) -> None:
    """Equal to the tolerance, relative to the size of the largest number there is."""
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=tolerance, atol=tolerance * max(1, np.abs(theirs).max()))


def test_the_list_of_names_and_defaults_is_keras_own(keras: ModuleType) -> None:
    theirs = {n for n in dir(keras.activations) if not n.startswith("_")} - {"get", "serialize", "deserialize"}
    assert {*activations.names(), "swish", "hard_swish"} - {"step", "keras_2_hard_sigmoid"} == theirs
    for name in theirs:
        defaults = {
            k: p.default
            for k, p in inspect.signature(getattr(keras.activations, name)).parameters.items()
            if p.default is not p.empty
        }
        assert activations.get(name).settings == defaults


@pytest.mark.parametrize(("name", "settings"), [case for case in CASES if case[0] != "sparsemax"])
def test_values_are_keras_own(keras: ModuleType, name: str, settings: dict[str, Any]) -> None:
    x = X.astype("float32")
    if name in ("exponential", "squareplus"):  # far out, one is huge and Keras's other loses digits in float32
        x = np.clip(x, -8, 8)
    kinks = np.stack([KINKS, KINKS]).astype("float32")
    function = getattr(keras.activations, name)
    np.testing.assert_allclose(activations.get(name)(x, **settings), function(x, **settings), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        activations.get(name)(kinks, **settings), function(kinks, **settings), rtol=1e-6, atol=1e-6
    )


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("name", "settings"), CASES)
def test_backward_is_what_jax_finds(jax: ModuleType, keras: ModuleType, name: str, settings: dict[str, Any]) -> None:
    f, x = activations.get(name), X[:6]
    # Keras's tanh gives float32 for float64; its sparsemax, see above.
    theirs = {"tanh": jax.numpy.tanh, "sparsemax": f}.get(name) or getattr(keras.activations, name)
    y, pull = jax.vjp(lambda v: theirs(v, **settings), jax.numpy.asarray(x))
    assert y.dtype == np.float64
    dy = RNG.normal(size=y.shape)
    _close(f(x, **settings), y, 1e-10)
    _close(f.backward(x, f(x, **settings), dy, **settings), pull(jax.numpy.asarray(dy))[0], 1e-10)


@pytest.mark.parametrize(("name", "settings", "torch_name", "torch_settings"), TORCH)
def test_values_and_gradients_are_what_torch_finds(
    torch: ModuleType, name: str, settings: dict[str, Any], torch_name: str, torch_settings: dict[str, Any]
) -> None:
    f = activations.get(name)
    theirs = torch.tensor(X, requires_grad=True)
    out = getattr(torch.nn.functional, torch_name)(theirs, **torch_settings)
    dy = RNG.normal(size=tuple(out.shape))
    out.backward(torch.tensor(dy))
    y = f(X, **settings)
    _close(y, out.detach().numpy(), 1e-10)
    _close(f.backward(X, y, dy, **settings), theirs.grad.numpy(), 1e-10)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("name", "settings"), CASES + [("step", {})])
def test_the_same_formula_runs_under_jit(jax: ModuleType, name: str, settings: dict[str, Any]) -> None:
    f, x = activations.get(name), np.clip(X, -30, 30)
    y = f(x, **settings)
    dy = RNG.normal(size=y.shape)

    @jax.jit
    def both(x: Any, dy: Any) -> Any:
        y = f(x, **settings)
        return y, f.backward(x, y, dy, **settings)

    _close(both(x, dy)[0], y, 1e-13)
    _close(both(x, dy)[1], f.backward(x, y, dy, **settings), 1e-13)
    assert both(x.astype("float32"), dy.astype("float32"))[1].dtype == np.float32


def test_a_function_of_your_own_gets_its_backward_from_jax(jax: ModuleType) -> None:
    swirl = activations.get(lambda x: jax.numpy.sin(x) * x)
    dy = RNG.normal(size=X.shape)
    y = swirl(X.astype("float32"))
    assert isinstance(y, np.ndarray)
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-12)):
        x = X.astype(dtype)
        dx = swirl.backward(x, swirl(x), dy.astype(dtype))
        assert isinstance(dx, np.ndarray)
        assert dx.dtype == dtype
        _close(dx, dy * (np.sin(X) + X * np.cos(X)), tolerance)


def test_a_function_that_only_numpy_runs_says_so(jax: ModuleType) -> None:
    def numpy_only(x: np.ndarray) -> np.ndarray:
        return np.unwrap(x)

    f = activations.get(numpy_only)
    with pytest.raises(TypeError, match="'numpy_only' cannot be differentiated"):
        f.backward(X, f(X), X)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis: int) -> None:
    """Bisection for the one tau with Σ max(x - tau, 0) = 1."""
    low, high = X.max(axis, keepdims=True) - 1, X.max(axis, keepdims=True)
    for _ in range(80):
        tau = (low + high) / 2
        too_much = np.maximum(X - tau, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(too_much, tau, low), np.where(too_much, high, tau)
    _close(activations.sparsemax(X, axis=axis), np.maximum(X - tau, 0), 1e-12)


def test_erf_is_the_c_library_s() -> None:
    x = np.concatenate([np.linspace(-8, 8, 4001), [1e300, -1e300, 1e-300, 27.0, -27.0]])
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=4e-16, atol=3e-16)
    np.testing.assert_allclose(erfc(x), [math.erfc(v) for v in x], rtol=5e-15, atol=1e-300)
