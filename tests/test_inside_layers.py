"""Every kind of layer can be looked into: recurrent ones, embeddings with masks, convolution and pooling."""

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.inside.chain_rule import chain_rule
from pellucid.inside.explain import explain
from pellucid.inside.stepper import Stepper
from pellucid.inside.trace import trace
from pellucid.inside.watch import Watch
from pellucid.layers.embedding import Embedding
from pellucid.layers.gru import GRU
from pellucid.layers.lstm import LSTM
from pellucid.layers.simple_rnn import SimpleRNN

RNG = np.random.default_rng(0)
TOP_EDGE = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])


def fitted_to(model: Sequential) -> Sequential:
    model.compile(optimizer="sgd", loss="mse")
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(-1, 1, size=array.shape) for array in model.get_weights()])
    return model


def assert_taken_apart(model: Sequential, x: np.ndarray, y: np.ndarray, **which: object) -> None:
    """The gradient is the central difference, and its terms add up to it."""
    found = chain_rule(model, x, y, **which)
    assert found.gradient == pytest.approx(found.difference, rel=1e-5, abs=1e-9)
    assert sum(term.value for term in found.terms) + found.others == pytest.approx(found.gradient, rel=1e-8, abs=1e-13)
    own = chain_rule(model, x[:1], y[:1], **which)
    if own.paths:
        paths = sum(path.value for path in own.paths) + own.other_paths
        assert paths == pytest.approx(own.gradient, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("kind", [SimpleRNN, GRU, LSTM])
def test_a_weight_of_a_recurrent_layer_is_taken_apart(kind: type[layers.Layer]) -> None:
    model = Sequential([layers.Input((4, 3)), kind(2, name="r"), layers.Dense(1)])
    x, y = RNG.normal(size=(3, 4, 3)), RNG.normal(size=(3, 1))
    fitted_to(model)
    assert_taken_apart(model, x, y, layer="r", weight=(1, 1))
    assert_taken_apart(model, x, y, layer="r", weight=(1, 1), param="recurrent_kernel")


def test_terms_too_small_to_see_add_up_all_the_same() -> None:
    model = Sequential([layers.Input((5, 2)), LSTM(3, return_sequences=True), LSTM(3, name="r"), layers.Dense(2)])
    x, y = RNG.normal(size=(3, 5, 2)), RNG.normal(size=(3, 2))
    model.compile(optimizer="sgd", loss="mse")
    model.set_weights([0.05 * RNG.normal(size=array.shape) for array in model.get_weights()])
    assert_taken_apart(model, x, y, layer="r", weight=(1, 2), param="recurrent_kernel")


@pytest.mark.parametrize(
    ("param", "weight"), [("gamma", 1), ("beta", 0), ("kernel", (0, 1, 1, 2))], ids=["gamma", "beta", "kernel"]
)
def test_a_weight_of_a_convolution_and_of_what_normalizes_it_is_taken_apart(param: str, weight: object) -> None:
    model = Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation="tanh", name="kernel"),
            layers.BatchNormalization(name="batch"),
            layers.LayerNormalization(name="gamma"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    x, y = RNG.normal(size=(3, 6, 6, 2)), RNG.normal(size=(3, 2))
    fitted_to(model)
    model.get_layer("batch").set_weights([*RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.uniform(0.5, 2, size=3)])
    for layer in ["kernel"] if param == "kernel" else ["batch", "gamma"]:
        assert_taken_apart(model, x, y, layer=layer, weight=weight, param=param)


def test_who_asks_for_a_recurrent_unit_is_asked_at_which_time_step() -> None:
    model = Sequential([layers.Input((4, 3)), LSTM(2, name="r")])
    with pytest.raises(ValueError, match=r"not one weighted sum.*Give time="):
        explain(model, RNG.normal(size=(1, 4, 3)), layer="r", unit=0)


def test_what_is_masked_does_not_count() -> None:
    model = Sequential([Embedding(5, 3, mask_zero=True, name="e", input_length=4), LSTM(2, name="r"), layers.Dense(1)])
    words, y = np.array([[1, 2, 0, 0], [3, 4, 1, 2]]), np.ones((2, 1))
    fitted_to(model)
    seen = trace(model, words, y)
    assert seen.masks["e"].tolist() == [[True, True, False, False], [True, True, True, True]]
    assert seen.loss == pytest.approx(model.evaluate(words, y, verbose=0), rel=1e-6)
    np.testing.assert_array_equal(seen["e"].da[0, 2:], 0)
    found = chain_rule(model, words, y, layer="r", weight=(1, 1))
    assert found.gradient == pytest.approx(found.difference, rel=1e-5)


def test_a_pixel_of_a_feature_map_is_patch_times_kernel() -> None:
    model = Sequential([layers.Conv2D(1, 3, name="edge", input_shape=(4, 4, 1))])
    model.set_weights([TOP_EDGE[:, :, None, None], np.array([0.5])])
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    pixel = explain(model, image, layer="edge", unit=(1, 0, 0))
    assert [product.x for product in pixel.products] == [4, 5, 6, 8, 9, 10, 12, 13, 14]
    assert [product.weight for product in pixel.products] == TOP_EDGE.ravel().tolist()
    assert pixel.z == (4 + 5 + 6) - (12 + 13 + 14) + 0.5


def test_padding_leaves_the_patch_at_the_border_smaller() -> None:
    model = Sequential([layers.Conv2D(2, 3, padding="same", name="c", input_shape=(4, 4, 1))])
    pixel = explain(model, RNG.normal(size=(1, 4, 4, 1)), layer="c", unit=(0, 0, 1))
    assert [product.place for product in pixel.products] == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]


def test_a_weight_of_a_convolution_is_taken_apart() -> None:
    model = Sequential(
        [
            layers.Conv2D(2, 2, activation="tanh", name="c", input_shape=(4, 4, 1)),
            layers.AveragePooling2D(),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    x, y = RNG.normal(size=(2, 4, 4, 1)), RNG.normal(size=(2, 1))
    assert_taken_apart(fitted_to(model), x, y, layer="c", weight=(1, 0, 0, 1))


def test_a_pooled_value_comes_from_the_largest_of_its_window() -> None:
    model = Sequential([layers.MaxPooling2D(name="p", input_shape=(2, 2, 1))])
    unit = explain(model, [[[[1.0], [4.0]], [[3.0], [2.0]]]], layer="p", unit=(0, 0, 0))
    assert [(product.place, product.x, product.weight) for product in unit.products] == [((0, 1, 0), 4.0, 1.0)]


@pytest.mark.parametrize("kind", ["LSTM", "Conv1D"])
def test_stepping_and_watching_work_with_layers_over_time(kind: str) -> None:
    layer = LSTM(2) if kind == "LSTM" else layers.Conv1D(2, 2, activation="relu")
    model = Sequential([layers.Input((4, 3)), layer, layers.Flatten(), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    x, y = RNG.normal(size=(4, 4, 3)), RNG.normal(size=(4, 1))
    stepper = Stepper(model, x, y, batch_size=2)
    while stepper.step("operation").kind != "epoch":
        assert str(stepper.here)
    watch = Watch(every=1)
    model.fit(x, y, batch_size=2, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    assert len(watch.recording.frames) == 3
