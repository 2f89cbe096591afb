"""The way from an image to a layer's sums and back: the native core goes it as the plain formulas do."""

from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, native
from pellucid.inside import follow, maximise, representation, saliency, strongest
from pellucid.inside.way import Way
from pellucid.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D

RNG = np.random.default_rng(0)
needs_core = pytest.mark.skipif(native.load() is None, reason="the native core was not built")


def network(*more: Any) -> Sequential:
    return Sequential(
        [
            Input((12, 12, 2)),
            Conv2D(4, 3, activation="tanh", padding="same", name="one"),
            *more,
            MaxPooling2D(2),
            Dropout(0.5),
            Conv2D(5, 3, activation="relu", name="two"),
            Flatten(),
            Dense(3, activation="softmax", name="out"),
        ]
    )


def both(model: Sequential, layer: str) -> tuple[Way, Way]:
    """As the core goes it, and as the plain formulas do."""
    model.compile("sgd", "mse", engine="native")
    quick = Way(model, layer, None, None)
    model.compile("sgd", "mse", engine="numpy")
    return quick, Way(model, layer, None, None)


@needs_core
@pytest.mark.parametrize(("layer", "units"), [("one", (0, (3, 4, 1))), ("two", (4, 2)), ("out", (1, 1))])
def test_the_core_finds_the_same_sums_and_slopes(layer: str, units: tuple[Any, ...]) -> None:
    quick, plain = both(network(), layer)
    assert quick._core is not None
    assert plain._core is None
    x = RNG.normal(size=(2, 12, 12, 2)).astype(np.float32)
    np.testing.assert_allclose(quick.values(x), plain.values(x), rtol=1e-5, atol=1e-6)
    for _ in range(2):  # dropout stands aside, however often
        for found, expected in zip(quick.slope(x, units), plain.slope(x, units), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@needs_core
def test_normalization_keeps_the_averages_of_training() -> None:
    """While it learns the core would take the batch's own, and what one unit sees would hang on its neighbours."""
    model = network(BatchNormalization())
    quick, plain = both(model, "two")
    x = RNG.normal(size=(3, 12, 12, 2)).astype(np.float32)
    for found, expected in zip(quick.slope(x, (0, 1, 2)), plain.slope(x, (0, 1, 2)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_looking_changes_no_weight() -> None:
    model = network()
    before = model.get_weights()
    maximise(model, "two", range(3), steps=3)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_each_step_is_told_before_it_is_made() -> None:
    told: list[tuple[int, int]] = []
    maximise(network(), "one", 0, steps=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda m: maximise(m, "two", []), "units must be one at least, got none"),
        (lambda m: maximise(m, "two", 1.5), r"units must be whole numbers or places \(row, column, filter\), got 1.5"),
        (lambda m: maximise(m, "two", 0, low=1, high=0), "low must be less than high, got 1 and 0"),
        (lambda m: strongest(m, np.zeros((0, 12, 12, 2)), "two", 0), r"a batch of images .* got \(0, 12, 12, 2\)"),
        (lambda m: saliency(m, np.zeros((2, 12, 12, 2)), sample=5), "one of 2 samples, counted from 0, got 5"),
        (lambda m: follow(m, np.zeros((2, 12, 12, 2)), sample=-3), "one of 2 samples, counted from 0, got -3"),
        (lambda m: representation(m, np.zeros((3, 12, 12, 2)), [0, 1]), "a label for each sample, got 2 for 3"),
    ],
)
def test_what_cannot_be_looked_at_is_said(asked: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked(network())


def test_numbers_of_numpy_are_units_too() -> None:
    one, other = (maximise(network(), "one", units, steps=1).units for units in (np.int64(2), np.array([2])))
    assert one == other == (2,)


def test_a_unit_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"two has units within \(4, 4, 5\), got 5"):
        maximise(network(), "two", 5)
