"""What looking on costs: a training with and without a Doctor or a Watch at its defaults, in turns, in one process.

    python benchmarks/looking.py                                  all networks, both engines, both lookers
    python benchmarks/looking.py --networks lstm --lookers watch  some of them

A round trains both ways, every other round in the other order; the epochs are as many as take about --seconds. Reported
are the medians of the rounds' ratios, by processor time and by the clock on the wall, each with its quartiles (a cost
within them is noise); the ratio of the shortest trainings, since what else a machine does only adds; and what the
looker took by its own clock. Run nothing else meanwhile.
"""

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import Sequential, layers, native
from pellucid.inside import Watch
from pellucid.inside.doctor import Doctor
from pellucid.random import set_random_seed

LOOKERS: dict[str, Callable[[], Any]] = {"doctor": lambda: Doctor(verbose=0, stop=False), "watch": Watch}


@dataclass
class Work:
    """A network and the shape of its samples; `says` is what a table calls it."""

    says: str
    shape: tuple[int, ...]
    samples: int
    batch: int
    make: Callable[[], list[Any]]


def shallow() -> list[Any]:
    """The course's first network."""
    return [layers.Dense(64, "sigmoid"), layers.Dense(10, "softmax")]


def deep() -> list[Any]:
    return [layers.Dense(128, "relu"), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]


def narrow() -> list[Any]:
    """Many small layers: the most to look at for the least to compute."""
    blocks = [[layers.Dense(32, "relu"), layers.BatchNormalization()] for _ in range(8)]
    return [*(layer for block in blocks for layer in block), layers.Dense(10, "softmax")]


def tiny() -> list[Any]:
    return [layers.Dense(32, "relu"), layers.Dense(10, "softmax")]


def convnet() -> list[Any]:
    return [
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(10, "softmax"),
    ]  # fmt: skip


def lstm() -> list[Any]:
    return [layers.LSTM(32), layers.Dense(10, "softmax")]


NETWORKS = {
    "shallow": Work("784-64-10, sigmoid, batches of 128", (784,), 12_800, 128, shallow),
    "deep": Work("784-128-128-10, relu, batches of 32", (784,), 6400, 32, deep),
    "narrow": Work("784, eight times 32 with normalisation, 10, batches of 128", (784,), 12_800, 128, narrow),
    "tiny": Work("64-32-10, relu, batches of 32", (64,), 1400, 32, tiny),
    "convnet": Work("28×28, two convolutions with pools, batches of 64", (28, 28, 1), 1024, 64, convnet),
    "lstm": Work("28 steps of 28, LSTM of 32 units, batches of 64", (28, 28), 1024, 64, lstm),
}


@dataclass
class Cost:
    """What one looker cost one network on one engine: ratios less 1, as lower quartile, median and upper quartile."""

    network: str
    engine: str
    looker: str
    seconds: float
    processor: tuple[float, float, float]
    wall: tuple[float, float, float]
    least: float  # the ratio of the shortest trainings by the clock on the wall, less 1
    own: float  # what it took by its own clock, as a share of the rest of the training; the median
    same_bits: bool


def measured(network: str, engine: str, looker: str, rounds: int, seconds: float) -> Cost:
    """Train in turns with and without."""
    work = NETWORKS[network]
    os.environ["PELLUCID_ENGINE"] = engine
    draw = np.random.default_rng(0)
    x = draw.random((work.samples, *work.shape), dtype=np.float32)
    y = draw.integers(0, 10, work.samples)
    _train(work, x, y, 1, None)
    few = _train(work, x, y, 2, None)[1] / 2
    few = _train(work, x, y, max(2, round(0.5 / few)), None)[1] / max(2, round(0.5 / few))
    epochs = max(2, round(seconds / few))
    plain, looked_at, processor, wall, own, same = [], [], [], [], [], True
    for number in range(rounds):
        looks = LOOKERS[looker]()
        taken = {}
        for looked in (False, True) if number % 2 else (True, False):
            taken[looked] = _train(work, x, y, epochs, looks if looked else None)
        plain.append(taken[False][1])
        looked_at.append(taken[True][1])
        processor.append(taken[True][0] / taken[False][0] - 1)
        wall.append(taken[True][1] / taken[False][1] - 1)
        own.append(looks.spent / (taken[True][1] - looks.spent))
        same = same and all(np.array_equal(a, b) for a, b in zip(taken[True][2], taken[False][2], strict=True))
    return Cost(
        network, engine, looker, statistics.median(plain), _quartiles(processor), _quartiles(wall),
        min(looked_at) / min(plain) - 1, statistics.median(own), same,
    )  # fmt: skip


def _train(work: Work, x: Any, y: Any, epochs: int, looker: Any) -> tuple[float, float, list[Any]]:
    """Seconds of processor time, seconds by the clock, and the weights afterwards."""
    set_random_seed(0)
    model = Sequential([layers.Input(work.shape), *work.make()])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    gc.collect()
    start, began = time.process_time(), time.perf_counter()
    model.fit(x, y, batch_size=work.batch, epochs=epochs, verbose=0, callbacks=[looker] if looker else [])
    return time.process_time() - start, time.perf_counter() - began, model.get_weights()


def _quartiles(ratios: list[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def engines() -> list[str]:
    """The engines that are here."""
    return ["native", "numpy"] if native.load() is not None else ["numpy"]


def table(costs: list[Cost]) -> list[str]:
    """The costs as the lines of a table."""
    lines = [
        "| network | engine | looker | s without | processor | quartiles | wall | quartiles | least | own | bits |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in costs:
        shown = " | ".join(
            f"{middle:+.1%} | {low:+.1%} to {high:+.1%}" for low, middle, high in (one.processor, one.wall)
        )
        where = f"{NETWORKS[one.network].says} | {one.engine} | {one.looker} | {one.seconds:.2f}"
        lines.append(f"| {where} | {shown} | {one.least:+.1%} | {one.own:.1%} | {'yes' if one.same_bits else 'NO'} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=[*NETWORKS], choices=NETWORKS)
    parser.add_argument("--engines", nargs="+", default=engines())
    parser.add_argument("--lookers", nargs="+", default=[*LOOKERS], choices=LOOKERS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.5, help="of a training without")
    given = parser.parse_args()
    print(*table([]), sep="\n")
    for network in given.networks:
        for engine in given.engines:
            for looker in given.lookers:
                print(table([measured(network, engine, looker, given.rounds, given.seconds)])[-1], flush=True)


if __name__ == "__main__":
    main()
