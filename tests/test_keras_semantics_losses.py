"""add_loss, add_metric, activity losses: what layers and models add to the loss beside `compile`'s."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Sequential
from pellucid import backend as K
from pellucid.layers import Dense, Lambda
from pellucid.metrics import Mean
from pellucid.optimizers import Adam
from pellucid.regularizers import L2

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")


class Activity(Layer):
    """Keras's example: a layer that hands on its input and adds a loss."""

    def __init__(self, rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs: Any) -> Any:
        self.add_loss(self.rate * K.mean(K.square(inputs)))
        return inputs


def trained(model: Any, y: Any = Y, loss: Any = "mse") -> dict[str, list[float]]:
    model.compile("sgd", loss)
    return model.fit(X, y, epochs=2, batch_size=8, shuffle=False, verbose=0).history


def twin(kind: str) -> Any:
    """The same network three times: its loss through a layer, through the model, through an activity regularizer."""
    x = Input((3,))
    kernel, out = np.arange(12, dtype="float32").reshape(3, 4) / 10, np.ones((4, 2), "float32") / 4
    hidden = Dense(4, weights=[kernel, np.zeros(4)], activity_regularizer=L2(0.3) if kind == "regularizer" else None)
    last = Dense(2, weights=[out, np.zeros(2)])
    h = hidden(x)
    if kind == "layer":

        class Penalty(Layer):
            def call(self, h: Any) -> Any:
                self.add_loss(0.3 * K.sum(K.square(h)) / K.cast(K.shape(h)[0], "float32"))
                return h

        h = Penalty()(h)
    model = Model(x, last(h))
    if kind == "model":
        model.add_loss(0.3 * K.mean(K.sum(K.square(h), axis=-1)))
    return model


@pytest.mark.parametrize("kind", ["layer", "model"])
def test_the_added_loss_is_made_small_like_any_other(kind: str) -> None:
    one, other = twin(kind), twin("regularizer")
    np.testing.assert_allclose(trained(one)["loss"], trained(other)["loss"], rtol=1e-5)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_loss_alone_is_enough_to_learn_from() -> None:
    """A variational autoencoder of 2017: all of its loss is added."""
    x = Input((3,))
    mean, spread = Dense(2)(x), Dense(2)(x)

    def sample(given: Any) -> Any:
        mean, spread = given
        return mean + K.exp(spread / 2) * K.random_normal(shape=(K.shape(mean)[0], 2))

    decoded = Dense(3)(Lambda(sample, output_shape=(2,))([mean, spread]))
    model = Model(x, decoded)
    kl = -0.5 * K.sum(1 + spread - K.square(mean) - K.exp(spread), axis=-1)
    model.add_loss(K.mean(K.sum(K.square(x - decoded), axis=-1) + kl))
    model.add_metric(K.mean(kl), name="kl_loss", aggregation="mean")
    model.compile(Adam(0.05))
    history = model.fit(X, epochs=8, verbose=0, batch_size=4).history
    assert history["loss"][-1] < history["loss"][0] / 1.5
    assert len(history["kl_loss"]) == 8
    assert model.fit(X, X, verbose=0).history["loss"]  # targets that nothing compares


def test_a_layers_losses_are_those_of_its_latest_call() -> None:
    layer = Activity(0.5)
    layer(np.full((2, 2), 2.0, "float32"))
    assert [float(one) for one in layer.losses] == [2.0]
    layer(np.ones((2, 2), "float32"))
    assert [float(one) for one in layer.losses] == [0.5]
    dense = Dense(1, kernel_regularizer=L2(1.0), weights=[np.full((2, 1), 2.0), np.zeros(1)])
    dense(np.ones((1, 2), "float32"))
    assert [float(one) for one in dense.losses] == [8.0]


