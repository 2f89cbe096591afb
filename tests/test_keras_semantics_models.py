"""Layers and models of one's own, as Keras documents them: made of layers, of arithmetic, of anything."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import Input, Layer, Model, Sequential
from pellucid import backend as K
from pellucid.layers import (
    LSTM,
    Activation,
    Add,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    LayerNormalization,
    MultiHeadAttention,
    TimeDistributed,
)
from pellucid.models import clone_model, load_model

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype("float32")
Y = RNG.normal(size=(40, 2)).astype("float32")


class Net(Model):
    """As in Keras's guide on subclasses."""

    def __init__(self, units: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.hidden = Dense(units, activation="relu")
        self.drop = Dropout(0.5)
        self.heads = [Dense(4), Dense(2)]

    def call(self, inputs: Any, training: Any = None) -> Any:
        x = self.hidden(inputs)
        if training:
            x = self.drop(x, training=training)
        for head in self.heads:
            x = head(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class Opaque(Layer):
    """Looks at numbers, so that its call cannot be noted; has weights and layers."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.inner = Dense(units)
        self.norm = BatchNormalization()

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return self.norm(self.inner(x)) * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def learns(model: Any, x: Any = X, y: Any = Y, **compiled: Any) -> list[float]:
    model.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return model.fit(x, y, epochs=6, batch_size=4, verbose=0).history["loss"]


def test_a_model_of_ones_own_is_built_by_its_first_data() -> None:
    model = Net()
    assert not model.built
    assert model(X).shape == (40, 2)
    assert [layer.name for layer in model.layers] == ["dense", "dropout", "dense_1", "dense_2"]
    assert len(model.weights) == 6
    assert len(model.trainable_variables) == 6
    losses = learns(model)
    assert losses[-1] < losses[0]
    assert np.array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    assert model.count_params() == 20 + 24 + 10


def test_its_summary_lists_the_layers_it_has(capsys: Any) -> None:
    model = Net(name="mine")
    model.build((None, 3))
    model.summary()
    said = capsys.readouterr().out
    assert '"mine"' in said
    assert "dense_2 (Dense)" in said
    assert "54" in said


def test_dropout_in_an_if_training_stands_aside_in_prediction() -> None:
    model = Net()
    assert not np.allclose(model(X, training=True), model(X))
    assert np.allclose(model(X), model(X, training=False))


def test_a_branch_on_training_that_is_more_than_dropout_means_what_it_says() -> None:
    class Noisy(Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = Dense(2)

        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                x = x * 0
            return self.out(x)

    model = Noisy()
    assert not np.allclose(model(X), model(X, training=True))
    before = [w.numpy() for w in model.weights]
    learns(model)
    assert np.array_equal(before[0], model.weights[0].numpy())  # saw only zeros
    assert not np.array_equal(before[1], model.weights[1].numpy())


def test_models_in_models() -> None:
    class Outer(Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = Net(4)
            self.decoder = Sequential([Dense(3), Dense(2)])
            self.extra = {"a": Dense(2)}

        def call(self, x: Any) -> Any:
            code = self.encoder(x)
            return self.decoder(code) + self.extra["a"](code)

    model = Outer()
    losses = learns(model)
    assert losses[-1] < losses[0]
    assert len(model.weights) == 6 + 4 + 2
    assert [layer.name for layer in model.layers] == ["net", "sequential", "dense_5"]


def test_a_layer_made_of_layers_is_one_layer_of_a_functional_model(tmp_path: Path) -> None:
    class TransformerBlock(Layer):
        def __init__(self, size: int = 8, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.size = size
            self.att = MultiHeadAttention(num_heads=2, key_dim=4)
            self.ffn = Sequential([Dense(16, activation="relu"), Dense(size)])
            self.norms = [LayerNormalization(epsilon=1e-6), LayerNormalization(epsilon=1e-6)]
            self.drop = Dropout(0.1)

        def call(self, inputs: Any, training: Any = None) -> Any:
            attended = self.drop(self.att(inputs, inputs), training=training)
            out = self.norms[0](inputs + attended)
            return self.norms[1](out + self.drop(self.ffn(out), training=training))

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "size": self.size}

    class Positions(Layer):
        def __init__(self, length: int = 6, words: int = 20, size: int = 8, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.given = {"length": length, "words": words, "size": size}
            self.words, self.places = Embedding(words, size), Embedding(length, size)

        def call(self, x: Any) -> Any:
            length = K.shape(x)[-1]
            return self.words(x) + self.places(K.arange(0, length))

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), **self.given}

    x = Input((6,), dtype="int32")
    y = Dense(2, activation="softmax")(GlobalAveragePooling1D()(TransformerBlock()(Positions()(x))))
    model = Model(x, y)
    assert [layer.name for layer in model.layers][1:3] == ["positions", "transformer_block"]
    assert "transformer_block/multi_head_attention" in [node.name for node in model.graph.nodes]
    words, labels = RNG.integers(0, 20, (32, 6)), RNG.integers(0, 2, 32)
    before = [weight.numpy() for weight in model.weights]
    losses = learns(model, words, labels, loss="sparse_categorical_crossentropy")
    assert losses[-1] < losses[0]
    assert not any(np.array_equal(a, b.numpy()) for a, b in zip(before, model.weights, strict=True))
    model.save(tmp_path / "net.keras")
    objects = {"TransformerBlock": TransformerBlock, "Positions": Positions}
    again = load_model(tmp_path / "net.keras", custom_objects=objects)
    np.testing.assert_array_equal(again.predict(words, verbose=0), model.predict(words, verbose=0))


def test_a_call_that_cannot_be_noted_is_one_node() -> None:
    model = Sequential([Input((3,)), Opaque(), Dense(2)])
    losses = learns(model)
    assert losses[-1] < losses[0]
    assert [w.path for w in model.weights][:3] == ["opaque/scale", "dense/kernel", "dense/bias"]
    layer = model.layers[0]
    assert not np.array_equal(layer.scale.numpy(), np.ones(3))
    assert not np.array_equal(layer.norm.moving_mean.numpy(), np.zeros(3))


def test_a_frozen_part_of_it_stays_as_it_is() -> None:
    model = Sequential([Input((3,)), Opaque(), Dense(2)])
    inner = model.layers[0].inner
    inner.trainable = False
    kernel, scale = inner.kernel.numpy(), model.layers[0].scale.numpy()
    learns(model)
    assert np.array_equal(inner.kernel.numpy(), kernel)
    assert not np.array_equal(model.layers[0].scale.numpy(), scale)


def test_a_part_used_in_two_places_learns_from_both() -> None:
    shared = Dense(2)

    class One(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.part = shared
            self.gain = self.add_weight(shape=(), initializer="ones", name="gain")

        def call(self, x: Any) -> Any:
            return self.part(x) * self.gain

    x = Input((3,))
    model = Model(x, Add()([One()(x), shared(x)]))
    assert model.count_params() == 9
    kernel = shared.kernel.numpy()
    learns(model)
    assert not np.array_equal(shared.kernel.numpy(), kernel)


def test_weights_of_a_model_of_ones_own() -> None:
    class Scaled(Model):
        def __init__(self) -> None:
            super().__init__()
            self.scale = self.add_weight(shape=(3,), initializer="ones", name="scale")
            self.shift = pellucid.Variable([1.0, 2.0], name="shift")
            self.out = Dense(2)

        def call(self, x: Any) -> Any:
            return self.out(x * self.scale) + self.shift

    model = Scaled()
    losses = learns(model)
    assert losses[-1] < losses[0]
    assert not np.array_equal(model.shift.numpy(), [1, 2])
    assert len(model.weights) == 4


def test_state_that_call_assigns_is_kept() -> None:
    class ComputeSum(Layer):
        def __init__(self, size: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.total = self.add_weight(shape=(size,), initializer="zeros", trainable=False, name="total")

        def call(self, x: Any) -> Any:
            self.total.assign_add(x.sum(axis=0))
            return x

    layer = ComputeSum(3)
    layer(np.ones((2, 3), "float32"))
    layer(np.ones((2, 3), "float32"))
    assert layer.total.numpy().tolist() == [4, 4, 4]
    model = Sequential([Input((3,)), ComputeSum(3), Dense(2)])
    model.compile("sgd", "mse")
    assert model.layers[0].total.numpy().tolist() == [0, 0, 0]  # building it has moved nothing
    model.fit(np.ones((8, 3)), np.ones((8, 2)), batch_size=4, epochs=2, verbose=0)
    assert model.layers[0].total.numpy().tolist() == [16, 16, 16]


def test_several_arguments_and_results() -> None:
    class Pair(Layer):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = Dense(2), Dense(2)

        def call(self, one: Any, other: Any, scale: float = 1.0) -> Any:
            return {"sum": self.left(one) + self.right(other), "left": self.left(one) * scale}

    one, other = Input((3,)), Input((4,))
    made = Pair()(one, other, scale=2.0)
    assert made["sum"].shape == (None, 2)
    model = Model([one, other], [made["sum"], made["left"]])
    a, b = X[:5], RNG.normal(size=(5, 4)).astype("float32")
    total, left = model.predict([a, b], verbose=0)
    pair = model.layers[-1]
    np.testing.assert_allclose(left, 2 * np.asarray(pair.left(a)), rtol=1e-6)
    np.testing.assert_allclose(total, pair.left(a) + pair.right(b), rtol=1e-5)


def test_inputs_as_a_dict_and_nested_outputs() -> None:
    class Towers(Model):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = Dense(2, name="one"), Dense(2, name="two")

        def call(self, inputs: Any) -> Any:
            return {"a": self.one(inputs["left"]), "b": self.two(inputs["right"])}

    model, data = Towers(), {"left": X, "right": X[:, :2]}
    model.compile("sgd", {"a": "mse", "b": "mae"})
    assert set(model.fit(data, {"a": Y, "b": Y}, verbose=0).history) == {"loss", "a_loss", "b_loss"}
    assert set(model.predict(data, verbose=0)) == {"a", "b"}
    x, y = Input((3,), name="x"), Input((2,), name="y")
    functional = Model({"x": x, "y": y}, [Dense(1)(x), {"deep": [Dense(2)(y), Dense(3)(x)]}])
    found = functional({"x": X, "y": X[:, :2]})
    assert [found[0].shape, found[1]["deep"][1].shape] == [(40, 1), (40, 3)]
    assert functional.predict({"x": X, "y": X[:, :2]}, verbose=0)[1]["deep"][0].shape == (40, 2)


def test_saved_and_loaded_by_its_arguments(tmp_path: Path) -> None:
    model = Net(7)
    learns(model)
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras", custom_objects={"Net": Net})
    assert again.units == 7
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    model.save_weights(tmp_path / "net.weights.h5")
    other = Net(7)
    other(X)
    other.load_weights(tmp_path / "net.weights.h5")
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_arguments_are_kept_without_a_get_config(tmp_path: Path) -> None:
    class Plain(Model):
        def __init__(self, units: int, depth: int = 2) -> None:
            super().__init__()
            self.stack = [Dense(units) for _ in range(depth)]

        def call(self, x: Any) -> Any:
            for layer in self.stack:
                x = layer(x)
            return x

    model = Plain(4, depth=3)
    model(X)
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras", custom_objects={"Plain": Plain})
    np.testing.assert_array_equal(again(X), model(X))


def test_a_subclass_of_a_layer_of_ours_calls_what_it_inherits() -> None:
    class MCDropout(Dropout):
        def call(self, inputs: Any) -> Any:
            return super().call(inputs, training=True)

    class Doubled(Dense):
        def call(self, inputs: Any) -> Any:
            return 2 * super().call(inputs)

    model = Sequential([Input((3,)), Doubled(4, activation="relu"), MCDropout(0.5), Dense(2)])
    assert not np.array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    doubled = model.layers[0]
    expected = 2 * np.maximum(X @ doubled.kernel.numpy() + doubled.bias.numpy(), 0)
    np.testing.assert_allclose(doubled(X), expected, rtol=1e-6)
    losses = learns(model)
    assert losses[-1] < losses[0]


def test_training_said_on_symbolic_values_holds_for_good() -> None:
    x = Input((3,))
    model = Model(x, Dropout(0.5)(x, training=True))
    assert not np.array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    base = Sequential([Input((3,)), BatchNormalization(), Dense(2)])
    still = Model(x, base(x, training=False))
    learns(still)
    assert np.array_equal(base.layers[0].moving_mean.numpy(), np.zeros(3))
    moving = Model(x, base(x))
    learns(moving)
    assert not np.array_equal(base.layers[0].moving_mean.numpy(), np.zeros(3))


def test_a_layer_called_for_learning_on_arrays_moves_its_averages() -> None:
    layer = BatchNormalization(momentum=0.5)
    layer(X, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), X.mean(axis=0) / 2, rtol=1e-5)


def test_masks_go_from_layer_to_layer_on_arrays() -> None:
    words = np.array([[1, 2, 0, 0], [3, 4, 5, 0]])
    embed, lstm = Embedding(6, 3, mask_zero=True), LSTM(4)
    by_hand = lstm(embed(words))
    model = Sequential([Input((4,), dtype="int32"), embed, lstm])
    np.testing.assert_allclose(by_hand, model.predict(words, verbose=0), rtol=1e-6)
    assert not np.allclose(by_hand, lstm(np.array(embed(words))))


def test_a_model_used_before_and_after_it_learned() -> None:
    class Wrapped(Model):
        def __init__(self, base: Any) -> None:
            super().__init__()
            self.base, self.flat, self.act = base, Flatten(), Activation("tanh")

        def call(self, x: Any) -> Any:
            return self.act(self.flat(self.base(x)))

    base = Sequential([Input((3,)), Dense(2)])
    model = Wrapped(base)
    learns(model)
    np.testing.assert_allclose(model(X), np.tanh(base(X)), rtol=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_the_engines_agree(engine: str) -> None:
    pellucid.utils.set_random_seed(3)
    model = Sequential([Input((3,)), Opaque(), Dense(2)])
    model.compile("sgd", "mse", engine=engine)
    assert model.fit(X, Y, verbose=0, shuffle=False).history["loss"][0] == pytest.approx(2.5, abs=1.5)


class Halves(Layer):
    """Weights of its own, made in build."""

    def build(self, input_shape: Any) -> None:
        self.half = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="half")

    def call(self, x: Any) -> Any:
        return x * self.half / 2


@pytest.mark.parametrize("make", [Halves, Opaque, lambda: Net(2), lambda: Sequential([Dense(2), BatchNormalization()])])
def test_a_layer_of_ones_own_at_each_time_step(make: Any) -> None:
    steps = RNG.normal(size=(8, 6, 3)).astype("float32")
    layer = make()
    layer(X)
    model = Sequential([Input((6, 3)), TimeDistributed(layer)])
    np.testing.assert_allclose(model.predict(steps, verbose=0)[:, 2], layer(steps[:, 2]), rtol=1e-5)
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.fit(steps, np.zeros_like(model.predict(steps, verbose=0)), verbose=0)
    assert not any(np.array_equal(a, b) for a, b in zip(before[:2], model.get_weights()[:2], strict=True))


def test_the_places_of_a_layer_in_networks() -> None:
    dense, one, other = Dense(2), Input((3,)), Input((3,))
    first, second = dense(one), dense(other)
    assert dense.get_output_at(1) is second
    assert dense.get_input_at(0) is one
    assert dense.get_output_shape_at(0) == (None, 2)
    assert [node.output_tensors for node in dense.inbound_nodes] == [[first], [second]]
    assert dense.inbound_nodes[1].inbound_layers == [other.call.layer]
    model = Model([one, other], [first, second])
    assert model.input_names == [one.name, other.name]
    assert model.output_names == ["dense", "dense_1"]
    with pytest.raises(AttributeError, match="2 times"):
        _ = dense.output


def test_a_sub_model_of_a_model_of_ones_own_and_a_clone() -> None:
    model = Net()
    model(X)
    part = Model(model.inputs, model.layers[0].output)
    np.testing.assert_allclose(part.predict(X, verbose=0), np.asarray(model.hidden(X)), rtol=1e-6)
    clone = clone_model(model)
    assert isinstance(clone, Net)
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
