"""Normalizations, poolings and recurrences beyond the common ones keep their promises."""

from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential
from pellucid.errors import ShapeError
from pellucid.layers import (
    ActivityRegularization,
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    BatchNormalization,
    Conv2D,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    Dense,
    EinsumDense,
    Embedding,
    Flatten,
    GroupNormalization,
    Identity,
    Input,
    InputSpec,
    LocallyConnected1D,
    LocallyConnected2D,
    Masking,
    ReversibleEmbedding,
    RMSNormalization,
    SpectralNormalization,
    ThresholdedReLU,
    TimeDistributed,
    UnitNormalization,
    Wrapper,
)
from pellucid.layers.adaptive_pooling import windows
from pellucid.layers.einsum_dense import letters
from pellucid.layers.spectral_normalization import SpectralNorm
from pellucid.testing import check_gradients, check_layer

LAYERS: list[tuple[Any, tuple[int, ...]]] = [
    (GroupNormalization(2), (6,)),
    (GroupNormalization(3), (3, 2, 6)),
    (GroupNormalization(-1, axis=1, scale=False), (4, 3)),
    (GroupNormalization(1, center=False), (2, 4)),
    (UnitNormalization(), (4,)),
    (UnitNormalization(axis=(1, 2)), (3, 4)),
    (RMSNormalization(), (3, 4)),
    (RMSNormalization(axis=[1, 2]), (3, 4)),
    (Identity(), (3, 4)),
    (ActivityRegularization(0.1, 0.2), (3, 4)),
    (ThresholdedReLU(0.4), (7,)),
    (AdaptiveAveragePooling1D(3), (7, 2)),
    (AdaptiveAveragePooling2D((2, 5)), (5, 4, 2)),
    (AdaptiveAveragePooling3D(2), (3, 4, 5, 1)),
    (AdaptiveMaxPooling1D(3), (7, 2)),
    (AdaptiveMaxPooling2D((2, 5)), (5, 4, 2)),
    (AdaptiveMaxPooling3D(2), (3, 3, 2, 1)),
    (EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), (2, 4)),
    (EinsumDense("...x,xy->...y", 3, bias_axes="y"), (2, 4)),
    (EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), (4, 2)),
    (EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), (2, 4)),
    (EinsumDense("abde,dec->abc", (None, 3)), (2, 2, 3)),
    (EinsumDense("abc,bd->ad", 3, bias_axes="d"), (2, 4)),
    (LocallyConnected1D(3, 2, strides=2), (6, 2)),
    (LocallyConnected2D(2, (2, 3), strides=(1, 2), use_bias=False), (4, 5, 2)),
    (SpectralNormalization(Dense(3), power_iterations=400), (4,)),
    (SpectralNormalization(Conv2D(2, 2), power_iterations=400), (3, 4, 2)),
    (SpectralNormalization(Dense(3, activation="tanh", use_bias=False), power_iterations=400), (2, 4)),
    (ConvLSTM1D(2, 2), (3, 4, 2)),
    (ConvLSTM1D(2, 2, padding="same", return_sequences=True, dropout=0.3, recurrent_dropout=0.2), (3, 4, 2)),
    (ConvLSTM2D(2, (2, 3), strides=(2, 1)), (2, 4, 4, 1)),
    (ConvLSTM2D(1, 2, padding="same", return_sequences=True, return_state=True, go_backwards=True), (2, 3, 3, 2)),
    (ConvLSTM2D(1, 2, dilation_rate=2, use_bias=False, dropout=0.3), (2, 4, 4, 1)),
    (ConvLSTM3D(1, 2, padding="same", unit_forget_bias=False), (2, 2, 2, 2, 1)),
]


def name(case: Any) -> str:
    return type(case).__name__ if hasattr(case, "get_config") else ""


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=name)
def test_the_promises_of_a_layer(layer: Any, shape: tuple[int, ...]) -> None:
    check_layer(type(layer).from_config(layer.get_config()), shape, judges=["differences"])


