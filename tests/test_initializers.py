"""Initializers: bounds, variances and fans; keys and seeds; names, arrays and functions of a user's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pellucid import initializers, random
from pellucid.errors import ShapeError
from pellucid.initializers import Constant, GlorotUniform, Identity, Initializer, Orthogonal, VarianceScaling, fans

RANDOM = [
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "variance_scaling",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
]
PLAIN = ["zeros", "ones", "constant", "identity"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((3, 3, 2, 8), (18, 72)), ((2, 3, 4, 5, 6), (120, 144))],
)
def test_fans_count_inputs_and_outputs(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


def test_fans_of_named_axes() -> None:
    assert fans((4, 2, 3, 8), input_axes=(0, 1), output_axes=(2,)) == (8, 3)
    assert fans((4, 2, 3, 8), input_axes=(0,), output_axes=(-1,)) == (4, 8)


@pytest.mark.parametrize(
    ("name", "variance", "uniform"),
    [
        ("glorot_uniform", 2 / (200 + 300), True),
        ("glorot_normal", 2 / (200 + 300), False),
        ("he_uniform", 2 / 200, True),
        ("he_normal", 2 / 200, False),
        ("lecun_uniform", 1 / 200, True),
        ("lecun_normal", 1 / 200, False),
    ],
)
def test_the_variance_is_the_papers_own(name: str, variance: float, uniform: bool) -> None:
    values = initializers.get(name)((200, 300), dtype="float64", key=random.key(1))
    assert abs(values.mean()) < 4 * np.sqrt(variance / values.size)
    np.testing.assert_allclose(values.var(), variance, rtol=0.03)
    limit = np.sqrt(3 * variance) if uniform else 2 * np.sqrt(variance) / 0.87962566103423978
    assert 0.999 * limit < np.abs(values).max() <= limit


def test_the_limits_that_are_set_are_kept() -> None:
    uniform = initializers.RandomUniform(-0.2, 0.6, seed=1)((10_000,))
    assert -0.2 <= uniform.min() < -0.199
    assert 0.599 < uniform.max() <= 0.6
    cut = initializers.TruncatedNormal(mean=1.0, stddev=0.5, seed=1)((10_000,))
    assert 0.0 <= cut.min() < 0.01
    assert 1.99 < cut.max() <= 2.0
    normal = initializers.RandomNormal(mean=1.0, stddev=0.5, seed=1)((10_000,))
    np.testing.assert_allclose([normal.mean(), normal.std()], [1.0, 0.5], rtol=0.03)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (2, 3, 4), (3, 3, 2, 8)])
def test_orthogonal_has_right_angles(shape: tuple[int, ...]) -> None:
    matrix = Orthogonal(gain=2.0, seed=3)(shape, dtype="float64").reshape(-1, shape[-1])
    short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(short @ short.T, 4 * np.eye(len(short)), atol=1e-12)


def test_orthogonal_favours_no_direction() -> None:
    """Without the signs' correction, the first entries would all have one sign."""
    first = np.array([Orthogonal()((3, 3), key=random.key(i))[0, 0] for i in range(400)])
    assert abs(first.mean()) < 0.12


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_key_gives_the_same_values(name: str) -> None:
    make = initializers.get(name)
    first, again = make((4, 6), key=random.key(5)), make((4, 6), key=random.key(5))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, make((4, 6), key=random.key(6)))
    assert not np.array_equal(make((4, 6)), make((4, 6)))


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_comes_before_the_key(name: str) -> None:
    cls = type(initializers.get(name))
    seeded = cls(seed=3)
    np.testing.assert_array_equal(seeded((4, 6), key=random.key(5)), seeded((4, 6), key=random.key(6)))
    np.testing.assert_array_equal(seeded((4, 6)), cls(seed=3)((4, 6), key=random.key(1)))


def test_the_programs_seed_decides_where_nothing_else_does() -> None:
    random.set_random_seed(4)
    first = GlorotUniform()((3, 3))
    random.set_random_seed(4)
    np.testing.assert_array_equal(first, GlorotUniform()((3, 3)))


@pytest.mark.parametrize("dtype", [None, "float16", "float32", "float64"])
@pytest.mark.parametrize("name", RANDOM + PLAIN)
def test_shape_and_dtype_are_as_asked(name: str, dtype: str | None) -> None:
    values = initializers.get(name)((3, 5), dtype=dtype)
    assert isinstance(values, np.ndarray)
    assert values.shape == (3, 5)
    assert values.dtype == (dtype or "float32")
    assert values.flags.c_contiguous


