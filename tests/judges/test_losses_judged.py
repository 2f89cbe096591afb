"""Losses against Keras's numbers (float32), and their gradients against `jax.vjp` and PyTorch (float64)."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import losses

RNG = np.random.default_rng(7)


def _probabilities(shape: tuple[int, ...]) -> np.ndarray:
    e = np.exp(RNG.normal(size=shape))
    return e / e.sum(-1, keepdims=True)


SHAPE = (5, 3, 4)
NUMBERS = RNG.normal(size=SHAPE), RNG.normal(size=SHAPE)
POSITIVE = RNG.uniform(0.1, 3, SHAPE), RNG.uniform(0.1, 3, SHAPE)
BINARY = RNG.integers(0, 2, SHAPE), RNG.uniform(0.05, 0.95, SHAPE)
BINARY_LOGITS = BINARY[0], RNG.normal(size=SHAPE) * 3
ONE_HOT = np.eye(4)[RNG.integers(0, 4, SHAPE[:-1])], _probabilities(SHAPE)
UNEVEN = ONE_HOT[0], RNG.uniform(0.1, 2, SHAPE)
LOGITS = ONE_HOT[0], RNG.normal(size=SHAPE) * 3
LABELS = RNG.integers(0, 4, SHAPE[:-1]), _probabilities(SHAPE)
LABEL_LOGITS = LABELS[0], LOGITS[1]
DISTRIBUTIONS = _probabilities(SHAPE), _probabilities(SHAPE)
EMBEDDED = RNG.normal(size=(8, 5))
EMBEDDINGS = np.array([0, 0, 1, 1, 2, 3, 0, 2]), EMBEDDED / np.linalg.norm(EMBEDDED, axis=-1, keepdims=True)
SEQUENCES = np.array([[1, 2, 0], [1, 1, 2], [3, 0, 0], [2, 2, 2]]), RNG.normal(size=(4, 7, 4))

# name of the function, settings, data, name of the class
CASES: list[tuple[str, dict[str, Any], Any, str]] = [
    ("mean_squared_error", {}, NUMBERS, "MeanSquaredError"),
    ("mean_absolute_error", {}, NUMBERS, "MeanAbsoluteError"),
    ("mean_absolute_percentage_error", {}, NUMBERS, "MeanAbsolutePercentageError"),
    ("mean_squared_logarithmic_error", {}, POSITIVE, "MeanSquaredLogarithmicError"),
    ("mean_squared_logarithmic_error", {}, NUMBERS, "MeanSquaredLogarithmicError"),
    ("huber", {}, NUMBERS, "Huber"),
    ("huber", {"delta": 0.3}, NUMBERS, "Huber"),
    ("log_cosh", {}, NUMBERS, "LogCosh"),
    ("cosine_similarity", {}, NUMBERS, "CosineSimilarity"),
    ("cosine_similarity", {"axis": 1}, NUMBERS, "CosineSimilarity"),
    ("binary_crossentropy", {}, BINARY, "BinaryCrossentropy"),
    ("binary_crossentropy", {"label_smoothing": 0.2, "axis": 1}, BINARY, "BinaryCrossentropy"),
    ("binary_crossentropy", {"axis": (1, 2)}, BINARY, "BinaryCrossentropy"),
    ("binary_crossentropy", {"from_logits": True, "label_smoothing": 0.1}, BINARY_LOGITS, "BinaryCrossentropy"),
    ("binary_focal_crossentropy", {}, BINARY, "BinaryFocalCrossentropy"),
    ("binary_focal_crossentropy", {"apply_class_balancing": True, "gamma": 0.7}, BINARY, "BinaryFocalCrossentropy"),
    ("binary_focal_crossentropy", {"gamma": 0.0, "label_smoothing": 0.1}, BINARY, "BinaryFocalCrossentropy"),
    ("binary_focal_crossentropy", {"from_logits": True, "alpha": 0.4}, BINARY_LOGITS, "BinaryFocalCrossentropy"),
    ("categorical_crossentropy", {}, ONE_HOT, "CategoricalCrossentropy"),
    ("categorical_crossentropy", {"label_smoothing": 0.2}, UNEVEN, "CategoricalCrossentropy"),
    ("categorical_crossentropy", {"axis": 1}, UNEVEN, "CategoricalCrossentropy"),
    ("categorical_crossentropy", {"from_logits": True}, LOGITS, "CategoricalCrossentropy"),
    ("categorical_crossentropy", {"from_logits": True, "axis": 1}, LOGITS, "CategoricalCrossentropy"),
    ("categorical_focal_crossentropy", {}, UNEVEN, "CategoricalFocalCrossentropy"),
    (
        "categorical_focal_crossentropy",
        {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.5, "label_smoothing": 0.1},
        UNEVEN,
        "CategoricalFocalCrossentropy",
    ),
    ("categorical_focal_crossentropy", {"from_logits": True}, LOGITS, "CategoricalFocalCrossentropy"),
    ("categorical_generalized_cross_entropy", {"q": 0.5}, LABELS, "CategoricalGeneralizedCrossEntropy"),
    ("categorical_generalized_cross_entropy", {"q": 0.9}, LABELS, "CategoricalGeneralizedCrossEntropy"),
    ("sparse_categorical_crossentropy", {}, LABELS, "SparseCategoricalCrossentropy"),
    ("sparse_categorical_crossentropy", {"from_logits": True}, LABEL_LOGITS, "SparseCategoricalCrossentropy"),
    ("sparse_categorical_crossentropy", {"ignore_class": 2}, LABELS, "SparseCategoricalCrossentropy"),
    (
        "sparse_categorical_crossentropy",
        {"from_logits": True, "ignore_class": 0},
        LABEL_LOGITS,
        "SparseCategoricalCrossentropy",
    ),
    ("kl_divergence", {}, DISTRIBUTIONS, "KLDivergence"),
    ("poisson", {}, POSITIVE, "Poisson"),
    ("hinge", {}, BINARY_LOGITS, "Hinge"),
    ("hinge", {}, NUMBERS, "Hinge"),
    ("squared_hinge", {}, BINARY_LOGITS, "SquaredHinge"),
    ("categorical_hinge", {}, LOGITS, "CategoricalHinge"),
    ("dice", {}, BINARY, "Dice"),
    ("dice", {"axis": (1, 2)}, BINARY, "Dice"),
    ("tversky", {"alpha": 0.3, "beta": 0.6}, BINARY, "Tversky"),
    ("tversky", {"axis": (1, 2)}, BINARY, "Tversky"),
    ("circle", {}, EMBEDDINGS, "Circle"),
    ("circle", {"gamma": 5.0, "margin": 0.2, "remove_diagonal": False}, EMBEDDINGS, "Circle"),
    ("ctc", {}, SEQUENCES, "CTC"),
]
IDS = [f"{name}{settings or ''}" for name, settings, _, _ in CASES]
cases = pytest.mark.parametrize(("name", "settings", "data", "cls"), CASES, ids=IDS)
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", None, "none"]


def _close(ours: Any, theirs: Any, tolerance: float) -> None:
    theirs = np.asarray(theirs)
    assert np.shape(ours) == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * max(1.0, np.abs(theirs).max(initial=0)))


@cases
def test_values_are_those_of_keras(keras: ModuleType, name: str, settings: dict[str, Any], data: Any, cls: str) -> None:
    y_true, y_pred = data[0], data[1].astype("float32")
    theirs = getattr(keras.losses, name)(y_true, keras.ops.convert_to_tensor(y_pred), **settings)
    ours = getattr(losses, name)(y_true, y_pred, **settings)
    assert ours.dtype == np.float32
    _close(ours, theirs, 1e-6)


@cases
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_costs_are_those_of_keras(
    keras: ModuleType, name: str, settings: dict[str, Any], data: Any, cls: str, reduction: str | None
) -> None:
    y_true, y_pred = data[0], data[1].astype("float32")
    ours = getattr(losses, cls)(**settings, reduction=reduction)
    theirs = getattr(keras.losses, cls)(**settings, reduction=reduction)
    _close(ours(y_true, y_pred), theirs(y_true, y_pred), 1e-6)
    values = getattr(losses, name)(y_true, y_pred, **settings)
    if values.shape:
        weights = np.random.default_rng(1).uniform(0, 2, values.shape)
        _close(ours(y_true, y_pred, weights), theirs(y_true, y_pred, weights), 1e-6)
        by_sample = weights.reshape(len(weights), -1)[:, :1]
        by_sample = by_sample[:, 0] if values.ndim == 1 else by_sample
        _close(ours(y_true, y_pred, by_sample), theirs(y_true, y_pred, by_sample), 1e-6)


@cases
def test_gradients_are_those_of_keras_under_jax(
    keras: ModuleType, jax: ModuleType, name: str, settings: dict[str, Any], data: Any, cls: str
) -> None:
    if name == "circle" and not settings:
        pytest.skip("where a label is alone, JAX's derivative of log 0 makes Keras's gradient NaN")
    y_true, y_pred = data[0], data[1].astype("float32")
    values, pull = jax.vjp(lambda p: getattr(keras.losses, name)(y_true, p, **settings), jax.numpy.asarray(y_pred))
    dl = np.random.default_rng(3).normal(size=values.shape).astype("float32")
    (theirs,) = pull(jax.numpy.asarray(dl))
    ours = getattr(losses, name).backward(y_true, y_pred, dl, **settings)
    assert ours.dtype == np.float32
    _close(ours, theirs, 2e-6)


@cases
def test_gradients_are_those_of_our_own_formula_under_jax(
    jax: ModuleType, x64: None, name: str, settings: dict[str, Any], data: Any, cls: str
) -> None:
    y_true, y_pred = data
    function = getattr(losses, name)
    call = jax.jit(lambda p: function(y_true, p, **settings))
    values, pull = jax.vjp(call, jax.numpy.asarray(y_pred))
    _close(function(y_true, y_pred, **settings), values, 1e-12)
    dl = np.random.default_rng(4).normal(size=values.shape)
    ours = function.backward(y_true, y_pred, dl, **settings)
    jitted = jax.jit(lambda t, p, d: function.backward(t, p, d, **settings))(y_true, y_pred, dl)
    _close(ours, jitted, 1e-12)
    (theirs,) = pull(jax.numpy.asarray(dl))
    if not np.isnan(theirs).any():
        _close(ours, theirs, 1e-10)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [None, "samples", "values"])
def test_reduction_has_the_gradient_of_its_cost_and_runs_under_jit(
    jax: ModuleType, x64: None, reduction: str | None, masked: bool, weighted: str | None
) -> None:
    y_true, y_pred = LABEL_LOGITS
    rng = np.random.default_rng(5)
    weight = {None: None, "samples": rng.uniform(size=(5,)), "values": rng.uniform(size=(5, 3))}[weighted]
    mask = rng.uniform(size=(5, 3)) > 0.3 if masked else None
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1, reduction=reduction)

    cost, cache = loss.forward(y_true, y_pred, weight, mask)
    dy_pred = loss.backward(cache)
    theirs = jax.grad(lambda p: loss.forward(y_true, p, weight, mask)[0].sum())(jax.numpy.asarray(y_pred))
    _close(dy_pred, theirs, 1e-10)

    def step(t: Any, p: Any) -> Any:
        cost, cache = loss.forward(t, p, weight, mask)
        return cost, loss.backward(cache)

    cost_jit, dy_jit = jax.jit(step)(y_true, y_pred)
    _close(cost, cost_jit, 1e-12)
    _close(dy_pred, dy_jit, 1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_masks_count_as_in_keras(keras: ModuleType, reduction: str | None, weighted: bool) -> None:
    y_true, y_pred = NUMBERS[0].astype("float32"), NUMBERS[1].astype("float32")
    rng = np.random.default_rng(6)
    mask = rng.uniform(size=(5, 3)) > 0.4
    weight = rng.uniform(size=(5, 3)).astype("float32") if weighted else None
    from keras.src.losses.loss import reduce_weighted_values

    values = keras.losses.mean_squared_error(y_true, y_pred)
    theirs = reduce_weighted_values(values, weight, mask, reduction, "float32")
    ours, _ = losses.MeanSquaredError(reduction=reduction).forward(y_true, y_pred, weight, mask)
    _close(ours, theirs, 1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "binary_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "kl_divergence",
        "poisson",
        "hinge",
        "squared_hinge",
        "categorical_hinge",
        "mean_squared_logarithmic_error",
    ],
)
def test_at_clipped_probabilities_values_and_gradients_are_those_of_keras(
    keras: ModuleType, jax: ModuleType, name: str
) -> None:
    y_true = np.array([[1.0, 0.0]] * 6, dtype="float32")
    y_pred = np.array([[0, 1], [1, 0], [1e-9, 1 - 1e-9], [0.3, 0.7], [0.5, 0.5], [1, 1]], dtype="float32")
    dl = np.random.default_rng(8).normal(size=6).astype("float32")
    values, pull = jax.vjp(lambda p: getattr(keras.losses, name)(y_true, p), jax.numpy.asarray(y_pred))
    function = getattr(losses, name)
    _close(function(y_true, y_pred), values, 1e-6)
    _close(function.backward(y_true, y_pred, dl), pull(jax.numpy.asarray(dl))[0], 1e-6)


def test_extreme_logits_stay_finite_and_equal_keras(keras: ModuleType, jax: ModuleType) -> None:
    x = np.array([[-200.0, 200.0], [200.0, -200.0], [-20.0, 20.0], [0.0, 0.0], [17.0, -17.0]], dtype="float32")
    y = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [0, 1]])
    for name in ("binary_crossentropy", "categorical_crossentropy"):
        function = getattr(losses, name)
        theirs, pull = jax.vjp(lambda p, n=name: getattr(keras.losses, n)(y, p, from_logits=True), jax.numpy.asarray(x))
        _close(function(y, x, from_logits=True), theirs, 1e-6)
        dl = np.linspace(-1, 2, 5, dtype="float32")
        _close(function.backward(y, x, dl, from_logits=True), pull(jax.numpy.asarray(dl))[0], 1e-6)


def test_gradients_are_those_of_torch(torch: ModuleType) -> None:
    f = torch.nn.functional
    x, labels = LABEL_LOGITS[1].reshape(-1, 4), LABEL_LOGITS[0].reshape(-1)
    y, p = BINARY[0].reshape(-1, 1).astype(float), BINARY[1].reshape(-1, 1)
    z, logs = BINARY_LOGITS[1].reshape(-1, 1), np.random.default_rng(2).normal(size=(60, 1))
    pairs = [
        (
            "sparse_categorical_crossentropy",
            labels,
            x,
            {"from_logits": True},
            lambda t, q: f.cross_entropy(q, t, reduction="none"),
        ),
        ("binary_crossentropy", y, p, {}, lambda t, q: f.binary_cross_entropy(q, t, reduction="none")[:, 0]),
        (
            "binary_crossentropy",
            y,
            z,
            {"from_logits": True},
            lambda t, q: f.binary_cross_entropy_with_logits(q, t, reduction="none")[:, 0],
        ),
        ("huber", y, logs, {"delta": 0.5}, lambda t, q: f.huber_loss(q, t, delta=0.5, reduction="none")[:, 0]),
        ("mean_squared_error", y, logs, {}, lambda t, q: f.mse_loss(q, t, reduction="none")[:, 0]),
        ("mean_absolute_error", y, logs, {}, lambda t, q: f.l1_loss(q, t, reduction="none")[:, 0]),
    ]
    for name, t, q, settings, judge in pairs:
        tensor = torch.tensor(q, requires_grad=True)
        theirs = judge(torch.tensor(t), tensor)
        function = getattr(losses, name)
        _close(function(t, q, **settings), theirs.detach().numpy(), 1e-10)
        dl = np.random.default_rng(9).normal(size=len(q))
        theirs.backward(torch.tensor(dl))
        _close(function.backward(t, q, dl, **settings), tensor.grad.numpy(), 1e-10)


def test_ctc_is_that_of_torch(torch: ModuleType) -> None:
    labels, logits = SEQUENCES
    tensor = torch.tensor(logits, requires_grad=True)
    theirs = torch.nn.functional.ctc_loss(
        tensor.log_softmax(-1).transpose(0, 1),
        torch.tensor(labels),
        torch.full((4,), logits.shape[1]),
        torch.tensor((labels != 0).sum(1)),
        reduction="none",
    )
    _close(losses.ctc(labels, logits), theirs.detach().numpy(), 1e-10)
    dl = np.random.default_rng(10).normal(size=4)
    theirs.backward(torch.tensor(dl))
    _close(losses.ctc.backward(labels, logits, dl), tensor.grad.numpy(), 1e-10)


def test_every_class_has_the_constructor_and_config_of_keras(keras: ModuleType) -> None:
    more = {"Huber": {"delta"}, "CosineSimilarity": {"axis"}, "SparseCategoricalCrossentropy": {"axis"}}
    for cls in sorted({case[3] for case in CASES}):
        ours, theirs = getattr(losses, cls)().get_config(), getattr(keras.losses, cls)().get_config()
        assert {k: v for k, v in ours.items() if k not in more.get(cls, ())} == theirs
        assert losses.serialize(getattr(losses, cls)())["class_name"] == cls
        if cls == "CategoricalGeneralizedCrossEntropy":  # Keras cannot read its own
            continue
        revived = keras.losses.deserialize(losses.serialize(getattr(losses, cls)()))
        assert type(revived).__name__ == cls
        assert type(losses.deserialize(keras.losses.serialize(revived))) is getattr(losses, cls)


def test_every_name_of_keras_is_known(keras: ModuleType) -> None:
    from keras.src.losses import ALL_OBJECTS_DICT

    for name in ALL_OBJECTS_DICT:
        if name not in ("Loss", "LossFunctionWrapper"):
            assert callable(losses.get(name)), name


def test_your_own_function_learns_through_jax(jax: ModuleType) -> None:
    def cubed(y_true: Any, y_pred: Any) -> Any:
        return (abs(y_pred - y_true) ** 3).mean(axis=-1)

    loss = losses.as_loss(cubed)
    y_true, y_pred = np.zeros(4, int), np.array([[1.0], [2.0], [-1.0], [0.5]], dtype="float32")
    cost, cache = loss.forward(y_true, y_pred)
    dy_pred = loss.backward(cache)
    assert isinstance(dy_pred, np.ndarray)
    assert dy_pred.dtype == np.float32
    assert cost == pytest.approx((1 + 8 + 1 + 0.125) / 4)
    _close(dy_pred, 3 * y_pred * abs(y_pred) / 4, 1e-6)


def test_your_own_numpy_only_function_is_told_so(jax: ModuleType) -> None:
    def stubborn(y_true: Any, y_pred: Any) -> Any:
        return np.square(np.asarray(y_pred) - y_true).mean(axis=-1)

    loss = losses.as_loss(stubborn)
    _, cache = loss.forward(np.zeros((2, 1)), np.ones((2, 1), dtype="float32"))
    with pytest.raises(TypeError, match=r"stubborn.*NumPy arrays only"):
        loss.backward(cache)
