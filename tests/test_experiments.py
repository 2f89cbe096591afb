"""The course's experiments: the exact numbers of the course, and that each does what its row promises."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import experiments, layers
from pellucid.applications import VGG16
from pellucid.errors import DataError, FormatError
from pellucid.experiments import EXPERIMENTS, Outcome
from pellucid.experiments.matrices import network
from pellucid.experiments.seeing import load_seeing
from pellucid.experiments.shallow_net import COURSE, OVER_SEEDS
from pellucid.inside.costs import ENTROPY, QUADRATIC, unlearn
from pellucid.inside.initialization import different_columns, signals, try_starts
from pellucid.inside.training_process import gears_of, stops_of, train_until
from pellucid.inside.transfer import transfer
from pellucid.layers import Dense
from pellucid.optimizers import SGD
from pellucid.random import key, keys_from
from pellucid.sequential import Sequential

_done: dict[str, Outcome] = {}


def outcome(name: str) -> Outcome:
    """What an experiment gives in its quick form; each is run once."""
    if name not in _done:
        one = EXPERIMENTS[name]
        _done[name] = one.function(**({"quick": True} if "quick" in one.options else {}))
    return _done[name]


def test_every_row_of_the_course_has_its_experiment() -> None:
    assert [one.row for one in EXPERIMENTS.values()] == list(range(1, 24))
    assert all(len(one.line) <= 62 and one.line.endswith(".") for one in EXPERIMENTS.values())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_tells_its_numbers(name: str) -> None:
    found = outcome(name)
    assert found.name == name
    assert found.blocks()
    assert "nan" not in str(found).lower().split()
    assert found.numbers
    assert found.pictures


OWN = ("neuron", "perceptron", "initialization", "training", "costs", "approximation", "backprop", "transfer")


@pytest.mark.parametrize("name", OWN)
def test_a_picture_is_drawn(name: str) -> None:
    figure = outcome(name).draw()
    figure.savefig(io.BytesIO(), format="png", dpi=20)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_picture_is_drawn(name: str) -> None:
    found = outcome(name)
    for picture in found.pictures:
        figure = found.draw(picture)
        figure.savefig(io.BytesIO(), format="png", dpi=30)


def test_a_picture_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match=r"neuron: there is no picture 'x'\. There are: network"):
        outcome("neuron").draw("x")


def test_the_worked_neuron_to_the_last_digit() -> None:
    assert outcome("neuron").numbers["output"] == 1.2382242525694254


def test_the_hot_dog_and_the_gates() -> None:
    numbers = outcome("perceptron").numbers
    assert numbers["hot dog"] == [1, 0, 1]
    assert numbers["gates"] == {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "nor": [1, 0, 0, 0]}
    assert numbers["and"]["converged"]
    assert not numbers["xor"]["separable"]


def test_own_points_are_learned() -> None:
    points = np.array([[0.0, 0, 0], [0, 1, 0], [3, 0, 1], [3, 1, 1]])
    assert experiments.perceptron(points=points).numbers["points"]["converged"]
    with pytest.raises(ValueError, match=r"rows of two inputs and a class, got \(4, 2\)"):
        experiments.perceptron(points=points[:, :2])


def test_equal_weights_never_part_and_zeros_kill_relu() -> None:
    numbers = outcome("initialization").numbers
    different = {name: numbers["different"][name] for name in ("zeros", "all 0.1", "Glorot")}
    assert different == {"zeros": 1, "all 0.1": 1, "Glorot": 8}
    assert numbers["different"]["all 0.1, random biases"] > 1  # biases alone part the units
    assert numbers["dead"]["zeros"] == 8
    assert numbers["first gradient of zeros"] == 0


def test_he_keeps_the_signal_of_relu_and_small_weights_lose_it() -> None:
    deep = outcome("initialization").numbers["deep"]
    assert 0.2 < deep["He"][1] / deep["He"][0] < 5
    assert deep["normal, 0.01"][1] / deep["normal, 0.01"][0] < 1e-8


def test_columns_that_differ_are_counted() -> None:
    kernel = np.array([[1.0, 1, 2, 2, 3], [0.0, 0, 0, 0, 1]])
    assert different_columns(kernel) == 3
    assert different_columns(np.zeros((3, 4))) == 1


def test_starts_and_signals_are_the_same_for_the_same_seed() -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(30, 4)).astype(np.float32), draw.integers(0, 3, 30)
    one, two = (try_starts(x, y, {"he": "he_normal"}, units=5, epochs=2, seed=3).runs[0] for _ in range(2))
    np.testing.assert_array_equal(one.kernel, two.kernel)
    np.testing.assert_array_equal(one.loss, two.loss)
    deep = signals(x, y, {"zeros": "zeros"}, depth=2, width=4, activation="tanh", epochs=1).runs[0]
    assert deep.activation.tolist() == [0, 0]


def test_a_neuron_learns_the_line_of_least_squares() -> None:
    found = experiments.training(seed=1)
    assert found.numbers["converged"]
    np.testing.assert_allclose(
        [found.numbers["weight"], found.numbers["bias"]], found.numbers["least squares"], atol=5e-3
    )


def one_neuron() -> tuple[Sequential, Any, Any]:
    model = Sequential([Dense(1, name="neuron", input_shape=(1,), kernel_initializer="zeros")])
    model.compile(SGD(0.05), "mean_squared_error")
    x = np.linspace(-1, 1, 6)[:, None]
    return model, x, 3 * x - 1


def test_the_gear_counts_and_leaves_the_model_as_it_was() -> None:
    model, x, y = one_neuron()
    before = model.get_weights()
    counts = gears_of(model, x, y, batch_size=2)
    assert counts["epoch"] == 1
    assert counts["batch"] == 3
    assert counts["sample"] >= 6
    assert counts["operation"] > counts["sample"]
    stops = stops_of(model, x, y, batch_size=2, count=3)
    assert [stop.kind for stop in stops] == ["forward", "loss", "backward"]
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_training_until_it_converges_is_training() -> None:
    model, x, y = one_neuron()
    found = train_until(model, x, y, batch_size=2, epochs=5)
    assert found.epochs == 5
    assert not found.converged
    other, _, _ = one_neuron()
    other.fit(x, y, batch_size=2, epochs=5, shuffle=False, verbose=0)
    np.testing.assert_array_equal(found.weights[-1], np.concatenate([np.ravel(w) for w in other.get_weights()]))


def test_the_quadratic_cost_pushes_by_its_formula() -> None:
    a = 1 / (1 + np.exp(-4.0))
    slow, fast = unlearn([(2.0, 2.0)], steps=2).runs
    assert (slow.cost, fast.cost) == (QUADRATIC, ENTROPY)
    assert slow.push[0] == pytest.approx(2 * a * a * (1 - a), rel=1e-5)
    assert fast.push[0] == pytest.approx(a, rel=1e-5)


def test_the_plane_of_the_path_holds_most_of_it() -> None:
    assert outcome("surface").numbers["explained"] > 0.9


def test_descent_shows_what_it_says() -> None:
    numbers = outcome("descent").numbers
    assert numbers["rates"]["rate 1.02"] > numbers["rates"]["rate 0.03"] > numbers["rates"]["rate 0.3"]
    assert numbers["batches"]["batch of 1"] > 2 * numbers["batches"]["batch of 256"]
    assert numbers["ends"]["SGD"] == pytest.approx(0.95, abs=0.02)
    assert numbers["ends"]["momentum"] == pytest.approx(-1.05, abs=0.02)


def test_six_neurons_and_falling_errors() -> None:
    numbers = outcome("approximation").numbers
    expected = {"-2": -3.4, "-1": 0.0, "0": -1.0, "0.5": -1.2, "1": -0.3, "1.5": 3.2}
    for x, z in expected.items():
        assert numbers["Z"][x] == pytest.approx(z, abs=1e-12)
    for errors in numbers["errors"].values():
        assert list(errors.values()) == sorted(errors.values(), reverse=True)


def test_wide_networks_learn_by_heart() -> None:
    by_width = outcome("capacity").numbers["by width"]
    narrow, wide = by_width[1], by_width[64]
    assert wide[0] < narrow[0]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_the_shallow_net_has_the_parameters_of_the_summary() -> None:
    numbers = outcome("shallow").numbers
    assert numbers["parameters"] == [50_240, 650]
    assert numbers["history"]["loss"] == sorted(numbers["history"]["loss"], reverse=True)


def test_the_classifier_has_40480_parameters_and_reads() -> None:
    numbers = outcome("classifier").numbers
    assert numbers["parameters"] == 40_480
    assert numbers["accuracy"] > 0.85


def test_a_journey_ends_in_an_answer() -> None:
    numbers = outcome("journey").numbers
    assert sum(numbers["shares"]) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="there are 360 test images"):
        experiments.journey(digit=360, quick=True)


def test_sigmoids_lose_the_gradient_and_relu_does_not() -> None:
    lost = outcome("saturation").numbers["lost"]
    assert lost["sigmoid, Glorot"] > 50 > 5 > lost["relu, He"]
    assert outcome("saturation").numbers["flat"]["sigmoid, weights too large"] > 0.6


def test_forward_is_matrix_products() -> None:
    found = outcome("forward").numbers
    a = np.array([0.5, -1.0])
    weights = [np.asarray(w, dtype=np.float64) for w in network().get_weights()]
    for kernel, bias, expected in zip(weights[::2], weights[1::2], found["a"], strict=True):
        a = 1 / (1 + np.exp(-(a @ kernel + bias)))
        np.testing.assert_allclose(a, expected, rtol=1e-12)


def test_backprop_agrees_with_finite_differences() -> None:
    numbers = outcome("backprop").numbers
    assert numbers["apart"] < 1e-9
    assert numbers["gradient"] == pytest.approx(numbers["central"], abs=1e-9)


def test_the_convolutions_of_the_course() -> None:
    numbers = outcome("convolution").numbers
    assert numbers["once"] == [[12, 4, -2, -8], [0, 3, 9, 11], [-13, -14, -14, -11], [7, 9, 12, 14]]
    assert numbers["twice"] == [[-2, 29], [-53, -62]]


def test_receptive_fields_grow() -> None:
    assert outcome("kernels").numbers["fields"] == {"edges": [3, 3], "half": [4, 4], "parts": [8, 8]}


def test_transfer_freezes_what_it_says_and_leaves_the_model() -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(40, 3)).astype(np.float32), draw.integers(0, 2, 40)
    model = Sequential([Dense(4, "relu", input_shape=(3,)), Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    found = transfer(model, (x, y), (x[:20], y[:20]), (x[20:], y[20:]), epochs=1)
    scratch, frozen, tuned = found.runs
    assert (scratch.learns, frozen.learns, tuned.learns) == (26, 10, 26)
    np.testing.assert_array_equal(frozen.model.layers[0].get_weights()[0], before[0])
    assert not np.array_equal(tuned.model.layers[0].get_weights()[0], before[0])
    assert not np.array_equal(scratch.model.layers[0].get_weights()[0], before[0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_courses_log_lies_among_those_of_other_seeds() -> None:
    for name, course in COURSE.items():
        assert len(OVER_SEEDS[name]) == 7
        for epoch, value in course.items():
            least, greatest = OVER_SEEDS[name][epoch - 1]
            assert least < value < greatest


def some_images(path: Path, count: int, side: int) -> str:
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 256, (count, side, side), dtype=np.uint8), np.arange(count) % 10
    np.savez(path, x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    return str(path)


def test_several_seeds_show_how_far_logs_lie_apart(tmp_path: Path) -> None:
    data = some_images(tmp_path / "few.npz", 300, 5)
    several = experiments.shallow(data=data, epochs=2, seeds=3, seed=4)
    assert list(several.numbers["by seed"]) == [4, 5, 6]
    for seed in (4, 6):  # each is the training of that seed, whoever is trained before it
        alone = experiments.shallow(data=data, epochs=2, seed=seed)
        assert alone.numbers["history"] == several.numbers["by seed"][seed]
        assert "seeds" not in alone.pictures
    assert "3 trainings, seeds 4 to 6" in str(several)
    several.draw("seeds").savefig(io.BytesIO(), format="png", dpi=20)


def test_transfer_needs_all_ten_classes(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 256, (30, 8, 8), dtype=np.uint8), np.arange(30) % 3
    np.savez(tmp_path / "three.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(DataError, match="transfer needs images of the classes 0 to 9"):
        experiments.transfer(data=str(tmp_path / "three.npz"))


def test_other_images_are_not_held_against_the_courses_log(tmp_path: Path) -> None:
    """60,000 images make 469 steps, whatever is on them."""
    found = experiments.shallow(data=some_images(tmp_path / "many.npz", 60_000, 2), epochs=1)
    assert found.numbers["steps"] == 469
    assert "For the same: pellucid show shallow --data mnist" in str(found)


@pytest.mark.slow
def test_mnist_of_two_seeds_lies_in_the_ranges_of_32(mnist_path: Path) -> None:
    found = experiments.shallow(data=str(mnist_path), seeds=2)
    for log in found.numbers["by seed"].values():
        for name, ranges in OVER_SEEDS.items():
            for value, (least, greatest) in zip(log[name], ranges, strict=True):
                assert least - 5e-4 <= value <= greatest + 5e-4
    assert "between 0.0880 and 0.0903 (the course: 0.0887" in str(found)
    assert list(found.pictures) == ["curves", "seeds"]


@pytest.mark.slow
def test_the_shallow_net_begins_as_in_the_course_on_mnist(mnist_path: Any) -> None:
    numbers = experiments.shallow(data=str(mnist_path), epochs=7).numbers
    assert numbers["steps"] == 469
    assert numbers["history"]["loss"][0] == pytest.approx(0.0921, abs=0.007)
    assert numbers["history"]["loss"][6] == pytest.approx(0.0887, abs=0.002)


def test_vision_looks_into_a_network_of_ones_own(tmp_path: Path) -> None:
    with keys_from(key(0)):
        model = Sequential([layers.Conv2D(4, 3, name="one", input_shape=(12, 12, 1)), layers.Conv2D(2, 3, name="two")])
    model.save(tmp_path / "own.keras")
    found = experiments.vision(weights=tmp_path / "own.keras", quick=True)
    assert set(found.pictures) == {"kernels", "one", "two"}
    assert [len(found.numbers[name]) for name in ("one", "two")] == [4, 2]


def test_vision_builds_vgg16_around_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "vgg16_notop.weights.h5"
    model = VGG16(weights=None, include_top=False)
    model.save_weights(path)
    loaded = load_seeing(path)
    assert loaded.name == "vgg16"
    np.testing.assert_array_equal(loaded.get_weights()[-1], model.get_weights()[-1])


def test_vision_needs_convolutions_and_a_sound_file(tmp_path: Path) -> None:
    Sequential([layers.Dense(2, input_shape=(3,))]).save(tmp_path / "dense.keras")
    with pytest.raises(DataError, match="no convolution over images"):
        load_seeing(tmp_path / "dense.keras")
    (tmp_path / "not.h5").write_bytes(b"nothing")
    with pytest.raises(FormatError):
        load_seeing(tmp_path / "not.h5")
