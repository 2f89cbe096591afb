"""Callbacks are told what happens, in order, and no more often than they want to be."""

import timeit
from typing import Any

import numpy as np
import pytest

from callback_model import FakeModel
from pellucid.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ModelCheckpoint,
    ProgbarLogger,
    TensorBoard,
    TerminateOnNaN,
)
from pellucid.callbacks.callback import MOMENTS


def test_every_moment_reaches_a_callback_that_overrides_it() -> None:
    heard: list[str] = []
    for moment in MOMENTS:
        told = CallbackList([LambdaCallback(**{moment: lambda *args, name=moment, **kwargs: heard.append(name)})])
        arguments = (3,) if "batch" in moment or "epoch" in moment else ()
        getattr(told, moment)(*arguments, {"loss": 1.0})
    assert heard == list(MOMENTS)


def test_the_old_batch_names_are_called_for_training_batches() -> None:
    class Old(Callback):
        def __init__(self) -> None:
            super().__init__()
            self.heard: list[tuple[str, int, Any]] = []

        def on_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.heard.append(("begin", batch, logs))

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            self.heard.append(("end", batch, logs))

    old = Old()
    told = CallbackList([old])
    told.on_train_batch_begin(0)
    told.on_train_batch_end(0, {"loss": 1})
    assert old.heard == [("begin", 0, {}), ("end", 0, {"loss": 1.0})]
    assert told.wants_batches


def test_batches_are_wanted_only_by_those_who_look_at_them(tmp_path: Any) -> None:
    quiet = [
        EarlyStopping(),
        History(),
        LambdaCallback(on_epoch_end=print),
        ModelCheckpoint(tmp_path / "m.keras"),
        BackupAndRestore(tmp_path / "b"),
        TensorBoard(tmp_path / "t"),
        Callback(),
    ]
    told = CallbackList(quiet, add_progbar=True, verbose=1, epochs=1, steps=3)
    assert not told.wants_batches
    assert not told.wants_progress  # the output here is not a terminal
    for one in (
        TerminateOnNaN(),
        LambdaCallback(on_train_batch_begin=print),
        ModelCheckpoint(tmp_path / "m.keras", save_freq=2),
        BackupAndRestore(tmp_path / "b", save_freq=2),
        TensorBoard(tmp_path / "t", update_freq="batch"),
    ):
        assert CallbackList([one]).wants_batches, one


def test_logs_are_made_only_when_someone_reads_them() -> None:
    def explode() -> dict[str, Any]:
        raise AssertionError("nobody asked")

    CallbackList([History(), ProgbarLogger()], verbose=2, epochs=1, steps=3).on_train_batch_end(0, explode)
    with pytest.raises(AssertionError, match="nobody asked"):
        CallbackList([TerminateOnNaN()]).on_train_batch_end(0, explode)


def test_logs_come_as_floats_in_the_order_of_their_names() -> None:
    seen: list[Any] = []
    told = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))])
    told.on_epoch_end(0, {"val_loss": np.float32(0.5), "loss": np.array(2), "accuracy": 1, "matrix": np.eye(2)})
    assert list(seen[0]) == ["accuracy", "loss", "matrix", "val_loss"]
    assert [type(seen[0][name]) for name in ("accuracy", "loss", "val_loss")] == [float] * 3
    assert seen[0]["matrix"].shape == (2, 2)


def test_what_one_callback_adds_to_the_logs_the_next_one_sees() -> None:
    def add(epoch: int, logs: dict[str, Any]) -> None:
        logs["learning_rate"] = 0.1

    model = FakeModel()
    CallbackList([LambdaCallback(on_epoch_end=add)], add_history=True, model=model).on_epoch_end(0, {"loss": 1.0})
    assert model.history.history == {"loss": [1.0], "learning_rate": [0.1]}


def test_a_history_and_a_progress_line_are_added_once() -> None:
    own = History()
    told = CallbackList([[own], ProgbarLogger()], add_history=True, add_progbar=True, model=FakeModel())
    assert [type(callback) for callback in told.callbacks] == [History, ProgbarLogger]
    assert told.model.history is own


def test_a_backup_is_told_last(tmp_path: Any) -> None:
    told = CallbackList([BackupAndRestore(tmp_path), EarlyStopping()], add_history=True)
    assert [type(callback) for callback in told.callbacks] == [EarlyStopping, History, BackupAndRestore]


def test_a_callback_of_another_library_is_told_everything() -> None:
    class Stranger:
        def __init__(self) -> None:
            self.heard: list[int] = []

        def set_model(self, model: Any) -> None: ...

        def set_params(self, params: Any) -> None: ...

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.heard.append(batch)

    stranger = Stranger()
    told = CallbackList([stranger], model=FakeModel(), epochs=1)
    told.on_train_begin()
    told.on_train_batch_end(4, {})
    assert told.wants_batches
    assert stranger.heard == [4]


@pytest.mark.parametrize("wrong", [print, EarlyStopping, "early"])
def test_what_is_no_callback_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="callbacks"):
        CallbackList([wrong])


def test_an_unknown_moment_is_refused() -> None:
    with pytest.raises(TypeError, match="on_epoch_stop"):
        LambdaCallback(on_epoch_stop=print)


def test_memories_find_their_owners_again() -> None:
    first, second = EarlyStopping(monitor="a"), EarlyStopping(monitor="b")
    second.wait = 3
    state = CallbackList([first, second]).get_state()
    others = [EarlyStopping(), EarlyStopping(), History()]
    CallbackList(others).set_state(state)
    assert [others[0].wait, others[1].wait] == [0, 3]


def test_a_batch_that_nobody_looks_at_costs_next_to_nothing() -> None:
    told = CallbackList([History(), EarlyStopping()], add_progbar=True, verbose=1, epochs=1, steps=3)
    told.on_train_begin()
    logs = {"loss": 1.0}
    calls = 20_000
    best = min(timeit.repeat(lambda: told.on_train_batch_end(0, logs), number=calls, repeat=5)) / calls
    assert best < 20e-6  # under 1 µs on an idle machine; this bound only catches work that should not be there
