"""The metrics against Keras and scikit-learn, over several batches; and the pure face under jax.jit."""

import inspect
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid import metrics

pytest.importorskip("keras")

N, C = 17, 6
Batches = list[tuple[Any, ...]]


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def batch(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """y_true and y_pred of one batch."""
    classes = rng.integers(0, C, N)
    scores = rng.normal(size=(N, C)).astype("float32")
    if kind == "numbers":
        return rng.normal(size=(N, C)).astype("float32"), scores
    if kind == "positive":
        return (rng.random((N, C)) + 0.1).astype("float32"), (rng.random((N, C)) + 0.1).astype("float32")
    if kind == "images":
        return rng.normal(size=(N, 3, 2, C)).astype("float32"), rng.normal(size=(N, 3, 2, C)).astype("float32")
    if kind == "onehot":
        return np.eye(C, dtype="float32")[classes], softmax(scores)
    if kind == "onehot logits":
        return np.eye(C, dtype="float32")[classes], scores
    if kind == "labels":
        return classes, softmax(scores)
    if kind == "label column":
        return classes[:, None].astype("float32"), softmax(scores)
    if kind == "ids":
        return classes, np.argsort(-scores, axis=-1).astype("float32")
    if kind == "equals":
        return rng.integers(0, 2, (N, C)), rng.integers(0, 2, (N, C))
    if kind == "classes":
        return classes, rng.integers(0, C, N)
    if kind == "maps":
        return rng.integers(0, C, (N, 4)), rng.integers(0, C, (N, 4))
    if kind == "signs":
        return rng.choice([-1.0, 1.0], (N, C)).astype("float32"), scores
    yes = rng.integers(0, 2, (N, C) if kind.startswith("many") else N).astype("float32")
    if kind.endswith("logits"):
        return yes, (2 * yes - 1 + 2 * rng.normal(size=yes.shape)).astype("float32")
    return yes, np.clip(0.3 * yes + 0.7 * rng.random(yes.shape), 0, 1).astype("float32")


CASES = [
    ("Accuracy", {}, "equals"),
    ("BinaryAccuracy", {}, "yes"),
    ("BinaryAccuracy", {"threshold": 0.3}, "many yes"),
    ("CategoricalAccuracy", {}, "onehot"),
    ("SparseCategoricalAccuracy", {}, "labels"),
    ("SparseCategoricalAccuracy", {}, "label column"),
    ("TopKCategoricalAccuracy", {"k": 2}, "onehot"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "labels"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "ids"),
    ("MeanSquaredError", {}, "numbers"),
    ("MeanSquaredError", {}, "images"),
    ("RootMeanSquaredError", {}, "numbers"),
    ("RootMeanSquaredError", {}, "images"),
    ("MeanAbsoluteError", {}, "numbers"),
    ("MeanAbsolutePercentageError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("CosineSimilarity", {}, "numbers"),
    ("CosineSimilarity", {"axis": 1}, "images"),
    ("LogCoshError", {}, "numbers"),
    ("R2Score", {}, "numbers"),
    ("R2Score", {"class_aggregation": None}, "positive"),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 3}, "numbers"),
    ("PearsonCorrelation", {}, "numbers"),
    ("ConcordanceCorrelation", {}, "numbers"),
    ("PearsonCorrelation", {"axis": 1}, "images"),
    ("BinaryCrossentropy", {}, "many yes"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "many logits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "onehot"),
    ("CategoricalCrossentropy", {"from_logits": True}, "onehot logits"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "labels"),
    ("KLDivergence", {}, "onehot"),
    ("Poisson", {}, "positive"),
    ("Hinge", {}, "signs"),
    ("SquaredHinge", {}, "signs"),
    ("CategoricalHinge", {}, "onehot"),
    ("AUC", {}, "yes"),
    ("AUC", {}, "many yes"),
    ("AUC", {"curve": "PR"}, "yes"),
    ("AUC", {"curve": "PRGAIN"}, "yes"),
    ("AUC", {"curve": "PR", "summation_method": "minoring", "num_thresholds": 20}, "yes"),
    ("AUC", {"summation_method": "majoring", "num_thresholds": 7}, "yes"),
    ("AUC", {"thresholds": [0.2, 0.25, 0.7]}, "yes"),
    ("AUC", {"from_logits": True}, "logits"),
    ("AUC", {"multi_label": True}, "many yes"),
    ("AUC", {"multi_label": True, "num_labels": C, "curve": "PR", "label_weights": [1, 2, 3, 4, 5, 6]}, "many yes"),
    ("AUC", {"label_weights": [1, 2, 3, 4, 5, 6]}, "many yes"),
    ("Precision", {}, "yes"),
    ("Precision", {"thresholds": [0.2, 0.5, 0.8]}, "many yes"),
    ("Precision", {"top_k": 2}, "onehot"),
    ("Precision", {"top_k": 3, "class_id": 1, "thresholds": 0.1}, "onehot"),
    ("Recall", {}, "yes"),
    ("Recall", {"thresholds": [0.3, 0.6]}, "yes"),
    ("Recall", {"top_k": 2}, "onehot"),
    ("Recall", {"class_id": 2}, "many yes"),
    ("PrecisionAtRecall", {"recall": 0.7}, "yes"),
    ("PrecisionAtRecall", {"recall": 0.7, "num_thresholds": 1}, "yes"),
    ("RecallAtPrecision", {"precision": 0.6}, "many yes"),
    ("SensitivityAtSpecificity", {"specificity": 0.6}, "yes"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6, "class_id": 1}, "many yes"),
    ("TruePositives", {}, "yes"),
    ("FalsePositives", {"thresholds": [0.1, 0.4]}, "many yes"),
    ("TrueNegatives", {"thresholds": 0.4}, "yes"),
    ("FalseNegatives", {}, "many yes"),
    ("F1Score", {}, "onehot"),
    ("F1Score", {"average": "micro"}, "onehot"),
    ("F1Score", {"average": "macro", "threshold": 0.4}, "many yes"),
    ("FBetaScore", {"average": "weighted", "beta": 2.0, "threshold": 0.6}, "many yes"),
    ("FBetaScore", {"beta": 0.5}, "onehot"),
    ("IoU", {"num_classes": C, "target_class_ids": [0, 3]}, "classes"),
    ("MeanIoU", {"num_classes": C}, "maps"),
    ("MeanIoU", {"num_classes": C, "ignore_class": 1}, "classes"),
    ("MeanIoU", {"num_classes": C, "sparse_y_pred": False}, "labels"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.4}, "yes"),
    ("OneHotIoU", {"num_classes": C, "target_class_ids": [1, 2]}, "onehot"),
    ("OneHotMeanIoU", {"num_classes": C}, "onehot"),
]