def test_groups_between_one_and_all() -> None:
    x = np.array([[1.0, 3.0, 10.0, 30.0]])
    np.testing.assert_allclose(GroupNormalization(2, epsilon=1e-12)(x), [[-1, 1, -1, 1]], atol=1e-6)
    np.testing.assert_allclose(GroupNormalization(4, epsilon=1e-12)(x), [[0, 0, 0, 0]], atol=1e-6)
    with pytest.raises(ShapeError, match="must divide the number of features"):
        GroupNormalization(3)(x)
    with pytest.raises(ShapeError, match="known size behind the batch"):
        GroupNormalization(1, axis=0)(x)


def test_zeros_have_no_direction() -> None:
    layer, x = UnitNormalization(), np.zeros((1, 3))
    y, cache = layer.forward({}, x)
    assert y.tolist() == [[0, 0, 0]]
    assert np.isfinite(layer.backward({}, cache, np.ones((1, 3)))[0]).all()


def test_windows_cover_everything_and_nothing_more() -> None:
    for n in range(1, 12):
        for m in range(1, 14):
            found = windows(n, m)
            assert found[0][0] == 0
            assert found[-1][1] == n
            assert all(a < b for a, b in found)
            assert {place for a, b in found for place in range(a, b)} == set(range(n))


def test_adaptive_pooling_takes_images_of_any_size() -> None:
    model = Sequential([Input((None, None, 2)), AdaptiveMaxPooling2D(2), Flatten()])
    for size in (2, 5, 8):
        assert model.predict(np.ones((1, size, size + 1, 2)), verbose=0).shape == (1, 8)


def test_activity_is_a_part_of_the_loss() -> None:
    model = Sequential([Input((2,)), ActivityRegularization(l1=0.5, l2=0.25)])
    model.compile("sgd", "mse")
    x = np.array([[2.0, -2.0], [0.0, 0.0]])
    assert model.evaluate(x, x, verbose=0) == pytest.approx((0.5 * 4 + 0.25 * 8) / 2)


def test_equations_and_their_errors() -> None:
    assert letters("ab...,bc->ac...", 4) == ("abAB", "bc", "acAB")
    for wrong in ("abc", "a,b,c->d", "...a,b->c", "a...b,bc->a...c"):
        with pytest.raises(ValueError, match="equation must be like"):
            EinsumDense(wrong, 3)
    with pytest.raises(ShapeError, match="does not fit"):
        EinsumDense("ab,bc->ac", 3)(np.ones((2, 3, 4)))
    with pytest.raises(ShapeError, match="output_shape says b=5"):
        EinsumDense("abc,cd->abd", (5, 3))(np.ones((2, 3, 4)))


def test_the_spectral_norm_stays_at_one() -> None:
    layer = SpectralNormalization(Dense(3), power_iterations=2)
    model = Sequential([Input((4,)), layer])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    model.fit(x, x[:, :3] * 9, epochs=2, verbose=0)
    assert np.linalg.norm(layer.layer.kernel.numpy(), 2) == pytest.approx(1, abs=1e-5)
    assert [w.name for w in layer.trainable_weights] == ["layer/kernel", "layer/bias"]
    np.testing.assert_allclose(layer(x), x @ layer.layer.kernel.numpy() + layer.layer.bias.numpy(), atol=1e-5)
    w = np.random.default_rng(0).normal(size=(3, 3, 2, 4))
    assert np.linalg.norm(SpectralNorm(None)(w).reshape(-1, 4), 2) == pytest.approx(1)
    assert SpectralNorm(None)(np.zeros((3, 2))).tolist() == np.zeros((3, 2)).tolist()
    with pytest.raises(ValueError, match="neither a kernel nor embeddings"):
        SpectralNormalization(BatchNormalization())(x)


def test_embeddings_too_can_be_normalized() -> None:
    layer = SpectralNormalization(Embedding(5, 3))
    y = layer(np.array([[1, 4]]), training=True)
    assert y.shape == (1, 2, 3)


def test_one_kernel_for_each_place() -> None:
    layer = LocallyConnected1D(1, 1, use_bias=False)
    layer.build((None, 3, 1))
    layer.set_weights([np.array([1.0, 10.0, 100.0]).reshape(3, 1, 1)])
    assert layer(np.array([[[1.0], [2.0], [3.0]]])).ravel().tolist() == [1, 20, 300]


