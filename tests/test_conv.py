"""Windows, convolutions, their transposes and relatives, and the old spellings."""

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.errors import ShapeError
from pellucid.layers import conv as conv_file
from pellucid.layers.conv import AtrousConvolution2D, Conv1D, Conv2D, Conv3D, Convolution2D, Convolution3D
from pellucid.layers.conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from pellucid.layers.depthwise import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from pellucid.layers.old_names import CONVOLUTION, DENSE, RECURRENT, in_new_names
from pellucid.layers.table import deserialize, serialize
from pellucid.regularizers import L2
from pellucid.testing import check_layer
from pellucid.windows import Slides, fold, pad_amounts, slide, unfold, views

TOP_EDGE = np.array([[-1, -1, -1], [1, 1, 1], [0, 0, 0]], dtype=np.float32)
ONCE = np.array([[12, 4, -2, -8], [0, 3, 9, 11], [-13, -14, -14, -11], [7, 9, 12, 14]], dtype=np.float32)
TWICE = [[-2, 29], [-53, -62]]


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def with_weights(layer: Any, shape: tuple[int, ...], *weights: Any) -> Any:
    layer.build((None, *shape))
    layer.set_weights(list(weights))
    return layer


# Windows -----------------------------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.sampled_from(["valid", "same"]))
def test_the_windows_counted_are_those_that_fit(n: int, window: int, stride: int, dilation: int, padding: str) -> None:
    before, after, count = pad_amounts(n, window, stride, padding, dilation)
    span = (window - 1) * dilation + 1
    starts = [start for start in range(0, n + before + after, stride) if start + span <= n + before + after]
    assert max(count, 0) == len(starts)
    if padding == "same":
        assert count == -(-n // stride)
        assert after - before in (0, 1)


def test_causal_windows_end_where_they_stand() -> None:
    seen = list(views(np.arange(1.0, 6.0), {0: slide(5, 3, padding="causal")}))
    assert np.array_equal(np.stack(seen, -1)[0], [0, 0, 1])
    assert np.array_equal(np.stack(seen, -1)[4], [3, 4, 5])


slides_strategy = st.builds(
    slide,
    st.integers(2, 6),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["valid", "same", "causal"]),
    st.integers(1, 2),
).filter(lambda s: s.fits > 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(slides_strategy, min_size=1, max_size=3), st.integers(1, 3))
def test_fold_is_the_adjoint_of_unfold(ways: list[Any], channels: int) -> None:
    slides: Slides = dict(enumerate(ways, start=1))
    x = draw(2, *(s.length for s in ways), channels)
    patches = unfold(x, slides)
    assert patches.shape == (2, *(s.fits for s in ways), int(np.prod([s.window for s in ways])), channels)
    assert np.array_equal(patches, np.stack(list(views(x, slides)), axis=-2))
    p = draw(*patches.shape, seed=1)
    back = fold(np.moveaxis(p, -2, 0), slides)
    assert back.shape == x.shape
    assert np.sum(patches * p) == pytest.approx(np.sum(x * back), abs=1e-10)


def test_a_fold_that_loses_an_overlap_is_found() -> None:
    slides = {0: slide(4, 2)}
    x, p = draw(4), draw(2, 3, seed=1)
    lost = np.zeros(4)
    lost[:3], lost[1:] = p[0], p[1]  # the second piece overwrites the first
    right = np.sum(np.stack(list(views(x, slides))) * p)
    assert np.sum(x * fold(p, slides)) == pytest.approx(right)
    assert np.sum(x * lost) != pytest.approx(right)


# Convolutions ------------------------------------------------------------------------------------


def slowly(x: np.ndarray, kernel: np.ndarray, strides: tuple[int, ...], dilation: tuple[int, ...]) -> np.ndarray:
    """The definition, place by place, for "valid" windows over any number of axes."""
    window = kernel.shape[:-2]
    counts = [
        (n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    y = np.zeros((x.shape[0], *counts, kernel.shape[-1]))
    for at in np.ndindex(*counts):
        for place in np.ndindex(*window):
            seen = tuple(a * s + p * d for a, s, p, d in zip(at, strides, place, dilation, strict=True))
            y[(slice(None), *at)] += x[(slice(None), *seen)] @ kernel[place]
    return y


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv1D(3, 2, strides=2), (7, 2)),
        (Conv1D(3, 3, dilation_rate=2), (7, 2)),
        (Conv2D(2, (2, 3), strides=(1, 2)), (4, 6, 3)),
        (Conv2D(2, 2, dilation_rate=(2, 1)), (4, 4, 1)),
        (Conv3D(2, (1, 2, 2), strides=(2, 1, 1)), (3, 3, 4, 2)),
    ],
)
def test_a_convolution_is_its_definition(layer: Any, shape: tuple[int, ...]) -> None:
    kernel = draw(*layer.kernel_size, shape[-1], layer.filters)
    x, bias = draw(2, *shape, seed=1), np.arange(1.0, layer.filters + 1)
    y, _ = layer.forward({"kernel": kernel, "bias": bias}, x)
    np.testing.assert_allclose(y, slowly(x, kernel, layer.strides, layer.dilation_rate) + bias, atol=1e-12)


