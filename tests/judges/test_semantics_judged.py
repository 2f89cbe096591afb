"""What programs do beyond stacking layers, in both libraries at once: the same source, ours and Keras's."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.compat.old import random

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 5)).astype("float32")
Y = RNG.normal(size=(32, 2)).astype("float32")
LABELS = (X[:, :1] > 0).astype("float32")
SEQUENCES = RNG.normal(size=(8, 6, 3)).astype("float32")


@pytest.fixture(autouse=True)
def _same_random_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pellucid, "random", random)


def both(keras: ModuleType, build: Any, x: Any) -> tuple[Any, Any]:
    """The same model twice, Keras's with our weights."""
    ours, theirs = build(pellucid), build(keras)
    for model in (ours, theirs):
        model(x[:2] if isinstance(x, np.ndarray) else [part[:2] for part in x])
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def agree(keras: ModuleType, build: Any, x: Any, y: Any, rtol: float = 2e-5, **compiled: Any) -> tuple[Any, Any]:
    """Both learn from the same batches: same logs, same predictions afterwards."""
    ours, theirs = both(keras, build, x)
    logs = []
    for model, k in ((ours, pellucid), (theirs, keras)):
        settings = {name: value(k) if callable(value) else value for name, value in compiled.items()}
        model.compile(**{"optimizer": "sgd", "loss": "mse", **settings})
        logs.append(model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history)
    assert logs[0].keys() == logs[1].keys()
    for name in logs[0]:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=rtol, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
    return ours, theirs


def subclassed(k: Any) -> Any:
    class Block(k.layers.Layer):  # type: ignore[misc,name-defined]
        def __init__(self, units: int = 4, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units = units
            self.dense, self.norm = k.layers.Dense(units, activation="relu"), k.layers.BatchNormalization()

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
            super().build(input_shape)

        def call(self, x: Any, training: Any = None) -> Any:
            y = self.norm(self.dense(x), training=training) * self.scale
            self.add_loss(0.1 * k.ops.mean(k.ops.square(y)))
            return y

    class Net(k.Model):  # type: ignore[misc,name-defined]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.blocks = [Block(4), Block(3)]
            self.head = k.Sequential([k.layers.Dense(3, activation="tanh"), k.layers.Dense(2)])

        def call(self, x: Any, training: Any = None) -> Any:
            for block in self.blocks:
                x = block(x, training=training)
            return self.head(x)

    return Net()


def test_a_subclass_with_blocks_state_and_added_losses(keras: ModuleType) -> None:
    ours, theirs = agree(keras, subclassed, X, Y)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_weights_files_of_subclasses_both_ways(keras: ModuleType, tmp_path: Path) -> None:
    ours, theirs = both(keras, subclassed, X)
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.set_weights([np.zeros_like(w) for w in theirs.get_weights()])
    theirs.load_weights(tmp_path / "ours.weights.h5")
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    theirs.set_weights([w + 1 for w in theirs.get_weights()])
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    ours.load_weights(tmp_path / "theirs.weights.h5")
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def own_metric(k: Any) -> Any:
    class Hits(k.metrics.Metric):  # type: ignore[misc,name-defined]
        def __init__(self, name: str = "hits", **kwargs: Any) -> None:
            super().__init__(name=name, **kwargs)
            self.hits = self.add_weight(name="hits", initializer="zeros")
            self.seen = self.add_weight(name="seen", initializer="zeros")
            self.extra = k.metrics.Mean(name="extra")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            values = k.ops.cast(k.ops.equal(y_true, k.ops.cast(y_pred > 0.5, "float32")), "float32")
            if sample_weight is not None:
                values = values * k.ops.reshape(sample_weight, (-1, 1))
            self.hits.assign_add(k.ops.sum(values))
            self.seen.assign_add(k.ops.cast(k.ops.size(y_true), "float32"))
            self.extra.update_state(values)

        def result(self) -> Any:
            return self.hits / self.seen + self.extra.result()

    return Hits()


@pytest.mark.parametrize("engine", ["numpy", "auto", "jax"])
def test_metrics_of_ones_own(keras: ModuleType, engine: str) -> None:
    def build(k: Any) -> Any:
        return k.Sequential([k.Input((5,)), k.layers.Dense(1, activation="sigmoid")])

    ours, theirs = both(keras, build, X)
    weights = RNG.uniform(size=32).astype("float32")
    ours.compile("sgd", "binary_crossentropy", metrics=[own_metric(pellucid)], engine=engine)
    theirs.compile("sgd", "binary_crossentropy", metrics=[own_metric(keras)])
    one = ours.fit(X, LABELS, epochs=2, batch_size=8, shuffle=False, verbose=0, validation_data=(X, LABELS)).history
    other = theirs.fit(X, LABELS, epochs=2, batch_size=8, shuffle=False, verbose=0, validation_data=(X, LABELS)).history
    for name in other:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-5, err_msg=name)
    ours.compile("sgd", "mse", weighted_metrics=[own_metric(pellucid)], engine=engine)
    theirs.compile("sgd", "mse", weighted_metrics=[own_metric(keras)])
    found = ours.evaluate(X, LABELS, sample_weight=weights, verbose=0, return_dict=True)
    expected = theirs.evaluate(X, LABELS, sample_weight=weights, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["hits"], expected["hits"], rtol=1e-5)


