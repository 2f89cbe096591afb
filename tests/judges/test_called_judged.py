"""Layers of one's own with `call` alone, and models that are subclasses: derivatives by JAX, numbers as in Keras."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.layers import Dense, Dropout, Lambda, Layer, lambda_layer
from pellucid.models import load_model
from pellucid.testing import check_gradients

pytest.importorskip("jax")


class Scaled(Layer):
    """As Keras's guide writes one: weights in build, arithmetic in call."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b", regularizer="l2")
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return 2.0 * (inputs @ self.w + self.b)


def test_a_layer_with_call_has_the_right_gradients() -> None:
    layer, draw = Scaled(2), np.random.default_rng(0)
    layer.build((None, 3))
    arrays = [draw.normal(size=(4, 3)), draw.normal(size=(3, 2)), draw.normal(size=2)]

    def forward(x: Any, w: Any, b: Any) -> Any:
        return layer.forward({"w": w, "b": b}, x, key=None, state={})[0]

    def backward(x: Any, w: Any, b: Any, dy: Any) -> Any:
        params = {"w": w, "b": b}
        dx, grads = layer.backward(params, layer.forward(params, x, key=None, state={})[1], dy)
        return [dx, grads["w"], grads["b"]]

    check_gradients(forward, backward, arrays, judges=["differences"])


def test_it_trains_as_the_same_layer_in_keras(keras: Any) -> None:
    class Theirs(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=(input_shape[-1], 3), initializer="random_normal", name="w")
            self.b = self.add_weight(shape=(3,), initializer="zeros", name="b", regularizer="l2")

        def call(self, inputs: Any) -> Any:
            return 2.0 * (keras.ops.matmul(inputs, self.w) + self.b)

    ours = Sequential([Scaled(input_shape=(4,)), Dense(1)])
    theirs = keras.Sequential([keras.Input((4,)), Theirs(), keras.layers.Dense(1)])
    theirs.set_weights(ours.get_weights())
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(64, 4)).astype("float32"), draw.normal(size=(64, 1)).astype("float32")
    for model in (ours, theirs):
        model.compile("adam", "mse")
    one = ours.fit(x, y, epochs=3, shuffle=False, verbose=0).history["loss"]
    other = theirs.fit(x, y, epochs=3, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_layer_made_of_layers_trains_all_of_them() -> None:
    class Block(Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.hidden, self.drop, self.out = Dense(8, activation="relu"), Dropout(0.5), Scaled(2)

        def call(self, x: Any, training: Any = None) -> Any:
            return self.out(self.drop(self.hidden(x), training=training))

    model = Sequential([Block(input_shape=(3,)), Dense(1)])
    assert model.count_params() == 32 + 18 + 3
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(np.ones((8, 3)), np.ones(8), verbose=0)
    assert [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)] == [False] * 6


def test_a_model_that_is_a_subclass_is_built_by_its_data() -> None:
    class Net(Model):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.drop, self.two = Dense(5, activation="relu"), Dropout(0.2), Dense(2)

        def call(self, inputs: Any, training: bool = False) -> Any:
            hidden = self.one(inputs)
            if training:
                hidden = self.drop(hidden, training=training)
            return self.two(hidden) + 1

    model = Net()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 3))
    model.fit(x, x[:, :2], verbose=0)
    assert [layer.name for layer in model.layers] == ["dense", "dropout", "dense_1"]
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))


def test_operators_on_symbolic_values_compute_what_they_say() -> None:
    x = Input((4,))
    y = (2 * x + 1 - x / 4) ** 2
    model = Model(x, [y[:, 1:], -x, x @ np.eye(4, dtype="float32")])
    data = np.arange(8, dtype="float32").reshape(2, 4)
    one, two, three = model.predict(data, verbose=0)
    np.testing.assert_allclose(one, ((1.75 * data + 1) ** 2)[:, 1:])
    np.testing.assert_array_equal(two, -data)
    np.testing.assert_array_equal(three, data)


def square(x: Any) -> Any:
    return x * x


def test_a_lambda_comes_back_from_a_file_with_its_function(tmp_path: Any, monkeypatch: Any) -> None:
    model = Sequential([layers.Input((3,)), Lambda(square)])
    model.save(tmp_path / "lambda.keras")
    monkeypatch.setattr(lambda_layer, "_written", {})  # as in another process
    with pytest.raises(ValueError, match="the function 'square' is not here"):
        load_model(tmp_path / "lambda.keras")
    loaded = load_model(tmp_path / "lambda.keras", custom_objects={"square": square})
    np.testing.assert_array_equal(loaded.predict(np.full((1, 3), 3.0), verbose=0), [[9, 9, 9]])
