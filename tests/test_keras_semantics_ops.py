"""keras.ops and keras.random: on arrays, in losses and layers of one's own, on symbolic values."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Sequential, Variable, ops
from pellucid.compat.old import random
from pellucid.layers import Dense
from pellucid.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3)).astype("float32")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ops.matmul(X, X.T), X @ X.T),
        (ops.mean(X, axis=1), X.mean(axis=1)),
        (ops.mean([1, 2]), np.float32(1.5)),
        (ops.sum(X, axis=[0, 1]), X.sum()),
        (ops.reshape(X, (3, -1)), X.reshape(3, 6)),
        (ops.transpose(X), X.T),
        (ops.transpose(X[None], (2, 0, 1)), X[None].transpose(2, 0, 1)),
        (ops.concatenate([X, X], axis=-1), np.concatenate([X, X], axis=-1)),
        (ops.split(X, 3, axis=1)[1], X[:, 1:2]),
        (ops.expand_dims(X, -1), X[..., None]),
        (ops.squeeze(X[:, :1]), X[:, 0]),
        (ops.where(X > 0, X, 0.0), np.maximum(X, 0)),
        (ops.clip(X, -1, 1), X.clip(-1, 1)),
        (ops.argmax(X), X.argmax()),
        (ops.argmax(X, axis=-1), X.argmax(axis=-1)),
        (ops.one_hot([1, 0], 2), [[0, 1], [1, 0]]),
        (ops.einsum("ij,kj->ik", X, X), X @ X.T),
        (ops.norm(X, axis=-1), np.linalg.norm(X, axis=-1)),
        (ops.arange(3), [0, 1, 2]),
        (ops.power(2.0, 3), 8.0),
        (ops.add(Variable([1.0]), [2.0]), [3.0]),
        (ops.convert_to_tensor([1, 2], dtype="float32"), [1.0, 2.0]),
        (ops.slice_update(np.zeros(3), [1], np.ones(1)), [0, 1, 0]),
        (ops.top_k(np.array([1.0, 3.0, 2.0]), 2)[0], [3, 2]),
    ],
)
def test_the_functions_on_arrays(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_types_are_kept() -> None:
    assert ops.mean(X).dtype == np.float32
    assert ops.sum(X.astype("float64")).dtype == np.float64
    assert ops.argmax(X).dtype == np.int32
    assert ops.arange(0, 1, 0.5).dtype == np.float32
    assert ops.cast([1.5], "int32").dtype == np.int32


def test_on_symbolic_values_they_are_layers_that_learn() -> None:
    x = Input((3,))
    hidden = Dense(4)(x)
    scores = ops.softmax(ops.matmul(ops.expand_dims(hidden, 1), ops.expand_dims(hidden, 2)), axis=-1)
    parts = ops.split(ops.concatenate([hidden, ops.relu(-hidden)], axis=-1), 2, axis=-1)
    model = Model(x, ops.mean(ops.square(parts[0] * scores[:, 0]), axis=-1, keepdims=True))
    assert model.output_shape == (None, 1)
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, np.ones(6), verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_a_loss_written_with_them_learns_as_ours_does() -> None:
    def loss(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.square(y_true - y_pred), axis=-1)

    histories = []
    for chosen in (loss, "mse"):
        set_random_seed(1)
        model = Sequential([Input((3,)), Dense(2)])
        model.compile("sgd", chosen)
        histories.append(model.fit(X, X[:, :2], epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(*histories, rtol=1e-6)


def test_numbers_by_chance_are_new_in_every_pass() -> None:
    class Noise(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Dense(3)

        def call(self, x: Any, training: Any = None) -> Any:
            return self.inner(x) + random.normal((3,))

    model = Sequential([Input((3,)), Noise()])
    assert not np.array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_seed_generator_draws_the_same_again_from_the_same_seed() -> None:
    one, other = random.SeedGenerator(3), random.SeedGenerator(3)
    first = random.normal((4,), seed=one)
    assert np.array_equal(first, random.normal((4,), seed=other))
    assert not np.array_equal(first, random.normal((4,), seed=one))
    assert np.array_equal(random.uniform((2,), seed=5), random.uniform((2,), seed=5))
    kept = random.dropout(np.ones((1000,), "float32"), 0.25, seed=1)
    assert set(np.unique(kept)) == {0.0, np.float32(1 / 0.75)}
    assert abs(random.truncated_normal((500,))).max() <= 2


def test_no_gradient_flows_where_it_is_stopped() -> None:
    x = Input((3,))
    dense = Dense(1, use_bias=False)
    model = Model(x, ops.stop_gradient(dense(x)))
    model.compile("sgd", "mse")
    before = dense.kernel.numpy()
    model.fit(X, np.ones(6), verbose=0)
    assert np.array_equal(before, dense.kernel.numpy())
