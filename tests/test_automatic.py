"""The derivative of somebody's own function: every rule against central differences, and who does without JAX."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import backend as K
from pellucid import layers, losses
from pellucid.arrays import namespace
from pellucid.automatic import rules, vjp
from pellucid.model import Model

RNG = np.random.default_rng(7)


def differences(function: Callable[..., Any], given: list[np.ndarray], dy: Any, step: float = 1e-6) -> list[np.ndarray]:
    """dL/d(each argument) by moving each number a little to both sides."""
    found = []
    for array in given:
        grad = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            kept = array[place]
            ends = []
            for moved in (kept + step, kept - step):
                array[place] = moved
                ends.append(float(np.sum(dy * function(*given))))
            array[place] = kept
            grad[place] = (ends[0] - ends[1]) / (2 * step)
        found.append(grad)
    return found


ONE: dict[str, Callable[[Any, Any], Any]] = {
    **{name: lambda xp, x, name=name: getattr(xp, name)(x) for name in rules.words(
        "negative positive exp expm1 log log1p log2 log10 sqrt square abs reciprocal sin cos tan tanh sinh cosh arctan "
        "sum mean max min prod var std cumsum transpose flip ravel tril triu sort diff")},
    "arcsin": lambda xp, x: xp.arcsin(x / 10),
    "arccos": lambda xp, x: xp.arccos(x / 10),
    "sum over an axis": lambda xp, x: xp.sum(x, axis=1),
    "sum over two axes": lambda xp, x: xp.sum(x, axis=(0, 2), keepdims=True),
    "mean over an axis": lambda xp, x: xp.mean(x, axis=-1, keepdims=True),
    "max over an axis": lambda xp, x: xp.max(x, axis=1),
    "prod over an axis": lambda xp, x: xp.prod(x, axis=0),
    "cumsum along an axis": lambda xp, x: xp.cumsum(x, axis=1),
    "cumprod": lambda xp, x: xp.cumprod(x, axis=1),
    "a number's power": lambda xp, x: 2.0 ** x + x ** 3 + x ** 0,
    "operators": lambda xp, x: -x + 2 * x - x / 3 + 1 / x - (3 - x) + abs(x),
    "remainder": lambda xp, x: x % 0.7,
    "clip": lambda xp, x: xp.clip(x, 1.2, 2.0),
    "clip from below": lambda xp, x: xp.clip(x, 1.2, None),
    "where": lambda xp, x: xp.where(x > 1.5, x * x, 3 * x),
    "astype": lambda xp, x: xp.asarray(x, dtype="float64").astype("float64") * 2,
    "reshape": lambda xp, x: x.reshape(4, -1) @ x.reshape(-1, 4),
    "squeeze": lambda xp, x: xp.squeeze(xp.expand_dims(x, 1), axis=1) * x,
    "an order of axes": lambda xp, x: xp.transpose(x, (2, 0, 1)) + x.transpose(2, 0, 1),
    "swapaxes, moveaxis": lambda xp, x: xp.swapaxes(x, 0, 2) + xp.moveaxis(x, 0, 2).swapaxes(0, 1),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x[:, :1], x.shape),
    "roll": lambda xp, x: xp.roll(x, 1, axis=2) + xp.roll(x, (1, 2), axis=(0, 1)),
    "concatenate": lambda xp, x: xp.concatenate([x, 2 * x[:, :1]], axis=1),
    "stack": lambda xp, x: xp.stack([x, x * x], axis=1),
    "split": lambda xp, x: xp.split(x, 2, axis=2)[0] * xp.split(x, [2], axis=-1)[1],
    "repeat": lambda xp, x: xp.repeat(x, 3, axis=1),
    "repeat all": lambda xp, x: xp.repeat(x, 2),
    "tile": lambda xp, x: xp.tile(x, (2, 1, 1, 3)),
    "pad": lambda xp, x: xp.pad(x, ((1, 0), (0, 2), (1, 1))),
    "slices": lambda xp, x: x[:, ::2, None] * x[:, 1:2, None, 0:1],
    "norm": lambda xp, x: xp.linalg.norm(x, axis=1) + np.linalg.norm(x) + xp.sum(xp.linalg.norm(x, 1, axis=2)),
    "rows by number": lambda xp, x: x[np.array([0, 1, 1])],
    "take": lambda xp, x: xp.take(x, np.array([0, 2, 2]), axis=2),
    "take from all": lambda xp, x: xp.take(x, np.array([5, 1])),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, np.array([[[0], [1], [0]]] * 2), axis=2),
    "rows, one by one": lambda xp, x: sum(row * (i + 1) for i, row in enumerate(x)),
    "einsum": lambda xp, x: xp.einsum("ijk,ijl->ikl", x, x),
    "einsum of one": lambda xp, x: xp.einsum("ijk->i", x),
    "NumPy itself": lambda xp, x: np.mean(np.exp(x) * np.array([1.0, 2.0, 3.0, 4.0]), axis=0),
    "softmax": lambda xp, x: K.softmax(x),
    "logsumexp": lambda xp, x: K.logsumexp(x, axis=1),
    "l2_normalize": lambda xp, x: K.l2_normalize(x, axis=-1),
    "switch": lambda xp, x: K.switch(K.greater(x, 1.5), K.square(x), K.sqrt(x)),
    "random_normal's shape": lambda xp, x: x * K.ones(K.shape(x)),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_a_rule_is_the_slope(name: str) -> None:
    x = RNG.uniform(0.5, 2.5, (2, 3, 4))
    function = lambda x: ONE[name](namespace(x), x)  # noqa: E731
    dy = RNG.normal(size=np.shape(function(x)))
    (dx,) = vjp(function, (x,), dy, owner="a test", remedy="")
    np.testing.assert_allclose(dx, differences(function, [x], dy)[0], rtol=2e-7, atol=5e-8)


TWO: dict[str, tuple[Callable[[Any, Any, Any], Any], tuple[int, ...], tuple[int, ...]]] = {
    **{name: (lambda xp, a, b, name=name: getattr(xp, name)(a, b), (2, 3), (3,)) for name in rules.words(
        "add subtract multiply divide maximum minimum power logaddexp")},
    "a column": (lambda xp, a, b: a * b, (2, 3), (2, 1)),
    "matmul": (lambda xp, a, b: a @ b, (2, 3), (3, 4)),
    "matmul of stacks": (lambda xp, a, b: a @ b, (5, 2, 3), (3, 4)),
    "a row times a matrix": (lambda xp, a, b: a @ b, (3,), (3, 4)),
    "a matrix times a column": (lambda xp, a, b: xp.matmul(a, b), (2, 4, 3), (3,)),
    "dot": (lambda xp, a, b: K.dot(a, b), (2, 3, 4), (4, 2)),
    "dot of many axes": (lambda xp, a, b: xp.dot(a, b), (2, 4), (3, 4, 2)),
    "outer": (lambda xp, a, b: xp.outer(a, b), (2,), (3,)),
    "batch_dot": (lambda xp, a, b: K.batch_dot(a, b, axes=(1, 2)), (2, 3, 4), (2, 5, 3)),
    "tensordot": (lambda xp, a, b: xp.tensordot(a, b, axes=((2, 0), (0, 3))), (2, 3, 4), (4, 5, 3, 2)),
    "tensordot of two": (lambda xp, a, b: xp.tensordot(a, b, 2), (2, 3, 4), (3, 4, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO)
def test_a_rule_of_two_is_the_slope(name: str) -> None:
    formula, *shapes = TWO[name]
    given = [RNG.uniform(0.5, 2.5, shape) for shape in shapes]
    function = lambda a, b: formula(namespace(a), a, b)  # noqa: E731
    dy = RNG.normal(size=np.shape(function(*given)))
    found = vjp(function, tuple(given), dy, owner="a test", remedy="")
    for ours, theirs in zip(found, differences(function, given, dy), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-7, atol=5e-8)


def test_every_rule_is_tried() -> None:
    tried = " ".join([*ONE, *TWO]) + " asarray subtract getitem array"
    apart = {"absolute", "fabs", "true_divide", "fmax", "fmin", "mod", "pow", "float_power", "amax", "amin", "average",
             "atan", "asin", "acos", "ascontiguousarray", "permute_dims", "concat", "array_split", "matrix_transpose",
             "expand_dims"}  # fmt: skip
    assert {name for name in (*rules.RULES, *rules.COMPOSED) if name not in tried} <= apart


def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.RULES, "exp", lambda x: (np.exp(x), lambda dy: (1.001 * dy * np.exp(x),)))
    with pytest.raises(AssertionError):
        test_a_rule_is_the_slope("exp")


def test_float32_stays_float32() -> None:
    x = np.ones((2, 3), "float32")
    (dx,) = vjp(lambda x: K.mean(K.square(x) * 3.0 + K.log(x), axis=-1), (x,), np.ones(2), owner="a test", remedy="")
    assert dx.dtype == np.float32


def test_a_lambda_learns_without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    x = layers.Input((3,))
    y = layers.Lambda(lambda z: K.exp(-K.abs(z)))(layers.Dense(2)(x))
    model = Model(x, layers.Dense(1)(y))
    model.compile("sgd", lambda t, p: K.mean(K.abs(t - p), axis=-1))
    data = RNG.normal(size=(16, 3))
    history = model.fit(data, data.sum(axis=1), epochs=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_a_function_without_a_rule_needs_jax_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    loss = losses.as_loss(lambda y_true, y_pred: np.sinc(y_pred - y_true).mean(axis=-1))
    _, cache = loss.forward(np.zeros((2, 1)), np.ones((2, 1)))
    with pytest.raises(ImportError, match=r"uses numpy.sinc, which has no derivative here and needs JAX"):
        loss.backward(cache)
