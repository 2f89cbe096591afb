"""Training as programs steer it themselves: optimizers by hand, train_step, SIGTERM, class weights, doctor=True."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, Variable
from pellucid.callbacks import BackupAndRestore, Callback, LambdaCallback
from pellucid.data import PyDataset
from pellucid.layers import Dense, Dropout, Input
from pellucid.optimizers import SGD, Adam
from pellucid.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 3)).astype("float32")
Y = (X[:, :1] > 0.8).astype("float32")


def network() -> Sequential:
    set_random_seed(5)
    model = Sequential([Input((3,)), Dense(4, activation="tanh"), Dense(1, activation="sigmoid")])
    model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("optimizer", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.1, clipnorm=1.0)])
def test_an_optimizer_by_hand_moves_as_in_training(optimizer: Any) -> None:
    """Dense(1) on the mean squared error, whose gradient one can write down."""
    model = Sequential([Input((3,)), Dense(1, weights=[np.ones((3, 1)), np.zeros(1)])])
    model.compile(optimizer(), "mse")
    model.fit(X, Y, batch_size=48, epochs=3, shuffle=False, verbose=0)
    kernel, bias = Variable(np.ones((3, 1), "float32"), name="kernel"), Variable(np.zeros(1, "float32"), name="bias")
    by_hand = optimizer()
    for _ in range(3):
        slope = 2 * (X @ kernel.value + bias.value - Y) / len(X)
        by_hand.apply_gradients(zip([X.T @ slope, slope.sum(axis=0)], [kernel, bias], strict=True))
    np.testing.assert_allclose(kernel, model.get_weights()[0], rtol=1e-5)
    np.testing.assert_allclose(bias, model.get_weights()[1], rtol=1e-4)
    assert by_hand.iterations == 3


def test_it_moves_the_weights_of_layers_too() -> None:
    layer = Dense(1)
    layer.build((None, 2))
    kernel = layer.kernel.numpy()
    optimizer = SGD(0.5)
    optimizer.build(layer.trainable_variables)
    optimizer.apply([np.ones((2, 1)), None], layer.trainable_variables)
    np.testing.assert_allclose(layer.kernel.numpy(), kernel - 0.5)
    assert layer.bias.numpy() == 0
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate"]
    assert len(Adam().variables) == 2
    with pytest.raises(ValueError, match="not among the variables"):
        optimizer.apply([np.ones(1)], [Variable([1.0], name="other")])
    with pytest.raises(ValueError, match="1 gradients for 2"):
        optimizer.apply([np.ones(1)])


def test_balanced_classes_weigh_alike() -> None:
    counts = [int((Y == 0).sum()), int((Y == 1).sum())]
    weights = {i: len(Y) / (2 * count) for i, count in enumerate(counts)}
    histories = [
        network().fit(X, Y, class_weight=given, epochs=2, verbose=0).history["loss"]
        for given in ("balanced", "auto", weights)
    ]
    np.testing.assert_allclose(histories[0], histories[2], rtol=1e-6)
    assert histories[0] == histories[1]
    with pytest.raises(ValueError, match="gives batches"):
        network().fit(((X, Y) for _ in range(3)), class_weight="balanced", verbose=0)


def test_a_train_step_of_ones_own_is_called_for_each_batch() -> None:
    class Twice(Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()
            self.seen = 0

        def call(self, x: Any) -> Any:
            return self.inner(x)

        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            self.seen += len(x)
            return {name: self.inner.train_on_batch(x, y)[0] for name in ("mine", "again")}

    model = Twice()
    model.compile(Adam(), "mse")
    history = model.fit(X, Y, epochs=2, batch_size=16, validation_data=(X, Y), verbose=0).history
    assert set(history) == {"mine", "again", "val_loss"}
    assert model.seen == 96
    assert model.inner.optimizer.iterations == 12


def test_a_train_step_can_call_the_one_it_overrides() -> None:
    class Doubled(Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = Dense(1)

        def call(self, x: Any) -> Any:
            return self.out(x)

        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            return {"extra": 1.0, **super().train_step((x, 2 * y))}

    model = Doubled()
    model.compile("sgd", "mse")
    assert set(model.fit(X, Y, verbose=0).history) == {"extra", "loss"}


def with_own_steps() -> Any:
    class Counted(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            self.seen.append([None if part is None else part.shape for part in data])
            return super().train_step(data)

    x = Input((3,))
    model = Counted(x, Dense(1)(x))
    model.seen = []
    model.compile("sgd", "mse")
    return model


def test_a_train_step_of_ones_own_gets_all_batches_of_a_generator() -> None:
    drawn: list[int] = []

    def endless() -> Any:
        while True:
            drawn.append(1)
            yield X[:4], Y[:4]

    model = with_own_steps()
    history = model.fit(endless(), steps_per_epoch=5, epochs=3, verbose=0)
    assert history.epoch == [0, 1, 2]
    assert len(model.seen) == len(drawn) == 15


def test_fit_s_other_arguments_hold_with_a_train_step_of_ones_own() -> None:
    class Halves(PyDataset):
        ends = 0

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            return X[index * 24 : index * 24 + 24], Y[index * 24 : index * 24 + 24]

        def on_epoch_end(self) -> None:
            self.ends += 1

    model = with_own_steps()
    history = model.fit(X, Y, batch_size=12, epochs=4, validation_split=0.25, validation_freq=2, verbose=0).history
    assert len(model.seen) == 4 * 3
    assert len(history["val_loss"]) == 2
    weights, halves = np.linspace(0, 1, 48), Halves()
    model.fit(X, Y, sample_weight=weights, validation_data=(X, Y, weights), verbose=0)
    assert model.history.history["val_loss"] == [model.evaluate(X, Y, sample_weight=weights, verbose=0)]
    model.fit(halves, epochs=3, verbose=0)
    assert halves.ends == 3
    with pytest.raises(ValueError, match="class_weight"):
        model.fit(X, Y, class_weight={0: 1.0}, verbose=0)
    with pytest.raises(ValueError, match="must be as many"):
        model.fit(X, Y[:20], verbose=0)


def test_no_epochs_at_all_leave_a_model_as_it_was() -> None:
    model, heard = network(), []
    before = model.get_weights()
    ears = LambdaCallback(on_train_begin=lambda logs: heard.append(1), on_train_end=lambda logs: heard.append(2))
    history = model.fit(X, Y, epochs=0, callbacks=[ears], verbose=0)
    assert (history.history, history.epoch, heard) == ({}, [], [1, 2])
    assert model.history is history
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_lists_and_tables_reach_a_train_step_of_ones_own_as_arrays() -> None:
    class Table:
        """As far as a DataFrame goes: rows are not taken from it by table[rows]."""

        shape = (48, 3)

        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return X

    for x, y in [(X.tolist(), Y.tolist()), (Table(), Y[:, 0].tolist())]:
        model = with_own_steps()
        model.fit(x, y, batch_size=16, shuffle=False, verbose=0)
        targets = (16, 1) if isinstance(y[0], list) else (16,)
        assert model.seen == [[(16, 3), targets]] * 3


class Pair(Model):
    """Two models that take turns, and a train_step that trains them."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Sequential([Input((3,)), Dense(4), Dropout(0.5), Dense(3)])
        self.others = [Sequential([Dense(1)])]

    def compile(self, **settings: Any) -> None:
        super().compile(**settings)
        self.first.compile(Adam(0.01), "mse")
        self.others[0].compile(SGD(0.1, momentum=0.9), "mse")

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        return {"first": self.first.train_on_batch(x, x), "loss": self.others[0].train_on_batch(self.first(x), y)}


