"""What looking on costs: trainings with and without a Doctor or a Watch at its defaults, epoch by epoch in turns.

    python benchmarks/looking.py                                  all networks, both engines, both lookers
    python benchmarks/looking.py --networks lstm --lookers watch  some of them
    python benchmarks/looking.py --lookers nobody                 both sides the same: what is chance

In a round the same training runs twice, with and without, in two threads of which one always waits: an epoch of the
one, an epoch of the other, and so on. So both meet the same machine, whose speed may change from second to second.
Before each turn both rest, until no thread of the other spins any more. Each has a clock of its own that stands still
while it waits; a looker goes by that. Every other round begins with the other one. Reported are the medians of the
rounds' ratios, by processor time and by the clock on the wall, each with its quartiles; all rounds together; and what
the looker took by its own clock. Run nothing else meanwhile, or let all else wait: `chrt -r 10 python
benchmarks/looking.py`, as root, which the rests keep from being throttled.
"""

import argparse
import gc
import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import Sequential, layers, native
from pellucid.callbacks import Callback
from pellucid.inside import Watch
from pellucid.inside.doctor import Doctor
from pellucid.random import set_random_seed

REST = {"native": 0.02, "numpy": 0.12}  # seconds: threads of OpenBLAS spin for a tenth of a second
LOOKERS: dict[str, Callable[[], Any]] = {
    "doctor": lambda: Doctor(verbose=0, stop=False), "watch": Watch, "nobody": lambda: None,
}  # fmt: skip


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


# Two trainings in turns ----------------------------------------------------------------------------


class Turn(Callback):
    """One of two trainings that take turns.

    processor, wall    seconds that it took so far, while it was its turn
    """

    def __init__(self) -> None:
        super().__init__()
        self.other: Turn | None = None
        self.mine = threading.Semaphore(0)
        self.processor = self.wall = 0.0
        self.rest = REST[os.environ["PELLUCID_ENGINE"]]

    def begin(self) -> None:
        """Wait for the other, and go on."""
        self.mine.acquire()
        self._since = time.process_time(), time.perf_counter()

    def end(self) -> None:
        """Stop the clock; the other's turn, after a rest."""
        self.processor += time.process_time() - self._since[0]
        self.wall += time.perf_counter() - self._since[1]
        time.sleep(self.rest)
        assert self.other is not None
        self.other.mine.release()

    def clock(self) -> float:
        """Seconds of its own: only while it is its turn."""
        return self.wall + time.perf_counter() - self._since[1]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.end()
        self.begin()


def in_turns(work: Work, x: Any, y: Any, epochs: int, looker: Any, looked_first: bool) -> tuple[list[Turn], list[Any]]:
    """The training without and with a looker, epoch by epoch in turns: how long each took, and its weights."""
    turns, weights = [Turn(), Turn()], [[], []]
    turns[0].other, turns[1].other = turns[1], turns[0]
    models = [_model(work), _model(work)]

    def train(place: int) -> None:
        turn, extra = turns[place], [looker] if place and looker else []
        turn.begin()
        if extra:
            looker.clock = turn.clock
        set_random_seed(0)
        models[place].fit(x, y, batch_size=work.batch, epochs=epochs, verbose=0, callbacks=[turn, *extra])
        turn.end()
        weights[place] = models[place].get_weights()
        turn.other.mine.release(epochs)  # it may go on alone

    threads = [threading.Thread(target=train, args=(place,)) for place in range(2)]
    gc.collect()
    for thread in threads:
        thread.start()
    turns[int(looked_first)].mine.release()
    for thread in threads:
        thread.join()
    return turns, weights


@dataclass
class Cost:
    """What one looker cost one network on one engine: ratios less 1, as lower quartile, median and upper quartile."""

    network: str
    engine: str
    looker: str
    asked: float  # seconds that a training was to take
    seconds: float  # that it took without; the median
    rounds: int
    processor: tuple[float, float, float]
    wall: tuple[float, float, float]
    together: float  # the ratio of all rounds together by the clock on the wall, less 1
    own: float  # what it took by its own clock, as a share of the rest of the training; the median
    same_bits: bool


def measured(network: str, engine: str, looker: str, rounds: int, seconds: float) -> Cost:
    """Train in turns with and without."""
    work = NETWORKS[network]
    os.environ["PELLUCID_ENGINE"] = engine
    draw = np.random.default_rng(0)
    x = draw.random((work.samples, *work.shape), dtype=np.float32)
    y = draw.integers(0, 10, work.samples)
    in_turns(work, x, y, 1, None, False)
    few = in_turns(work, x, y, 2, None, False)[0][0].wall / 2
    few = in_turns(work, x, y, max(2, round(0.3 / few)), None, False)[0][0].wall / max(2, round(0.3 / few))
    epochs = max(2, round(seconds / few))
    plain, looked_at, processor, wall, own, same = [], [], [], [], [], True
    for number in range(rounds):
        looks = LOOKERS[looker]()
        (without, looked), (weights, others) = in_turns(work, x, y, epochs, looks, bool(number % 2))
        plain.append(without.wall)
        looked_at.append(looked.wall)
        processor.append(looked.processor / without.processor - 1)
        wall.append(looked.wall / without.wall - 1)
        own.append(looks.spent / (looked.wall - looks.spent) if looks else 0.0)
        same = same and all(np.array_equal(a, b) for a, b in zip(weights, others, strict=True))
    return Cost(
        network, engine, looker, seconds, statistics.median(plain), rounds, _quartiles(processor), _quartiles(wall),
        sum(looked_at) / sum(plain) - 1, statistics.median(own), same,
    )  # fmt: skip


def _model(work: Work) -> Any:
    set_random_seed(0)
    model = Sequential([layers.Input(work.shape), *work.make()])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def _quartiles(ratios: list[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def engines() -> list[str]:
    """The engines that are here."""
    return ["native", "numpy"] if native.load() is not None else ["numpy"]


def table(costs: list[Cost]) -> list[str]:
    """The costs as the lines of a table."""
    lines = [
        "| network | engine | looker | s without | processor | quartiles | wall | quartiles | together | own | bits |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in costs:
        shown = " | ".join(
            f"{middle:+.1%} | {low:+.1%} to {high:+.1%}" for low, middle, high in (one.processor, one.wall)
        )
        where = f"{NETWORKS[one.network].says} | {one.engine} | {one.looker} | {one.seconds:.2f}"
        lines.append(
            f"| {where} | {shown} | {one.together:+.1%} | {one.own:.1%} | {'yes' if one.same_bits else 'NO'} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=[*NETWORKS], choices=NETWORKS)
    parser.add_argument("--engines", nargs="+", default=engines())
    parser.add_argument("--lookers", nargs="+", default=["doctor", "watch"], choices=LOOKERS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a training without")
    given = parser.parse_args()
    print(*table([]), sep="\n")
    for network in given.networks:
        for engine in given.engines:
            for looker in given.lookers:
                print(table([measured(network, engine, looker, given.rounds, given.seconds)])[-1], flush=True)


if __name__ == "__main__":
    main()
