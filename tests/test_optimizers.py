"""Optimizers: small numbers by hand, settings, errors, files."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import optimizers
from pellucid.optimizers import SGD, Adam, AdamW, Nadam, Optimizer, schedules
from pellucid.optimizers.arithmetic import one_minus_power

EVERY = [
    getattr(optimizers, name)
    for name in optimizers.__all__
    if isinstance(getattr(optimizers, name), type) and name not in ("Optimizer", "LossScaleOptimizer")
]
PATHS = ["dense/kernel", "dense/bias"]


def params_and_grads(dtype: str = "float32") -> tuple[dict, dict]:
    params = {"dense": {"kernel": np.array([[1.0, -2.0], [3.0, 0.5]], dtype), "bias": np.array([0.1, -0.1], dtype)}}
    grads = {"dense": {"kernel": np.array([[0.5, 1.0], [-1.0, 2.0]], dtype), "bias": np.array([3.0, 4.0], dtype)}}
    return params, grads


def after(optimizer: Optimizer, steps: int, dtype: str = "float32") -> tuple[dict, dict]:
    params, grads = params_and_grads(dtype)
    moments = optimizer.init(params)
    for step in range(steps):
        params, moments = optimizer.update(params, grads, moments, step, optimizer.rate_at(step))
    return params, moments


def bias_after(optimizer: Optimizer, steps: int) -> list[float]:
    return np.round(after(optimizer, steps, "float64")[0]["dense"]["bias"], 9).tolist()


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_and_shapes_stay_and_nothing_given_is_changed(cls: Any, dtype: str) -> None:
    optimizer, (params, grads) = cls(), params_and_grads(dtype)
    moments = optimizer.init(params)
    for layer in (params, grads):
        for array in layer["dense"].values():
            array.flags.writeable = False
    for slots in moments["slots"]["dense"].values():
        for array in slots.values():
            array.flags.writeable = False
    new, new_moments = optimizer.update(params, grads, moments, 0, np.float64(optimizer.rate_at(0)))
    for name, array in new["dense"].items():
        assert (array.dtype, array.shape) == (params["dense"][name].dtype, params["dense"][name].shape)
        assert not np.array_equal(array, params["dense"][name])
        for slot, value in new_moments["slots"]["dense"][name].items():
            before = moments["slots"]["dense"][name][slot]
            assert (value.dtype, value.shape) == (before.dtype, before.shape)


@pytest.mark.parametrize("cls", EVERY)
def test_every_optimizer_goes_down_a_bowl(cls: Any) -> None:
    optimizer = cls(learning_rate=0.05)
    params = {"w": np.array([[1.0, -2.0], [0.5, 1.5]])}
    moments, start = optimizer.init(params), float((params["w"] ** 2).sum())
    for step in range(60):
        params, moments = optimizer.update(params, {"w": 2 * params["w"]}, moments, step, optimizer.rate_at(step))
    assert (params["w"] ** 2).sum() < start


def test_sgd_by_hand() -> None:
    assert bias_after(SGD(0.1), 1) == [-0.2, -0.5]
    assert bias_after(SGD(0.1, momentum=0.5), 2) == [-0.65, -1.1]  # moves of 0.3 and 0.45, of 0.4 and 0.6
    assert bias_after(SGD(0.1, momentum=0.5, nesterov=True), 1) == [-0.35, -0.7]


def test_clipping_by_hand() -> None:
    assert bias_after(SGD(1.0, clipnorm=1.0), 1) == [-0.5, -0.9]  # (3, 4) has length 5
    assert bias_after(SGD(1.0, clipvalue=2.0), 1) == [-1.9, -2.1]
    length = (25 + 0.25 + 1 + 1 + 4) ** 0.5
    assert bias_after(SGD(1.0, global_clipnorm=1.0), 1) == np.round([0.1 - 3 / length, -0.1 - 4 / length], 9).tolist()
    assert bias_after(SGD(0.1, clipnorm=100.0), 1) == bias_after(SGD(0.1), 1)


def test_weight_decay_is_applied_before_the_move_and_spares_whom_it_shall() -> None:
    assert bias_after(SGD(0.1, weight_decay=1.0), 1) == [0.09 - 0.3, -0.09 - 0.4]
    optimizer = SGD(0.1, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert bias_after(optimizer, 1) == bias_after(SGD(0.1), 1)
    assert optimizer.decay_of("dense/kernel", np.ones((2, 2))) == 1.0
    by_path = SGD(weight_decay=1.0)
    by_path.exclude_from_weight_decay(["dense/bias"])
    assert by_path.decay_of("dense/bias", np.ones(2)) is None
    assert by_path.decay_of("other_dense/bias", np.ones(2)) == 1.0


def test_accumulation_waits_and_then_moves_by_the_mean() -> None:
    optimizer = SGD(0.1, gradient_accumulation_steps=2)
    assert bias_after(optimizer, 1) == [0.1, -0.1]
    assert bias_after(optimizer, 2) == bias_after(SGD(0.1), 1)


def test_a_bad_gradient_is_gone_after_its_turn_in_the_accumulator() -> None:
    optimizer, (params, grads) = SGD(0.1, gradient_accumulation_steps=2), params_and_grads()
    moments = optimizer.init(params)
    grads["dense"]["bias"][0] = np.nan
    for step in (0, 1):
        params, moments = optimizer.update(params, grads, moments, step, 0.1)
    assert np.isfinite(moments["accumulated"]["dense"]["bias"]).all()


def test_the_running_average_starts_at_the_first_step() -> None:
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.5)
    params, moments = after(optimizer, 2, "float64")
    assert params["dense"]["bias"].round(9).tolist() == [-0.5, -0.9]
    assert optimizer.finalize(params, moments)["dense"]["bias"].round(9).tolist() == [-0.35, -0.7]
    plain = SGD(0.1)
    assert plain.finalize(params, plain.init(params)) is params


def test_the_loss_scale_is_taken_back() -> None:
    optimizer = SGD(0.1, loss_scale_factor=2.0)
    assert optimizer.loss_scale({}) == 2.0
    assert bias_after(optimizer, 1) == [-0.05, -0.3]
    assert SGD().loss_scale({}) is None


@given(beta=st.floats(0.5, 0.999999), step=st.integers(1, 100_000))
def test_bias_corrections_keep_their_digits(beta: float, step: int) -> None:
    exact = 1 - Fraction(beta) ** step if step < 50 else Fraction(-math.expm1(step * math.log(beta)))
    assert one_minus_power(beta, step, np.ones(1)) == pytest.approx(float(exact), rel=1e-12)
    assert one_minus_power(beta, np.asarray(step), np.ones(1, "float32")) == pytest.approx(float(exact), rel=3e-6)


def test_float32_alone_would_lose_them() -> None:
    assert abs(float(np.float32(1) - np.float32(0.999)) / 0.001 - 1) > 1e-5
    assert abs(float(one_minus_power(0.999, np.asarray(1), np.ones(1, "float32"))) / 0.001 - 1) < 1e-6


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1, None, "fast", True])
def test_a_learning_rate_that_cannot_work_is_refused_by_name(rate: Any) -> None:
    with pytest.raises(ValueError, match="learning_rate"):
        Adam(learning_rate=rate)
    with pytest.raises(ValueError, match="learning_rate"):
        Adam().learning_rate = rate


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "only one of clipnorm, clipvalue and global_clipnorm"),
        ({"clipnorm": -1.0}, "clipnorm must be"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps"),
        ({"ema_momentum": 2.0}, "ema_momentum"),
        ({"ema_overwrite_frequency": 0}, "ema_overwrite_frequency"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"momentum": 1.5}, "momentum"),
        ({"decay": -1.0}, "decay"),
        ({"learning_rat": 0.1}, "unknown argument.*'learning_rat'"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SGD(**settings)


def test_adamw_without_decay_points_to_adam() -> None:
    with pytest.raises(ValueError, match="use Adam"):
        AdamW(weight_decay=None)  # type: ignore[arg-type]


def test_old_spellings_keep_their_meaning() -> None:
    optimizer = SGD(lr=0.5, decay=1.0)
    assert (optimizer.lr, optimizer.learning_rate) == (0.5, 0.5)
    assert [optimizer.rate_at(step) for step in (0, 1, 4)] == [0.5, 0.25, 0.1]
    optimizer.lr = 1.0
    assert SGD.from_config(optimizer.get_config()).rate_at(1) == 0.5


def test_the_rate_can_be_set_unless_a_schedule_rules() -> None:
    optimizer = Adam()
    optimizer.learning_rate = np.float32(0.5)
    assert optimizer.learning_rate == 0.5
    assert isinstance(optimizer.learning_rate, float)
    optimizer = Adam(schedules.ExponentialDecay(0.4, 1, 0.5))
    optimizer.iterations = 2
    assert optimizer.learning_rate == 0.1
    with pytest.raises(TypeError, match="schedule"):
        optimizer.learning_rate = 0.1
    assert Adam(lambda: 0.3).rate_at(5) == 0.3


@pytest.mark.parametrize("name", ["sgd", "SGD", "Adam", "adamw", "rmsprop", "RMSprop", "nadam", "ScheduleFreeAdamW"])
def test_names_are_found_in_any_case(name: str) -> None:
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_what_is_no_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'rmsprop'"):
        optimizers.get("rmspropp")
    with pytest.raises(ValueError, match="must be a name"):
        optimizers.get(3)


@pytest.mark.parametrize("cls", EVERY)
def test_settings_survive_the_round_trip(cls: Any) -> None:
    optimizer = cls(schedules.CosineDecay(0.1, 10), clipnorm=1.0, name="mine")
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is cls
    assert again.get_config() == optimizer.get_config()


def test_own_classes_and_functions_come_back_when_handed_over() -> None:
    class Mine(SGD):
        pass

    def slow() -> float:
        return 0.001

    config = optimizers.serialize(Mine(slow))
    again = optimizers.deserialize(config, custom_objects={"Mine": Mine, "slow": slow})
    assert type(again) is Mine
    assert again.learning_rate == 0.001


def test_configs_of_keras_2_are_read() -> None:
    config = {**Adam(0.01).get_config(), "jit_compile": True, "is_legacy_optimizer": False}
    assert Adam.from_config(config).learning_rate == 0.01


@pytest.mark.parametrize("cls", EVERY)
def test_the_memory_survives_the_order_of_the_file(cls: Any) -> None:
    optimizer = cls(use_ema=True, gradient_accumulation_steps=2)
    params, moments = after(optimizer, 3)
    stored = optimizers.weights_in_keras_order(optimizer, moments, 3, PATHS)
    assert [name for name, _ in stored[:2]] == ["iteration", "learning_rate"]
    again, step, rate = optimizers.moments_from_keras_order(optimizer, [array for _, array in stored], params, PATHS)
    assert (step, rate) == (3, np.float32(optimizer.learning_rate))
    restored = optimizers.weights_in_keras_order(optimizer, again, 3, PATHS)
    for (name, one), (_, other) in zip(stored, restored, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


def test_amsgrad_stores_its_maxima_last() -> None:
    optimizer, (params, _) = Adam(amsgrad=True), params_and_grads()
    names = [name for name, _ in optimizers.weights_in_keras_order(optimizer, optimizer.init(params), 0, PATHS)]
    assert names[2:] == [
        "dense_kernel_momentum",
        "dense_kernel_velocity",
        "dense_bias_momentum",
        "dense_bias_velocity",
        "dense_kernel_velocity_hat",
        "dense_bias_velocity_hat",
    ]


def test_a_file_of_another_optimizer_is_refused() -> None:
    params, moments = after(Nadam(), 1)
    arrays = [array for _, array in optimizers.weights_in_keras_order(Nadam(), moments, 1, PATHS)]
    with pytest.raises(ValueError, match="only 6 have a place"):
        optimizers.moments_from_keras_order(Adam(), arrays, params, PATHS)
    with pytest.raises(ValueError, match="product is missing"):
        optimizers.moments_from_keras_order(Nadam(), arrays[:-1], params, PATHS)
    with pytest.raises(ValueError, match="must have the shape"):
        optimizers.moments_from_keras_order(Nadam(), arrays[::-1], params, PATHS)


def test_a_dynamic_loss_scale_throws_bad_gradients_away() -> None:
    optimizer, (params, grads) = optimizers.LossScaleOptimizer(SGD(0.1), initial_scale=4.0), params_and_grads()
    moments = optimizer.init(params)
    grads["dense"]["bias"][0] = np.inf
    same, moments = optimizer.update(params, grads, moments, 0, 0.1)
    np.testing.assert_array_equal(same["dense"]["bias"], params["dense"]["bias"])
    assert float(optimizer.loss_scale(moments)) == 2.0
    assert int(moments["shared"]["inner_iterations"]) == 0
    assert optimizers.deserialize(optimizers.serialize(optimizer)).get_config() == optimizer.get_config()


def test_settings_of_keras_2_keep_their_meaning() -> None:
    assert Adam(lr=0.001, epsilon=None, decay=0.0, amsgrad=False).epsilon == 1e-7
    old, new = Nadam(lr=0.002, schedule_decay=0.004), Nadam()
    assert old.advance_shared(old.shared(), step=0)["product"] == pytest.approx(0.9 * (1 - 0.5 * 0.96**0.004))
    assert "schedule_decay" in old.get_config()
    assert "schedule_decay" not in new.get_config()
    with pytest.raises(ValueError, match="schedule_decay"):
        Adam(schedule_decay=0.004)
