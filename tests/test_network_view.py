"""The network graph: units of every kind of layer, and only weights that join them."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers, ops
from pellucid.inside import network_view
from pellucid.inside.joins import joins

RNG = np.random.default_rng(2)


class Own(layers.Layer):
    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], 3), initializer="glorot_uniform", name="w")

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.w)


LAYERS = {
    "Dense": (layers.Dense(3), (4,)),
    "Conv1D": (layers.Conv1D(3, 2), (5, 4)),
    "groups": (layers.Conv2D(6, 2, groups=2), (5, 5, 4)),
    "transpose": (layers.Conv2DTranspose(2, 4), (5, 5, 4)),
    "depthwise": (layers.DepthwiseConv2D(2, depth_multiplier=2), (5, 5, 3)),
    "separable": (layers.SeparableConv2D(5, 2, depth_multiplier=2), (5, 5, 3)),
    "TimeDistributed": (layers.TimeDistributed(layers.Dense(3)), (5, 4)),
    "own": (Own(), (4,)),
}


@pytest.mark.parametrize("kind", list(LAYERS))
def test_a_unit_hears_of_the_inputs_that_it_is_joined_to_and_of_no_others(kind: str) -> None:
    """An input is moved: the units that change are those with a weight from it, by the sum of its weights."""
    layer, shape = LAYERS[kind]
    model = Sequential([Input(shape), layer])
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    (join,) = joins(
        model._graph, model.numbers.params, {model._graph.inputs[0]: shape[-1], layer.name: model.output_shape[-1]}
    )
    x = np.zeros((1, *shape))
    quiet = model.predict(x, verbose=0).reshape(-1, model.output_shape[-1]).sum(axis=0)
    for channel in range(shape[-1]):
        x[:] = 0
        x[(0, *(size // 2 for size in shape[:-1]), channel)] = (
            1  # in the middle: every weight of a window meets it once
        )
        change = model.predict(x, verbose=0).reshape(-1, model.output_shape[-1]).sum(axis=0) - quiet
        np.testing.assert_allclose(change, np.nansum(join.weights[:, channel], axis=0), atol=1e-4)
        np.testing.assert_array_equal(np.abs(change) > 1e-6, np.isfinite(join.weights[:, channel]).all(axis=0))


def names_joined(model: Any) -> list[tuple[str, str, int]]:
    view = network_view(model)
    return [(view.columns[e.before].name, view.columns[e.after].name, e.total) for e in view.edges]


def test_both_directions_of_a_recurrent_layer_are_units_of_one_column() -> None:
    model = Sequential(
        [Input((5, 3), name="in"), layers.Bidirectional(layers.LSTM(4), name="both"), layers.Dense(2, name="out")]
    )
    assert names_joined(model) == [("in", "both", 24), ("both", "out", 16)]
    kernels = model.layers[0].get_weights()
    last = network_view(model, edges=24).edges[0]
    for source, target, weight in zip(last.source, last.target, last.weights, strict=True):
        kernel = kernels[0 if target < 4 else 3][source, target % 4 :: 4]
        assert weight == kernel[np.abs(kernel).argmax()]


def test_weights_behind_a_concatenation_belong_to_the_branch_that_they_read() -> None:
    x = Input((3,), name="in")
    one, two = layers.Dense(2, name="one")(x), layers.Dense(3, name="two")(x)
    model = Model(x, layers.Dense(1, name="out")(layers.Concatenate()([one, two])))
    model.layers[-1].set_weights([np.array([[1.0], [2.0], [-3.0], [4.0], [5.0]]), np.zeros(1)])
    view = network_view(model)
    assert names_joined(model)[2:] == [("one", "out", 2), ("two", "out", 3)]
    assert [edges.weights.tolist() for edges in view.edges[2:]] == [[2.0, 1.0], [5.0, 4.0, -3.0]]


def test_what_is_added_is_heard_with_the_same_weights() -> None:
    x = Input((2,), name="in")
    both = layers.Add()([layers.Dense(2, name="one")(x), x])
    model = Model(x, layers.Dense(1, name="out")(both))
    assert names_joined(model) == [("in", "one", 4), ("one", "out", 2), ("in", "out", 2)]


def test_attention_and_stacked_cells_are_columns_that_hide_what_goes_in() -> None:
    x = Input((5, 4), name="in")
    attended = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    stacked = layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)], name="stack")(attended)
    assert names_joined(Model(x, layers.Dense(4, name="out")(stacked))) == [("stack", "out", 16)]


def test_the_graph_is_told_in_tables_too() -> None:
    model = Sequential(
        [Input((2,), name="in"), layers.Dense(2, "tanh", name="hidden"), layers.Dense(1, name="out")], name="net"
    )
    model.set_weights([[[1, 5], [-9, 3]], [0, 0], [[2], [-1]], [0]])
    text = str(network_view(model))
    assert "hidden  2 units   tanh" in text
    assert "in[1] → hidden[0]" in text
    assert "hidden[0] → out[0]" in text


def test_branches_stand_above_one_another_in_the_picture() -> None:
    pytest.importorskip("matplotlib")
    from pellucid.plots import network_picture

    left, right = Input((4,), name="left in"), Input((3,), name="right in")
    both = layers.Concatenate()([layers.Dense(9, name="left")(left), layers.Dense(2, name="right")(right)])
    figure = network_picture(network_view(Model([left, right], layers.Dense(2, name="out")(both))))
    (axes,) = figure.axes
    where = {text.get_text(): text.get_position() for text in axes.texts}
    assert [where[name][0] for name in ("left in", "right in", "left", "right", "out")] == [0, 0, 1, 1, 2]
    assert where["left"][1] > where["right"][1]
    columns = [points.get_offsets() for points in axes.collections if points.get_offsets().size > 2]
    assert min(columns[2][:, 1]) > max(columns[3][:, 1])
