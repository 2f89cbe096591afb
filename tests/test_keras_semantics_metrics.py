"""Metrics of one's own, as Keras documents them: variables, update_state, result, reset_state."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Metric, Model, Sequential
from pellucid.layers import Dense
from pellucid.metrics import BinaryAccuracy, Mean, Precision, Recall

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(50, 3)).astype("float32"), (RNG.normal(size=(50, 1)) > 0).astype("float32")


class TruePositives(Metric):
    """As in Keras's guide."""

    def __init__(self, name: str = "hits", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.hits = self.add_weight(name="tp", initializer="zeros")
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        values = ((y_true == 1) & (y_pred > 0.5)).astype("float32")
        if sample_weight is not None:
            values = values * sample_weight.reshape(-1, 1)
        self.hits.assign_add(values.sum())
        self.seen.assign(self.seen + len(y_true))

    def result(self) -> Any:
        return self.hits / self.seen

    def reset_state(self) -> None:
        self.hits.assign(0.0)
        self.seen.assign(0.0)


class OldF1(Metric):
    """Metrics among its attributes, and the name of 2020 for forgetting."""

    def __init__(self, name: str = "f1", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.precision, self.recall = Precision(), Recall()
        self.resets = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.precision.update_state(y_true, y_pred, sample_weight)
        self.recall.update_state(y_true, y_pred, sample_weight)

    def result(self) -> Any:
        p, r = self.precision.result(), self.recall.result()
        return 2 * p * r / (p + r + 1e-7)

    def reset_states(self) -> None:
        self.precision.reset_state()
        self.recall.reset_state()
        self.resets += 1


class Distance(Mean):
    """A Mean of values of its own."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(abs(y_true - y_pred), sample_weight=sample_weight)


def model_with(metrics: Any, **settings: Any) -> Sequential:
    model = Sequential([Dense(4, activation="tanh", input_shape=(3,)), Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=metrics, **settings)
    return model


def by_hand(y: Any, p: Any) -> float:
    return float(((y == 1) & (p > 0.5)).mean())


def test_evaluate_gives_what_the_metric_says_of_all_batches() -> None:
    model = model_with([TruePositives()])
    found = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    assert found["hits"] == pytest.approx(by_hand(Y, model.predict(X, verbose=0)))


def test_each_epoch_starts_from_nothing_and_validation_has_a_tally_of_its_own() -> None:
    model = model_with([TruePositives(), "accuracy"])
    history = model.fit(X, Y, epochs=2, validation_data=(X[:7], Y[:7]), verbose=0, batch_size=8).history
    assert set(history) >= {"hits", "val_hits", "accuracy"}
    assert max(history["hits"]) <= 1
    assert history["val_hits"][-1] == pytest.approx(by_hand(Y[:7], model.predict(X[:7], verbose=0)))


def test_weighted_metrics_are_given_the_sample_weights() -> None:
    weights = RNG.uniform(size=50).astype("float32")
    model = model_with(None, weighted_metrics=[TruePositives()])
    found = model.evaluate(X, Y, sample_weight=weights, verbose=0, return_dict=True)
    hits = ((Y == 1) & (model.predict(X, verbose=0) > 0.5))[:, 0]
    assert found["hits"] == pytest.approx(float((hits * weights).sum() / 50), rel=1e-5)


def test_a_metric_made_of_metrics() -> None:
    metric = OldF1()
    model = model_with([metric, Precision(name="p"), Recall(name="r")])
    found = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    assert found["f1"] == pytest.approx(2 * found["p"] * found["r"] / (found["p"] + found["r"] + 1e-7), rel=1e-5)
    metric.reset_state()
    metric.update_state(Y, Y)
    assert metric.resets
    assert metric.result() == pytest.approx(1, abs=1e-5)
    metric.reset_states()
    assert metric.result() == 0


def test_a_mean_of_values_of_ones_own() -> None:
    model = model_with([Distance(name="far"), "mae"])
    found = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    assert found["far"] == pytest.approx(found["mae"], rel=1e-6)


def test_the_metric_by_hand() -> None:
    metric = TruePositives()
    metric.update_state(np.array([1, 1, 0]), np.array([0.9, 0.1, 0.9]))
    assert metric.result() == pytest.approx(1 / 3)
    assert [float(v) for v in metric.variables] == [1, 3]
    metric.reset_state()
    assert [float(v) for v in metric.variables] == [0, 0]
    assert metric(np.array([1]), np.array([0.9])) == 1


def test_a_tally_does_not_touch_the_metric() -> None:
    metric = TruePositives()
    tally = metric.start()
    more = metric.accumulate(tally, Y, Y, None)
    assert float(metric.seen) == 0
    assert metric.read(more) == pytest.approx(float(Y.mean()))
    assert float(metric.seen) == 0
    metric.hold(more)
    assert metric.result() == pytest.approx(float(Y.mean()))


def test_a_metric_whose_update_state_has_no_sample_weight() -> None:
    class Count(Metric):
        def __init__(self) -> None:
            super().__init__(name="count")
            self.total = self.add_weight("total", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any) -> None:
            self.total.assign_add(len(y_true))

        def result(self) -> Any:
            return self.total

    found = model_with([Count()]).evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    assert found["count"] == 50


def test_a_dict_of_results_becomes_several_entries() -> None:
    class Both(TruePositives):
        def result(self) -> Any:
            return {"hits": self.hits.value, "seen": self.seen.value}

    found = model_with([Both()]).evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    assert found["seen"] == 50


def test_metrics_by_output_with_names_and_dicts() -> None:
    x = Input((3,))
    model = Model(x, [Dense(1, activation="sigmoid", name="a")(x), Dense(1, name="b")(x)])
    metrics = {"a": [TruePositives(name="mine"), BinaryAccuracy(name="right")], "b": "mae"}
    model.compile("sgd", "mse", metrics=metrics)
    assert {"a_mine", "a_right", "b_mae"} <= set(model.evaluate(X, [Y, Y], verbose=0, return_dict=True))


def test_one_flat_list_of_metrics_counts_for_each_output() -> None:
    """Keras 2's meaning; Keras 3 refuses it."""
    x = Input((3,))
    model = Model(x, [Dense(1, name="a")(x), Dense(1, name="b")(x)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert {"a_mae", "b_mae"} <= set(model.evaluate(X, [Y, Y], verbose=0, return_dict=True))


def test_the_models_metrics_tell_of_the_last_epoch() -> None:
    metric = TruePositives()
    model = model_with([metric])
    history = model.fit(X, Y, verbose=0, batch_size=8).history
    assert metric.result() == pytest.approx(history["hits"][-1])
    assert metric in model.metrics
