"""Every layer of the dense world keeps its promises, and gives numbers that can be checked by hand."""

from typing import Any

import numpy as np
import pytest

from pellucid.errors import NotBuiltError, ShapeError
from pellucid.layers import (
    ELU,
    Activation,
    Add,
    Average,
    BatchNormalization,
    Concatenate,
    Dense,
    Dot,
    Dropout,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Layer,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    Minimum,
    Multiply,
    Permute,
    PReLU,
    ReLU,
    RepeatVector,
    Reshape,
    Softmax,
    Subtract,
)
from pellucid.testing import check_gradients, check_layer

LAYERS: list[tuple[Layer, list[tuple[int, ...]]]] = [
    (Dense(3), [(4,)]),
    (Dense(3, use_bias=False), [(2, 4)]),
    (Activation("softmax"), [(5,)]),
    (Activation("tanh"), [(2, 3)]),
    (Flatten(), [(2, 3)]),
    (Reshape((3, -1)), [(2, 6)]),
    (Permute((2, 1)), [(2, 3)]),
    (RepeatVector(3), [(2,)]),
    (Dropout(0.4), [(6,)]),
    (Dropout(0.4, noise_shape=(None, 1, 3)), [(2, 3)]),
    (GaussianDropout(0.3), [(4,)]),
    (GaussianNoise(0.3), [(4,)]),
    (LayerNormalization(), [(4,)]),
    (LayerNormalization(axis=(1, 2)), [(3, 4)]),
    (LayerNormalization(axis=1, scale=False), [(3, 4)]),
    (ReLU(), [(5,)]),
    (ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), [(5,)]),
    (LeakyReLU(0.2), [(5,)]),
    (ELU(1.3), [(5,)]),
    (Softmax(axis=1), [(3, 2)]),
    (PReLU(), [(3,)]),
    (PReLU(shared_axes=[1]), [(3, 2)]),
    (Add(), [(3,), (3,), (3,)]),
    (Add(), [(2, 3), (1, 3)]),
    (Subtract(), [(3,), (3,)]),
    (Multiply(), [(3,), (3,), (3,)]),
    (Multiply(), [(2, 3), (2, 1)]),
    (Average(), [(3,), (3,)]),
    (Maximum(), [(3,), (3,), (3,)]),
    (Minimum(), [(3,), (3,)]),
    (Concatenate(), [(3,), (2,)]),
    (Concatenate(axis=1), [(2, 3), (4, 3)]),
    (Dot(axes=1), [(3,), (3,)]),
    (Dot(axes=(2, 1), normalize=True), [(2, 3), (3, 4)]),
]


@pytest.mark.parametrize(("layer", "shapes"), LAYERS, ids=lambda part: getattr(part, "name", ""))
def test_a_layer_keeps_its_promises(layer: Layer, shapes: list[tuple[int, ...]]) -> None:
    check_layer(layer, *shapes, judges=["differences"])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "layer", [BatchNormalization(), BatchNormalization(axis=1), BatchNormalization(center=False, scale=False)]
)
def test_batch_normalization_keeps_its_promises(layer: Layer, training: bool) -> None:
    check_layer(layer, (3, 4), training=training, judges=["differences"])


def test_the_checker_bites() -> None:
    class Wrong(Dense):
        def backward(self, params: Any, cache: Any, dy: Any, **needs: Any) -> Any:  # type: ignore[override]
            dx, grads = super().backward(params, cache, dy, **needs)
            return dx, {**grads, "kernel": grads["kernel"] * 1.0001}

    with pytest.raises(AssertionError, match="backward says"):
        check_layer(Wrong(3), (4,), judges=["differences"])


def test_a_softmax_backward_seven_times_too_big_is_found() -> None:
    def softmax(x: np.ndarray) -> np.ndarray:
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def seven_times(x: np.ndarray, dy: np.ndarray) -> list[np.ndarray]:
        y = softmax(x)
        return [7 * y * (dy - (y * dy).sum(axis=-1, keepdims=True))]

    with pytest.raises(AssertionError, match="backward says"):
        check_gradients(softmax, seven_times, [np.random.default_rng(0).normal(size=(2, 4))], judges=["differences"])


