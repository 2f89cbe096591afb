"""Damaged legacy files, recordings and backups are refused or give the very same; a training goes on after SIGKILL.

`make damage` tries it at the full counts, here and in test_formats.py, test_safetensors.py and test_resume.py.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from damage import KILLS, MUTATIONS, mutated
from pellucid import Input, Sequential
from pellucid.callbacks.state_file import read_state, write_state
from pellucid.errors import FormatError
from pellucid.formats import legacy_hdf5
from pellucid.inside import Recording, Watch
from pellucid.layers import Dense, Dropout


def network() -> Sequential:
    model = Sequential([Input((4,)), Dense(6, "tanh"), Dropout(0.2), Dense(1)])
    model.compile("adam", "mse")
    return model


def legacy(path: Path) -> Callable[[], Any]:
    network().save(path)

    def load() -> Any:
        found = legacy_hdf5.read(path)
        return found.config, found.training, [list(weights.items()) for weights in found.layers.values()]

    return load


def recording(path: Path) -> Callable[[], Any]:
    watch = Watch(every=2)
    network().fit(np.ones((8, 4), "f4"), np.ones((8, 1), "f4"), batch_size=2, epochs=2, callbacks=[watch], verbose=0)
    assert watch.recording is not None
    watch.recording.save(path)

    def load() -> Any:
        found = Recording.load(path)
        return found.description, found.epochs, list(found.probe.items()), [vars(frame) for frame in found.frames]

    return load


def backup(path: Path) -> Callable[[], Any]:
    with open(path, "wb") as file:
        write_state(file, {"a": np.arange(200.0), "b": [1, {"c": None, "d": np.ones((3, 4), "f4")}], "e": "text"})
    return lambda: read_state(str(path))


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return isinstance(other, dict) and same(list(one.items()), list(other.items()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other) or one != one


@pytest.mark.parametrize("make", [legacy, recording, backup])
@pytest.mark.parametrize("how", ["mutated", "one bit"])
def test_damaged_files_are_refused_or_give_the_very_same(make: Any, how: str, tmp_path: Path) -> None:
    path = tmp_path / ("net.h5" if make is legacy else "file.npz")
    load = make(path)
    data, whole = path.read_bytes(), load()
    refused = 0
    for seed in range(MUTATIONS):
        chance = random.Random(seed)
        if how == "mutated":
            copy = mutated(data, chance)
        else:
            at = chance.randrange(len(data))
            copy = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        path.write_bytes(copy)
        try:
            found = load()
        except FormatError:
            refused += 1
        else:
            assert same(found, whole), seed
    assert refused > MUTATIONS // 8


TRAINS = """
import sys
import numpy as np
from pellucid import Input, Sequential
from pellucid.callbacks import BackupAndRestore, LambdaCallback
from pellucid.layers import Dense, Dropout
from pellucid.utils import set_random_seed
set_random_seed(3)
x = np.random.default_rng(0).normal(size=(120, 4)).astype("float32")
model = Sequential([Input((4,)), Dense(16, "tanh"), Dropout(0.3), Dense(1)])
model.compile("adam", "mse")
tell = LambdaCallback(on_train_batch_begin=lambda batch, logs: print("step", flush=True))
model.fit(x, x[:, :1], batch_size=4, epochs=12, verbose=0, callbacks=[tell, BackupAndRestore(sys.argv[1], save_freq=1)])
np.savez(sys.argv[2], *model.get_weights(), *model.history.history["loss"])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_training_killed_again_and_again_ends_bit_for_bit_the_same(tmp_path: Path) -> None:
    """With shuffle and dropout; the kill comes at any moment, also while the backup is written."""
    source, chance = str(Path(pellucid.__file__).parents[1]), random.Random(4)

    def start(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", TRAINS, str(tmp_path / f"{name}-backup"), str(tmp_path / f"{name}.npz")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": source})

    assert start("whole").communicate() is not None
    for _ in range(KILLS // 4):
        training = start("broken")
        assert training.stdout
        with training.stdout:
            for _ in range(chance.randrange(1, 12)):
                training.stdout.readline()
            time.sleep(chance.random() * 0.01)
            training.send_signal(signal.SIGKILL)
            training.wait()
        if training.returncode == 0:
            break
    if training.returncode:
        start("broken").communicate()
    with np.load(tmp_path / "whole.npz") as whole, np.load(tmp_path / "broken.npz") as broken:
        assert whole.files == broken.files
        for name in whole.files:
            np.testing.assert_array_equal(broken[name], whole[name])