def test_a_small_convolution_by_hand() -> None:
    x = np.array([[1, 2, 0], [0, 1, 3]], dtype=np.float32)[None, ..., None]
    layer = with_weights(Conv2D(1, 2), (2, 3, 1), [[[[1]], [[2]]], [[[3]], [[4]]]], [10])
    assert layer(x)[0, :, :, 0].tolist() == [[1 + 4 + 0 + 4 + 10, 2 + 0 + 3 + 12 + 10]]


def test_the_top_edges_of_the_course() -> None:
    layer = with_weights(Conv2D(1, 3, use_bias=False), (None, None, 1), TOP_EDGE[..., None, None])
    assert layer(ONCE[None, ..., None])[0, :, :, 0].tolist() == TWICE
    image = np.zeros((6, 6), dtype=np.float32)  # some image that gives the course's first step: rows from the top down
    for row in range(4):
        wanted = ONCE[row] + np.convolve(image[row], [1, 1, 1], "valid")
        for column in range(4):
            image[row + 1, column + 2] = wanted[column] - image[row + 1, column : column + 2].sum()
    once = layer(image[None, ..., None])
    assert once[0, :, :, 0].tolist() == ONCE.tolist()
    assert layer(once)[0, :, :, 0].tolist() == TWICE


def test_same_padding_keeps_the_size() -> None:
    for window, stride in itertools.product((1, 2, 3, 4), (1, 2, 3)):
        layer = Conv2D(3, window, strides=stride, padding="same")
        assert layer.compute_output_shape((None, 7, 8, 1)) == (None, -(-7 // stride), -(-8 // stride), 3)
        assert layer(draw(1, 7, 8, 1)).shape[1:3] == (-(-7 // stride), -(-8 // stride))


def test_a_causal_convolution_does_not_look_ahead() -> None:
    layer = Conv1D(2, 3, padding="causal", dilation_rate=2)
    x = draw(1, 9, 2)
    later = x.copy()
    later[0, 5:] += 1
    assert np.array_equal(layer(x)[0, :5], layer(later)[0, :5])
    assert layer(x).shape == (1, 9, 2)


def test_groups_are_convolutions_side_by_side() -> None:
    x, kernel = draw(2, 5, 5, 4), draw(3, 3, 2, 6, seed=1)
    y, _ = Conv2D(6, 3, groups=2, use_bias=False).forward({"kernel": kernel}, x)
    alone = Conv2D(3, 3, use_bias=False)
    first, _ = alone.forward({"kernel": kernel[..., :3]}, x[..., :2])
    second, _ = alone.forward({"kernel": kernel[..., 3:]}, x[..., 2:])
    np.testing.assert_allclose(y, np.concatenate([first, second], axis=-1), atol=1e-12)


def test_cutting_the_batch_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x, dy = Conv2D(3, 3, padding="same"), draw(5, 6, 6, 2), draw(5, 6, 6, 3, seed=1)
    params = {"kernel": draw(3, 3, 2, 3, seed=2), "bias": np.zeros(3)}

    def run() -> list[np.ndarray]:
        y, cache = layer.forward(params, x)
        return [y, layer.backward(params, cache, dy)[1]["kernel"]]

    whole = run()
    monkeypatch.setattr(conv_file, "PART", 2 * 36 * 9 * 2 * 8)  # two samples at a time
    for a, b in zip(whole, run(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_an_empty_batch_gives_an_empty_output() -> None:
    assert Conv2D(3, 3)(np.zeros((0, 6, 6, 2), dtype=np.float32)).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("layer", [Conv2D(2, 2), Conv2DTranspose(2, 2), DepthwiseConv2D(2), SeparableConv2D(2, 2)])
def test_nothing_is_computed_that_nobody_needs(layer: Any) -> None:
    x = draw(1, 4, 4, 2).astype(np.float32)
    layer.build((None, 4, 4, 2))
    y, cache = layer.forward(layer.numbers.params, x)
    dx, grads = layer.backward(layer.numbers.params, cache, y, needs=("params",))
    assert dx is None
    assert set(grads) == set(layer.numbers.params)
    dx, grads = layer.backward(layer.numbers.params, cache, y, needs=("inputs",))
    assert dx.shape == x.shape
    assert not grads


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv1D(2, 3, strides=2, padding="causal", activation="tanh"), (6, 2)),
        (Conv2D(2, (3, 2), strides=(1, 2), padding="same"), (4, 5, 2)),
        (Conv2D(4, 2, groups=2, dilation_rate=2), (4, 4, 2)),
        (Conv3D(2, 2, padding="same", strides=2, use_bias=False), (3, 2, 3, 1)),
        (Conv1DTranspose(2, 4, strides=3, padding="same", output_padding=2), (3, 2)),
        (Conv2DTranspose(2, (3, 2), strides=(2, 1), padding="same"), (3, 3, 2)),
        (Conv3DTranspose(1, 2, strides=2), (2, 1, 2, 2)),
        (DepthwiseConv1D(3, depth_multiplier=2), (5, 2)),
        (DepthwiseConv2D(2, strides=2, padding="same"), (3, 4, 2)),
        (SeparableConv1D(2, 2, padding="same"), (4, 2)),
        (SeparableConv2D(2, 2, depth_multiplier=2), (3, 3, 2)),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "name") else "",
)
def test_convolutions_keep_their_promises(layer: Any, shape: tuple[int, ...]) -> None:
    check_layer(layer, shape, batch=2, judges=["differences"])


def test_float32_stays_float32_both_ways() -> None:
    for layer in (Conv2D(2, 3), Conv2DTranspose(2, 3, strides=2), DepthwiseConv2D(2), SeparableConv2D(2, 2)):
        x = draw(2, 5, 5, 3).astype(np.float32)
        y = layer(x)
        _, cache = layer.forward(layer.numbers.params, x)
        dx, grads = layer.backward(layer.numbers.params, cache, y)
        assert {a.dtype.name for a in (y, dx, *grads.values())} == {"float32"}


# Transposed, depthwise, separable ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "stride", "padding"), [(3, 2, "same"), (2, 2, "valid"), (4, 1, "same"), (1, 3, "valid")]
)
def test_a_transposed_convolution_is_the_adjoint_of_a_convolution(window: int, stride: int, padding: str) -> None:
    down = Conv2D(3, window, strides=stride, padding=padding, use_bias=False)
    up = Conv2DTranspose(2, window, strides=stride, padding=padding, use_bias=False)
    kernel, small = draw(window, window, 2, 3), draw(1, 3, 4, 3, seed=1)
    spread, _ = up.forward({"kernel": kernel}, small)
    large = draw(*spread.shape, seed=2)
    seen, _ = down.forward({"kernel": kernel}, large)
    assert np.sum(seen * small) == pytest.approx(np.sum(large * spread))


@pytest.mark.parametrize(
    ("settings", "y"),
    [  # x = [0, 1, 0, 10]; the values are Keras's
        ({"kernel_size": 3, "strides": 2}, [0, 0, 1, 2, 3, 0, 10, 20, 30]),
        ({"kernel_size": 1, "strides": 2}, [0, 0, 1, 0, 0, 0, 10, 0]),
        ({"kernel_size": 3, "strides": 2, "output_padding": 1}, [0, 0, 1, 2, 3, 0, 10, 20, 30, 0]),
        ({"kernel_size": 4, "padding": "same"}, [1, 2, 13, 24]),
        ({"kernel_size": 3, "strides": 2, "padding": "same"}, [0, 0, 1, 2, 3, 0, 10, 20]),
        ({"kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0}, [0, 1, 2, 3, 0, 10, 20]),
        ({"kernel_size": 5, "strides": 3, "padding": "same", "output_padding": 0}, [0, 1, 2, 3, 4, 5, 0, 10, 20, 30]),
        ({"kernel_size": 5, "strides": 3, "padding": "same"}, [0, 0, 1, 2, 3, 4, 5, 0, 10, 20, 30, 40]),
    ],
)
def test_transposed_convolutions_have_kerass_sizes(settings: dict[str, Any], y: list[float]) -> None:
    kernel = np.arange(1.0, settings["kernel_size"] + 1).reshape(-1, 1, 1)
    layer = with_weights(Conv1DTranspose(1, use_bias=False, **settings), (4, 1), kernel)
    assert layer(np.array([0, 1, 0, 10], dtype=np.float32).reshape(1, 4, 1))[0, :, 0].tolist() == y
    assert layer.compute_output_shape((None, 4, 1)) == (None, len(y), 1)


def test_a_depthwise_convolution_keeps_channels_apart() -> None:
    x, kernel = draw(2, 4, 4, 2), draw(2, 2, 2, 3, seed=1)
    y, _ = DepthwiseConv2D(2, depth_multiplier=3, use_bias=False).forward({"kernel": kernel}, x)
    for channel in range(2):
        alone = slowly(x[..., channel : channel + 1], kernel[:, :, channel : channel + 1], (1, 1), (1, 1))
        np.testing.assert_allclose(y[..., 3 * channel : 3 * channel + 3], alone, atol=1e-12)


def test_a_separable_convolution_is_depthwise_then_one_by_one() -> None:
    x, one_each, mix = draw(2, 5, 5, 2), draw(3, 3, 2, 2, seed=1), draw(1, 1, 4, 3, seed=2)
    layer = SeparableConv2D(3, 3, depth_multiplier=2, use_bias=False)
    y, _ = layer.forward({"depthwise_kernel": one_each, "pointwise_kernel": mix}, x)
    middle, _ = DepthwiseConv2D(3, depth_multiplier=2, use_bias=False).forward({"kernel": one_each}, x)
    np.testing.assert_allclose(y, slowly(middle, mix, (1, 1), (1, 1)), atol=1e-12)


def test_weights_have_kerass_names_shapes_and_order() -> None:
    def weights(layer: Any, *shape: int) -> list[tuple[str, tuple[int, ...]]]:
        layer.build((None, *shape))
        return [(weight.name, weight.shape) for weight in layer.weights]

    assert weights(Conv2D(5, (3, 2), groups=1), 8, 8, 4) == [("kernel", (3, 2, 4, 5)), ("bias", (5,))]
    assert weights(Conv2D(6, 3, groups=2), 8, 8, 4) == [("kernel", (3, 3, 2, 6)), ("bias", (6,))]
    assert weights(Conv2DTranspose(5, (3, 2)), 8, 8, 4) == [("kernel", (3, 2, 5, 4)), ("bias", (5,))]
    assert weights(DepthwiseConv2D(3, depth_multiplier=2), 8, 8, 4) == [("kernel", (3, 3, 4, 2)), ("bias", (8,))]
    separable = [("depthwise_kernel", (3, 4, 2)), ("pointwise_kernel", (1, 8, 5)), ("bias", (5,))]
    assert weights(SeparableConv1D(5, 3, depth_multiplier=2), 8, 4) == separable


def test_regularizers_find_the_kernels_of_depthwise_layers() -> None:
    one, other = L2(0.1), L2(0.2)
    assert DepthwiseConv2D(3, depthwise_regularizer=one).rule("regularizer", "kernel") is one
    separable = SeparableConv2D(2, 3, depthwise_regularizer=one, pointwise_regularizer=other)
    assert separable.rule("regularizer", "depthwise_kernel") is one
    assert separable.rule("regularizer", "pointwise_kernel") is other


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv2D(0, 3), "filters must be a positive whole number, got 0"),
        (lambda: Conv2D(2, (3, 3, 3)), "kernel_size must be one whole number or 2"),
        (lambda: Conv2D(2, 3, padding="causal"), "padding must be one of 'valid', 'same', got 'causal'"),
        (lambda: Conv2D(2, 3, data_format="channels_middle"), "data_format"),
        (lambda: Conv2D(2, 3, strides=2, dilation_rate=2), "cannot both be above 1"),
        (lambda: Conv2D(5, 3, groups=2), "multiple of groups"),
        (lambda: Conv2DTranspose(2, 3, strides=2, output_padding=2), "below strides"),
        (lambda: Conv2D(2, 3, colour="red"), "unknown argument 'colour'"),
    ],
)
def test_settings_are_checked_in_the_constructor(make: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv2D(2, 3), (None, 28, 28), r"needs images shaped \(batch, height, width, channels\).*x\[..., None\]"),
        (Conv1D(2, 3), (None, 8, 8, 1), r"needs sequences shaped \(batch, steps, channels\), got"),
        (Conv2D(2, 3), (None, 2, 5, 1), r"window of \(3, 3\) does not fit on an input of \(2, 5\).*padding=\"same\""),
        (Conv2D(2, 3, dilation_rate=2), (None, 4, 5, 1), r"with dilation \(2, 2\)"),
        (Conv2D(2, 3), (None, 8, 8, None), "number of channels must be known"),
        (Conv2D(4, 3, groups=2), (None, 8, 8, 3), "multiple of groups=2"),
        (DepthwiseConv2D(5), (None, 4, 4, 3), "does not fit"),
        (Conv1DTranspose(2, 5, padding="same", output_padding=0), (None, 1, 3), None),
        (Conv1DTranspose(2, 6, padding="same", output_padding=0), (None, 1, 3), "would give an output of"),
    ],
)
def test_shapes_that_cannot_work_are_refused_when_building(
    layer: Any, shape: tuple[Any, ...], words: str | None
) -> None:
    if words is None:
        layer.build(shape)
        return
    with pytest.raises(ShapeError, match=words):
        layer.build(shape)


