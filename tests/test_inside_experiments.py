"""The course's perceptron and its universal approximation, on numbers small enough to check by hand."""

import numpy as np
import pytest

from pellucid.errors import DataError, ShapeError
from pellucid.inside.approximation import approximate, six_neurons
from pellucid.inside.perceptron import GATES, fire, learn, separability

CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
TABLES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "nor": [1, 0, 0, 0]}


@pytest.mark.parametrize(("dish", "eaten"), [((1, 1, 0), 1), ((0, 1, 0), 0), ((0, 0, 1), 1)])
def test_the_hot_dog(dish: tuple[int, ...], eaten: int) -> None:
    assert fire((3, 2, 6), 4, dish).answer == eaten


def test_a_sum_at_the_threshold_does_not_fire() -> None:
    assert fire((1, 1), 2, (1, 1)).answer == 0


@pytest.mark.parametrize("gate", TABLES)
def test_logic_gates_fire_as_their_tables_say_and_can_be_learned(gate: str) -> None:
    weights, threshold = GATES[gate]
    assert [fire(weights, threshold, corner).answer for corner in CORNERS] == TABLES[gate]
    lesson = learn(CORNERS, TABLES[gate])
    assert lesson.converged
    np.testing.assert_array_equal(lesson(CORNERS), TABLES[gate])
    assert lesson.bound is not None
    assert len(lesson.corrections) <= lesson.bound


def test_the_first_correction_by_hand() -> None:
    first = learn(CORNERS, TABLES["or"]).corrections[0]
    assert (first.epoch, first.sample, first.target, first.firing.answer) == (0, 1, 1, 0)
    np.testing.assert_array_equal(first.after[0], [0, 1])
    assert first.after[1] == -1


def test_corrections_lead_from_the_first_weights_to_the_last() -> None:
    lesson = learn(CORNERS, TABLES["and"], rate=0.5)
    for one, following in zip(lesson.corrections, lesson.corrections[1:], strict=False):
        np.testing.assert_array_equal(one.after[0], following.before[0])
    np.testing.assert_array_equal(lesson.corrections[-1].after[0], lesson.weights)
    assert sum(lesson.errors) == len(lesson.corrections)


def test_exclusive_or_is_not_separable_and_the_proof_is_given() -> None:
    lesson = learn(CORNERS, [0, 1, 1, 0], epochs=20)
    assert not lesson.converged
    assert lesson.bound is None
    assert "Not separable: the point (0.5, 0.5)" in lesson.verdict
    proof = lesson.proof
    np.testing.assert_allclose(proof.shares[[1, 2]] @ CORNERS[[1, 2]], proof.common)
    np.testing.assert_allclose(proof.shares[[0, 3]] @ CORNERS[[0, 3]], proof.common)


@pytest.mark.parametrize("seed", range(5))
def test_the_verdict_is_right_for_points_of_ones_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 3))
    y = (x @ [1, -2, 0.5] > 0.3).astype(int)
    found = separability(x, y)
    assert found.separable
    distances = (x @ found.weights - found.threshold) * np.where(y == 1, 1, -1)
    assert distances.min() == pytest.approx(found.margin, rel=1e-6)
    y[np.argmax(np.abs(x @ [1, -2, 0.5] - 0.3))] ^= 1  # the surest of all is called wrong
    found = separability(x, y)
    assert not found.separable
    assert (found.shares >= 0).all()
    for side in (0, 1):
        assert found.shares[y == side].sum() == pytest.approx(1)
        np.testing.assert_allclose(found.shares[y == side] @ x[y == side], found.common, atol=1e-8)


def test_the_widest_margin_by_hand() -> None:
    found = separability([(0, 1), (0, -1), (4, 0)], [0, 0, 1])
    assert found.margin == pytest.approx(2)
    np.testing.assert_allclose(found.weights, [1, 0], atol=1e-12)
    assert found.threshold == pytest.approx(2)


def test_too_few_epochs_are_not_called_inseparable() -> None:
    assert learn(CORNERS, TABLES["and"], epochs=1).verdict.startswith("Separable, but not yet learned")


def test_one_class_alone_is_separable() -> None:
    assert separability(CORNERS, [1, 1, 1, 1]).separable
    assert learn(CORNERS, [1, 1, 1, 1]).converged