def close(ours: Any, theirs: Any, tolerance: float = 1e-6) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.all(np.abs(ours - theirs) <= tolerance * np.maximum(1.0, np.abs(theirs))), (ours, theirs)


def data(kind: str, weighted: str, whole: bool = False) -> Batches:
    rng = np.random.default_rng(7)
    found: Batches = []
    for _ in range(3):
        y_true, y_pred = batch(kind, rng)
        if weighted == "none":
            found.append((y_true, y_pred))
        else:
            weights = rng.integers(0, 4, y_true.shape[:2] if kind == "maps" else N) if whole else rng.random(N)
            found.append((y_true, y_pred, weights.astype("float32")))
    return found


IDS = [f"{name}-{kind}-{'-'.join(map(str, settings))}" for name, settings, kind in CASES]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weighted", ["none", "samples"])
@pytest.mark.parametrize(("name", "settings", "kind"), CASES, ids=IDS)
def test_every_metric_says_what_keras_says(
    keras: ModuleType, name: str, settings: dict[str, Any], kind: str, weighted: str
) -> None:
    ours = getattr(metrics, name)(**settings)
    theirs = getattr(keras.metrics, name)(**settings)
    for arrays in data(kind, weighted, whole="IoU" in name):  # Keras cuts weights in its integer matrix
        ours.update_state(*arrays)
        theirs.update_state(*arrays)
        # Keras loses digits in R²: it subtracts large float32 sums (scikit-learn agrees with ours, below).
        close(ours.result(), theirs.result(), 1e-5 if name == "R2Score" else 1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "settings", "kind"), CASES, ids=IDS)
def test_the_pure_face_is_the_same_under_jit(jax: ModuleType, name: str, settings: dict[str, Any], kind: str) -> None:
    metric = getattr(metrics, name)(**settings)
    batches = data(kind, "samples")
    metric.build(batches[0][0].shape, batches[0][1].shape)
    tally, traced = metric.start(), metric.start()
    step = jax.jit(metric.accumulate)
    for arrays in batches:
        tally = metric.accumulate(tally, *arrays)
        traced = step(traced, *arrays)
    assert step._cache_size() <= 2  # NumPy's zeros first, then always the same shapes and types
    close(jax.jit(metric.read)(traced), metric.read(tally), 2e-6)


def test_a_metric_runs_in_a_scan(jax: ModuleType) -> None:
    metric = metrics.CategoricalAccuracy()
    batches = data("onehot", "none")
    start = jax.tree.map(jax.numpy.asarray, metric.start())
    stacked = tuple(np.stack(arrays) for arrays in zip(*batches, strict=True))
    tally, _ = jax.lax.scan(lambda tally, arrays: (metric.accumulate(tally, *arrays), None), start, stacked)
    for arrays in batches:
        metric.update_state(*arrays)
    close(metric.read(tally), metric.result())