def test_sequence_to_sequence_with_states_handed_over(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        seen, asked = k.Input((6, 3)), k.Input((None, 3))
        _, h, c = k.layers.LSTM(4, return_state=True)(seen)
        decoder = k.layers.LSTM(4, return_sequences=True, return_state=True)
        y, _, _ = decoder(asked, initial_state=[h, c])
        return k.Model([seen, asked], k.layers.Dense(2)(y))

    agree(keras, build, [SEQUENCES, SEQUENCES[:, ::-1].copy()], RNG.normal(size=(8, 6, 2)).astype("float32"))


def test_an_rnn_over_a_cell_of_ones_own(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        class Cell(k.layers.Layer):  # type: ignore[misc,name-defined]
            def __init__(self, units: int, **kwargs: Any) -> None:
                super().__init__(**kwargs)
                self.units = self.state_size = units

            def build(self, input_shape: Any) -> None:
                self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
                self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")
                self.built = True

            def call(self, inputs: Any, states: Any) -> Any:
                h = k.ops.matmul(inputs, self.kernel)
                out = k.ops.tanh(h + k.ops.matmul(states[0], self.recurrent))
                return out, [out]

        return k.Sequential([k.Input((6, 3)), k.layers.RNN(Cell(4), return_sequences=True), k.layers.RNN(Cell(2))])

    agree(keras, build, SEQUENCES, Y[:8])


def test_stateful_layers_carry_on_and_start_anew(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        return k.Sequential([k.Input(batch_shape=(8, 6, 3)), k.layers.GRU(4, stateful=True)])

    ours, theirs = build(pellucid), build(keras)
    theirs.set_weights(ours.get_weights())
    for again in (False, False, True, False):
        if again:
            ours.reset_states()
            theirs.layers[-1].reset_state()
        np.testing.assert_allclose(ours(SEQUENCES), theirs(SEQUENCES), rtol=1e-5, atol=1e-6)


def test_batch_normalization_in_a_model_at_each_time_step(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        inner = k.Sequential([k.Input((3,)), k.layers.Dense(4), k.layers.Dense(2, activation="tanh")])
        return k.Sequential([k.Input((6, 3)), k.layers.TimeDistributed(inner), k.layers.Flatten(), k.layers.Dense(2)])

    agree(keras, build, SEQUENCES, Y[:8])


def test_a_frozen_bidirectional_stays_as_it_is(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        layers = [
            k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True)),
            k.layers.Bidirectional(k.layers.GRU(2)),
        ]
        model = k.Sequential([k.Input((6, 3)), *layers, k.layers.Dense(2)])
        model.layers[0].trainable = False
        return model

    ours, theirs = agree(keras, build, SEQUENCES, Y[:8])
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 8


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Nadam", "AdamW"])
def test_an_optimizer_by_hand(keras: ModuleType, name: str) -> None:
    results = []
    for k in (pellucid, keras):
        variables = [
            k.Variable(np.ones((3, 2), "float32"), name="kernel"),
            k.Variable(np.zeros(2, "float32"), name="bias"),
        ]
        optimizer = getattr(k.optimizers, name)(0.1)
        draw = np.random.default_rng(0)
        for _ in range(4):
            grads = [draw.normal(size=(3, 2)).astype("float32"), draw.normal(size=2).astype("float32")]
            grads = [k.ops.convert_to_tensor(grad) for grad in grads]
            optimizer.apply_gradients(zip(grads, variables, strict=True))
        results.append([np.asarray(variable) for variable in variables])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_state_that_a_layer_assigns(keras: ModuleType) -> None:
    def build(k: Any) -> Any:
        class ComputeSum(k.layers.Layer):  # type: ignore[misc,name-defined]
            def build(self, input_shape: Any) -> None:
                self.total = self.add_weight(shape=(5,), initializer="zeros", trainable=False, name="total")

            def call(self, x: Any) -> Any:
                self.total.assign_add(k.ops.sum(x, axis=0))
                return x * 1.0

        return k.Sequential([k.Input((5,)), ComputeSum(), k.layers.Dense(2)])

    ours, theirs = build(pellucid), build(keras)
    theirs.set_weights(ours.get_weights())
    for model in (ours, theirs):
        model.compile("sgd", "mse")
        model.fit(X, Y, batch_size=8, verbose=0, shuffle=False)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_attention_and_positions_as_layers_of_ones_own(keras: ModuleType) -> None:
    words = RNG.integers(0, 12, size=(16, 6)).astype("int32")

    def build(k: Any) -> Any:
        class Positions(k.layers.Layer):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.words, self.places = k.layers.Embedding(12, 8), k.layers.Embedding(6, 8)

            def call(self, x: Any) -> Any:
                return self.words(x) + self.places(k.ops.arange(0, k.ops.shape(x)[-1]))

        class TransformerBlock(k.layers.Layer):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.att = k.layers.MultiHeadAttention(2, 4)
                self.ffn = k.Sequential([k.layers.Dense(16, activation="relu"), k.layers.Dense(8)])
                self.one, self.two = k.layers.LayerNormalization(), k.layers.LayerNormalization()

            def call(self, inputs: Any) -> Any:
                out = self.one(inputs + self.att(inputs, inputs))
                return self.two(out + self.ffn(out))

        x = k.Input((6,), dtype="int32")
        y = k.layers.GlobalAveragePooling1D()(TransformerBlock()(Positions()(x)))
        return k.Model(x, k.layers.Dense(2)(y))

    agree(keras, build, words, Y[:16], rtol=1e-4)
