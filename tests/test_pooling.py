"""Max and average pooling, over windows and over everything."""

from typing import Any

import numpy as np
import pytest

from pellucid.errors import ShapeError
from pellucid.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAvgPool2D,
    GlobalMaxPool1D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from pellucid.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    AvgPool2D,
    MaxPool2D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from pellucid.testing import check_layer


def image(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=np.float64)[None, ..., None]


def dx_of(layer: Any, x: np.ndarray, dy: np.ndarray, **given: Any) -> np.ndarray:
    _, cache = layer.forward({}, x, **given)
    return layer.backward({}, cache, dy)[0]


def test_poolings_by_hand() -> None:
    x = image([[1, 2, 5, 0], [3, 4, 0, 1], [9, 9, 9, 9]])
    assert MaxPooling2D()(x)[0, :, :, 0].tolist() == [[4, 5]]
    assert AveragePooling2D()(x)[0, :, :, 0].tolist() == [[2.5, 1.5]]
    assert MaxPooling2D(padding="same")(x)[0, :, :, 0].tolist() == [[4, 5], [9, 9]]
    assert MaxPooling2D((3, 1), strides=1)(x)[0, :, :, 0].tolist() == [[9, 9, 9, 9]]


def test_what_stands_around_x_counts_for_nothing() -> None:
    x = np.arange(1.0, 7.0).reshape(1, 6, 1)
    assert AveragePooling1D(3, strides=2, padding="same")(x)[0, :, 0].tolist() == [2, 4, 5.5]
    below = -np.ones((1, 3, 3, 1))
    assert MaxPooling2D(2, strides=1, padding="same")(below).max() == -1


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ([[1, 1], [1, 1]], (0, 0)),
        ([[0, 1], [1, 1]], (0, 1)),
        ([[0, 1], [1, 0]], (0, 1)),  # the first in reading order, not the first column that has it
        ([[0, 0], [0, 1]], (1, 1)),
        ([[-5, -5], [-7, -5]], (0, 0)),
    ],
)
def test_of_equals_the_first_gets_all(rows: list[list[float]], first: tuple[int, int]) -> None:
    dx = dx_of(MaxPooling2D(), image(rows), np.full((1, 1, 1, 1), 3.0))[0, :, :, 0]
    assert dx[first] == 3
    assert np.count_nonzero(dx) == 1


def test_where_windows_overlap_a_number_hears_from_each() -> None:
    x = np.array([0.0, 9, 0, 1]).reshape(1, 4, 1)
    assert dx_of(MaxPooling1D(2, strides=1), x, np.array([1.0, 10, 100]).reshape(1, 3, 1))[0, :, 0].tolist() == [
        0,
        11,
        0,
        100,
    ]


def test_global_maxima_share_equally() -> None:
    dx = dx_of(GlobalMaxPooling1D(), np.array([[[2.0], [1], [2]]]), np.array([[6.0]]))
    assert dx[0, :, 0].tolist() == [3, 0, 3]


def test_a_mean_over_steps_heeds_the_mask() -> None:
    layer, x = GlobalAveragePooling1D(), np.arange(12.0).reshape(2, 3, 2)
    mask = np.array([[True, False, True], [False, False, False]])
    y, cache = layer.forward({}, x, mask=mask)
    assert y.tolist() == [[2, 3], [0, 0]]
    assert layer.compute_mask(x, mask) is None
    dx, _ = layer.backward({}, cache, np.ones((2, 2)))
    assert dx[:, :, 0].tolist() == [[0.5, 0, 0.5], [0, 0, 0]]
    kept, cache = GlobalAveragePooling1D(keepdims=True).forward({}, x, mask=mask)
    assert kept.shape == (2, 1, 2)
    np.testing.assert_array_equal(GlobalAveragePooling1D(keepdims=True).backward({}, cache, np.ones((2, 1, 2)))[0], dx)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (MaxPooling1D(2), (5, 2)),
        (MaxPooling2D((3, 2), (2, 1), "same"), (4, 4, 2)),
        (MaxPooling2D(2, 3), (5, 5, 1)),
        (MaxPooling3D(2, 1), (3, 2, 3, 1)),
        (AveragePooling1D(3, 2, "same"), (5, 2)),
        (AveragePooling2D((2, 1), (1, 2)), (3, 5, 2)),
        (AveragePooling3D(2, padding="same"), (3, 2, 3, 1)),
        (GlobalMaxPooling2D(keepdims=True), (3, 2, 2)),
        (GlobalMaxPooling3D(), (2, 2, 2, 2)),
        (GlobalAveragePooling1D(), (4, 2)),
        (GlobalAveragePooling2D(keepdims=True), (3, 2, 2)),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "name") else "",
)
def test_poolings_keep_their_promises(layer: Any, shape: tuple[int, ...]) -> None:
    check_layer(layer, shape, batch=2, judges=["differences"])


def test_windows_lie_side_by_side_unless_told() -> None:
    assert MaxPooling2D((3, 2)).strides == (3, 2)
    assert MaxPooling2D((3, 2), strides=1).strides == (1, 1)
    assert MaxPooling2D(2).compute_output_shape((None, None, 9, 3)) == (None, None, 4, 3)


def test_old_names() -> None:
    assert MaxPool2D is MaxPooling2D
    assert AvgPool2D is AveragePooling2D
    assert GlobalAvgPool2D is GlobalAveragePooling2D
    assert GlobalMaxPool1D is GlobalMaxPooling1D
    layer = MaxPooling1D(pool_length=3, stride=2, border_mode="same")
    assert (layer.pool_size, layer.strides, layer.padding) == ((3,), (2,), "same")
    assert MaxPooling2D(dim_ordering="tf").data_format == "channels_last"


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ShapeError, match=r"window of \(3, 3\) does not fit on an input of \(2, 8\)"):
        MaxPooling2D(3).build((None, 2, 8, 1))
    with pytest.raises(ShapeError, match=r"needs images shaped \(batch, height, width, channels\), got \(None, 8\)"):
        GlobalMaxPooling2D().build((None, 8))
    with pytest.raises(ValueError, match="pool_size must be a positive whole number, got 0"):
        MaxPooling2D(0)
    with pytest.raises(ValueError, match="padding must be one of 'valid', 'same', got 'causal'"):
        AveragePooling1D(2, padding="causal")
    with pytest.raises(ValueError, match="data_format"):
        GlobalAveragePooling2D("channels_middle")