def test_masked_images_change_no_state() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 5, 1)).astype("float32")
    layer = ConvLSTM2D(2, 3, return_sequences=True)
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1]], dtype=bool)
    y = np.asarray(layer(x, mask=mask))
    np.testing.assert_allclose(y[0, 3], y[0, 1], atol=1e-6)
    np.testing.assert_allclose(y[1, 1], y[1, 0], atol=1e-6)
    np.testing.assert_allclose(y[0, 1], np.asarray(layer(x[:, :2]))[0, 1], atol=1e-6)


def test_a_stateful_convlstm_goes_on_where_it_was() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 5, 1)).astype("float32")
    layer = ConvLSTM2D(2, 3, stateful=True)
    whole = np.asarray(layer(x))
    layer.reset_states()
    layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:]), whole, atol=1e-6)


def test_next_frame_prediction_learns() -> None:
    frames = np.zeros((8, 4, 6, 6, 1), "float32")
    for i in range(8):
        for t in range(4):
            frames[i, t, i % 6, (i + t) % 6] = 1
    model = Sequential([Input((3, 6, 6, 1)), ConvLSTM2D(4, 3, padding="same"), Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse")
    first = model.evaluate(frames[:, :3], frames[:, 3], verbose=0)
    model.fit(frames[:, :3], frames[:, 3], epochs=8, batch_size=4, verbose=0)
    assert model.evaluate(frames[:, :3], frames[:, 3], verbose=0) < first


def test_the_same_table_both_ways() -> None:
    layer = ReversibleEmbedding(6, 3, logit_soft_cap=2.0)
    entry = Input((4,), dtype="int32")
    model = Model(entry, layer(layer(entry), reverse=True))
    model.compile("sgd", "mse")
    x = np.array([[0, 1, 2, 5]])
    assert model.predict(x, verbose=0).shape == (1, 4, 6)
    assert np.abs(model.predict(x, verbose=0)).max() < 2
    before = layer.get_weights()[0]
    model.fit(x, np.ones((1, 4, 6)), verbose=0)
    assert len(layer.weights) == 1
    assert not np.array_equal(layer.get_weights()[0], before)
    apart = ReversibleEmbedding(6, 3, tie_weights=False, mask_zero=True)
    assert apart(apart(x), reverse=True).shape == (1, 4, 6)
    assert [w.name for w in apart.weights] == ["embeddings", "reverse_embeddings"]
    assert apart.compute_mask(x).tolist() == [[False, True, True, True]]


@pytest.mark.parametrize("settings", [{}, {"tie_weights": False}, {"logit_soft_cap": 1.5}])
def test_gradients_of_the_way_back(settings: dict[str, Any]) -> None:
    draw, layer = np.random.default_rng(0), ReversibleEmbedding(5, 3, **settings)
    layer.build((None, 3))
    names = list(layer.numbers.params)
    arrays = [draw.normal(size=(2, 3)), *(draw.normal(size=a.shape) for a in layer.numbers.params.values())]

    def params(given: Any) -> Any:
        return dict(zip(names, given[1:], strict=True))

    def backward(*given: Any) -> list[Any]:
        *given, dy = given
        _, cache = layer.forward(params(given), given[0], reverse=True)
        dx, grads = layer.backward(params(given), cache, dy)
        return [dx, *(grads[name] for name in names)]

    check_gradients(
        lambda *given: layer.forward(params(given), given[0], reverse=True)[0], backward, arrays, judges=["differences"]
    )


class Twice(Wrapper):
    def call(self, x: Any) -> Any:
        return self.layer(self.layer(x))


def test_a_wrapper_of_ones_own() -> None:
    inner = Dense(3, use_bias=False)
    model = Sequential([Input((3,)), Twice(inner)])
    x = np.ones((1, 3), "float32")
    kernel = inner.kernel.numpy()
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel @ kernel, rtol=1e-6)
    with pytest.raises(TypeError, match="needs a layer"):
        Twice(3)


def test_expectations_are_noted() -> None:
    spec = InputSpec(shape=(None, 3), axes={-1: 3})
    assert spec.ndim == 2
    assert InputSpec.from_config(spec.get_config()).axes == {-1: 3}
    assert "ndim=2" in repr(spec)


def test_identity_hands_on_masks() -> None:
    model = Sequential([Input((3, 1)), Masking(), Identity(), TimeDistributed(Dense(1)), ThresholdedReLU(0.0)])
    assert model.predict(np.ones((1, 3, 1)), verbose=0).shape == (1, 3, 1)
