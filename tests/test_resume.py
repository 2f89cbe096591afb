"""A training that was killed at any step and started again ends bit for bit as one that was not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from damage import KILLS
from pellucid import Input, Model, Sequential, optimizers
from pellucid.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from pellucid.data import PyDataset
from pellucid.layers import Add, BatchNormalization, Dense, Dropout, GaussianNoise
from pellucid.schedules import CosineDecay, ExponentialDecay
from pellucid.utils import set_random_seed

DRAW = np.random.default_rng(1)
X = DRAW.normal(size=(30, 4)).astype("float32")
Y = (X @ [1.0, -1.0, 2.0, 0.5] + 0.1 * DRAW.normal(size=30)).astype("float32")[:, None]
EPOCHS, BATCH, STEPS = 4, 8, 4  # the last batch of an epoch is short


class Killed(Exception):
    """In place of kill -9: nothing in the training catches it."""


class Kill(Callback):
    """Ends everything before one step; by its number, counted from 0 over all epochs."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step, self.epoch = step, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.model.numbers.step == self.step:
            raise Killed


def plain() -> Any:
    return Sequential([Dense(6, activation="tanh", input_shape=(4,)), Dense(1)])


def drawing() -> Any:
    layers = [Dense(8, activation="relu", input_shape=(4,)), Dropout(0.4), GaussianNoise(0.1), Dropout(0.2), Dense(1)]
    return Sequential(layers)


def normalized() -> Any:
    return Sequential(
        [Dense(6, input_shape=(4,)), BatchNormalization(), Dropout(0.3), Dense(1, kernel_regularizer="l2")]
    )


def branching() -> Any:
    x = Input((4,))
    a = Dense(5, activation="relu")(x)
    return Model(x, Dense(1)(Add()([Dropout(0.5)(a), Dense(5)(a)])))


def unbuilt() -> Any:
    return Sequential([Dense(6, activation="tanh"), Dropout(0.3), Dense(1)])


class Numbered(PyDataset):
    def __len__(self) -> int:
        return STEPS

    def __getitem__(self, index: int) -> Any:
        return X[index * BATCH : (index + 1) * BATCH], Y[index * BATCH : (index + 1) * BATCH]


def memories() -> list[Any]:
    return [
        ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5, min_delta=0.1, cooldown=1),
        EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
    ]


ARRAYS: dict[str, Any] = {"x": X, "y": Y, "batch_size": BATCH}
WEIGHTED = {**ARRAYS, "sample_weight": np.linspace(0, 2, 30)}
CONFIGURATIONS: list[tuple[Any, Any, dict[str, Any], Any]] = [
    (plain, lambda: optimizers.SGD(0.05), {**ARRAYS, "shuffle": False}, 1),
    (plain, lambda: optimizers.SGD(0.05), ARRAYS, "epoch"),
    (plain, lambda: optimizers.SGD(0.05, momentum=0.9), ARRAYS, 1),
    (plain, lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True), ARRAYS, 3),
    (plain, lambda: optimizers.Adam(0.01), ARRAYS, 1),
    (plain, lambda: optimizers.Adam(0.01, amsgrad=True), {**ARRAYS, "shuffle": "batch"}, 2),
    (plain, lambda: optimizers.AdamW(0.01, weight_decay=0.1), WEIGHTED, 5),
    (plain, lambda: optimizers.Nadam(0.01), ARRAYS, 1),
    (plain, lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5), ARRAYS, 1),
    (plain, lambda: optimizers.SGD(ExponentialDecay(0.1, 3, 0.7)), ARRAYS, 1),
    (plain, lambda: optimizers.Adam(CosineDecay(0.02, 12, warmup_steps=3, warmup_target=0.05)), ARRAYS, "epoch"),
    (plain, lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8), ARRAYS, 1),
    (plain, lambda: optimizers.SGD(0.05, gradient_accumulation_steps=3), ARRAYS, 1),
    (plain, lambda: optimizers.Adam(0.01, clipnorm=0.5), {"x": Numbered()}, 1),
    (drawing, lambda: optimizers.Adam(0.01), ARRAYS, 1),
    (drawing, lambda: optimizers.SGD(0.02, momentum=0.9), ARRAYS, "epoch"),
    (normalized, lambda: optimizers.Adam(0.01), ARRAYS, 1),
    (normalized, lambda: optimizers.Adagrad(0.05), {"x": Numbered(), "shuffle": True}, 2),
    (branching, lambda: optimizers.Adam(0.01), {**ARRAYS, "steps_per_epoch": 4}, 1),
    (unbuilt, lambda: optimizers.Adam(0.01), ARRAYS, 1),
]


def train(number: int, folder: Path, killed_at: int | None = None) -> Any:
    """One process's life: everything is made anew, from the same seed."""
    make, optimizer, given, save_freq = CONFIGURATIONS[number]
    set_random_seed(number)
    model = make()
    model.compile(optimizer(), "mse", metrics=["mae"])
    told: list[Any] = memories()
    if model.optimizer.rate_at(0) is not model.optimizer.rate_at(0) and not model.optimizer.rate_is_a_number:
        told = told[1:]
    if not model.optimizer.rate_is_a_number:
        told = [callback for callback in told if not isinstance(callback, ReduceLROnPlateau)]
    told += [
        CSVLogger(folder / "log.csv"),
        ModelCheckpoint(folder / "best.weights.h5", monitor="val_loss", save_best_only=True, save_weights_only=True),
        BackupAndRestore(folder / "backup", save_freq=save_freq),
    ]
    if killed_at is not None:
        told.append(Kill(killed_at))
    model.fit(**given, epochs=EPOCHS, validation_data=(X, Y), callbacks=told, verbose=0)
    return model


@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_killed_at_random_steps_it_ends_bit_for_bit_the_same(number: int, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    expected = train(number, whole)
    steps = np.arange(1, EPOCHS * STEPS)  # at the full count, all of them
    for step in sorted(
        np.random.default_rng(number).choice(steps, min(max(3, KILLS // 10), len(steps)), replace=False)
    ):
        with pytest.raises(Killed):
            train(number, broken, killed_at=int(step))
    model = train(number, broken)
    assert model.history.history == expected.history.history
    assert model.history.epoch == expected.history.epoch == list(range(EPOCHS))
    for mine, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert model.optimizer.iterations == expected.optimizer.iterations
    assert model.optimizer.rate_at(model.numbers.step) == expected.optimizer.rate_at(expected.numbers.step)
    assert (broken / "log.csv").read_bytes() == (whole / "log.csv").read_bytes()
    assert not (broken / "backup").exists()


def test_the_state_left_out_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key, the order of the samples is another one after the restart."""
    from pellucid import training

    expected = train(14, tmp_path / "whole") if (tmp_path / "whole").mkdir() is None else None
    restore = training.restore_training_state

    def forgetful(model: Any, state: Any, epoch: int, batch: int) -> None:
        restore(model, {**state, "key": model.loop.key + np.uint32(1)}, epoch, batch)

    monkeypatch.setattr(Model, "restore_training_state", forgetful)
    (tmp_path / "broken").mkdir()
    with pytest.raises(Killed):
        train(14, tmp_path / "broken", killed_at=6)
    model = train(14, tmp_path / "broken")
    assert expected is not None
    assert model.history.history != expected.history.history
