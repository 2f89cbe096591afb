"""A network as data: its nodes, what runs, and what does not."""

import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid.engine import passes
from pellucid.layers import Add, BatchNormalization, Concatenate, Dense, Dropout, add
from pellucid.layers.symbolic import KerasTensor


def diamond() -> Model:
    """One input, two branches, one output."""
    x = Input((3,), name="x")
    left, right = Dense(4, activation="tanh", name="left")(x), Dense(4, name="right")(x)
    return Model(x, Dense(2, name="out")(add([left, right])))


def test_an_activation_is_a_node_of_its_own() -> None:
    nodes = diamond().graph.nodes
    assert [node.name for node in nodes] == ["left", "left/tanh", "right", "add", "out"]
    assert nodes[3].reads == ("left/tanh", "right")


def test_a_layer_used_twice_has_two_nodes_and_one_owner() -> None:
    shared, a, b = Dense(2, name="shared"), Input((3,)), Input((3,))
    graph = Model([a, b], Add()([shared(a), shared(b)])).graph
    assert [(node.name, node.owner) for node in graph.nodes[:2]] == [("shared", "shared"), ("shared@2", "shared")]


def test_a_model_used_as_a_layer_is_laid_out_node_by_node() -> None:
    inner = Sequential([Dense(4, activation="relu", input_shape=(3,), name="a"), Dense(2, name="b")], name="inner")
    x = Input((3,))
    graph = Model(x, Dense(1, name="c")(inner(x))).graph
    assert [node.name for node in graph.nodes] == ["inner/a", "inner/a/relu", "inner/b", "c"]


def test_a_layer_reached_by_two_ways_keeps_one_set_of_numbers() -> None:
    inner = Sequential([Dense(3, input_shape=(3,), name="a")], name="inner")
    x = Input((3,))
    model = Model(x, Add()([inner(x), inner.layers[0](x)]))
    assert list(model.graph.owners) == ["inner/a", "add"]
    assert model.count_params() == 12


def test_an_input_that_is_not_given_is_named() -> None:
    a, b = Input((2,), name="a"), Input((2,), name="b")
    with pytest.raises(ValueError, match=r"'b'.*not among the model's inputs"):
        Model(a, Add()([a, b]))


def test_very_deep_networks_do_not_overflow_the_stack() -> None:
    x: KerasTensor = Input((2,))
    y = x
    for _ in range(1500):
        y = Dense(2)(y)
    assert len(Model(x, y).graph.nodes) == 1500


def test_values_are_dropped_after_their_last_reader() -> None:
    model = diamond()
    values, _ = passes.forward(model.graph, model.numbers.params, {}, (np.ones((2, 3), "float32"),))
    assert list(values) == ["out"]
    kept, _ = passes.forward(
        model.graph, model.numbers.params, {}, (np.ones((2, 3), "float32"),), keep=lambda name: name == "left"
    )
    assert sorted(kept) == ["left", "out"]


class Noted(Dense):
    """A Dense that notes what its backward was asked for."""

    def backward(self, params, cache, dy, *, needs=()):  # type: ignore[no-untyped-def, override]
        self.asked = needs
        return super().backward(params, cache, dy, needs=needs)


def gradients_of(model: Model, trainable: frozenset[str]) -> dict:
    values, caches = passes.forward(model.graph, model.numbers.params, {}, (np.ones((2, 3), "float32"),))
    output = model.graph.outputs[0]
    return passes.backward(
        model.graph, model.numbers.params, caches, {output: np.ones_like(values[output])}, trainable=trainable
    )[1]


def test_the_first_layers_dx_and_frozen_layers_gradients_are_not_computed() -> None:
    first, second, third = Noted(4, name="a"), Noted(4, name="b"), Noted(2, name="c")
    x = Input((3,))
    model = Model(x, third(second(first(x))))
    grads = gradients_of(model, frozenset({"a", "b", "c"}))
    assert (first.asked, second.asked) == (("params",), ("inputs", "params"))
    assert sorted(grads) == ["a", "b", "c"]

    del first.asked
    grads = gradients_of(model, frozenset({"b"}))
    assert sorted(grads) == ["b"]
    assert not hasattr(first, "asked")
    assert (second.asked, third.asked) == (("params",), ("inputs",))


def test_a_value_read_twice_hears_back_twice() -> None:
    x = Input((3,))
    y = Dense(3, use_bias=False, name="a")(x)
    once, twice = Model(x, Dense(1, name="c")(y)), Model(x, Dense(1, name="d")(add([y, y])))
    twice.get_layer("d").set_weights(once.get_layer("c").get_weights())
    one, two = gradients_of(once, frozenset({"a"})), gradients_of(twice, frozenset({"a"}))
    np.testing.assert_allclose(two["a"]["kernel"], 2 * one["a"]["kernel"], rtol=1e-6)


def test_each_drawing_node_gets_a_key_of_its_own() -> None:
    x = Input((64,))
    model = Model(x, Concatenate()([Dropout(0.5)(x), Dropout(0.5)(x)]))
    from pellucid import random

    values, _ = passes.forward(model.graph, {}, {}, (np.ones((1, 64), "float32"),), key=random.key(3), training=True)
    left, right = np.split(next(iter(values.values())), 2, axis=-1)
    assert not np.array_equal(left, right)


def test_frozen_batch_normalization_keeps_its_averages() -> None:
    x = Input((3,))
    model = Model(x, BatchNormalization(name="norm")(x))
    state = model.numbers.state
    for frozen, moves in ((False, True), (True, False)):
        model.get_layer("norm").trainable = not frozen
        _, caches = passes.forward(
            model.graph, model.numbers.params, state, (np.random.default_rng(0).normal(size=(8, 3)),), training=True
        )
        new = passes.advance(model.graph, state, caches)
        assert (not np.array_equal(new["norm"]["moving_mean"], state["norm"]["moving_mean"])) == moves