@pytest.mark.parametrize("name", ["zeros", "constant", "random_normal", "truncated_normal", "glorot_uniform"])
def test_a_weight_may_be_one_number(name: str) -> None:
    assert initializers.get(name)(()).shape == ()


def test_identity_and_constant_by_hand() -> None:
    np.testing.assert_array_equal(Identity(gain=3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    np.testing.assert_array_equal(Constant([1, 2])((2, 2)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(initializers.get(np.ones(3))((3,)), [1, 1, 1])


@pytest.mark.parametrize("name", RANDOM + PLAIN)
def test_every_initializer_survives_serialize(name: str) -> None:
    data = initializers.serialize(initializers.get(name))
    assert data["module"] == "keras.initializers"
    assert data["registered_name"] is None
    assert initializers.serialize(initializers.deserialize(data)) == data


def test_settings_survive_serialize() -> None:
    made = VarianceScaling(0.5, "fan_out", "uniform", seed=9, input_axes=(0,), output_axes=(1,))
    again = initializers.deserialize(initializers.serialize(made))
    np.testing.assert_array_equal(again((4, 5)), made((4, 5)))
    assert again.get_config() == made.get_config()
    values = initializers.deserialize(initializers.serialize(Constant(np.array([1.0, 2.0]))))((2,))
    np.testing.assert_array_equal(values, [1, 2])


@pytest.mark.parametrize(
    ("old", "cls"),
    [
        ("uniform", "RandomUniform"),
        ("normal", "RandomNormal"),
        ("one", "Ones"),
        ("zero", "Zeros"),
        ("GlorotUniform", "GlorotUniform"),
        ("IdentityInitializer", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
    ],
)
def test_other_spellings_are_understood(old: str, cls: str) -> None:
    assert type(initializers.get(old)).__name__ == cls
    assert initializers.get(None) is None
    assert type(initializers.get(GlorotUniform)) is GlorotUniform


def halves(shape: Sequence[int], dtype: Any = None) -> np.ndarray:
    return np.full(shape, 0.5, dtype)


class Ramp(Initializer):
    """Somebody's own initializer, written before there were keys."""

    def __init__(self, start: float = 0.0) -> None:
        self.start = start

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> np.ndarray:  # type: ignore[override]
        return self.start + np.arange(np.prod(shape), dtype=dtype).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {"start": self.start}


def test_a_function_of_your_own_is_called_and_restored() -> None:
    made = initializers.get(halves)
    np.testing.assert_array_equal(made((2,), dtype="float64", key=random.key(1)), [0.5, 0.5])
    data = initializers.serialize(made)
    assert initializers.deserialize(data, {"halves": halves}).function is halves
    with pytest.raises(ShapeError, match=r"the weight has shape \(2,\), the function gave \(3,\)"):
        initializers.get(lambda shape, dtype: np.ones(3))((2,))


def test_a_class_of_your_own_is_restored_with_or_without_a_key() -> None:
    made = initializers.get(Ramp(1.0))
    np.testing.assert_array_equal(made((3,), dtype="float32", key=random.key(1)), [1, 2, 3])
    again = initializers.deserialize(initializers.serialize(made), {"Ramp": Ramp})
    np.testing.assert_array_equal(again((3,), dtype="float32", key=random.key(1)), [1, 2, 3])


def test_wrong_settings_say_what_is_right() -> None:
    with pytest.raises(ValueError, match=r"scale must be above 0, got -1"):
        VarianceScaling(scale=-1)
    with pytest.raises(ValueError, match=r"mode must be one of 'fan_in', 'fan_out', 'fan_avg', got 'fan'"):
        VarianceScaling(mode="fan")
    with pytest.raises(ValueError, match="come together or not at all"):
        GlorotUniform(input_axes=(0,))
    with pytest.raises(ValueError, match="seed must be a whole number"):
        GlorotUniform(seed="a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="value must be a number"):
        Constant("x")
    with pytest.raises(ShapeError, match=r"Constant: its value has shape \(3,\), the weight \(2,\)"):
        Constant([1, 2, 3])((2,))
    with pytest.raises(ShapeError, match=r"Orthogonal: needs at least two axes, got the shape \(3,\)"):
        Orthogonal()((3,))
    with pytest.raises(ShapeError, match="Identity: needs a matrix"):
        Identity()((3,))
    with pytest.raises(ValueError, match="draws real numbers, not int32"):
        GlorotUniform()((3,), dtype="int32")
    with pytest.raises(ValueError, match="Did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(ValueError, match="must be a name, a function, an instance of Initializer or None, got 3"):
        initializers.get(3)