def trained_pair(folder: Path, strike: Any, epochs: int = 3) -> Any:
    """A pair after `epochs` with a backup; `strike(batch)` is called after each batch, and may raise."""
    set_random_seed(5)
    pair = Pair()
    pair.compile()
    backup = BackupAndRestore(folder, save_freq=2, delete_checkpoint=False)
    callbacks = [LambdaCallback(on_train_batch_end=lambda batch, logs: strike()), backup]
    pair.fit(X, Y, batch_size=10, epochs=epochs, callbacks=callbacks, verbose=0)
    return [*pair.first.get_weights(), *pair.others[0].get_weights()]


@pytest.mark.parametrize("at", [3, 4, 6, 11])
@pytest.mark.parametrize("how", ["error", "SIGTERM"])
def test_a_train_step_of_ones_own_goes_on_from_its_backup_to_the_bit(at: int, how: str, tmp_path: Path) -> None:
    whole = trained_pair(tmp_path / "whole", lambda: None)
    batches = iter(range(1000))

    def strike() -> None:
        if next(batches) == at:
            if how == "error":
                raise OSError("the disk is full")
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises((OSError, SystemExit)):
        trained_pair(tmp_path / "struck", strike)
    for one, other in zip(whole, trained_pair(tmp_path / "struck", lambda: None), strict=True):
        np.testing.assert_array_equal(one, other)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_backup_of_models_that_a_train_step_holds_is_told_from_others(tmp_path: Path) -> None:
    class Hidden(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"loss": 1.0}

    hidden = Hidden()
    hidden.compile()
    with pytest.raises(ValueError, match="neither it nor a model among its attributes has numbers"):
        hidden.fit(X, Y, callbacks=[BackupAndRestore(tmp_path / "hidden")], verbose=0)
    network().fit(X, Y, callbacks=[BackupAndRestore(tmp_path / "b", delete_checkpoint=False)], verbose=0)
    with pytest.raises(ValueError, match="the backup is of another network"):
        trained_pair(tmp_path / "b", lambda: None)


