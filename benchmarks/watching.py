"""What watching costs: the same training with and without a Watch at its default, turn by turn in one process.

    python benchmarks/watching.py

Each round trains both for some epochs, every other round in the other order. Reported: the median over the rounds of
the watched time over the plain time, and whether both ended with the same bits.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from pellucid import Sequential, layers
from pellucid.inside import Watch
from pellucid.random import set_random_seed

SAMPLES, BATCH = 12_800, 128


def shallow() -> Sequential:
    """The course's first network."""
    return Sequential([layers.Dense(64, activation="sigmoid", input_shape=(784,)), layers.Dense(10, "softmax")])


def deep() -> Sequential:
    """Many small layers: the most to look at for the least to compute."""
    model = Sequential([layers.Input((784,))])
    for _ in range(8):
        model.add(layers.Dense(32, activation="relu"))
        model.add(layers.BatchNormalization())
    model.add(layers.Dense(10, activation="softmax"))
    return model


def compiled(make: Callable[[], Sequential]) -> Sequential:
    set_random_seed(1)
    model = make()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def compare(make: Callable[[], Sequential], rounds: int, epochs: int) -> tuple[float, float, int, bool]:
    """The median ratio of times, the median plain seconds, the frames of a round, and whether the bits are the same."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(SAMPLES, 784)).astype("float32"), rng.integers(0, 10, size=SAMPLES)
    ratios, plain_times, frames, weights = [], [], 0, {}
    for turn in range(rounds + 1):  # the first warms up and is not counted
        seconds = {}
        for watched in (False, True) if turn % 2 else (True, False):
            model, watch = compiled(make), Watch()
            start = time.perf_counter()
            model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[watch] if watched else [])
            seconds[watched] = time.perf_counter() - start
            weights[watched] = model.get_weights()
            frames = len(watch.recording.frames) if watch.recording is not None else frames
        if turn:
            ratios.append(seconds[True] / seconds[False])
            plain_times.append(seconds[False])
    same = all(np.array_equal(a, b) for a, b in zip(weights[False], weights[True], strict=True))
    return statistics.median(ratios), statistics.median(plain_times), frames, same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    print(f"{'network':10} {'watched/plain':>14} {'plain s':>8} {'frames':>7}  same bits")
    for make in (shallow, deep):
        ratio, seconds, frames, same = compare(make, given.rounds, given.epochs)
        print(f"{make.__name__:10} {ratio:14.3f} {seconds:8.2f} {frames:7}  {same}")


if __name__ == "__main__":
    main()