def test_a_layer_that_looks_at_its_neighbours_is_found() -> None:
    class Nosy(Layer):
        def forward(self, params: Any, x: Any) -> tuple[Any, Any]:
            return x - x.mean(axis=0), None

        def backward(self, params: Any, cache: Any, dy: Any) -> tuple[Any, Any]:
            return dy - dy.mean(axis=0), {}

    with pytest.raises(AssertionError, match="neighbours"):
        check_layer(Nosy(), (3,), judges=["differences"])


def test_dense_by_hand() -> None:
    layer = Dense(2)
    layer.build((None, 2))
    layer.set_weights([[[1, 2], [3, 4]], [10, 20]])
    np.testing.assert_array_equal(layer(np.array([[1.0, 2.0]], "float32")), [[17, 30]])


def test_the_neuron_of_the_course() -> None:
    """Inputs -1 and 2; -1 reaches two tanh units with weights 1 and 5, 2 with weights 3 and 3; the output weighs 2, -1.

    Sums by hand: -1·1 + 2·3 = 5 and -1·5 + 2·3 = 1; so 2·tanh(5) - tanh(1).
    """
    hidden = Dense(2, activation="tanh", use_bias=False, dtype="float64")
    output = Dense(1, use_bias=False, dtype="float64")
    hidden.build((None, 2))
    output.build((None, 2))
    hidden.set_weights([[[1.0, 5.0], [3.0, 3.0]]])
    output.set_weights([[[2.0], [-1.0]]])
    assert output(hidden(np.array([[-1.0, 2.0]])))[0, 0] == 1.2382242525694254


def test_dropout_drops_its_share_and_keeps_the_expected_sum() -> None:
    from pellucid import random

    y, _ = Dropout(0.25).forward({}, np.ones((200, 500), "float32"), key=random.key(0))
    assert np.unique(y).tolist() == pytest.approx([0.0, 4 / 3])
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert y.mean() == pytest.approx(1.0, abs=0.01)


def test_settings_that_cannot_work_are_refused() -> None:
    for make, words in [
        (lambda: Dense(0), "units must be a positive whole number, got 0"),
        (lambda: Dropout(1.0), "rate must be at least 0 and below 1"),
        (lambda: Reshape((2, -1, -1)), "at most one -1"),
        (lambda: Permute((1, 3)), "must name each axis"),
        (lambda: BatchNormalization(epsilon=0), "epsilon must be above 0"),
        (lambda: BatchNormalization(renorm=True), "renorm must be False: batch renormalization is not here"),
        (lambda: Dense(3, name="a/b"), "without '/'"),
        (lambda: ReLU(max_value=-1), "max_value must be at least 0"),
    ]:
        with pytest.raises(ValueError, match=words):
            make()
    with pytest.raises(TypeError, match="unknown argument 'unit'"):
        Dense(3, unit=4)


def test_shapes_that_cannot_work_are_refused() -> None:
    with pytest.raises(ShapeError, match="last axis of the input must be known"):
        Dense(3).build((None, None))
    with pytest.raises(ShapeError, match="cannot arrange 6 numbers"):
        Reshape((4,)).build((None, 6))
    with pytest.raises(ShapeError, match="cannot merge inputs shaped"):
        Add().build([(None, 3), (None, 4)])
    with pytest.raises(ShapeError, match="agree in every axis"):
        Concatenate().build([(None, 2, 3), (None, 4, 3)])
    with pytest.raises(NotBuiltError, match="has no weights yet"):
        Dense(3).numbers  # noqa: B018 - the question is what raises


def test_weights_are_seen_and_replaced_as_in_keras() -> None:
    layer = Dense(2, name="d")
    layer.build((None, 3))
    assert [(w.path, w.shape) for w in layer.weights] == [("d/kernel", (3, 2)), ("d/bias", (2,))]
    layer.kernel.assign(np.ones((3, 2)))
    assert layer.get_weights()[0].sum() == 6
    before = layer.numbers
    with pytest.raises(ShapeError, match=r"d/bias: needs an array shaped \(2,\), got \(3,\)"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(3)])
    assert layer.numbers is before
    layer.trainable = False
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (0, 2)
