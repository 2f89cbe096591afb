"""Regularizers and constraints: numbers by hand, gradients by central differences, names, functions of one's own."""

from typing import Any

import numpy as np
import pytest

from pellucid import constraints, regularizers
from pellucid.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from pellucid.errors import ShapeError
from pellucid.regularizers import L1, L1L2, L2, OrthogonalRegularizer

RNG = np.random.default_rng(11)
PENALTIES = [
    L1(0.3),
    L2(0.3),
    L1L2(0.2, 0.4),
    OrthogonalRegularizer(0.5),
    OrthogonalRegularizer(0.5, "columns"),
]
KEEPERS = [NonNeg(), UnitNorm(), UnitNorm((0, 1)), MaxNorm(1.5), MaxNorm(1.5, axis=1), MinMaxNorm(0.5, 1.5, 0.7)]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_gradient_is_what_central_differences_say(penalty: Any) -> None:
    x = RNG.normal(size=(4, 5))
    numeric = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        numeric[place] = (penalty(up) - penalty(down)) / 2e-6
    np.testing.assert_allclose(penalty.gradient(x), numeric, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_keep_the_dtype_and_the_weights(penalty: Any, dtype: str) -> None:
    x = RNG.normal(size=(4, 5)).astype(dtype)
    before = x.copy()
    assert penalty(x).dtype == dtype
    assert penalty(x).shape == ()
    assert penalty.gradient(x).dtype == dtype
    np.testing.assert_array_equal(x, before)


def test_penalties_by_hand() -> None:
    x = np.array([[3.0, -4.0]])
    assert L1(0.1)(x) == pytest.approx(0.7)
    assert L2(0.1)(x) == pytest.approx(2.5)
    assert L1L2(0.1, 0.1)(x) == pytest.approx(3.2)
    np.testing.assert_allclose(L1L2(0.1, 0.1).gradient(x), [[0.7, -0.9]])
    assert OrthogonalRegularizer(1.0)(np.eye(3)) == 0
    assert OrthogonalRegularizer(1.0)(np.ones((2, 3))) == pytest.approx(1.0)


def test_a_lone_row_or_a_row_of_zeros_is_no_trouble() -> None:
    lone = np.ones((1, 3))
    assert OrthogonalRegularizer()(lone) == 0
    np.testing.assert_array_equal(OrthogonalRegularizer().gradient(lone), 0 * lone)
    assert np.isfinite(OrthogonalRegularizer().gradient(np.array([[0.0, 0.0], [1.0, 2.0]]))).all()


@pytest.mark.parametrize("keeper", KEEPERS)
def test_constraints_keep_the_dtype_and_the_weights(keeper: Any) -> None:
    for dtype in ("float32", "float64"):
        w = (3 * RNG.normal(size=(4, 5))).astype(dtype)
        before = w.copy()
        assert keeper(w).dtype == dtype
        assert keeper(w).shape == w.shape
        np.testing.assert_array_equal(w, before)
        np.testing.assert_array_equal(keeper(np.zeros_like(w)), np.zeros_like(w))


def test_constraints_do_what_they_say() -> None:
    w = 3 * RNG.normal(size=(4, 5))
    assert NonNeg()(w).min() == 0
    np.testing.assert_allclose(np.linalg.norm(UnitNorm()(w), axis=0), 1, rtol=1e-6)
    assert (np.linalg.norm(MaxNorm(1.5)(w), axis=0) <= 1.5).all()
    short = w / 100
    np.testing.assert_allclose(MaxNorm(1.5)(short), short, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(MinMaxNorm(0.5, 1.5)(short), axis=0), 0.5, rtol=1e-5)
    length = np.linalg.norm(w, axis=0)
    np.testing.assert_allclose(
        np.linalg.norm(MinMaxNorm(0.0, 1.5, rate=0.25)(w), axis=0), 0.25 * 1.5 + 0.75 * length, rtol=1e-6
    )


@pytest.mark.parametrize("thing", PENALTIES + KEEPERS)
def test_settings_survive_serialize(thing: Any) -> None:
    module = regularizers if isinstance(thing, regularizers.Regularizer) else constraints
    data = module.serialize(thing)
    again = module.deserialize(data)
    assert type(again) is type(thing)
    assert again.get_config() == thing.get_config()
    assert data["registered_name"] is None


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("l1", L1),
        ("l2", L2),
        ("l1_l2", L1L2),
        ("l1l2", L1L2),
        ("L1L2", L1L2),
        ("orthogonal_regularizer", OrthogonalRegularizer),
    ],
)
def test_regularizers_have_their_names(name: str, cls: type) -> None:
    assert type(regularizers.get(name)) is cls


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("max_norm", MaxNorm),
        ("maxnorm", MaxNorm),
        ("non_neg", NonNeg),
        ("unitnorm", UnitNorm),
        ("MinMaxNorm", MinMaxNorm),
    ],
)
def test_constraints_have_their_names(name: str, cls: type) -> None:
    assert type(constraints.get(name)) is cls


def test_none_stays_none_and_a_class_is_made() -> None:
    assert regularizers.get(None) is None
    assert constraints.get(None) is None
    assert type(regularizers.get(L2)) is L2
    assert regularizers.get(PENALTIES[0]) is PENALTIES[0]


def cube(x: np.ndarray) -> np.ndarray:
    return (x * x * x).sum()


def floor(w: np.ndarray) -> np.ndarray:
    return w // 1


def test_functions_of_your_own_are_called_and_restored() -> None:
    penalty = regularizers.get(cube)
    assert penalty(np.array([1.0, 2.0])) == 9
    assert regularizers.deserialize(regularizers.serialize(penalty), {"cube": cube}).function is cube
    keeper = constraints.get(floor)
    np.testing.assert_array_equal(keeper(np.array([1.5, -0.5])), [1, -1])
    assert constraints.deserialize(constraints.serialize(keeper), {"floor": floor}).function is floor


def test_wrong_settings_say_what_is_right() -> None:
    with pytest.raises(ValueError, match="l1 must be a finite number of at least 0, got -1"):
        L1(-1.0)
    with pytest.raises(ValueError, match="l2 must be a finite number of at least 0, got inf"):
        L2(float("inf"))
    with pytest.raises(ValueError, match="mode must be one of 'rows', 'columns'"):
        OrthogonalRegularizer(mode="row")
    with pytest.raises(ShapeError, match=r"OrthogonalRegularizer: needs a matrix, got an array shaped \(3,\)"):
        OrthogonalRegularizer()(np.ones(3))
    with pytest.raises(ValueError, match="max_value must be at least 0"):
        MaxNorm(-1)
    with pytest.raises(ValueError, match="needs 0 <= min_value <= max_value"):
        MinMaxNorm(2.0, 1.0)
    with pytest.raises(ValueError, match="rate must be above 0"):
        MinMaxNorm(rate=0)
    with pytest.raises(ValueError, match="unknown constraint 'maxnrm'"):
        constraints.get("maxnrm")
    with pytest.raises(ValueError, match="regularizer must be a name"):
        regularizers.get(0.01)
