"""Metrics: numbers small enough to check by hand, Keras's rules for weights and names, and honest errors."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import metrics
from pellucid.errors import NotBuiltError, ShapeError
from pellucid.registry import custom_object_scope


def test_a_mean_is_over_all_samples_of_all_batches() -> None:
    metric = metrics.MeanSquaredError()
    metric.update_state([[0.0]], [[3.0]])
    metric.update_state([[0.0], [0.0], [0.0]], [[1.0], [1.0], [1.0]])
    assert metric.result() == 3.0  # (9 + 1 + 1 + 1) / 4, not the mean of 9 and 1


def test_weights_count_samples_more_or_not_at_all() -> None:
    metric = metrics.MeanAbsoluteError()
    metric.update_state([[0.0], [0.0]], [[1.0], [100.0]], sample_weight=[3.0, 0.0])
    metric.update_state([[0.0]], [[5.0]], sample_weight=[1.0])
    assert metric.result() == 2.0


def test_nothing_seen_is_zero_and_reset_forgets() -> None:
    metric = metrics.BinaryAccuracy()
    assert metric.result() == 0.0
    assert metric([1, 0], [0.9, 0.8]) == 0.5
    metric.reset_state()
    assert metric.result() == 0.0


def test_a_result_is_a_float32_number() -> None:
    result = metrics.Mean()([1.0, 2.0])
    assert isinstance(result, np.float32)
    assert f"{result:.2f}" == "1.50"
    assert metrics.Mean(dtype="float64")([1.0, 2.0]).dtype == np.float64


def test_both_faces_say_the_same() -> None:
    rng = np.random.default_rng(0)
    metric = metrics.CategoricalAccuracy()
    tally = metric.start()
    for _ in range(5):
        y_true, y_pred = np.eye(4)[rng.integers(0, 4, 9)], rng.random((9, 4)).astype("float32")
        before = {name: value.copy() for name, value in tally.items()}
        next_tally = metric.accumulate(tally, y_true, y_pred)
        assert before == tally  # the old tally is untouched
        tally = next_tally
        metric.update_state(y_true, y_pred)
    assert metric.read(tally) == pytest.approx(metric.result())


def test_a_hundred_thousand_batches_do_not_drift() -> None:
    metric = metrics.Mean()
    values = np.full((128,), 0.1, dtype="float32")
    tally = metric.start()
    for _ in range(100_000):
        tally = metric.accumulate(tally, values)
    assert metric.read(tally) == pytest.approx(float(np.float32(0.1)), rel=1e-9)


def test_two_sum_loses_nothing() -> None:
    total, lost = metrics.metric.two_sum(np.float32(1e8), np.float32(1.25))
    assert float(total) + float(lost) == 1e8 + 1.25
    assert total == np.float32(1e8)  # so without the rest the 1.25 would be gone


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=30))
def test_counts_at_thresholds_are_what_comparing_one_by_one_gives(pairs: list[tuple[bool, int]]) -> None:
    y = np.array([yes for yes, _ in pairs], dtype="float32")
    p = np.array([score / 20 for _, score in pairs], dtype="float32")
    thresholds = [0.0, 0.25, 0.5, 1.0]
    counted = {
        "TruePositives": [int(((p > t) & (y == 1)).sum()) for t in thresholds],
        "FalsePositives": [int(((p > t) & (y == 0)).sum()) for t in thresholds],
        "TrueNegatives": [int(((p <= t) & (y == 0)).sum()) for t in thresholds],
        "FalseNegatives": [int(((p <= t) & (y == 1)).sum()) for t in thresholds],
    }
    for name, expected in counted.items():
        assert getattr(metrics, name)(thresholds=thresholds)(y, p).tolist() == expected


def test_auc_of_perfect_hopeless_and_reversed_scores() -> None:
    y = [0, 0, 1, 1]
    assert metrics.AUC()(y, [0.1, 0.2, 0.8, 0.9]) == pytest.approx(1.0)
    assert metrics.AUC()(y, [0.5, 0.5, 0.5, 0.5]) == pytest.approx(0.5)
    assert metrics.AUC()(y, [0.9, 0.8, 0.2, 0.1]) == pytest.approx(0.0)
    assert metrics.AUC(curve="PR")(y, [0.1, 0.2, 0.8, 0.9]) == pytest.approx(1.0)


def test_top_k_counts_a_tie_as_in() -> None:
    scores = np.array([[0.4, 0.4, 0.2], [0.1, 0.2, 0.7]])
    assert metrics.sparse_top_k_categorical_accuracy(np.array([1, 0]), scores, k=1).tolist() == [1.0, 0.0]
    assert metrics.sparse_top_k_categorical_accuracy(np.array([2, 0]), scores, k=9).tolist() == [1.0, 1.0]
    assert metrics.sparse_top_k_categorical_accuracy(np.array([0]), np.array([[np.nan, 1.0]]), k=1).tolist() == [0.0]


def test_iou_by_hand() -> None:
    metric = metrics.MeanIoU(num_classes=2)
    metric.update_state([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[0.3, 0.3, 0.3, 0.1])
    assert metric.variables[0] == pytest.approx(np.array([[0.3, 0.3], [0.3, 0.1]]))
    assert metric.result() == pytest.approx((0.3 / 0.9 + 0.1 / 0.7) / 2)


@pytest.mark.parametrize("metric", [metrics.R2Score(), metrics.F1Score()])
def test_a_column_of_targets_may_lack_its_axis(metric: Any) -> None:
    metric.update_state(np.array([1.0, 0.0, 1.0]), np.array([[1.0], [0.0], [1.0]]))
    assert metric.result() == pytest.approx(1.0)


def test_a_metric_that_needs_shapes_says_so() -> None:
    metric = metrics.F1Score()
    with pytest.raises(NotBuiltError, match="build"):
        metric.start()
    metric.build((None, 3), (None, 3))
    assert metric.start()["support"].shape == (3,)


@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize(
    ("target", "output", "kind"),
    [
        ((None,), (None, 1), metrics.BinaryAccuracy),
        ((None, 1), (None, 1), metrics.BinaryAccuracy),
        ((None,), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 1), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 10), (None, 10), metrics.CategoricalAccuracy),
        ((None, 7, 10), (None, 7, 10), metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_is_the_form_that_fits_and_keeps_its_name(word: str, target: Any, output: Any, kind: type) -> None:
    metric = metrics.resolve(word, target, output)
    assert type(metric) is kind
    assert metric.name == word


def test_crossentropy_reads_logits_when_the_loss_does() -> None:
    class Loss:
        from_logits = True

    assert metrics.resolve("ce", (None,), (None, 3), Loss()).get_config()["from_logits"] is True
    assert type(metrics.resolve("crossentropy", (None, 3), (None, 3))) is metrics.CategoricalCrossentropy


def test_names_functions_classes_and_objects_resolve() -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred).max(axis=-1)

    shapes = (None, 2), (None, 2)
    assert metrics.resolve("mse", *shapes).name == "mse"
    assert metrics.resolve(worst, *shapes).name == "worst"
    assert metrics.resolve(metrics.mean_absolute_error, *shapes).name == "mean_absolute_error"
    assert metrics.resolve(metrics.Recall, *shapes).name == "recall"
    mine = metrics.Recall(name="mine")
    assert metrics.resolve(mine, *shapes) is mine
    assert metrics.resolve("f1_score", *shapes).start()["support"].shape == (2,)
    with custom_object_scope({"worst": worst}):
        assert metrics.resolve("worst", *shapes)([[0.0, 0.0]], [[1.0, 2.0]]) == 2.0


def test_a_metric_survives_being_written_down() -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred).max(axis=-1)

    written = metrics.serialize(metrics.MeanMetricWrapper(worst, name="w"))
    again = metrics.deserialize(written, custom_objects={"worst": worst})
    assert again.name == "w"
    assert again([[0.0, 0.0]], [[1.0, 2.0]]) == 2.0
    assert pickle.loads(pickle.dumps(metrics.AUC(curve="PR"))).curve == "PR"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: metrics.get("acuracy"), "Did you mean 'accuracy'"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds"),
        (lambda: metrics.AUC(curve="CAP"), "'ROC'"),
        (lambda: metrics.AUC(num_labels=3), "multi_label"),
        (lambda: metrics.Precision(thresholds=[2.0]), r"\[0, 1\]"),
        (lambda: metrics.PrecisionAtRecall(1.5), "recall"),
        (lambda: metrics.F1Score(average="mean"), "'macro'"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors"),
        (lambda: metrics.IoU(2, [3]), "target class 3"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), "k must be"),
        (lambda: metrics.BinaryAccuracy(threshold=float("nan")), "threshold"),
    ],
)
def test_wrong_settings_are_refused_at_once(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_shapes_that_cannot_work_name_the_remedy() -> None:
    with pytest.raises(ShapeError, match="sparse"):
        metrics.CategoricalAccuracy()(np.zeros((4,)), np.zeros((4, 3)))
    with pytest.raises(ShapeError, match="one class number"):
        metrics.SparseCategoricalAccuracy()(np.zeros((4, 3)), np.zeros((4, 3)))
    with pytest.raises(ShapeError, match="sample_weight"):
        metrics.Mean()(np.zeros((4, 3)), sample_weight=np.zeros((3,)))