def test_sizes_that_are_not_known_stay_open() -> None:
    assert Conv2D(2, 3).compute_output_shape((None, None, 8, 1)) == (None, None, 6, 2)
    assert Conv2DTranspose(2, 3, strides=2).compute_output_shape((None, None, 8, 1)) == (None, None, 17, 2)
    assert DepthwiseConv1D(3).compute_output_shape((None, None, 4)) == (None, None, 4)


# Old spellings -----------------------------------------------------------------------------------


def test_convolution2d_takes_rows_and_columns() -> None:
    layer = Convolution2D(5, 3, 3)
    assert isinstance(layer, Conv2D)
    assert (layer.filters, layer.kernel_size, layer.strides) == (5, (3, 3), (1, 1))
    assert Conv2D(5, 3, 3).strides == (3, 3)  # today's meaning, under today's name
    assert Convolution2D(5, (3, 2)).kernel_size == (3, 2)
    assert Convolution2D(5, 3).kernel_size == (3, 3)
    with pytest.raises(TypeError, match="by name, not 'relu' alone"):
        Convolution2D(5, 3, 2, "relu")
    assert Convolution3D(5, 3, 2, 1).kernel_size == (3, 2, 1)


def test_convolution2d_is_saved_as_conv2d() -> None:
    data = serialize(Convolution2D(5, 3, 3, border_mode="same", name="first"))
    assert data["class_name"] == "Conv2D"
    assert type(deserialize(data)) is Conv2D
    assert deserialize(data).get_config() == Conv2D(5, 3, padding="same", name="first").get_config()
    assert Convolution2D(5, 3, 3).name.startswith("conv2d")


