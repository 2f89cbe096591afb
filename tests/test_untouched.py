"""What somebody's function does with `x -= y` stays its own affair: Keras's tensors cannot be changed."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, backend, ops
from pellucid.layers import Dense, Lambda, Layer
from pellucid.losses import FunctionLoss
from pellucid.metrics import MeanMetricWrapper

X = np.arange(6.0, dtype="float32").reshape(2, 3)


class Centred(Layer):
    def call(self, x: Any) -> Any:
        x -= backend.mean(x, axis=1, keepdims=True)
        x *= 2
        return x


class Biased(Layer):
    """Adds weights to arrays in every order."""

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(3,), initializer="ones", name="kernel")
        self.bias = self.add_weight(shape=(3,), initializer="ones", name="bias")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        y = backend.exp(x * 0)
        y += self.bias
        k = np.ones(3, "float32") * self.kernel
        k *= self.bias
        return y * k + x


def test_a_layer_leaves_what_it_was_given() -> None:
    x = X.copy()
    assert np.array_equal(Centred()(x), [[-2, 0, 2], [-2, 0, 2]])
    assert np.array_equal(x, X)
    assert type(Centred()(x)) is type(Dense(2)(x))


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_other_branches_of_a_network_keep_theirs(engine: str) -> None:
    i = Input((3,))
    before = Dense(3, kernel_initializer="identity", use_bias=False)(i)
    model = Model(i, [Centred()(before), Lambda(_less_one)(before), before])
    model.compile("sgd", "mse", engine=engine)
    x = X.copy()
    one, two, three = model.predict(x, verbose=0)
    assert np.array_equal(three, X)
    assert np.array_equal(two, X - 1)
    assert np.array_equal(one, [[-2, 0, 2], [-2, 0, 2]])
    model.fit(x, [X, X, X], verbose=0)
    assert np.array_equal(x, X)


def _less_one(x: Any) -> Any:
    x -= 1.0
    return x


def test_a_loss_and_a_metric_leave_predictions_and_targets() -> None:
    def share(y_true: Any, y_pred: Any) -> Any:
        y_pred /= backend.sum(y_pred, axis=-1, keepdims=True)
        y_true *= 2
        return -backend.sum(y_true * backend.log(y_pred), axis=-1)

    true, pred = np.eye(2, dtype="float32"), np.array([[1.0, 3.0], [2.0, 2.0]], "float32")
    cost, cache = FunctionLoss(share).forward(true, pred)
    assert float(cost) == pytest.approx(np.log(4.0) + np.log(2.0))
    assert np.allclose(FunctionLoss(share).backward(cache), [[-0.75, 0.25], [0.25, -0.25]])
    MeanMetricWrapper(share)(true, pred)
    assert np.array_equal(pred, [[1, 3], [2, 2]])
    assert np.array_equal(true, np.eye(2))


def test_arrays_take_weights_in_place_too() -> None:
    i = Input((3,))
    layer = Biased()
    model = Model(i, layer(i))
    model.compile("sgd", "mse")
    assert np.array_equal(model.predict(X, verbose=0), X + 2)
    model.fit(X, X + 2, verbose=0)
    assert np.array_equal(layer.bias.numpy(), [1, 1, 1])
    total = np.zeros(3, "float32")
    total += layer.bias
    assert np.array_equal(np.add(total, layer.bias), [2, 2, 2])
    assert np.array_equal(np.exp(layer.bias), np.exp([1, 1, 1], dtype="float32"))


def test_lists_of_whole_numbers_are_int32() -> None:
    for given, kind in (([1, 2], "int32"), (3, "int32"), ([1, 2.5], "float32"), ([2**40], "int64"), (True, "bool")):
        assert str(ops.convert_to_tensor(given).dtype) == kind
