"""Saturation and learning speed, measured: on numbers small enough to check by hand, and on the textbook's deep net."""

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.inside.learning_speed import LearningSpeed, learning_speed, learning_speed_of
from pellucid.inside.saturation import grade, saturation, steepest
from pellucid.inside.watch import Watch
from pellucid.random import set_random_seed


def chain(weights: list[float], activation: str | None = None) -> Sequential:
    """Layers of one unit, one after another."""
    model = Sequential([layers.Input((1,))])
    for i, _ in enumerate(weights):
        model.add(layers.Dense(1, activation=activation, use_bias=False, name=f"l{i}"))
    model.compile(optimizer="sgd", loss="mse")
    model.set_weights([np.array([[weight]]) for weight in weights])
    return model


def test_gradients_and_updates_by_hand() -> None:
    found = learning_speed(chain([2.0, 0.5]), [[1.0]], [[0.0]])  # a = 1, dJ/da = 2
    np.testing.assert_allclose(found.gradient, [[2 * 0.5, 2 * 2]])
    np.testing.assert_allclose(found.update_ratio, [[0.01 * 1 / 2, 0.01 * 4 / 0.5]], rtol=1e-5)
    np.testing.assert_allclose(found.lost, [4])
    np.testing.assert_allclose(found.per_layer, [[4]])
    assert found.layers == ("l0", "l1")
    assert found.grade == ""


def test_the_factor_is_what_every_layer_loses() -> None:
    found = learning_speed(chain([1.0, 0.1, 0.1, 0.1]), [[1.0]], [[0.0]])
    np.testing.assert_allclose(found.lost, [10], rtol=1e-5)  # each gradient is the product of all other weights
    deep = LearningSpeed(("a", "b", "c"), np.array([0]), np.array([[0.01, 0.1, 1.0]]), np.ones((1, 3)))
    np.testing.assert_allclose(deep.factor, [10])
    assert deep.grade == "warning"


def test_nothing_changes_by_measuring() -> None:
    model = chain([2.0, 0.5])
    learning_speed(model, [[1.0]], [[0.0]])
    assert model.numbers.step == 0
    assert model.get_weights()[0] == 2.0


def test_a_deep_sigmoid_network_learns_slowly_at_the_front() -> None:
    set_random_seed(1)
    model = Sequential([layers.Input((20,))])
    for _ in range(4):
        model.add(layers.Dense(20, activation="sigmoid"))
    model.add(layers.Dense(5, activation="softmax"))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    found = learning_speed(model, rng.normal(size=(64, 20)), rng.integers(0, 5, size=64))
    assert found.lost[0] > 50
    assert 2 < found.factor[0] < 6  # a slope of at most 1/4 at every layer
    assert found.grade in ("warning", "severe")
    assert "last over first" in str(found)


def test_speed_over_a_training_is_read_from_its_recording() -> None:
    model, watch = chain([2.0, 0.5]), Watch([[1.0]], [[0.0]], every=1)
    model.fit(np.ones((3, 1)), np.zeros((3, 1)), batch_size=1, verbose=0, callbacks=[watch])
    assert watch.recording is not None
    found = learning_speed_of(watch.recording)
    assert found.gradient.shape == (4, 2)
    np.testing.assert_allclose(found.gradient[0], [1, 4])
    assert np.isnan(found.update_ratio[0]).all()
    np.testing.assert_allclose(found.update_ratio[1], [0.01 / (2 - 0.01), 0.04 / (0.5 - 0.04)], rtol=1e-5)
    assert np.isfinite(found.update_ratio[1:]).all()


def test_a_recording_without_targets_has_no_speed() -> None:
    model, watch = chain([2.0]), Watch([[1.0]], every=1)
    model.fit(np.ones((1, 1)), np.zeros((1, 1)), verbose=0, callbacks=[watch])
    assert watch.recording is not None
    with pytest.raises(ValueError, match="Give the probe batch targets"):
        learning_speed_of(watch.recording)


def test_saturated_and_dead_units_are_told_apart() -> None:
    model = Sequential([layers.Dense(3, activation="sigmoid", name="s", input_shape=(1,))])
    model.add(layers.Dense(3, activation="relu", name="r"))
    model.set_weights(
        [np.array([[1.0, 100.0, 0.0]]), np.zeros(3), np.eye(3), np.array([0.0, -2.0, -0.5])]
    )  # fmt: skip
    found = {one.layer: one for one in saturation(model, [[-1.0], [1.0]]).layers}
    np.testing.assert_array_equal(found["s"].saturated, [False, True, False])
    assert not found["s"].dead[0]
    np.testing.assert_array_equal(found["r"].dead, [False, True, True])
    assert found["r"].grade == "warning"
    assert found["s"].flat == pytest.approx(1 / 3)


def test_only_elementwise_activations_are_looked_at() -> None:
    model = Sequential([layers.Dense(3, input_shape=(2,)), layers.Dense(2, activation="softmax")])
    assert saturation(model, np.ones((2, 2))).layers == ()


@pytest.mark.parametrize(("share", "name"), [(0.0, ""), (0.1, "notice"), (0.4, "warning"), (0.9, "severe")])
def test_grades(share: float, name: str) -> None:
    assert grade(share) == name


def test_steepest_slopes() -> None:
    assert steepest("tanh") == 1.0
    assert steepest("sigmoid") == 0.25