def test_old_arguments_mean_what_they_meant() -> None:
    old = Conv2D(
        nb_filter=4, nb_row=3, nb_col=2, init="he_normal", border_mode="same", subsample=(2, 1), dim_ordering="tf",
        W_regularizer=L2(0.1), b_constraint="non_neg", bias=True, name="it",
    )  # fmt: skip
    new = Conv2D(
        4, (3, 2), (2, 1), "same", kernel_initializer="he_normal", kernel_regularizer=L2(0.1),
        bias_constraint="non_neg", name="it",
    )  # fmt: skip
    assert old.get_config() == new.get_config()
    assert Conv1D(nb_filter=4, filter_length=3, subsample_length=2, bias=False).strides == (2,)
    assert AtrousConvolution2D(4, 3, 3, atrous_rate=(2, 2)).dilation_rate == (2, 2)
    assert SeparableConv2D(4, 3, border_mode="same").padding == "same"


def test_the_words_for_the_order_of_axes_are_known() -> None:
    assert Conv2D(4, 3, dim_ordering="th").data_format == "channels_first"
    assert Conv2D(4, 3, dim_ordering="default").data_format == "channels_last"


def test_an_argument_under_both_its_names_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Conv2D: got both border_mode= and padding=.*Keep padding="):
        Conv2D(4, 3, padding="same", border_mode="valid")


def test_tables_of_other_families() -> None:
    dense = in_new_names({"output_dim": 3, "init": "uniform", "bias": False, "name": "d"}, DENSE, "Dense")
    assert dense == {"units": 3, "kernel_initializer": "uniform", "use_bias": False, "name": "d"}
    given = {
        "output_dim": 3,
        "inner_init": "orthogonal",
        "consume_less": "gpu",
        "dropout_U": 0.2,
        "forget_bias_init": "one",
    }
    now = {"units": 3, "recurrent_initializer": "orthogonal", "recurrent_dropout": 0.2, "unit_forget_bias": True}
    assert in_new_names(given, RECURRENT, "LSTM") == now
    assert in_new_names({"kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3}, CONVOLUTION, "") == {
        "kernel_size": (1, 2, 3)
    }
    with pytest.raises(ValueError, match="dim_ordering must be one of"):
        in_new_names({"dim_ordering": "up"}, CONVOLUTION, "Conv2D")


def test_no_warning_is_given_for_an_old_name() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Convolution2D(2, 3, 3, border_mode="same")
