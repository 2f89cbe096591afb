"""Losses: small numbers checked by hand, gradients by central differences, shapes, weights, masks, names."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import losses
from pellucid.errors import ShapeError

RNG = np.random.default_rng(11)
SHAPE = (4, 3, 5)


def _probabilities() -> np.ndarray:
    p = RNG.uniform(0.1, 1, SHAPE)
    return p / p.sum(-1, keepdims=True)


NUMBERS = RNG.normal(size=SHAPE), RNG.normal(size=SHAPE)
POSITIVE = RNG.uniform(0.2, 3, SHAPE), RNG.uniform(0.2, 3, SHAPE)
BINARY = RNG.integers(0, 2, SHAPE), RNG.uniform(0.1, 0.9, SHAPE)
ONE_HOT = np.eye(5)[RNG.integers(0, 5, SHAPE[:-1])], _probabilities()
LABELS = RNG.integers(0, 5, SHAPE[:-1]), _probabilities()
LOGITS = RNG.normal(size=SHAPE) * 2
EMBEDDINGS = np.array([0, 0, 1, 1, 2, 0]), RNG.normal(size=(6, 4)) / 2
SEQUENCES = np.array([[1, 2, 0], [1, 1, 2], [3, 3, 3]]), RNG.normal(size=(3, 6, 4))

CASES: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("mean_squared_error", {}, *NUMBERS),
    ("mean_absolute_error", {}, *NUMBERS),
    ("mean_absolute_percentage_error", {}, *POSITIVE),
    ("mean_squared_logarithmic_error", {}, *POSITIVE),
    ("huber", {"delta": 0.7}, *NUMBERS),
    ("log_cosh", {}, *NUMBERS),
    ("cosine_similarity", {"axis": 1}, *NUMBERS),
    ("binary_crossentropy", {"label_smoothing": 0.1}, *BINARY),
    ("binary_crossentropy", {"from_logits": True}, BINARY[0], LOGITS),
    ("binary_focal_crossentropy", {"apply_class_balancing": True}, *BINARY),
    ("binary_focal_crossentropy", {"from_logits": True, "gamma": 1.3}, BINARY[0], LOGITS),
    ("categorical_crossentropy", {"label_smoothing": 0.1}, *ONE_HOT),
    ("categorical_crossentropy", {"from_logits": True, "axis": 1}, ONE_HOT[0], LOGITS),
    ("categorical_focal_crossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5]}, *ONE_HOT),
    ("categorical_focal_crossentropy", {"from_logits": True}, ONE_HOT[0], LOGITS),
    ("categorical_generalized_cross_entropy", {"q": 0.6}, *LABELS),
    ("sparse_categorical_crossentropy", {}, *LABELS),
    ("sparse_categorical_crossentropy", {"from_logits": True, "ignore_class": 2}, LABELS[0], LOGITS),
    ("sparse_categorical_crossentropy", {"axis": 1}, RNG.integers(0, 3, (4, 5)), LABELS[1]),
    ("kl_divergence", {}, _probabilities(), _probabilities()),
    ("poisson", {}, *POSITIVE),
    ("hinge", {}, BINARY[0], LOGITS),
    ("squared_hinge", {}, BINARY[0], LOGITS),
    ("categorical_hinge", {}, ONE_HOT[0], LOGITS),
    ("dice", {}, *BINARY),
    ("tversky", {"alpha": 0.2, "beta": 0.7, "axis": (1, 2)}, *BINARY),
    ("circle", {"gamma": 3.0}, *EMBEDDINGS),
    ("ctc", {}, *SEQUENCES),
]
IDS = [f"{name}{settings or ''}" for name, settings, _, _ in CASES]
cases = pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)


def _central(f: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    slope = np.empty_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        slope[place] = (f(up) - f(down)) / (2 * h)
    return slope


def _gap(name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray, scale: float = 1.0) -> float:
    """The largest difference between `backward` (times scale) and central differences, relative to the gradient."""
    function = getattr(losses, name)
    dl = np.random.default_rng(1).normal(size=np.shape(function(y_true, y_pred, **settings)))
    slope = _central(lambda p: float((dl * function(y_true, p, **settings)).sum()), y_pred)
    return float(np.abs(scale * function.backward(y_true, y_pred, dl, **settings) - slope).max() / np.abs(slope).max())


@cases
def test_gradients_equal_central_differences(
    name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray
) -> None:
    assert _gap(name, settings, y_true, y_pred) < 1e-7


@cases
def test_a_gradient_that_is_a_thousandth_too_big_is_caught(
    name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray
) -> None:
    assert _gap(name, settings, y_true, y_pred, scale=1.001) > 1e-4


@cases
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_float_type_of_the_predictions_is_kept_and_nothing_is_changed(
    name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray, dtype: str
) -> None:
    y_pred = y_pred.astype(dtype)
    y_true, y_pred = y_true.copy(), y_pred.copy()
    before = y_true.copy(), y_pred.copy()
    y_true.flags.writeable = y_pred.flags.writeable = False
    function = getattr(losses, name)
    values = function(y_true, y_pred, **settings)
    dy_pred = function.backward(y_true, y_pred, np.ones(np.shape(values)), **settings)
    assert values.dtype == dy_pred.dtype == dtype
    assert dy_pred.shape == y_pred.shape
    cls = function.loss_class(**settings)
    cost, cache = cls.forward(y_true, y_pred)
    assert cost.dtype == cls.backward(cache).dtype == dtype
    np.testing.assert_array_equal(before[0], y_true)
    np.testing.assert_array_equal(before[1], y_pred)


@cases
def test_whole_number_targets_count_like_float_ones(
    name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray
) -> None:
    function = getattr(losses, name)
    whole = np.round(y_true)
    np.testing.assert_array_equal(
        function(whole.astype("int64"), y_pred, **settings), function(whole.astype("float64"), y_pred, **settings)
    )


@cases
def test_settings_survive_a_round_trip(
    name: str, settings: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray
) -> None:
    loss = getattr(losses, name).loss_class(**settings, reduction="sum", name="mine")
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert again(y_true, y_pred) == loss(y_true, y_pred)


# --- numbers to check by hand


def test_mean_squared_error_by_hand() -> None:
    loss = losses.MeanSquaredError()
    cost, cache = loss.forward([[0.0, 2.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 4.0]])
    assert float(cost) == (1 + 4 + 0 + 9) / 4
    np.testing.assert_array_equal(loss.backward(cache), [[0.5, -1.0], [0.0, 1.5]])


def test_crossentropy_of_an_even_guess_is_the_logarithm_of_the_classes() -> None:
    assert losses.categorical_crossentropy([[0, 0, 1, 0]], [[0.25] * 4])[0] == pytest.approx(math.log(4))
    assert losses.sparse_categorical_crossentropy([2], [[7.0] * 4], from_logits=True)[0] == pytest.approx(math.log(4))
    assert losses.binary_crossentropy([[1.0]], [[0.5]])[0] == pytest.approx(math.log(2))


def test_softmax_and_crossentropy_together_have_the_gradient_p_minus_y() -> None:
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    _, cache = loss.forward(np.array([0]), np.log(np.array([[0.7, 0.2, 0.1]])))
    np.testing.assert_allclose(loss.backward(cache), [[-0.3, 0.2, 0.1]], atol=1e-12)


def test_huber_pulls_no_harder_than_delta() -> None:
    dy = losses.huber.backward([[0.0], [0.0], [0.0]], [[0.5], [3.0], [-100.0]], [1.0, 1.0, 1.0], delta=2.0)
    np.testing.assert_array_equal(dy, [[0.5], [2.0], [-2.0]])


def test_extreme_logits_neither_overflow_nor_lose_the_gradient() -> None:
    x = np.array([[1000.0, -1000.0]], dtype="float32")
    for function, y in (
        (losses.categorical_crossentropy, [[0, 1]]),
        (losses.binary_crossentropy, [[0, 1]]),
        (losses.sparse_categorical_crossentropy, [1]),
    ):
        values = function(np.array(y), x, from_logits=True)
        dy = function.backward(np.array(y), x, np.ones(1), from_logits=True)
        assert np.isfinite(values).all()
        assert values[0] >= 1000
        assert dy[0, 0] > 0 > dy[0, 1]


def test_beyond_the_clip_there_is_no_gradient() -> None:
    dy = losses.binary_crossentropy.backward([[1.0], [1.0]], [[0.0], [0.5]], [1.0, 1.0])
    np.testing.assert_array_equal(dy, [[0.0], [-2.0]])


# --- shapes


def test_targets_without_the_last_axis_of_one_fit() -> None:
    y_true, y_pred = np.array([1.0, 2.0]), np.array([[2.0], [4.0]])
    np.testing.assert_array_equal(losses.mean_squared_error(y_true, y_pred), [1.0, 4.0])
    assert losses.mean_squared_error.backward(y_true, y_pred, [1.0, 1.0]).shape == (2, 1)
    loss = losses.MeanSquaredError()
    cost, cache = loss.forward(np.ones((3, 2)), np.zeros((3, 2, 1)))
    assert cost == 1
    assert loss.backward(cache).shape == (3, 2, 1)


def test_labels_with_a_last_axis_of_one_fit() -> None:
    y_pred = np.array([[0.5, 0.5], [0.2, 0.8]])
    for function, settings in (
        (losses.sparse_categorical_crossentropy, {}),
        (losses.categorical_generalized_cross_entropy, {"q": 0.5}),
    ):
        one, two = function([0, 1], y_pred, **settings), function([[0], [1]], y_pred, **settings)
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("name", "true", "pred", "says"),
    [
        ("mean_squared_error", (4,), (4, 3), "sparse_categorical_crossentropy"),
        ("mean_squared_error", (5, 3), (4, 3), "different numbers of samples"),
        ("mean_squared_error", (4, 2), (4, 3), "units must match"),
        ("mean_squared_error", (), (), "at least one axis"),
        ("categorical_crossentropy", (4,), (4, 3), "sparse_categorical_crossentropy"),
        ("sparse_categorical_crossentropy", (4, 3), (4, 3), "one-hot"),
        ("sparse_categorical_crossentropy", (3,), (4, 3), r"\(4,\)"),
        ("circle", (4,), (3, 2), "embeddings"),
        ("ctc", (4,), (4, 3), "logits"),
    ],
)
def test_shapes_that_do_not_fit_say_what_to_do(
    name: str, true: tuple[int, ...], pred: tuple[int, ...], says: str
) -> None:
    with pytest.raises(ShapeError, match=f"(?s){name}.*{says}"):
        getattr(losses, name)(np.zeros(true), np.zeros(pred))


def test_settings_may_be_given_by_place() -> None:
    y, x = np.array([[0, 1]]), np.array([[[0.5, 2.0], [1.0, 1.0], [3.0, 1.0]]])
    by_place = losses.sparse_categorical_crossentropy(y, x, True, None, 1)
    np.testing.assert_array_equal(by_place, losses.sparse_categorical_crossentropy(y, x, from_logits=True, axis=1))
    dl = np.ones((1, 2))
    np.testing.assert_array_equal(
        losses.sparse_categorical_crossentropy.backward(y, x, dl, True, None, 1),
        losses.sparse_categorical_crossentropy.backward(y, x, dl, from_logits=True, axis=1),
    )


# --- from losses to one cost


def test_reductions_by_hand() -> None:
    y, p, w = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 0.0, 3.0])  # losses 1, 4, 9
    for reduction, plain, weighted in (
        ("sum_over_batch_size", 14 / 3, 28 / 3),
        ("mean", 14 / 3, 28 / 3),
        ("mean_with_sample_weight", 14 / 3, 28 / 4),
        ("sum", 14, 28),
    ):
        loss = losses.MeanSquaredError(reduction=reduction)
        assert loss(y, p) == pytest.approx(plain)
        assert loss(y, p, w) == pytest.approx(weighted)
        assert loss(y, p, w[:, None]) == pytest.approx(weighted)
    np.testing.assert_array_equal(losses.MeanSquaredError(reduction=None)(y, p, w), [1, 0, 27])


def test_a_mean_under_a_mask_is_over_what_counts() -> None:
    loss = losses.MeanSquaredError()
    cost, cache = loss.forward(np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), mask=np.array([True, False, True]))
    assert cost == pytest.approx(5)
    np.testing.assert_allclose(loss.backward(cache), [[1.0], [0.0], [3.0]])


def test_a_mask_that_leaves_nothing_costs_nothing() -> None:
    for reduction in ("mean", "mean_with_sample_weight"):
        loss = losses.MeanSquaredError(reduction=reduction)
        cost, cache = loss.forward(np.zeros((2, 1)), np.ones((2, 1)), mask=np.zeros(2, bool))
        assert cost == 0
        np.testing.assert_array_equal(loss.backward(cache), np.zeros((2, 1)))


def test_a_sample_weight_belongs_to_its_row_also_when_there_are_as_many_places_as_samples() -> None:
    values = losses.MeanSquaredError(reduction=None)(np.zeros((2, 2, 1)), np.ones((2, 2, 1)), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(values, [[0, 0], [1, 1]])


def test_ignored_places_have_no_say() -> None:
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    y_pred = np.array([[0.5, 0.5], [np.nan, np.nan], [0.25, 0.75]])
    cost, cache = loss.forward(np.array([0, -1, 1]), y_pred)
    assert cost == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    np.testing.assert_array_equal(loss.backward(cache)[1], [0, 0])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
def test_backward_is_the_slope_of_the_cost(reduction: str | None, masked: bool, weighted: bool) -> None:
    y_true, y_pred = LABELS[0], LOGITS
    weight = np.random.default_rng(2).uniform(size=4) if weighted else None
    mask = np.random.default_rng(3).uniform(size=(4, 3)) > 0.3 if masked else None
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=3, reduction=reduction)
    slope = _central(lambda p: float(loss.forward(y_true, p, weight, mask)[0].sum()), y_pred)
    _, cache = loss.forward(y_true, y_pred, weight, mask)
    np.testing.assert_allclose(loss.backward(cache), slope, atol=1e-8)


def test_a_loss_of_the_whole_batch_takes_weights_too() -> None:
    loss = losses.Dice()
    weight = np.array([1.0, 3.0, 0.0, 0.0])
    cost, cache = loss.forward(*BINARY, weight)
    assert cost == pytest.approx(float(losses.dice(*BINARY)))
    np.testing.assert_allclose(
        loss.backward(cache), _central(lambda p: float(loss(BINARY[0], p, weight)), BINARY[1]), atol=1e-8
    )


def test_a_loss_of_the_whole_batch_takes_weights_and_a_mask_of_each_place() -> None:
    weight, mask = np.array([1.0, 3.0]), np.array([[True, False, True], [True, True, True]])
    y_true, y_pred = np.ones((2, 3, 1)), np.full((2, 3, 1), 0.5)
    cost, _ = losses.Dice().forward(y_true, y_pred, weight, mask)
    assert cost == pytest.approx(float(losses.dice(y_true, y_pred)) * (2 * 1 + 3 * 3) / 5)  # the mean of what counts


def test_weights_that_fit_nothing_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"sample_weight: shape \(2,\) does not fit the losses, shaped \(3,\)"):
        losses.MeanSquaredError()(np.zeros((3, 1)), np.ones((3, 1)), np.ones(2))


def test_half_precision_predictions_are_judged_in_single() -> None:
    loss = losses.MeanSquaredError()
    cost, cache = loss.forward(np.zeros((1, 1)), np.full((1, 1), 300, dtype="float16"))
    assert cost == 90000
    assert loss.backward(cache).dtype == np.float16


def test_a_dtype_that_is_asked_for_is_used() -> None:
    assert losses.MeanSquaredError(dtype="float64")(np.zeros((1, 1)), np.ones((1, 1), "float32")).dtype == np.float64


# --- the weighted sums before the activation


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("loss", "activation", "y_true"),
    [
        (losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", ONE_HOT[0]),
        (losses.SparseCategoricalCrossentropy(ignore_class=1, reduction="sum"), "softmax", LABELS[0]),
        (losses.CategoricalFocalCrossentropy(gamma=1.0), "softmax", ONE_HOT[0]),
        (losses.BinaryCrossentropy(), "sigmoid", BINARY[0]),
        (losses.BinaryFocalCrossentropy(alpha=0.4, apply_class_balancing=True), "sigmoid", BINARY[0]),
    ],
)
def test_the_logits_form_is_the_same_loss(loss: losses.Loss, activation: str, y_true: np.ndarray) -> None:
    probabilities = _softmax(LOGITS) if activation == "softmax" else 1 / (1 + np.exp(-LOGITS))
    fused = loss.from_logits_form(activation)
    assert fused is not None
    assert fused.name == loss.name
    assert fused(y_true, LOGITS) == pytest.approx(loss(y_true, probabilities), rel=1e-12)
    assert fused.from_logits_form(activation) is None
    assert loss.from_logits_form("relu") is None


def test_other_losses_and_other_axes_have_no_logits_form() -> None:
    assert losses.MeanSquaredError().from_logits_form("softmax") is None
    assert losses.CategoricalCrossentropy(axis=1).from_logits_form("softmax") is None


# --- names


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("MAPE", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("logloss", "binary_crossentropy"),
        ("kld", "kl_divergence"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("cosine_proximity", "cosine_similarity"),
        ("logcosh", "log_cosh"),
        ("huber_loss", "huber"),
    ],
)
def test_short_and_old_names_are_known(name: str, function: str) -> None:
    assert losses.get(name) is getattr(losses, function)
    assert losses.as_loss(name).name in (function, "huber_loss")


def test_identifiers_of_every_kind() -> None:
    assert losses.get(None) is None
    assert isinstance(losses.get("Huber"), losses.Huber)
    assert isinstance(losses.get(losses.Huber), losses.Huber)
    assert losses.get({"class_name": "Huber", "config": {"delta": 2.0}}).delta == 2.0
    assert losses.deserialize(losses.serialize(losses.hinge)) is losses.hinge
    loss = losses.Poisson()
    assert losses.as_loss(loss) is loss
    with pytest.raises(ValueError, match="Did you mean 'mean_squared_error'"):
        losses.get("mean_squared_eror")
    with pytest.raises(ValueError, match="got 3"):
        losses.get(3)


def test_your_own_losses_are_found_by_name() -> None:
    class Twice(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return 2.0 * abs(y_pred - y_true).mean(axis=-1)

    def thrice(y_true: Any, y_pred: Any) -> Any:
        return 3.0 * abs(y_pred - y_true).mean(axis=-1)

    written = losses.serialize(Twice(reduction="sum"))
    again = losses.deserialize(written, custom_objects={"Twice": Twice})
    assert again(np.zeros((2, 1)), np.ones((2, 1))) == 4
    wrapped = losses.serialize(losses.FunctionLoss(thrice))
    assert losses.deserialize(wrapped, {"thrice": thrice})(np.zeros(2), np.ones((2, 1))) == 3
    with pytest.raises(ValueError, match="unknown loss 'Twice'"):
        losses.deserialize(written)


def test_wrong_settings_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="reduction must be one of"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(ValueError, match="q must lie between 0 and 1"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.5)
    with pytest.raises(ValueError, match="label_smoothing"):
        losses.BinaryCrossentropy(label_smoothing=2)


def test_every_public_name_is_there() -> None:
    assert all(hasattr(losses, name) for name in losses.__all__)
