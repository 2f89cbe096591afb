"""An interrupted training goes on exactly where it was."""

import os
from typing import Any

import numpy as np
import pytest

from callback_model import TinyTraining
from pellucid.callbacks import BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from pellucid.callbacks.state_file import read_state, write_state
from pellucid.errors import FormatError

EPOCHS = 5


class Interrupted(Exception):
    pass


def callbacks(folder: Any, save_freq: Any) -> list[Any]:
    return [
        BackupAndRestore(folder / "backup", save_freq=save_freq),  # first in the list, yet told last
        CSVLogger(folder / "log.csv"),
        ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5, cooldown=1),
        EarlyStopping(monitor="loss", patience=4, restore_best_weights=True),
        ModelCheckpoint(folder / "best.keras", monitor="loss", save_best_only=True),
    ]


@pytest.mark.parametrize("save_freq", ["epoch", 1, 3, 7])
@pytest.mark.parametrize("kill_at", [(0, 0), (1, 0), (2, 3), (4, 4)])
def test_a_training_that_was_killed_ends_bit_for_bit_as_if_it_had_not(
    tmp_path: Any, save_freq: Any, kill_at: Any
) -> None:
    def kill(epoch: int, batch: int) -> None:
        if (epoch, batch) == kill_at:
            raise Interrupted

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    expected_model = TinyTraining()
    expected = expected_model.fit(callbacks(whole, save_freq), EPOCHS)
    with pytest.raises(Interrupted):
        TinyTraining().fit(callbacks(broken, save_freq), EPOCHS, before_batch=kill)
    model = TinyTraining()
    history = model.fit(callbacks(broken, save_freq), EPOCHS)
    assert history.history == expected.history
    assert history.epoch == expected.epoch
    np.testing.assert_array_equal(model.get_weights()[0], expected_model.get_weights()[0])
    assert (broken / "log.csv").read_bytes() == (whole / "log.csv").read_bytes()
    assert not (broken / "backup").exists()


def test_an_interrupted_training_keeps_its_backup_even_when_it_is_told_to_end(tmp_path: Any) -> None:
    backup = BackupAndRestore(tmp_path / "backup")
    backup.set_model(TinyTraining())
    backup.set_params({"epochs": 3})
    backup.on_train_begin()
    backup.on_epoch_end(0)
    backup.on_train_end()
    assert os.path.exists(backup.path)
    backup.model.stop_training = True  # by EarlyStopping: that training is complete
    backup.on_train_end()
    assert not os.path.exists(tmp_path / "backup")


def test_a_memory_left_out_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(epoch: int, batch: int) -> None:
        if (epoch, batch) == (3, 0):
            raise Interrupted

    (tmp_path / "a").mkdir()
    expected = TinyTraining().fit(callbacks(tmp_path / "a", "epoch"), EPOCHS)
    monkeypatch.setattr(ReduceLROnPlateau, "set_state", lambda self, state: None)
    with pytest.raises(Interrupted):
        TinyTraining().fit(callbacks(tmp_path, "epoch"), EPOCHS, before_batch=kill)
    assert TinyTraining().fit(callbacks(tmp_path, "epoch"), EPOCHS).history != expected.history


def test_a_crash_while_saving_leaves_the_backup_before(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = BackupAndRestore(tmp_path)
    backup.set_model(TinyTraining())
    backup.save(1, 0)

    def crash(file: Any, state: Any) -> None:
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("pellucid.callbacks.backup.write_state", crash)
    with pytest.raises(OSError, match="disk full"):
        backup.save(2, 0)
    assert read_state(backup.path)["epoch"] == 1
    assert os.listdir(tmp_path) == ["latest.npz"]


def test_a_damaged_backup_is_named_or_the_one_before_is_used(tmp_path: Any) -> None:
    backup = BackupAndRestore(tmp_path, double_checkpoint=True)
    backup.set_model(TinyTraining())
    backup.save(1, 0)
    backup.save(2, 0)
    with open(backup.path, "r+b") as file:
        file.truncate(100)
    backup.on_train_begin()
    assert backup.model.start == (1, 0)
    os.remove(tmp_path / "previous.npz")
    with pytest.raises(FormatError, match="damaged"):
        backup.on_train_begin()


def test_no_truncated_or_bent_backup_is_believed(tmp_path: Any) -> None:
    path = tmp_path / "state.npz"
    with open(path, "wb") as file:
        write_state(file, {"a": np.arange(20.0), "b": [1, {"c": None}]})
    whole = path.read_bytes()
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        with pytest.raises(FormatError):
            read_state(str(path))
    at = whole.index(np.arange(20.0).tobytes()) + 50
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(FormatError):
        read_state(str(path))


def test_a_state_comes_back_as_it_was(tmp_path: Any) -> None:
    path = tmp_path / "state.npz"
    state = {
        "kernel": np.asfortranarray(np.arange(6, dtype="float16").reshape(2, 3)),
        "scalar": np.float64(0.1),
        "step": 2**80,
        "array": {"array": 3},
        "odd": {"dict": {"array": 1}},
        "list": [True, None, "ü", float("inf"), np.zeros((0, 2), "uint32")],
    }
    with open(path, "wb") as file:
        write_state(file, state)
    found = read_state(str(path))
    np.testing.assert_array_equal(found["kernel"], state["kernel"])
    assert found["kernel"].dtype == "float16"
    assert found["scalar"] == 0.1
    assert (found["step"], found["array"], found["odd"]) == (2**80, {"array": 3}, {"dict": {"array": 1}})
    assert found["list"][:4] == [True, None, "ü", float("inf")]
    assert found["list"][4].shape == (0, 2)
    assert sorted(np.load(path).files)[:2] == ["0", "1"]


@pytest.mark.parametrize("wrong", [{1: 2}, {"f": print}, {"o": np.array([None])}])
def test_what_a_file_cannot_hold_is_refused_by_place(tmp_path: Any, wrong: Any) -> None:
    with open(tmp_path / "s", "wb") as file, pytest.raises(TypeError, match="state"):
        write_state(file, wrong)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="backup_dir"):
        BackupAndRestore("")
    with pytest.raises(ValueError, match="save_freq"):
        BackupAndRestore("here", save_freq="batch")


def test_a_file_in_place_of_the_folder_is_found_before_the_training(tmp_path: Any) -> None:
    (tmp_path / "backup").write_text("notes")
    model = TinyTraining()
    with pytest.raises(NotADirectoryError, match="backup_dir must be a folder"):
        model.fit(
            [BackupAndRestore(tmp_path / "backup")], EPOCHS, before_batch=lambda epoch, batch: pytest.fail("trained")
        )