def test_the_text_shows_every_correction() -> None:
    lesson = learn(CORNERS, TABLES["or"])
    assert len(str(lesson).splitlines()) == 3 + len(lesson.corrections)


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        ([1, 2], [0, 1], ShapeError),
        (CORNERS, [0, 1], ShapeError),
        (CORNERS, [0, 1, 2, 0], DataError),
        ([[np.nan]], [1], DataError),
    ],
)
def test_other_data_are_refused(x: object, y: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="perceptron"):
        learn(x, y)


@pytest.mark.parametrize(
    ("x", "z"),
    [
        (-2.0, -(10 - 7.7) - (2.4 - 1.3)),
        (-1.0, 0.0),
        (-0.5, -(-0.6 + 1)),
        (0.0, -1.0),
        (0.5, -(0.6 + 1) + (0.6 - 0.2)),
        (1.0, -(1.2 + 1) + (1.2 - 0.2) + (2 - 1.1)),
        (2.0, -(2.4 + 1) + (2.4 - 0.2) + (4 - 1.1) + (10 - 5)),
    ],
)
def test_the_six_neurons_by_hand(x: float, z: float) -> None:
    assert float(six_neurons()(x)) == pytest.approx(z, abs=1e-12)


def test_the_six_neurons_follow_their_polynomial() -> None:
    x = np.linspace(-2, 1.5, 501)
    assert np.abs(six_neurons()(x) - (x**3 + x**2 - x - 1)).max() < 0.45


def test_the_six_neurons_as_a_network_are_the_same() -> None:
    z, x = six_neurons(), np.linspace(-2, 2, 9)
    np.testing.assert_allclose(z.network().predict(x[:, None], verbose=0)[:, 0], z(x), atol=1e-5)


def test_a_straight_line_needs_one_neuron() -> None:
    assert approximate(lambda x: 3 * x - 2, (-1, 4), 1).largest_error < 1e-12


def test_the_line_meets_the_function_where_it_bends() -> None:
    found = approximate(np.exp, (0, 2), 4)
    np.testing.assert_allclose(found(found.line.bends), np.exp(found.line.bends), rtol=1e-12)
    np.testing.assert_allclose(found.line.bends, [0, 0.5, 1, 1.5], atol=1e-15)


def test_the_error_falls_with_the_square_of_the_number_of_neurons() -> None:
    errors = [approximate(np.sin, (0, 6), n).largest_error for n in (8, 16, 32, 64)]
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 4, rtol=0.1)


@pytest.mark.parametrize("function", [np.abs, lambda x: np.sqrt(np.abs(x)), lambda x: np.maximum(np.sin(5 * x), 0)])
def test_any_continuous_function_can_be_followed(function: object) -> None:
    errors = [approximate(function, (-1, 1), n).largest_error for n in (4, 16, 64, 256)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.1


def test_the_network_of_an_approximation_gives_its_numbers() -> None:
    found = approximate(np.cos, (-2, 3), 12)
    np.testing.assert_allclose(found.line.network().predict(found.x[:, None], verbose=0)[:, 0], found.found, atol=1e-5)
    np.testing.assert_allclose(found.line.pieces(found.x).sum(axis=-1) + found.line.b, found.found)


def test_training_finds_a_line_too_and_more_neurons_a_better_one() -> None:
    few, many = (approximate(np.sin, (-3, 3.28), n, how="train", epochs=300) for n in (2, 16))
    assert many.history[-1] < many.history[0] / 50
    assert many.largest_error < few.largest_error / 4
    assert "16 relu neurons, trained" in str(many)


def test_what_cannot_be_followed_is_refused() -> None:
    with np.errstate(divide="ignore"), pytest.raises(DataError, match="not finite at x = 0"):
        approximate(lambda x: 1 / np.abs(x), (-1, 1), 4)
    with pytest.raises(DataError, match="one number for each x"):
        approximate(lambda x: x[:3], (-1, 1), 4)
    with pytest.raises(ValueError, match="low < high"):
        approximate(np.sin, (1, 1), 4)
    with pytest.raises(ValueError, match="how must be one of"):
        approximate(np.sin, (0, 1), 4, how="guess")
