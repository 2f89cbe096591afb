"""The gear moves training by operation, layer, sample, batch and epoch, both ways; it ends up where fit does."""

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.inside import past
from pellucid.inside.stepper import Stepper
from pellucid.inside.timeline import GEARS
from pellucid.layers.layer import names
from pellucid.random import set_random_seed
from pellucid.tree import leaves

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).astype("float32")
LABELS = RNG.integers(0, 3, size=10)


def network(optimizer: str = "adam") -> Sequential:
    names.restart()
    set_random_seed(7)
    model = Sequential(
        [
            layers.Dense(4, activation="tanh", input_shape=(3,)),
            layers.BatchNormalization(),
            layers.Dropout(0.25),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(epochs: int, **settings: object) -> Sequential:
    model = network()
    model.fit(X, LABELS, batch_size=4, epochs=epochs, verbose=0, **settings)
    return model


def gear(**settings: object) -> Stepper:
    return Stepper(network(), X, LABELS, batch_size=4, **settings)


def assert_same_bits(one: Sequential, other: Sequential) -> None:
    assert one.numbers.step == other.numbers.step
    assert one.optimizer.iterations == other.optimizer.iterations
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for owner, slots in one.numbers.moments["slots"].items():
        for param, memory in slots.items():
            for name, value in memory.items():
                np.testing.assert_array_equal(value, other.numbers.moments["slots"][owner][param][name])


@pytest.mark.parametrize("by", GEARS)
def test_every_gear_leaves_the_model_as_fit_would(by: str) -> None:
    stepper = gear()
    while not (stepper.here.epoch == 1 and stepper.here.kind == "epoch"):
        stepper.step(by)
    assert_same_bits(stepper.model, fitted(2))


@pytest.mark.parametrize("by", ["operation", "sample", "batch", "epoch"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_network_that_an_engine_may_compile_ends_up_the_same_too(by: str, optimizer: str) -> None:
    def dense() -> Sequential:
        names.restart()
        set_random_seed(3)
        model = Sequential(
            [layers.Dense(6, activation="relu", input_shape=(3,)), layers.Dense(3, activation="softmax")]
        )
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
        return model

    stepper, model = Stepper(dense(), X, LABELS, batch_size=4), dense()
    while not (stepper.here.epoch == 1 and stepper.here.kind == "epoch"):
        stepper.step(by)
    model.fit(X, LABELS, batch_size=4, epochs=2, verbose=0)
    assert_same_bits(stepper.model, model)


@pytest.mark.parametrize("settings", [{"shuffle": False}, {"sample_weight": np.linspace(0.1, 2, 10)}])
def test_the_settings_of_fit_are_those_of_the_stepper(settings: dict[str, object]) -> None:
    stepper = gear(**settings)
    stepper.step("epoch")
    assert_same_bits(stepper.model, fitted(1, **settings))


def test_the_log_of_an_epoch_is_that_of_fit() -> None:
    stepper, model = gear(), network()
    history = model.fit(X, LABELS, batch_size=4, epochs=2, verbose=0).history
    for epoch in range(2):
        stop = stepper.step("epoch")
        assert {name: float(value) for name, value in stop.numbers.items()} == {
            name: values[epoch] for name, values in history.items()
        }


def test_fit_goes_on_where_the_stepper_stopped() -> None:
    stepper = gear()
    stepper.step("epoch")
    stepper.model.fit(X, LABELS, batch_size=4, verbose=0)
    model = fitted(1)
    model.fit(X, LABELS, batch_size=4, verbose=0)
    assert_same_bits(stepper.model, model)


def test_back_in_time_and_forward_again_is_the_same_way() -> None:
    stepper = gear()
    stops = [stepper.step("batch") for _ in range(7)]
    weights = stepper.model.get_weights()
    for stop in reversed(stops[:-1]):
        assert stepper.back("batch").what == stop.what
    assert stepper.back("batch").kind == "start"
    assert stepper.back("batch").kind == "start"
    for stop in stops:
        assert stepper.step("batch").what == stop.what
    for a, b in zip(weights, stepper.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("by", GEARS)
def test_back_undoes_step_at_every_gear(by: str) -> None:
    stepper = gear()
    stops = [stepper.here] + [stepper.step(by) for _ in range(5)]
    for before in reversed(stops[:-1]):
        stop = stepper.back(by)
        assert (stop.epoch, stop.batch, stop.done, stop.what, stop.formula) == (
            before.epoch, before.batch, before.done, before.what, before.formula,
        )  # fmt: skip


def test_back_by_epoch_stops_at_ends_of_epochs() -> None:
    stepper = gear()
    for _ in range(2):
        stepper.step("epoch")
    stepper.step("batch")
    assert (stepper.back("epoch").epoch, stepper.here.kind) == (1, "epoch")
    assert (stepper.back("epoch").epoch, stepper.here.kind) == (0, "epoch")
    assert stepper.back("epoch").kind == "start"


def test_a_long_past_is_thinned_and_still_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST", 3)
    monkeypatch.setattr(past, "LEAST", 3)
    stepper = gear()
    weights = [stepper.model.get_weights()]
    for _ in range(12):
        stepper.step("batch")
        weights.append(stepper.model.get_weights())
    assert len(stepper._past._kept) <= 5
    for expected in reversed(weights[:-1]):
        stepper.back("batch")
        for a, b in zip(expected, stepper.model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_past_of_a_large_network_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(array.nbytes for _, array in leaves(gear()._past.nearest(0)[1]._asdict()) if hasattr(array, "nbytes"))
    monkeypatch.setattr(past, "LIMIT", 9 * size)
    stepper = gear()
    weights = [stepper.model.get_weights()]
    for _ in range(30):
        stepper.step("batch")
        weights.append(stepper.model.get_weights())
    assert len(stepper._past._kept) <= 10
    for expected in reversed(weights[:-1]):
        stepper.back("batch")
        for a, b in zip(expected, stepper.model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["dense", "conv", "lstm", "gru"])
def test_the_formulas_of_the_way_back_and_of_the_update_tell_what_happens(kind: str) -> None:
    names.restart()
    inside = {
        "dense": [layers.Flatten(), layers.Dense(5, "tanh", name="it")],
        "conv": [layers.Conv1D(5, 2, activation="tanh", name="it"), layers.Flatten()],
        "lstm": [layers.LSTM(5, name="it")],
        "gru": [layers.GRU(5, name="it")],
    }[kind]
    model = Sequential([Input((4, 3)), *inside, layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    stepper = Stepper(model, RNG.normal(size=(2, 4, 3)), np.array([0, 1]), batch_size=2)
    kernel = model.get_layer("it").get_weights()[0]
    backward, update = "", ""
    while (stop := stepper.step("operation")).kind != "epoch":
        assert stop.formula
        if stop.layer == "it" and stop.kind == "backward" and "this sample" in str(stop) and stop.sample == 0:
            backward, part = stop.formula, stop.numbers["∂J/∂W, this sample's part"]
        if stop.layer == "it" and stop.kind == "update" and not update:
            update, grad = stop.formula, stop.numbers["∂J/∂W"]
    at = np.unravel_index(np.argmax(np.abs(part)), part.shape)
    assert backward.startswith(f"∂J/∂W[{', '.join(map(str, at))}] = ")
    assert float(backward.rpartition(" = ")[2]) == pytest.approx(part[at], rel=1e-3)
    words = {"dense": "x[", "conv": "Σ x·∂J/∂z over 3 places", "lstm": "Σ over 4 steps", "gru": "Σ over 4 steps"}[kind]
    assert words in backward
    at = np.unravel_index(np.argmax(np.abs(grad)), grad.shape)
    assert update.startswith(f"W[{', '.join(map(str, at))}] = ")
    new = model.get_layer("it").get_weights()[0]
    assert float(update.rpartition(" = ")[2]) == pytest.approx(new[at], rel=1e-3)
    np.testing.assert_allclose(new[at], kernel[at] - 0.01 * grad[at], rtol=1e-5)


def test_the_model_moves_only_when_its_batch_is_complete() -> None:
    stepper = gear()
    before = stepper.model.get_weights()
    while stepper.step("operation").kind not in ("batch", "epoch"):
        for a, b in zip(before, stepper.model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(before, stepper.model.get_weights(), strict=True))


def test_the_operations_of_a_sample_in_order() -> None:
    names.restart()
    model = Sequential([layers.Dense(2, activation="relu", input_shape=(1,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    stepper = Stepper(model, np.ones((2, 1)), np.ones((2, 1)), batch_size=2)
    sample = [("forward", "dense"), ("forward", "dense"), ("forward", "dense_1"), ("loss", "")]
    sample += [("backward", "dense_1"), ("backward", "dense"), ("backward", "dense")]
    update = [("update", "dense")] * 2 + [("update", "dense_1")] * 2 + [("epoch", "")]
    stops = [stepper.step("operation") for _ in range(19)]
    assert [(stop.kind, stop.layer) for stop in stops] == sample + sample + update
    assert [stop.sample for stop in stops] == [0] * 7 + [1] * 7 + [None] * 5
    stepper.back("batch")
    by_layer = [(stepper.step("layer").kind, stepper.here.layer) for _ in range(5)]
    assert by_layer == [
        ("forward", "dense"), ("forward", "dense_1"), ("loss", ""), ("backward", "dense_1"), ("backward", "dense"),
    ]  # fmt: skip
    assert [stepper.step("sample").sample for _ in range(2)] == [1, None]


def test_the_parts_of_the_samples_add_up_to_the_gradient() -> None:
    stepper = gear()
    parts: dict[str, np.ndarray] = {}
    while (stop := stepper.step("operation")).kind != "batch":
        for name, value in stop.numbers.items():
            if "part" in name:
                key = f"{stop.layer} {name.split(',')[0]}"
                parts[key] = parts.get(key, 0) + value
        if stop.kind == "update":
            gradient = next(value for name, value in stop.numbers.items() if name.startswith("∂J"))
            name = next(name for name in stop.numbers if name.startswith("∂J"))
            np.testing.assert_allclose(parts[f"{stop.layer} {name}"], gradient, rtol=1e-4, atol=1e-6)
    assert len(parts) == 6


def test_a_weight_changed_by_hand_is_learned_on_with_until_one_goes_back() -> None:
    stepper = gear()
    stepper.step("batch")
    before = stepper.model.get_weights()
    stepper.step("sample")
    stepper.model.layers[0].set_weights([np.zeros((3, 4)), np.zeros(4)])
    stepper.step("batch")
    changed = stepper.model.get_weights()
    assert np.abs(changed[0]).max() < 0.01  # one step of adam away from zero
    stepper.step("batch")
    stepper.back("batch")
    for a, b in zip(changed, stepper.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    stepper.back("batch")
    for a, b in zip(before[1:], stepper.model.get_weights()[1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_rate_changed_by_hand_counts_from_the_batch_it_is_set_in() -> None:
    stepper = Stepper(network("sgd"), X, LABELS, batch_size=4)
    before = stepper.model.get_weights()[0]
    small = stepper.step("batch") and stepper.model.get_weights()[0] - before
    stepper.back("batch")
    stepper.model.optimizer.learning_rate = 0.1
    stepper.step("batch")
    np.testing.assert_allclose(stepper.model.get_weights()[0] - before, 10 * small, rtol=1e-4, atol=1e-6)
    after = stepper.model.get_weights()[0]
    stepper.step("epoch")
    stepper.model.optimizer.learning_rate = 0.5
    while stepper.back("batch").batch != 0:
        pass
    np.testing.assert_array_equal(stepper.model.get_weights()[0], after)


def test_the_average_is_left_at_the_end_where_the_optimizer_keeps_one() -> None:
    def model() -> Sequential:
        made = network()
        made.optimizer.use_ema = True
        return made

    stepper, other = Stepper(model(), X, LABELS, batch_size=4), None
    stepper.step("epoch")
    stepper.finish()
    other = model()
    other.fit(X, LABELS, batch_size=4, verbose=0)
    for a, b in zip(stepper.model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_loss_that_is_not_finite_ends_it_and_the_model_keeps_its_numbers() -> None:
    model = Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile(optimizer="sgd", loss="mse")
    stepper = Stepper(model, np.array([[3e30]]), np.array([[0.0]]))
    before = model.get_weights()
    with np.errstate(over="ignore"):
        assert "not all numbers are finite" in stepper.step("epoch").what
        assert stepper.step("epoch").batch == 0
    assert stepper.over
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert stepper.back("batch").kind == "start"


def test_a_model_with_two_outputs_and_a_merge_can_be_stepped() -> None:
    names.restart()
    x = Input((2,), name="x")
    left, right = layers.Dense(2, activation="relu", name="l")(x), layers.Dense(2, name="r")(x)
    both = layers.Add(name="both")([left, right])
    model = Model(x, [layers.Dense(1, name="a")(both), layers.Dense(1, name="b")(both)])
    model.compile(optimizer="sgd", loss="mse")
    data = np.ones((3, 2), "float32")
    stepper = Stepper(model, data, [data[:, :1], data[:, :1]], batch_size=2)
    stops = [stepper.step("operation") for _ in range(40)]
    assert "mean_squared_error" in next(stop for stop in stops if stop.kind == "loss").formula
    both = next(stop for stop in stops if stop.layer == "both")
    assert both.formula.startswith("both[0] = ")


def test_every_stop_can_be_read_as_text() -> None:
    stepper = gear()
    for _ in range(60):
        text = str(stepper.step("operation"))
        assert text
    assert "forward" in str(stepper.step("operation")) or text


def test_a_model_without_a_shape_is_built_from_the_data() -> None:
    model = Sequential([layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    assert Stepper(model, np.ones((2, 3)), np.ones((2, 1))).step("epoch").kind == "epoch"


def test_a_generator_is_refused() -> None:
    model = network()
    with pytest.raises(ValueError, match="cannot go back in time"):
        Stepper(model, ((X, LABELS) for _ in range(3)))


def test_an_unknown_gear_is_refused() -> None:
    with pytest.raises(ValueError, match="gear must be one of"):
        gear().step("week")


def test_at_a_prompt_it_tells_where_it_stands() -> None:
    model = Sequential([layers.Dense(1, name="sum", kernel_initializer="ones", input_shape=(1,))])
    model.compile("sgd", "mse")
    gear = Stepper(model, np.array([[3.0]]), np.array([[1.0]]))
    assert "Nothing has happened yet" in repr(gear)
    stop = gear.step("operation")
    assert stop.formula in repr(gear)
    assert "<table" in gear._repr_html_()