def test_float32_sums_do_not_drift(jax: ModuleType) -> None:
    metric = metrics.Mean()
    values = np.full((128,), 0.1, dtype="float32")
    start = jax.tree.map(jax.numpy.asarray, metric.start())

    def run(tally: dict[str, Any]) -> dict[str, Any]:
        return jax.lax.scan(lambda tally, _: (metric.accumulate(tally, values), None), tally, None, length=100_000)[0]

    tally = jax.jit(run)(start)
    assert abs(float(metric.read(tally)) - 0.1) < 1e-7
    without = float(tally["total"] / tally["count"])
    assert abs(without - 0.1) > 1e-6  # the rest is what holds it: the plain sum alone drifts


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ((3, 4), ()),
        ((3, 4), (3,)),
        ((3, 4), (3, 4)),
        ((3, 4), (3, 1)),
        ((3,), (3, 1)),
        ((3, 1), (3,)),
        ((3, 2, 2), (3, 2)),
    ],
)
def test_means_and_sums_weigh_as_keras_does(
    keras: ModuleType, values: tuple[int, ...], weights: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(1)
    for name in ("Mean", "Sum"):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        for _ in range(2):
            x, w = rng.random(values).astype("float32"), rng.random(weights).astype("float32")
            ours.update_state(x, w)
            theirs.update_state(x, w)
        close(ours.result(), theirs.result())
        close(ours([1.0, 2.0]), theirs([1.0, 2.0]))


def test_names_arguments_and_defaults_are_those_of_keras(keras: ModuleType) -> None:
    for name in dir(keras.metrics):
        theirs = getattr(keras.metrics, name)
        if name.startswith("_") or inspect.ismodule(theirs):
            continue
        ours = getattr(metrics, name)
        if not inspect.isclass(theirs) or name == "Metric":
            continue
        given = {p.name: p.default for p in inspect.signature(theirs).parameters.values()}
        kept = {p.name: p.default for p in inspect.signature(ours).parameters.values()}
        assert list(kept.items()) == list(given.items()), name


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "settings", "kind"), CASES, ids=IDS)
def test_configs_are_those_of_keras_and_come_back(
    keras: ModuleType, name: str, settings: dict[str, Any], kind: str
) -> None:
    ours = getattr(metrics, name)(name="mine", **settings)
    theirs = getattr(keras.metrics, name)(name="mine", **settings).get_config()
    config = ours.get_config()
    for key, value in theirs.items():
        if key != "dtype" and value is not None and not hasattr(value, "shape"):
            assert config[key] == value, key
    again = metrics.deserialize(metrics.serialize(ours))
    assert type(again) is type(ours)
    assert again.get_config() == config
    keras.metrics.deserialize(metrics.serialize(ours))


@pytest.mark.filterwarnings("ignore")
def test_every_name_that_keras_knows_is_known(keras: ModuleType) -> None:
    from keras.src.metrics import ALL_OBJECTS_DICT

    for name, cls in ALL_OBJECTS_DICT.items():
        assert metrics.metric.registry.find(name).__name__ == cls.__name__


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("word", ["accuracy", "acc", "mse", "F1Score"])
@pytest.mark.parametrize(("target", "output"), [((8,), 1), ((8, 1), 1), ((8, 1), 3), ((8,), 3), ((8, 3), 3)])
def test_words_mean_what_keras_makes_of_them(
    keras: ModuleType, word: str, target: tuple[int, ...], output: int
) -> None:
    if word not in ("accuracy", "acc"):
        target, output = (8, 3), 3
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(output)])
    model.compile("sgd", "mse", metrics=[word])
    y_true = np.zeros(target, "float32")
    model._compile_metrics.build(y_true, np.zeros((8, output), "float32"))
    theirs = model._compile_metrics.metrics[0]
    ours = metrics.resolve(word, (None, *target[1:]), (None, output))
    assert (type(ours).__name__, ours.name) == (type(theirs).__name__, theirs.name)


def test_scikit_learn_agrees(keras: ModuleType) -> None:
    judge = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 400)
    p = (rng.permutation(400) + 0.5) / 400  # no ties, so that enough thresholds separate all scores
    w = rng.random(400)

    def value(metric: Any, *arrays: Any) -> Any:
        for part in range(4):
            metric.update_state(*(array[part * 100 : part * 100 + 100] for array in arrays))
        return metric.result()

    says = p > 0.5
    close(value(metrics.AUC(num_thresholds=5001), y, p, w), judge.roc_auc_score(y, p, sample_weight=w))
    close(value(metrics.Precision(), y, p, w), judge.precision_score(y, says, sample_weight=w))
    close(value(metrics.Recall(), y, p, w), judge.recall_score(y, says, sample_weight=w))
    both, chosen = np.stack([y, 1 - y], axis=1), np.stack([p, 1 - p], axis=1)
    for average in ("micro", "macro", "weighted"):
        theirs = judge.f1_score(both, chosen > 0.5, average=average, sample_weight=w)
        close(value(metrics.F1Score(average=average, threshold=0.5), both, chosen, w), theirs)
    t, q = rng.normal(size=(400, 3)), rng.normal(size=(400, 3))
    close(value(metrics.R2Score(), t, t + 0.3 * q, w), judge.r2_score(t, t + 0.3 * q, sample_weight=w))
    a, b = rng.integers(0, 5, 400), rng.integers(0, 5, 400)
    close(value(metrics.MeanIoU(5), a, b), judge.jaccard_score(a, b, average="macro"))
