"""Callbacks that watch a metric: stopping, saving, reducing the rate, at the right epoch."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from callback_model import FakeModel, Numbers
from pellucid.callbacks import (
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    SwapEMAWeights,
    TerminateOnNaN,
)
from pellucid.callbacks.monitor import better


def run(callback: Any, values: list[float], monitor: str = "val_loss", model: FakeModel | None = None) -> FakeModel:
    """Epochs with these values, until the callback stops them; the weight of each epoch is its number."""
    model = model or FakeModel()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.set_weights([np.array([[epoch]], "float32")])
        callback.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return model


def test_early_stopping_waits_as_long_as_it_should() -> None:
    stop = EarlyStopping(patience=2)
    run(stop, [5, 4, 4, 4, 3])
    assert (stop.stopped_epoch, stop.best, stop.best_epoch) == (3, 4, 1)


def test_early_stopping_restores_the_best_weights(capsys: Any) -> None:
    model = run(EarlyStopping(patience=1, restore_best_weights=True, verbose=1), [5, 3, 4, 2])
    assert model.get_weights()[0] == 1
    assert capsys.readouterr().out == (
        "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_best_weights_are_restored_also_without_stopping() -> None:
    assert run(EarlyStopping(patience=9, restore_best_weights=True), [5, 3, 4]).get_weights()[0] == 1


def test_a_change_below_min_delta_is_no_improvement() -> None:
    stop = EarlyStopping(patience=1, min_delta=0.5)
    run(stop, [5, 4.8, 1])
    assert stop.stopped_epoch == 1


def test_a_baseline_must_be_beaten_too() -> None:
    stop = EarlyStopping(patience=2, baseline=3)
    run(stop, [5, 4.5, 4.6, 4.7])
    assert stop.stopped_epoch == 2


def test_epochs_before_the_start_do_not_count() -> None:
    stop = EarlyStopping(patience=1, start_from_epoch=3)
    run(stop, [1, 2, 3, 4, 5, 6])
    assert (stop.best, stop.stopped_epoch) == (4, 4)


def test_an_accuracy_should_rise() -> None:
    stop = EarlyStopping(monitor="val_accuracy", patience=1)
    run(stop, [0.5, 0.6, 0.7, 0.65, 0.6], "val_accuracy")
    assert (stop.best, stop.stopped_epoch) == (0.7, 3)


def test_nan_is_never_the_best() -> None:
    stop = EarlyStopping(patience=5)
    run(stop, [float("nan"), 3, float("nan"), 2])
    assert stop.best == 2


def test_a_missing_metric_is_named() -> None:
    with pytest.warns(UserWarning, match=r"`val_loss` which is not available. Available metrics are: loss"):
        run(EarlyStopping(), [1], "loss")


@pytest.mark.parametrize(
    "watcher",
    [
        lambda name: EarlyStopping(monitor=name),
        lambda name: ReduceLROnPlateau(monitor=name),
        lambda name: ModelCheckpoint("best.keras", monitor=name, save_best_only=True),
    ],
)
def test_a_name_that_no_metric_can_have_is_refused(watcher: Any) -> None:
    with pytest.raises(
        ValueError, match=r"no metric is called 'my_thin'; there are my_thing.* Did you mean 'my_thing'"
    ):
        run(watcher("my_thin"), [1], "my_thing")


def test_a_best_model_by_a_metric_that_is_not_there_says_which_are(tmp_path: Path) -> None:
    keep = ModelCheckpoint(tmp_path / "best.keras", save_best_only=True)
    with pytest.warns(UserWarning, match=r"only with val_loss available. Available metrics are: loss. Saved all the"):
        run(keep, [1], "loss")


def test_a_metric_of_unknown_direction_needs_a_mode() -> None:
    with pytest.raises(ValueError, match="mode='max' or mode='min'"):
        run(EarlyStopping(monitor="weirdness"), [1, 2], "weirdness")
    run(EarlyStopping(monitor="weirdness", mode="max"), [1, 2], "weirdness")


def test_a_metric_with_a_name_of_its_own_is_known_by_its_class() -> None:
    class CategoricalAccuracy:
        name = "mine"

    model = FakeModel()
    model.metrics = [CategoricalAccuracy()]
    stop = EarlyStopping(monitor="val_mine", patience=1)
    run(stop, [0.5, 0.6, 0.7], "val_mine", model)
    assert stop.best == 0.7


def test_an_unknown_mode_falls_back_to_auto() -> None:
    with pytest.warns(UserWarning, match="fallback to auto"):
        assert EarlyStopping(mode="up").mode == "auto"


@pytest.mark.parametrize(
    ("name", "direction"),
    [("loss", "min"), ("dense_loss", "min"), ("acc", "max"), ("auc_1", "max"), ("mse", "min"), ("mean_io_u", "max")],
)
def test_names_say_which_way_is_better(name: str, direction: str) -> None:
    assert better(name) == direction


def test_the_rate_falls_on_a_plateau_and_cools_down(capsys: Any) -> None:
    reduce = ReduceLROnPlateau(factor=0.5, patience=2, cooldown=2, verbose=1)
    model = run(reduce, [5, 5, 5, 5, 5, 5])
    assert model.optimizer.learning_rate == 0.025
    assert capsys.readouterr().out == (
        "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.05.\n"
        "\nEpoch 6: ReduceLROnPlateau reducing learning rate to 0.025.\n"
    )


def test_the_rate_stays_above_min_lr() -> None:
    model = run(ReduceLROnPlateau(factor=0.1, patience=1, min_lr=0.04), [5, 5, 5, 5])
    assert model.optimizer.learning_rate == 0.04


def test_a_factor_of_one_or_more_is_refused() -> None:
    with pytest.raises(ValueError, match="factor"):
        ReduceLROnPlateau(factor=1.0)


def test_a_schedule_may_take_the_epoch_alone_or_the_rate_too(capsys: Any) -> None:
    model = FakeModel()
    run(LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1), verbose=1), [1, 1], model=model)
    assert model.optimizer.learning_rate == 0.05
    run(LearningRateScheduler(lambda epoch, rate: rate * 0.5), [1, 1], model=model)
    assert model.optimizer.learning_rate == 0.0125
    assert capsys.readouterr().out.endswith("\nEpoch 2: LearningRateScheduler setting learning rate to 0.05.\n")


def test_an_error_inside_a_schedule_is_not_hidden() -> None:
    def broken(epoch: int, rate: float) -> float:
        return rate + "no"  # type: ignore[operator]

    with pytest.raises(TypeError, match="unsupported operand"):
        run(LearningRateScheduler(broken), [1])


@pytest.mark.parametrize("rate", [None, "0.1", float("nan"), True])
def test_a_schedule_must_return_a_number(rate: Any) -> None:
    with pytest.raises(ValueError, match="finite number"):
        run(LearningRateScheduler(lambda epoch: rate), [1])


def test_the_rate_is_logged() -> None:
    scheduler = LearningRateScheduler(lambda epoch: 0.5)
    scheduler.set_model(FakeModel())
    logs: dict[str, Any] = {"loss": 1.0}
    scheduler.on_epoch_begin(0)
    scheduler.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0, "learning_rate": 0.5}


def test_a_loss_that_is_no_number_ends_the_training(capsys: Any) -> None:
    stop = TerminateOnNaN()
    stop.set_model(FakeModel())
    stop.on_train_batch_end(2, {"loss": 1.0})
    assert not stop.model.stop_training
    stop.on_train_batch_end(3, {"loss": float("inf")})
    assert stop.model.stop_training
    assert capsys.readouterr().out == "Batch 3: Invalid loss, terminating training\n"
    with pytest.raises(RuntimeError, match="batch 4"):
        TerminateOnNaN(raise_error=True).on_train_batch_end(4, {"loss": float("nan")})


@pytest.mark.parametrize("ending", ["keras", "h5", "hdf5"])
def test_checkpoints_are_named_by_epoch_and_metric(tmp_path: Any, ending: str) -> None:
    path = str(tmp_path / "sub" / ("weights.{epoch:02d}-{val_loss:.2f}." + ending))
    model = run(ModelCheckpoint(path), [0.7, 0.333])
    assert [os.path.basename(name) for name in model.saved] == [
        f"weights.01-0.70.{ending}",
        f"weights.02-0.33.{ending}",
    ]


def test_only_better_models_are_saved(tmp_path: Any, capsys: Any) -> None:
    path = str(tmp_path / "{epoch}.keras")
    model = run(ModelCheckpoint(path, save_best_only=True, verbose=1), [0.7, 0.8, 0.3])
    assert [os.path.basename(name) for name in model.saved] == ["1.keras", "3.keras"]
    first, third = model.saved
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 0.70000, saving model to {first}\n"
        f"\nEpoch 1: finished saving model to {first}\n"
        "\nEpoch 2: val_loss did not improve from 0.70000\n"
        f"\nEpoch 3: val_loss improved from 0.70000 to 0.30000, saving model to {third}\n"
        f"\nEpoch 3: finished saving model to {third}\n"
    )


def test_an_initial_threshold_is_to_be_beaten(tmp_path: Any) -> None:
    callback = ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True, initial_value_threshold=0.5)
    assert [os.path.basename(name) for name in run(callback, [0.7, 0.4]).saved] == ["2.keras"]


def test_weights_alone_are_saved_when_asked_for(tmp_path: Any) -> None:
    model = run(ModelCheckpoint(tmp_path / "w.weights.h5", save_weights_only=True), [1])
    assert (tmp_path / "w.weights.h5").read_text() == "weights"
    assert len(model.saved) == 1


def test_every_so_many_batches_and_every_so_many_epochs(tmp_path: Any) -> None:
    model = FakeModel()
    callback = ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3)
    callback.set_model(model)
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(4):
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert [os.path.basename(name) for name in model.saved] == ["1-3.keras", "2-2.keras"]
    model = run(ModelCheckpoint(tmp_path / "{epoch}.h5", period=2), [1, 1, 1, 1])
    assert [os.path.basename(name) for name in model.saved] == ["2.h5", "4.h5"]


def test_wrong_file_names_are_refused_before_the_training(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        ModelCheckpoint("model")
    with pytest.raises(ValueError, match=r"must end in \.h5"):
        ModelCheckpoint("model.keras", save_weights_only=True)
    with pytest.raises(ValueError, match="save_freq"):
        ModelCheckpoint("model.keras", save_freq="batch")
    with pytest.raises(KeyError, match="accuracy"):
        run(ModelCheckpoint("{accuracy}.keras"), [1])
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"):
        run(ModelCheckpoint(tmp_path / "folder.keras"), [1])


def test_averaged_weights_are_there_while_evaluating_and_gone_after() -> None:
    def finalize(params: Any, moments: Any) -> Any:
        return moments["average"]

    model = FakeModel()
    own, average = {"a": {"kernel": 1.0}, "frozen": {"kernel": 2.0}}, {"a": {"kernel": 10.0}}
    model.numbers = Numbers(own, {}, {"average": average}, 3)
    model.optimizer = SimpleNamespace(use_ema=True, finalize=finalize)
    swap = SwapEMAWeights()
    swap.set_model(model)
    swap.on_test_begin()
    assert model.numbers.params == {"a": {"kernel": 10.0}, "frozen": {"kernel": 2.0}}
    swap.on_test_end()
    assert model.numbers.params is own
    between = SwapEMAWeights(swap_on_epoch=True)
    between.set_model(model)
    between.on_epoch_end(0)
    assert model.numbers.params["a"] == {"kernel": 10.0}
    between.on_epoch_begin(1)
    assert model.numbers.params is own


def test_averages_need_an_optimizer_that_keeps_them() -> None:
    swap = SwapEMAWeights()
    swap.set_model(FakeModel())
    with pytest.raises(ValueError, match="use_ema=True"):
        swap.on_test_begin()


def test_a_table_has_one_row_an_epoch(tmp_path: Any) -> None:
    path = tmp_path / "log.csv"
    run(CSVLogger(path), [1.5, 0.5], "loss")
    assert path.read_bytes() == b"epoch,loss,val_loss\r\n0,1.5,NA\r\n1,0.5,NA\r\n"
    run(CSVLogger(path, separator=";", append=True), [0.25], "loss")
    assert path.read_bytes().endswith(b"1,0.5,NA\r\n0;0.25;NA\r\n")
    run(CSVLogger(path), [2.0], "loss")
    assert path.read_bytes() == b"epoch,loss,val_loss\r\n0,2.0,NA\r\n"