def test_a_loss_added_deep_inside_counts() -> None:
    class Block(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.activity = Dense(2, weights=[np.ones((3, 2)), np.zeros(2)]), Activity(1.0)

        def call(self, x: Any) -> Any:
            return self.activity(self.dense(x))

    class Net(Model):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()

        def call(self, x: Any) -> Any:
            y = self.block(x)
            self.add_loss(0.5 * K.mean(K.abs(y)))
            return y

    model = Net()
    model.compile("sgd", "mse")
    found = model.evaluate(X, Y, verbose=0)
    y = X @ np.ones((3, 2), "float32")
    assert found == pytest.approx(((y - Y) ** 2).mean() + (y**2).mean() + 0.5 * abs(y).mean(), rel=1e-5)


def test_a_function_of_weights_is_a_loss() -> None:
    dense = Dense(2, weights=[np.full((3, 2), 0.5), np.zeros(2)])
    dense.add_loss(lambda: 0.1 * K.sum(K.square(dense.kernel)))
    model = Sequential([Input((3,)), dense])
    twin = Sequential([Input((3,)), Dense(2, weights=[np.full((3, 2), 0.5), np.zeros(2)], kernel_regularizer=L2(0.1))])
    np.testing.assert_allclose(trained(model)["loss"], trained(twin)["loss"], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], twin.get_weights()[0], rtol=1e-5)


def test_a_model_takes_a_function_too() -> None:
    model = Sequential([Input((3,)), Dense(2), Dense(2)])
    model.compile("sgd", "mse")
    before = model.evaluate(X, Y, verbose=0)
    model.add_loss(lambda: K.sum(K.abs(model.layers[1].kernel)))
    after = model.evaluate(X, Y, verbose=0)
    assert after - before == pytest.approx(abs(model.layers[1].kernel.numpy()).sum(), rel=1e-4)


def test_metrics_that_a_layer_reports() -> None:
    class Watched(Layer):
        def call(self, x: Any) -> Any:
            self.add_metric(K.mean(x), name="mean_in", aggregation="mean")
            return x

    model = Sequential([Input((3,)), Watched(), Dense(2)])
    model.compile("sgd", "mse")
    found = model.evaluate(X, Y, verbose=0, batch_size=8, return_dict=True)
    assert found["mean_in"] == pytest.approx(X.mean(), abs=1e-6)


def test_what_a_layer_adds_while_learning_alone() -> None:
    class Watched(Layer):
        def call(self, x: Any, training: Any = None) -> Any:
            if training:
                self.add_loss(2.0 + 0 * K.mean(x))
                self.add_metric(K.mean(x), name="mean_in")
            return x

    model = Sequential([Input((3,)), Watched(), Dense(2)])
    model.compile("sgd", "mse")
    plain = float(((model.predict(X, verbose=0) - Y) ** 2).mean())
    logs = model.fit(X, Y, batch_size=24, verbose=0).history
    assert logs["loss"][0] == pytest.approx(plain + 2, rel=1e-5)
    assert logs["mean_in"][0] == pytest.approx(X.mean(), abs=1e-6)
    after = float(((model.predict(X, verbose=0) - Y) ** 2).mean())
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["loss"] == pytest.approx(after, rel=1e-5)


def test_a_metric_that_a_layer_keeps_reports_under_its_name() -> None:
    class Watched(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.mean = Mean(name="mean_in")

        def call(self, x: Any) -> Any:
            self.add_metric(self.mean(x))
            return x * 1.0

    model = Sequential([Input((3,)), Watched(), Dense(2)])
    model.compile("sgd", "mse")
    for _ in range(2):  # nothing is kept from one batch or call to the next
        found = model.evaluate(X, Y, verbose=0, batch_size=8, return_dict=True)
        assert found["mean_in"] == pytest.approx(X.mean(), abs=1e-6)


def test_an_activity_regularizer_on_a_layer_of_ones_own() -> None:
    class Handed(Layer):
        def call(self, x: Any) -> Any:
            return x * 1.0

    model = Sequential([Input((3,)), Handed(activity_regularizer=L2(0.5)), Dense(2)])
    model.compile("sgd", "mse")
    plain = float(((model.predict(X, verbose=0) - Y) ** 2).mean())
    assert model.evaluate(X, Y, verbose=0, batch_size=24) == pytest.approx(
        plain + 0.5 * (X**2).sum() / len(X), rel=1e-5
    )