def test_callbacks_hear_when_a_train_step_of_ones_own_breaks_off() -> None:
    class Own(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            raise KeyboardInterrupt

    class Ears(Callback):
        heard = 0

        def broken_off(self) -> None:
            self.heard += 1

    x, ears = Input((3,)), Ears()
    model = Own(x, Dense(1)(x))
    model.compile("sgd", "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[ears])
    assert ears.heard == 1


def test_a_test_step_and_a_predict_step_of_ones_own_are_called() -> None:
    class Own(Model):
        def test_step(self, data: Any) -> dict[str, Any]:
            return {"samples": len(data[0]), **super().test_step(data)}

        def predict_step(self, data: Any) -> Any:
            return self(data) > 0

    x = Input((3,))
    model = Own(x, Dense(1)(x))
    model.compile("sgd", "mse")
    assert set(model.fit(X, Y, validation_data=(X, Y), verbose=0).history) == {"loss", "val_loss", "val_samples"}
    assert model.evaluate(X, Y, batch_size=10, verbose=0, return_dict=True)["samples"] == 8
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.asarray(model(X)) > 0)


def test_a_model_without_a_call_may_train_in_its_own_way() -> None:
    class Gan(Model):
        def __init__(self, generator: Any) -> None:
            super().__init__()
            self.generator = generator

        def compile(self, rate: float) -> None:
            super().compile()
            self.generator.compile(SGD(rate), "mse")

        def train_step(self, real: Any) -> dict[str, Any]:
            return {"loss": self.generator.train_on_batch(real, np.zeros((len(real), 1)))}

    model = Gan(Sequential([Input((3,)), Dense(1)]))
    model.compile(0.1)
    losses = model.fit(X, epochs=5, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_the_form_for_jax_alone_is_refused_in_a_sentence() -> None:
    class Stateless(Model):
        def call(self, x: Any) -> Any:
            return x

        def train_step(self, state: Any, data: Any) -> Any:
            return {}, state

    model = Stateless()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=r"train_step\(self, data\)"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("at", [0, 2, 5])
def test_sigterm_leaves_a_whole_backup(at: int, engine: str, tmp_path: Path) -> None:
    def trained(folder: Path, number: int | None) -> Any:
        model, batches = network(), iter(range(1000))
        model.compile(Adam(0.01), "binary_crossentropy", engine=engine)

        def strike(batch: int, logs: Any) -> None:
            if next(batches) == number:
                os.kill(os.getpid(), signal.SIGTERM)

        callbacks = [LambdaCallback(on_train_batch_end=strike), BackupAndRestore(folder)]
        if number is None:
            model.fit(X, Y, batch_size=16, epochs=3, callbacks=callbacks, verbose=0)
            return model.get_weights()
        with pytest.raises(SystemExit, match="143"):
            model.fit(X, Y, batch_size=16, epochs=3, callbacks=callbacks, verbose=0)
        return trained(folder, None)

    whole = trained(tmp_path / "whole", None)
    for one, other in zip(whole, trained(tmp_path / "struck", at), strict=True):
        np.testing.assert_array_equal(one, other)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_doctor_is_asked_for_by_an_argument(capsys: Any) -> None:
    model = Sequential([Input((3,)), Dense(4), Dense(1)])
    model.compile(SGD(1e9), "mse")
    with pytest.warns(UserWarning, match="not all numbers are finite"):
        model.fit(X, Y, doctor={"verbose": 0}, verbose=0, epochs=2)
    healthy = network()
    assert healthy.fit(X, Y, doctor=True, verbose=0).history["loss"]
