"""The same seed gives the same bits, in another process too."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import hashlib
import numpy as np
from pellucid import Sequential
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.utils import set_random_seed

set_random_seed({seed})
draw = np.random.default_rng(0)
x, y = draw.normal(size=(100, 20)).astype("float32"), draw.integers(0, 4, 100)
model = Sequential([
    Dense(32, activation="relu", kernel_initializer="he_normal", input_shape=(20,)),
    BatchNormalization(), Dropout(0.5), Dense(16, activation="tanh"), Dropout(0.2), Dense(4, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=3, batch_size=16, validation_split=0.2, verbose=0)
found = hashlib.sha256(b"".join(weights.tobytes() for weights in model.get_weights()))
found.update(model.predict(x, verbose=0).tobytes())
found.update(repr(history.history).encode())
print(found.hexdigest())
"""


def run(seed: int, threads: int = 1, **more: str) -> str:
    source = str(Path(__file__).resolve().parents[1] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "OPENBLAS_NUM_THREADS": str(threads), **more}
    program = [sys.executable, "-W", "error", "-c", PROGRAM.format(seed=seed)]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_same_seed_gives_the_same_bits_in_another_process() -> None:
    first = run(7, PYTHONHASHSEED="1")
    assert len(first.strip()) == 64
    assert run(7, PYTHONHASHSEED="2") == first
    assert run(8) != first


def test_the_number_of_threads_changes_no_bit() -> None:
    assert run(7, threads=2) == run(7, threads=1)
