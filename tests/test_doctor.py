"""The doctor finds what we planted, leaves healthy networks in peace, and changes nothing."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from pellucid import Sequential, layers, native, optimizers
from pellucid.cli import app
from pellucid.initializers import Constant, RandomNormal
from pellucid.inside.doctor import (
    TABLE,
    Doctor,
    Finding,
    Fix,
    examine,
    find_learning_rate,
    layer_checks,
    look_back,
    loss_checks,
    overfit_small_batch,
    try_it,
    vitals,
)
from pellucid.inside.doctor.patience import Patience
from pellucid.inside.doctor.prescriptions import Trial
from pellucid.inside.doctor.sampling import multiplications
from pellucid.inside.doctor.thresholds import limits
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.random import next_key, set_random_seed
from pellucid.terminal.findings import findings
from pellucid.training import TrainingWarning

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 240)
X = (RNG.normal(size=(3, 8))[LABELS] * 1.5 + RNG.normal(size=(240, 8))).astype("float32")
X = (X - X.mean(axis=0)) / X.std(axis=0)
SPARSE = "sparse_categorical_crossentropy"


def network(
    *hidden: Any, out: str | None = "softmax", units: int = 3, optimizer: Any = "adam", loss: Any = SPARSE
) -> Any:
    set_random_seed(3)
    model = Sequential([layers.Input((8,)), *hidden, layers.Dense(units, out, name="out")])
    model.compile(optimizer=optimizer, loss=loss)
    return model


def treated(model: Any, epochs: int = 12, x: Any = X, y: Any = LABELS, validation: Any = None) -> Doctor:
    doctor = Doctor(every=2, verbose=0)
    model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, callbacks=[doctor], validation_data=validation)
    return doctor


def alarms(found: list[Finding]) -> set[str]:
    return {finding.check for finding in found if finding.alarm}


def found(check: str, among: list[Finding]) -> Finding:
    return next(finding for finding in among if finding.check == check)


def test_a_healthy_network_is_left_in_peace() -> None:
    model = network(layers.Dense(12, "relu"), optimizer=optimizers.Adam(0.01))
    assert not alarms(examine(model, X, LABELS))
    assert not alarms(treated(model).findings)


@pytest.mark.parametrize("settings", [{"every": 1}, {"every": 5}, {}])
def test_a_training_under_the_doctor_learns_the_same_bits(settings: dict[str, Any]) -> None:
    def learned(callbacks: list[Any]) -> list[np.ndarray]:
        model = network(layers.Dense(6, "relu"), layers.BatchNormalization(), layers.Dropout(0.2))
        model.fit(X, LABELS, epochs=3, verbose=0, callbacks=callbacks)
        return model.get_weights()

    for a, b in zip(learned([]), learned([Doctor(verbose=0, **settings)]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_examining_changes_neither_the_model_nor_the_stream_of_keys() -> None:
    model = network(layers.Dense(6, "relu"))
    before, weights = model.numbers, model.get_weights()
    set_random_seed(1)
    expected = next_key()
    set_random_seed(1)
    examine(model, X, LABELS, (X[:9], LABELS[:9]))
    overfit_small_batch(model, X, LABELS, steps_at_most=3)
    find_learning_rate(model, X, LABELS)
    np.testing.assert_array_equal(next_key(), expected)
    assert model.numbers.step == before.step == 0
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)


# Before training -----------------------------------------------------------------------------------


def test_unscaled_inputs_are_named_with_their_size() -> None:
    finding = found("inputs_scaled", examine(network(layers.Dense(6, "relu")), X * 100, LABELS))
    assert finding.grade == "warning"
    assert finding.value == pytest.approx(np.abs(X * 100).max())
    assert finding.threshold == 10


def test_large_columns_of_a_table_are_named() -> None:
    table = X.copy()
    table[:, 6] *= 5000
    assert "in column 6." in found("inputs_scaled", examine(network(), table, LABELS)).what
    table[:, 1] += 30
    assert "in columns 1 and 6." in found("inputs_scaled", examine(network(), table, LABELS)).what
    assert "column" not in found("inputs_scaled", examine(network(), 300 * X, LABELS)).what


def test_inputs_that_are_all_the_same_are_an_error_that_explains_the_rest() -> None:
    doctor = treated(network(layers.Dense(12, "relu")), x=np.zeros_like(X))
    (only,) = [finding for finding in doctor.diagnosis if finding.alarm]
    assert (only.check, only.grade) == ("inputs_constant", "error")
    assert "every number is 0" in only.what


def test_a_batch_of_one_sample_leaves_a_normalisation_over_it_nothing() -> None:
    def said(batch: int, *more: Any, x: Any = X) -> set[str]:
        model = Sequential([layers.Input(x.shape[1:]), *more, layers.Dense(3, "softmax")])
        model.compile("adam", SPARSE)
        doctor = Doctor(verbose=0)
        model.fit(x[:40], LABELS[:40], batch_size=batch, epochs=3, verbose=0, callbacks=[doctor])
        return {finding.check for finding in doctor.diagnosis if finding.alarm}

    after_dense = layers.Dense(8), layers.BatchNormalization(), layers.ReLU()
    assert said(1, *after_dense) == {"batch_of_one"}
    after_convolution = layers.Conv1D(4, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten()
    assert "batch_of_one" not in said(8, layers.Dense(8), layers.BatchNormalization(), layers.ReLU())
    assert "batch_of_one" not in said(1, *after_convolution, x=X[..., None])


@pytest.mark.parametrize(
    "scaling", [layers.Rescaling(0.01), layers.BatchNormalization(), layers.Normalization(mean=0.0, variance=1e4)]
)
def test_inputs_that_the_network_scales_itself_are_left_in_peace(scaling: Any) -> None:
    model = network(scaling, layers.Dense(6, "relu"))
    assert not alarms(examine(model, X * 100, LABELS))
    assert "inputs_scaled" in alarms(examine(network(layers.Rescaling(1.0), layers.Dense(6)), X * 100, LABELS))


def test_broken_data_come_back_as_a_finding_with_the_place() -> None:
    x = X.copy()
    x[7, 2] = np.nan
    (finding,) = examine(network(), x, LABELS)
    assert finding.check == "data"
    assert "x[7, 2] is nan" in finding.what
    (finding,) = examine(network(), X, LABELS, (x, LABELS))
    assert finding.what.startswith("validation_data: x[7, 2] is nan")


def test_targets_that_are_all_the_same_are_an_error() -> None:
    finding = found("targets_constant", examine(network(), X, np.ones(240, int)))
    assert finding.grade == "error"


@pytest.mark.parametrize(
    ("out", "units", "loss", "y"),
    [
        ("softmax", 3, SparseCategoricalCrossentropy(from_logits=True), LABELS),
        (None, 3, SPARSE, LABELS),
        ("softmax", 1, "binary_crossentropy", LABELS[:, None] > 0),
        ("relu", 1, "binary_crossentropy", LABELS[:, None] > 0),
        ("sigmoid", 1, "mse", LABELS[:, None] * 1.0),
        ("tanh", 1, "mse", LABELS[:, None] * 1.0),
    ],
)
def test_an_output_that_does_not_fit_the_loss_is_an_error(out: str | None, units: int, loss: Any, y: Any) -> None:
    finding = found("output_fits_loss", examine(network(out=out, units=units, loss=loss), X, y))
    assert finding.grade == "error"
    assert finding.layer == "out"


@pytest.mark.parametrize(
    ("out", "units", "loss", "y"),
    [
        ("softmax", 3, SPARSE, LABELS),
        (None, 3, SparseCategoricalCrossentropy(from_logits=True), LABELS),
        ("sigmoid", 1, "binary_crossentropy", LABELS[:, None] > 0),
        (None, 1, "mse", LABELS[:, None] * 1.0),
        ("sigmoid", 1, "mse", (LABELS[:, None] > 0) * 1.0),
    ],
)
def test_an_output_that_fits_its_loss_is_left_in_peace(out: str | None, units: int, loss: Any, y: Any) -> None:
    assert "output_fits_loss" not in alarms(examine(network(out=out, units=units, loss=loss), X, y))


def test_equal_units_and_weights_of_the_wrong_size_are_seen_at_the_start() -> None:
    equal = network(layers.Dense(5, "relu", name="hidden", kernel_initializer=Constant(0.1)))
    large = network(layers.Dense(5, "relu", name="hidden", kernel_initializer=RandomNormal(stddev=3.0)))
    assert found("initialisation", examine(equal, X, LABELS)).grade == "error"
    finding = found("initialisation", examine(large, X, LABELS))
    assert finding.layer == "hidden"
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value > finding.threshold


def test_an_output_layer_may_begin_at_zero() -> None:
    model = network(layers.Dense(5, "relu"))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0, bias])
    assert not alarms(examine(model, X, LABELS))


def test_samples_in_both_parts_and_answers_among_the_inputs_are_found() -> None:
    model = network()
    finding = found("duplicates_across", examine(model, X[:200], LABELS[:200], (X[190:], LABELS[190:])))
    assert finding.units == tuple(range(10))
    assert "duplicates_across" not in alarms(examine(model, X[:200], LABELS[:200], (X[200:], LABELS[200:])))
    leaky = X.copy()
    leaky[:, 5] = 0.3 * LABELS - 1
    assert found("leak", examine(model, leaky, LABELS)).units == (5,)


def test_an_answer_among_the_inputs_is_found_where_the_first_samples_say_nothing() -> None:
    rare = np.zeros(240, "int64")
    rare[70:90] = 1
    leaky = X.copy()
    leaky[:, 2] = 2000 + 5.0 * rare
    assert found("leak", examine(network(), leaky, rare)).units == (2,)
    leaky[::7, 2] += 1
    assert "leak" not in alarms(examine(network(), leaky, rare))


def test_an_answer_with_a_little_noise_is_found_where_no_other_input_comes_near() -> None:
    yes = (LABELS > 0) * 1.0
    leaky = X.copy()
    leaky[:, 4] = 2 * yes - 1 + 0.05 * RNG.normal(size=240)
    finding = found("leak", examine(network(), leaky, yes.astype(int)))
    assert finding.units == (4,)
    assert "all but alone" in finding.what
    leaky[:, 6] = 2 * yes - 1 + 0.3 * RNG.normal(size=240)  # two clouds far apart differ in many columns
    assert "leak" not in alarms(examine(network(), leaky, yes.astype(int)))


def test_one_error_among_many_inputs_is_found() -> None:
    x = np.tile(X, (10, 1))
    x[1234, 3] = 1e6
    assert found("inputs_scaled", examine(network(), x, np.tile(LABELS, 10))).what.endswith("in column 3.")
    doctor = Doctor(verbose=0)
    network().fit(x, np.tile(LABELS, 10), epochs=1, verbose=0, callbacks=[doctor])
    assert "inputs_scaled" in alarms(doctor.findings)


def waves(series: int, time: int) -> Any:
    """(120, series, time) slow waves, each series about a level of its own."""
    phase, level = RNG.uniform(0, 6, (120, series, 1)), np.linspace(-1, 1, series)[:, None]
    return (np.sin(0.2 * np.arange(time) + phase) + level).astype("float32")


@pytest.mark.parametrize("reader", ["lstm", "bidirectional", "conv1d", "dense"])
def test_series_that_were_reshaped_instead_of_transposed_are_found(reader: str) -> None:
    made = {
        "lstm": [layers.Masking(), layers.LSTM(3)], "bidirectional": [layers.Bidirectional(layers.GRU(3))],
        "conv1d": [layers.BatchNormalization(), layers.Conv1D(3, 3), layers.Flatten()], "dense": [layers.Flatten()],
    }[reader]  # fmt: skip
    model = Sequential([layers.Input((32, 5)), *made, layers.Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    x = waves(5, 32)
    assert ("exchanged_axes" in alarms(examine(model, x.reshape(120, 32, 5), LABELS[:120]))) == (reader != "dense")
    assert "exchanged_axes" not in alarms(examine(model, x.transpose(0, 2, 1), LABELS[:120]))


def test_leaps_between_time_steps_are_no_sign_of_exchanged_axes() -> None:
    model = Sequential([layers.Input((30, 3)), layers.LSTM(3), layers.Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    switched = np.repeat(RNG.normal(size=(120, 3, 1)), 10, axis=1) + np.zeros(3)  # at steps 10 and 20, in all series
    assert "exchanged_axes" not in alarms(examine(model, switched, LABELS[:120]))


def test_a_training_that_got_nowhere_is_told_by_its_epochs() -> None:
    doctor = Doctor(verbose=0)
    apart = np.random.default_rng(1).permutation(np.tile(LABELS, 4))
    model = network(layers.Dense(12, "relu"), optimizer=optimizers.Adam(2e-3))
    model.fit(np.tile(X, (4, 1)), apart, epochs=20, verbose=0, callbacks=[doctor])
    assert "do not belong to them" in found("not_falling", doctor.findings).cause


def test_a_drowned_class_is_named() -> None:
    keep = (LABELS == 0) | (np.arange(240) % 40 == 0)
    assert "class_balance" in alarms(examine(network(), X[keep], LABELS[keep]))
    advice = found("class_balance", examine(network(), X[keep], LABELS[keep])).advice
    kept = np.bincount(LABELS[keep])
    for label, count in enumerate(kept):
        assert f"{label}: {float(f'{kept.sum() / (3 * count):.2g}'):.4g}" in advice


def test_inputs_that_are_too_small_have_a_cause_of_their_own() -> None:
    small, large = (found("inputs_scaled", examine(network(), scale * X, LABELS)) for scale in (1e-3, 300))
    assert "scaled twice" in small.cause
    assert "not scaled" in large.cause


def test_a_small_batch_is_learned_by_heart_unless_something_is_wrong() -> None:
    good, losses = overfit_small_batch(network(layers.Dense(16, "relu"), optimizer=optimizers.Adam(0.01)), X, LABELS)
    assert good == []
    assert losses[-1] < 0.1 * losses[0]
    bad, _ = overfit_small_batch(network(optimizer=optimizers.SGD(1e-6)), X, LABELS, steps_at_most=50)
    assert bad[0].check == "small_batch"


# During training -----------------------------------------------------------------------------------


def test_a_rate_too_low_is_told_from_a_rate_too_high() -> None:
    low = treated(network(layers.Dense(8, "tanh"), optimizer=optimizers.SGD(1e-7)))
    assert "too low" in found("not_falling", low.findings).cause
    assert found("not_falling", low.findings).fix.settings["factor"] > 1
    high = treated(network(layers.Dense(8, "relu"), optimizer=optimizers.Adam(5.0)), y=RNG.permutation(LABELS))
    assert alarms(high.findings) & {"runaway", "oscillating", "too_fast", "not_falling"}


def test_a_rate_of_zero_moves_nothing() -> None:
    finding = found("standing_still", treated(network(optimizer=optimizers.SGD(0.0))).findings)
    assert (finding.grade, finding.layer) == ("error", "out")


def test_frozen_layers_may_stand_still() -> None:
    frozen = layers.Dense(8, "tanh", name="frozen")
    frozen.trainable = False
    assert "standing_still" not in alarms(treated(network(frozen, optimizer=optimizers.Adam(0.01))).findings)


def test_a_loss_that_is_no_number_names_layer_and_step() -> None:
    model = network(
        layers.Dense(8, "relu", name="hidden"), out=None, units=1, loss="mse", optimizer=optimizers.SGD(9.0)
    )
    doctor = Doctor(verbose=0, stop=False)
    with pytest.warns(TrainingWarning), np.errstate(all="ignore"):
        model.fit(X, LABELS[:, None], epochs=20, verbose=0, callbacks=[doctor])
    finding = found("not_finite", doctor.findings)
    assert finding.layer in ("hidden", "out")
    assert finding.step is not None
    assert math.isnan(finding.value or 0)
    assert "too high" in finding.cause


def test_fading_gradients_are_measured_by_layer() -> None:
    deep = [layers.Dense(10, "sigmoid", name=f"d{i}") for i in range(6)]
    finding = found("vanishing", treated(network(*deep, optimizer=optimizers.SGD(0.1))).findings)
    assert finding.layer == "d0"
    assert finding.value is not None
    assert finding.value > 50
    assert "factor" in finding.what


def test_dead_units_are_numbered() -> None:
    model = network(layers.Dense(8, "relu", name="hidden"), optimizer=optimizers.SGD(0.01))
    kernel, bias = model.layers[0].get_weights()
    bias[2:] = -50
    model.layers[0].set_weights([kernel, bias])
    finding = found("dead", treated(model).findings)
    assert finding.units == (2, 3, 4, 5, 6, 7)
    assert finding.value == 0.75


def test_units_that_have_never_fired_are_told_so() -> None:
    low = layers.Dense(8, "relu", bias_initializer=Constant(-50.0), name="hidden")
    never = found("dead", treated(network(low, optimizer="sgd")).findings)
    assert "did not fire before the first step either" in never.cause
    assert "biases at 0" in never.advice


def test_saturated_units_are_found_where_sums_are_far_from_zero() -> None:
    wide = RandomNormal(stddev=60.0)
    model = network(layers.Dense(8, "tanh", name="hidden", kernel_initializer=wide), optimizer=optimizers.SGD(1e-3))
    assert found("saturation", treated(model).findings).layer == "hidden"


def test_twins_stay_twins() -> None:
    model = network(layers.Dense(6, "tanh", name="hidden", kernel_initializer="ones"), optimizer=optimizers.SGD(1e-3))
    assert found("duplicates", treated(model).findings).units == (1, 2, 3, 4, 5)


def test_learning_by_heart_is_told_from_learning() -> None:
    shuffled = RNG.permutation(LABELS)
    model = network(layers.Dense(64, "relu"), layers.Dense(64, "relu"), optimizer=optimizers.Adam(0.01))
    doctor = treated(model, 30, X[:120], shuffled[:120], (X[120:], shuffled[120:]))
    assert {"overfitting", "not_generalising"} <= alarms(doctor.findings)


def test_changed_thresholds_change_what_is_said() -> None:
    model = network(layers.Dense(8, "relu"), optimizer=optimizers.Adam(0.01))
    doctor = Doctor(
        every=2, verbose=0, thresholds={"vanishing_warning": 1e-6, "vanishing_severe": 1e9, "learned": 1e-9}
    )
    model.fit(X, LABELS, batch_size=16, epochs=5, verbose=0, callbacks=[doctor])
    assert "vanishing" in alarms(doctor.findings)


def test_every_threshold_has_a_meaning_and_a_source() -> None:
    assert all(line.decides and line.source and line.value > 0 for line in TABLE)
    assert len({line.name for line in TABLE}) == len(TABLE)


def test_what_is_printed_says_cause_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    network(optimizer=optimizers.SGD(0.0)).fit(X, LABELS, epochs=20, verbose=0, callbacks=[Doctor()])
    printed = capsys.readouterr().out
    assert "error: The weights of 'out' do not move." in printed
    assert "fix: Raise the learning rate." in printed


@pytest.mark.parametrize("settings", [{"every": 0}, {"budget": 0}, {"x": X}, {"thresholds": {"nothing": 1}}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"every|budget|without y|no threshold"):
        Doctor(**settings)


def test_the_first_batches_of_a_generator_are_what_checks_are_made_on() -> None:
    def batches() -> Any:
        shared = np.empty((16, 8), "float32")
        for start in range(10**6):
            shared[:] = 90 * X[16 * (start % 15) :][:16]  # the same array again and again
            yield shared, LABELS[16 * (start % 15) :][:16]

    model, doctor = network(layers.Dense(6, "relu")), Doctor(verbose=0, every=1)
    before = model.numbers.params["out"]["kernel"]
    model.fit(batches(), steps_per_epoch=10, epochs=2, verbose=0, callbacks=[doctor])
    assert "inputs_scaled" in alarms(doctor.findings)
    np.testing.assert_array_equal(doctor.chart.samples.x[0], 90 * X[: 8 * 16])
    np.testing.assert_array_equal(doctor.chart.beginning.params["out"]["kernel"], before)
    assert [vitals.step for vitals in doctor.chart.vitals][:4] == [0, 8, 9, 10]


def test_samples_of_ones_own_are_used_with_a_generator_too() -> None:
    def batches() -> Any:
        while True:
            yield X[:16], LABELS[:16]

    doctor = Doctor(X, LABELS, verbose=0, every=1)
    network().fit(batches(), steps_per_epoch=3, epochs=2, verbose=0, callbacks=[doctor])
    assert [vitals.step for vitals in doctor.chart.vitals] == [0, 1, 2, 3, 4, 5, 6]


def test_a_loss_that_leaps_is_left_in_peace_while_it_gets_down() -> None:
    chart = treated(network(layers.Dense(8, "relu")), epochs=2).chart
    chart.has_learned, chart.probed = False, [1.0, 0.5] * 6
    chart.losses = [0.8] * 12
    assert [finding.check for finding in loss_checks.oscillating(chart)] == ["oscillating"]
    chart.losses = [0.8] * 6 + [0.6] * 6
    assert not list(loss_checks.oscillating(chart))


def test_dead_units_are_a_notice_while_the_loss_falls_surely() -> None:
    model = network(layers.Dense(20, "relu", name="hidden"), optimizer=optimizers.SGD(0.01))
    kernel, bias = model.layers[0].get_weights()
    bias[:14] = -50
    model.layers[0].set_weights([kernel, bias])
    chart = treated(model, epochs=3).chart
    chart.losses = chart.probed = [1.1] * 24
    chart.recent, chart.has_learned, chart.start = 1.1, False, None
    assert [finding.grade for finding in layer_checks.dead_units(chart)] == ["warning"]
    chart.losses = np.linspace(1.3, 1.0, 24).tolist()
    assert [finding.grade for finding in layer_checks.dead_units(chart)] == ["notice"]


def test_a_constant_answer_is_worth_what_the_training_and_the_validation_count() -> None:
    model, doctor = network(layers.Dense(6, "relu")), Doctor(verbose=0)
    counts, weights = np.bincount(LABELS[:200]), np.array([1.0, 4.0, 0.5])
    model.fit(
        X[:200], LABELS[:200], verbose=0, callbacks=[doctor], class_weight=dict(enumerate(weights)),
        validation_data=(X[200:], LABELS[200:]),
    )  # fmt: skip
    answer = counts * weights / (counts * weights).sum()
    assert doctor.chart.constant == pytest.approx(-(counts * weights * np.log(answer)).sum() / 200, rel=1e-5)
    assert doctor.chart.held == pytest.approx(-np.log(answer)[LABELS[200:]].mean(), rel=1e-5)


def test_a_check_sees_the_same_through_the_native_core() -> None:
    if native.load() is None:
        pytest.skip(f"the native core was not built: {native.why_not()}")
    x = np.random.default_rng(2).normal(size=(40, 6, 6, 1)).astype("float32")
    seen = []
    for engine in ("numpy", "native"):
        set_random_seed(3)
        model = Sequential([
            layers.Input((6, 6, 1)), layers.Conv2D(3, 3, activation="relu", name="conv"), layers.MaxPooling2D(),
            layers.Flatten(), layers.Dense(5, "tanh", name="hidden"), layers.Dense(3, "softmax", name="out"),
        ])  # fmt: skip
        model.compile("adam", SPARSE, engine=engine)
        doctor = Doctor(verbose=0, every=1)
        model.fit(x, LABELS[:40], batch_size=40, epochs=2, verbose=0, callbacks=[doctor])
        seen.append(doctor.chart.vitals[0])
    one, other = seen
    assert one.loss == pytest.approx(other.loss, rel=1e-5)
    for part in ("gradient", "ratio", "sums"):
        assert getattr(one, part) == pytest.approx(getattr(other, part), rel=1e-3)
    for layer, units in one.units.items():
        np.testing.assert_array_equal(units.off, other.units[layer].off)
        np.testing.assert_array_equal(units.flat, other.units[layer].flat)


def test_what_a_check_takes_shrinks_with_the_work_of_a_sample() -> None:
    doctor = Doctor(verbose=0)
    model = Sequential([layers.Input((40, 40, 1)), layers.Conv2D(64, 5), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    x = np.zeros((96, 40, 40, 1), "float32")
    model.fit(x, np.zeros((96, 3)), batch_size=32, verbose=0, callbacks=[doctor])
    assert model.graph is not None
    assert multiplications(model.graph, model.numbers.params) > 2e6
    assert [len(batch.x[0]) for batch in (doctor._probe, doctor.chart.samples)] == [8, 32]


class Clock:
    """A clock on which every look at it takes so long."""

    def __init__(self, tick: float) -> None:
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_a_doctor_whose_budget_is_spent_makes_the_planned_checks_and_is_not_asked_in_between(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "native" and native.load() is None:
        pytest.skip(native.why_not())
    monkeypatch.setenv("PELLUCID_ENGINE", engine)
    doctor = Doctor(verbose=0)
    doctor.clock = Clock(1.0)  # with which each check takes as long as all else
    asked: list[int] = []
    due = doctor.due
    monkeypatch.setattr(doctor, "due", lambda batch: asked.append(batch) or due(batch))
    model = network(layers.Dense(6, "relu"))
    model.fit(X, LABELS, batch_size=8, epochs=16, verbose=0, callbacks=[doctor])  # 480 steps
    assert len(doctor.chart.losses) == 16
    assert [vitals.step for vitals in doctor.chart.vitals] == [0, 180, 270, 390]  # the others are glances
    if engine == "native":
        assert len(asked) < 40


def test_a_training_that_goes_on_is_planned_from_where_it_began() -> None:
    doctor, model = Doctor(verbose=0), network(layers.Dense(6, "relu"))
    doctor.clock = Clock(1.0)
    model.fit(X, LABELS, batch_size=8, epochs=16, initial_epoch=12, verbose=0, callbacks=[doctor])  # 120 steps
    assert len(doctor.chart.losses) == 16
    assert doctor.chart.progress == 1


def test_silent_units_of_a_feature_map_are_looked_for_everywhere() -> None:
    z = np.full((4, 9, 9, 3), -1.0, "float32")
    z[2, 7, 3, 1] = 0.5
    z[..., 2] = 7.0
    assert vitals._never_between(z, 0.0, np.inf).tolist() == [True, False, False]
    assert vitals._never_between(z, 0.0, 6.0).tolist() == [True, False, True]


def test_some_places_of_a_feature_map_are_not_those_of_one_column() -> None:
    columns = np.broadcast_to(np.arange(64.0).reshape(1, 1, 64, 1), (8, 64, 64, 1))
    assert len(np.unique(vitals._some_places(columns))) == 64


# Patience -------------------------------------------------------------------------------------------


def test_what_is_summed_in_parts_is_the_whole() -> None:
    one, other = RNG.normal(size=(2, 150, 171))
    assert math.isclose(vitals.length({"kernel": one, "bias": other[0]}) ** 2, np.sum(one**2) + np.sum(other[0] ** 2))
    assert math.isclose(vitals._squared_distance(one, other), np.sum((one - other) ** 2), rel_tol=1e-12)
    ways = RNG.normal(size=(128, 171))
    np.testing.assert_allclose(vitals._products(ways), ways.T @ ways, rtol=1e-12, atol=1e-12)


def test_a_finding_is_said_once_after_three_checks_and_again_after_nine_clear_ones() -> None:
    one = Finding("dead", "warning", "", "", Fix(""), layer="a")
    patience = Patience(limits())
    said = [len(patience.hear([one])) for _ in range(12)]
    assert said == [0] * 7 + [1] + [0] * 4  # five to warm up, then three in a row
    assert [len(patience.hear([])) for _ in range(8)] == [0] * 8
    assert sum(len(patience.hear([one])) for _ in range(5)) == 0  # eight clear checks are not enough
    for _ in range(9):
        patience.hear([])
    assert [len(patience.hear([one])) for _ in range(4)] == [0, 0, 1, 0]


def test_a_finding_that_gets_graver_is_said_again() -> None:
    mild, grave = (Finding("dead", grade, "", "", Fix(""), layer="a") for grade in ("notice", "severe"))
    patience = Patience({**limits(), "warm_up": 0})
    assert [len(patience.hear([one])) for one in (mild, mild, mild, grave, grave, mild)] == [0, 0, 1, 1, 0, 0]


# After, fixes, rates --------------------------------------------------------------------------------


def test_a_network_that_answers_with_one_class_is_found_out() -> None:
    model = network()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0, bias + [0, 3, 0]])
    assert alarms(look_back(model, X, LABELS)) == {"no_better_than_constant", "one_answer"}


def test_a_difference_of_a_hair_is_no_help() -> None:
    wrong = Finding("planted", "error", "", "", Fix("", "rate", {"factor": 0.1}))
    assert not Trial(wrong, "training", np.array([2.0, 1.0]), np.array([2.0, 0.99])).helps
    assert Trial(wrong, "training", np.array([2.0, 1.0]), np.array([2.0, 0.9])).helps
    assert Trial(wrong, "training", np.array([2.0, np.nan]), np.array([2.0, 0.99])).helps
    assert not Trial(wrong, "training", np.array([-2.0, -1.0]), np.array([-2.0, -0.99])).helps


@pytest.mark.parametrize(
    ("hidden", "settings", "fix"),
    [
        ([layers.Dense(8, "tanh")], {"optimizer": optimizers.SGD(1e-6)}, Fix("", "rate", {"factor": 1e5})),
        ([layers.Dense(8, "relu")], {"optimizer": optimizers.SGD(30.0)}, Fix("", "rate", {"factor": 1e-3})),
        ([layers.Dense(8, "sigmoid") for _ in range(6)], {"optimizer": optimizers.SGD(0.1)},
         Fix("", "activation", {"activation": "relu"})),
        ([layers.Dense(8, "relu", kernel_initializer="zeros")], {"optimizer": optimizers.Adam(0.02)},
         Fix("", "fresh", {"initializer": "glorot_uniform"})),
        ([], {"loss": SparseCategoricalCrossentropy(from_logits=True), "optimizer": optimizers.SGD(1.0)},
         Fix("", "loss", {"from_logits": False})),
        ([layers.Dense(8, "tanh")], {"out": "relu"}, Fix("", "output", {"activation": "softmax"})),
        ([layers.Dense(8, "relu")], {"optimizer": optimizers.SGD(30.0)}, Fix("", "clipnorm", {"clipnorm": 0.01})),
    ],
)  # fmt: skip
def test_a_fix_is_tried_on_a_fork_and_the_model_stays(hidden: list[Any], settings: dict[str, Any], fix: Fix) -> None:
    model = network(*hidden, **settings)
    weights, key = model.get_weights(), None
    set_random_seed(5)
    key = next_key()
    set_random_seed(5)
    trial = try_it(Finding("planted", "error", "", "", fix), model, X, LABELS, epochs=8)
    np.testing.assert_array_equal(next_key(), key)
    assert trial.as_it_is.shape == trial.with_fix.shape == (8,)
    assert trial.helps
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_to_stop_in_time_is_tried_where_the_training_learned_by_heart() -> None:
    chance = RNG.integers(0, 3, 240)
    model = network(layers.Dense(64, "relu"), optimizer=optimizers.Adam(0.01))
    doctor = treated(model, epochs=40, y=chance, validation=(X[:60], chance[60:120]))
    advice = found("overfitting", doctor.findings)
    with pytest.raises(ValueError, match="validation"):
        try_it(advice, model, X, chance)
    trial = try_it(advice, model, X, chance, (X[:60], chance[60:120]), epochs=2)
    assert len(trial.as_it_is) == advice.fix.settings["epochs"] > 5
    assert trial.helps
    assert trial.with_fix[-1] == trial.as_it_is[: np.argmax(trial.with_fix != trial.as_it_is)].min()


def test_scaling_is_tried_on_scaled_inputs() -> None:
    model = network(layers.Dense(8, "tanh"), optimizer=optimizers.SGD(0.1))
    fix = Fix("", "scale")
    far = X + 1000  # every unit is saturated by what all samples have in common
    trial = try_it(Finding("inputs_scaled", "warning", "", "", fix), model, far, LABELS, (far[:50], LABELS[:50]))
    assert trial.measured == "validation"
    assert trial.with_fix[-1] < 0.2 * trial.as_it_is[-1]


def test_a_fix_that_only_people_can_make_is_refused() -> None:
    with pytest.raises(ValueError, match="for a person to do"):
        try_it(Finding("leak", "warning", "", "", Fix("Leave it out.")), network(), X, LABELS)


def test_the_finder_stops_where_the_loss_jumps_and_suggests_a_rate_that_learns() -> None:
    model = network(layers.Dense(12, "relu"), optimizer="sgd")
    sweep = find_learning_rate(model, X, LABELS)
    assert sweep.suggested is not None
    assert 1e-3 < sweep.suggested < 3
    model.compile(optimizer=optimizers.SGD(sweep.suggested), loss=SPARSE)
    history = model.fit(X, LABELS, epochs=10, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


# Surfaces -------------------------------------------------------------------------------------------


def test_findings_are_drawn_gravest_first() -> None:
    some = [
        Finding("a", "hint", "a hint", "", Fix("")),
        Finding("b", "error", "an error", "why", Fix("do"), layer="x", units=(1, 2), step=4, value=0.5, threshold=0.1),
    ]
    text = io.StringIO()
    Console(file=text, width=80).print(findings(some))
    drawn = text.getvalue()
    assert drawn.index("an error") < drawn.index("a hint")
    for words in ("layer 'x', units 1, 2, step 4", "0.5 (threshold 0.1)", "why", "do"):
        assert words in drawn
    text = io.StringIO()
    Console(file=text, width=80).print(findings(some, hints=False))
    assert "a hint" not in text.getvalue()


def test_the_command_examines_a_saved_network(tmp_path: Path) -> None:
    x, y = X.reshape(240, 2, 4), LABELS
    np.savez(tmp_path / "data.npz", x_train=x[:180], y_train=y[:180], x_test=x[180:], y_test=y[180:])
    model = network(layers.Dense(8, "tanh"), optimizer=optimizers.SGD(0.0))
    model.save(tmp_path / "net.keras")
    before = (tmp_path / "net.keras").read_bytes()
    command = ["doctor", str(tmp_path / "net.keras"), "--data", str(tmp_path / "data.npz"), "--epochs", "10"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1, result.output
    assert "do not move" in result.stdout
    assert (tmp_path / "net.keras").read_bytes() == before
    missing = CliRunner().invoke(app, ["doctor", str(tmp_path / "none.keras")])
    assert missing.exit_code == 2
    assert missing.stderr.startswith("pellucid doctor: ")
