"""Upsampling, zero padding, cropping; spatial and alpha dropout."""

from typing import Any

import numpy as np
import pytest

from pellucid.errors import ShapeError
from pellucid.layers.borders import Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from pellucid.layers.resampling import CURVES, UpSampling1D, UpSampling2D, UpSampling3D, interpolation_matrix
from pellucid.layers.spatial_dropout import AlphaDropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from pellucid.random import key
from pellucid.testing import check_layer

X = np.arange(1.0, 5.0).reshape(1, 2, 2, 1)


def test_upsampling_by_hand() -> None:
    assert UpSampling2D((1, 2))(X)[0, :, :, 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    assert UpSampling2D((1, 2), interpolation="bilinear")(X)[0, 0, :, 0].tolist() == [1, 1.25, 1.75, 2]
    assert UpSampling1D(2)(X[:, 0])[0, :, 0].tolist() == [1, 1, 2, 2]


def test_a_number_hears_from_all_its_copies() -> None:
    layer = UpSampling2D(2)
    _, cache = layer.forward({}, X)
    dx, _ = layer.backward({}, cache, np.arange(16.0).reshape(1, 4, 4, 1))
    assert dx[0, :, :, 0].tolist() == [[0 + 1 + 4 + 5, 2 + 3 + 6 + 7], [8 + 9 + 12 + 13, 10 + 11 + 14 + 15]]


@pytest.mark.parametrize("name", CURVES)
def test_shares_add_up_to_1(name: str) -> None:
    for n, size in ((1, 3), (5, 2), (7, 3)):
        matrix = interpolation_matrix(n, size, CURVES[name])
        assert matrix.shape == (n * size, n)
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        np.testing.assert_allclose(matrix, matrix[::-1, ::-1], atol=1e-12)  # no side is favoured


def test_padding_and_cropping_undo_each_other() -> None:
    around = ((1, 2), (0, 3))
    padded = ZeroPadding2D(around)(X)
    assert padded.shape == (1, 5, 5, 1)
    assert padded.sum() == X.sum()
    assert np.array_equal(Cropping2D(around)(padded), X)


@pytest.mark.parametrize(
    ("given", "around"),
    [
        (2, ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        (((1, 2), (3, 4)), ((1, 2), (3, 4))),
        ([1, [0, 2]], ((1, 1), (0, 2))),
    ],
)
def test_the_ways_to_say_how_much(given: Any, around: Any) -> None:
    assert ZeroPadding2D(given).padding == around
    assert Cropping2D(given).cropping == around


def test_along_one_axis_a_pair_is_before_and_after() -> None:
    assert ZeroPadding1D((1, 2)).padding == (1, 2)
    assert ZeroPadding1D(3).padding == (3, 3)
    assert Cropping1D().cropping == (1, 1)
    assert Cropping1D((0, 2)).cropping == (0, 2)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (UpSampling1D(3), (3, 2)),
        (UpSampling2D((2, 3)), (2, 3, 2)),
        (UpSampling2D((2, 3), interpolation="bilinear"), (3, 2, 2)),
        (UpSampling2D(2, interpolation="lanczos3"), (3, 2, 1)),
        (UpSampling3D((1, 2, 2)), (2, 1, 2, 2)),
        (ZeroPadding1D((1, 0)), (3, 2)),
        (ZeroPadding2D(((1, 0), (2, 1))), (2, 2, 2)),
        (ZeroPadding3D(1), (1, 2, 1, 2)),
        (Cropping1D((1, 0)), (3, 2)),
        (Cropping2D(((1, 0), (1, 1))), (3, 4, 2)),
        (Cropping3D(), (3, 4, 3, 1)),
        (SpatialDropout1D(0.4), (4, 5)),
        (SpatialDropout2D(0.4), (2, 2, 3)),
        (SpatialDropout3D(0.4), (2, 1, 2, 3)),
        (AlphaDropout(0.4), (3, 4)),
        (AlphaDropout(0.4, noise_shape=(None, 1, None)), (3, 4)),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "name") else "",
)
def test_they_keep_their_promises(layer: Any, shape: tuple[int, ...]) -> None:
    check_layer(layer, shape, batch=2, judges=["differences"])


def test_spatial_dropout_drops_whole_channels() -> None:
    y, _ = SpatialDropout2D(0.5).forward({}, np.ones((20, 3, 3, 10)), key=key(1))
    assert set(np.unique(y)) == {0, 2}
    assert np.array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    assert 0.35 < (y == 0).mean() < 0.65


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(0).normal(size=(1000, 100))
    y, _ = AlphaDropout(0.3).forward({}, x, key=key(1))
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.var() == pytest.approx(1, abs=0.03)
    assert np.unique(y.round(9), return_counts=True)[1].max() == pytest.approx(0.3 * x.size, rel=0.02)


@pytest.mark.parametrize("layer", [SpatialDropout1D(0.5), AlphaDropout(0.5)])
def test_outside_training_nothing_is_dropped(layer: Any) -> None:
    x = np.ones((2, 3, 4))
    assert layer.forward({}, x, key=None)[0] is x
    assert layer.supports_masking


def test_old_names() -> None:
    assert SpatialDropout1D(p=0.3).rate == 0.3
    assert UpSampling1D(length=3).size == 3
    assert UpSampling2D(size=3, dim_ordering="tf").size == (3, 3)
    assert ZeroPadding2D((1, 1), dim_ordering="tf").data_format == "channels_last"


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ShapeError, match=r"cropping \(\(2, 2\), \(0, 0\)\) leaves nothing of .*Crop less"):
        Cropping2D((2, 0)).build((None, 4, 4, 1))
    with pytest.raises(
        ValueError, match="padding must be one whole number, or one or a pair for each of 2 axes, got -1"
    ):
        ZeroPadding2D(-1)
    with pytest.raises(ValueError, match="a pair for each of 2 axes"):
        Cropping2D((1, 2, 3, 4))
    with pytest.raises(ValueError, match="interpolation must be one of 'nearest', 'bilinear'"):
        UpSampling2D(2, interpolation="cubic")
    with pytest.raises(ValueError, match="rate must be at least 0 and below 1, got 1"):
        AlphaDropout(1)
    with pytest.raises(ShapeError, match=r"needs sequences shaped \(batch, steps, channels\)"):
        SpatialDropout1D(0.2).build((None, 4))
