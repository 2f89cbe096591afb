"""trace keeps every number of a pass, forward and backward, and they are the numbers that training uses."""

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.inside.trace import trace

X = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
LABELS = np.array([0, 1, 2, 1, 0])


def classifier(**compile_settings: object) -> Sequential:
    model = Sequential(
        [
            layers.Dense(4, activation="tanh", name="hidden", input_shape=(3,)),
            layers.BatchNormalization(name="norm"),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", **compile_settings)
    return model


def test_a_unit_by_hand() -> None:
    model = Sequential([layers.Dense(1, activation="sigmoid", name="unit", input_shape=(2,))])
    model.compile(optimizer="sgd", loss="mean_squared_error")
    model.set_weights([np.array([[1.0], [-2.0]]), np.array([0.5])])
    seen = trace(model, [[2.0, 1.0]], [[1.0]], dtype="float64")["unit"]
    a = 1 / (1 + np.exp(-0.5))  # z = 2·1 + 1·(-2) + 0.5
    dz = 2 * (a - 1) * a * (1 - a)
    assert seen.z == 0.5
    np.testing.assert_allclose(seen.a, [[a]], rtol=1e-15)
    np.testing.assert_allclose(seen.slope, [[a * (1 - a)]], rtol=1e-15)
    np.testing.assert_allclose(seen.da, [[2 * (a - 1)]], rtol=1e-15)
    np.testing.assert_allclose(seen.dz, [[dz]], rtol=1e-15)
    np.testing.assert_allclose(seen.grads["kernel"], [[2 * dz], [dz]], rtol=1e-15)
    np.testing.assert_allclose(seen.grads["bias"], [dz], rtol=1e-15)
    np.testing.assert_allclose(seen.dx[0], [[dz, -2 * dz]], rtol=1e-15)


def test_the_outputs_and_the_loss_are_those_of_predict_and_evaluate() -> None:
    model = classifier(engine="numpy")
    seen = trace(model, X, LABELS)
    np.testing.assert_array_equal(seen["out"].a, model.predict(X, verbose=0))
    assert seen.loss == pytest.approx(model.evaluate(X, LABELS, verbose=0), rel=1e-6)
    np.testing.assert_allclose(seen.losses["out"].mean(), seen.loss, rtol=1e-6)


def test_the_gradients_are_those_of_the_training_step() -> None:
    model = classifier(engine="numpy")
    before = model.get_weights()
    seen = trace(model, X, LABELS, training=True)
    model.train_on_batch(X, LABELS)
    moved = dict(zip([w.path for w in model.weights], zip(before, model.get_weights(), strict=True), strict=True))
    for layer in ("hidden", "norm", "out"):
        for param, grad in seen[layer].grads.items():
            old, new = moved[f"{layer}/{param}"]
            np.testing.assert_array_equal(new, old - np.float32(0.01) * grad)


def test_the_chain_rule_through_softmax_agrees_with_the_fused_rule() -> None:
    seen = trace(classifier(), X, LABELS, dtype="float64")
    a, da, dz = seen["out"].a, seen["out"].da, seen["out"].dz
    np.testing.assert_allclose(a * (da - (a * da).sum(axis=-1, keepdims=True)), dz, atol=1e-15)
    assert list(seen.gaps) == ["out/softmax"]
    assert seen.gaps["out/softmax"] < 1e-15


def test_the_gap_shows_where_the_two_ways_part() -> None:
    model = classifier()
    model.get_layer("out").set_weights([np.full((4, 3), 0.0), np.array([0.0, 40.0, 0.0])])  # classes 0, 2 hopeless
    assert trace(model, X, LABELS).gaps["out/softmax"] > 0.01


def test_tracing_changes_nothing() -> None:
    model = classifier()
    numbers = model.numbers
    kept = [array.copy() for array in model.get_weights()]
    trace(model, X, LABELS, training=True)
    assert model.numbers.step == numbers.step
    for old, new in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_layers_that_merge_and_branch_are_seen_too() -> None:
    x = Input((3,), name="x")
    left = layers.Dense(4, activation="relu", name="left")(x)
    right = layers.Dense(4, name="right")(x)
    both = layers.Add(name="both")([left, right])
    model = Model(x, layers.Dense(1, name="out")(both))
    model.compile(optimizer="sgd", loss="mse")
    seen = trace(model, X, np.ones((5, 1)))
    assert seen.layers == ("left", "right", "both", "out")
    np.testing.assert_array_equal(seen["both"].z, seen["left"].a + seen["right"].a)
    np.testing.assert_array_equal(seen["left"].da, seen["both"].dz)
    np.testing.assert_allclose(
        seen.dvalues["x"],
        seen["left"].dz @ seen["left"].params["kernel"].T + seen["right"].dz @ seen["right"].params["kernel"].T,
        rtol=1e-5,
        atol=1e-7,
    )


def test_a_regularizer_is_in_the_loss_and_in_the_gradient() -> None:
    model = Sequential([layers.Dense(1, use_bias=False, name="out", kernel_regularizer="l2", input_shape=(1,))])
    model.compile(optimizer="sgd", loss="mse")
    model.set_weights([np.array([[3.0]])])
    seen = trace(model, [[0.0]], [[0.0]])
    assert seen.loss == pytest.approx(0.01 * 9)
    np.testing.assert_allclose(seen["out"].grads["kernel"], [[0.01 * 6]])


def test_an_activation_layer_belongs_to_the_layer_before_it() -> None:
    model = Sequential([layers.Dense(2, name="sums", input_shape=(3,)), layers.Activation("relu", name="act")])
    seen = trace(model, X)
    assert seen.layers == ("sums",)
    np.testing.assert_array_equal(seen["sums"].a, np.maximum(seen["sums"].z, 0))
    assert seen["sums"].da is None
    assert seen.loss is None


def test_a_layer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no layer is called 'hiden'.*hidden, norm, out"):
        trace(classifier(), X)["hiden"]


def test_targets_need_a_compiled_model() -> None:
    model = Sequential([layers.Dense(1, input_shape=(3,))])
    with pytest.raises(ValueError, match="compile"):
        trace(model, X, np.ones((5, 1)))


def test_the_text_has_a_row_for_each_layer() -> None:
    text = str(trace(classifier(), X, LABELS))
    assert all(name in text for name in ("hidden", "norm", "out", "loss ="))
