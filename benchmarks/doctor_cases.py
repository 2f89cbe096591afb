"""The networks that the doctor is tried on: one case a line, healthy ones and ones with a fault that we planted."""
# ruff: noqa: E501 - a table reads best with one case a line

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import layers, optimizers
from pellucid.datasets import digits as digit_images
from pellucid.initializers import Constant, RandomNormal
from pellucid.layers.gru import GRU
from pellucid.layers.lstm import LSTM
from pellucid.layers.simple_rnn import SimpleRNN
from pellucid.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

RECURRENT = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": SimpleRNN}
Data = tuple[np.ndarray, np.ndarray]
SPARSE = "sparse_categorical_crossentropy"


@dataclass
class Case:
    """One run. `expect`: the checks of which one must speak; empty for a healthy run."""

    name: str
    family: str
    data: Callable[[np.random.Generator], Data]
    layers: Callable[[], list[Any]]
    optimizer: Callable[[], Any]
    loss: Any
    expect: frozenset[str] = frozenset()
    epochs: int = 40
    batch: int = 16
    spoil: Callable[[np.ndarray, np.ndarray, np.random.Generator], Data] | None = None  # what is done to the data
    share: float = 0.25  # kept for validation
    leak: bool = False  # whether the validation data are training data


# Data --------------------------------------------------------------------------------------------


def blobs(draw: np.random.Generator, classes: int = 3, features: int = 8, count: int = 320, far: float = 1.6) -> Data:
    """Clouds around a point for each class, scaled."""
    y = draw.integers(0, classes, count)
    x = draw.normal(size=(classes, features))[y] * far + draw.normal(size=(count, features))
    return _scaled(x), y


def moons(draw: np.random.Generator, count: int = 320) -> Data:
    """Two half moons."""
    y = draw.integers(0, 2, count)
    angle = draw.uniform(0, np.pi, count)
    x = np.stack([np.where(y, 1 - np.cos(angle), np.cos(angle)), np.where(y, 0.5 - np.sin(angle), np.sin(angle))], 1)
    return _scaled(x + draw.normal(size=x.shape) * 0.12), y


def digits(draw: np.random.Generator, count: int = 480) -> Data:
    """Handwritten digits, 64 pixels in [0, 1]."""
    (x, y), _ = digit_images.load_data()
    rows = draw.permutation(len(x))[:count]
    return (x[rows].reshape(count, -1) / x.max()).astype("float32"), y[rows].astype("int64")


def plane(draw: np.random.Generator, count: int = 320, noise: float = 0.2) -> Data:
    """A linear function of five numbers, with noise."""
    x = draw.normal(size=(count, 5)).astype("float32")
    y = x @ draw.normal(size=(5, 1)) + noise * draw.normal(size=(count, 1))
    return x, (y / y.std()).astype("float32")


def sine(draw: np.random.Generator, count: int = 256) -> Data:
    """One sine wave."""
    x = draw.uniform(-1, 1, (count, 1)).astype("float32")
    return x, (np.sin(3 * x) + 0.05 * draw.normal(size=x.shape)).astype("float32")


def friedman(draw: np.random.Generator, count: int = 400) -> Data:
    """Friedman's first function: ten numbers, five of which matter (1991)."""
    x = draw.uniform(0, 1, (count, 10))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = y + draw.normal(size=count)
    return _scaled(x), ((y - y.mean()) / y.std())[:, None].astype("float32")


def xor(draw: np.random.Generator) -> Data:
    """Exclusive or, eight times over."""
    x = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), (8, 1))
    return x, (x.sum(axis=1, keepdims=True) == 1).astype("float32")


def bars(draw: np.random.Generator, count: int = 256) -> Data:
    """8×8 images of one bar, lying or standing."""
    y = draw.integers(0, 2, count)
    x = draw.normal(size=(count, 8, 8, 1)) * 0.2
    for image, kind, place in zip(x, y, draw.integers(0, 8, count), strict=True):
        if kind:
            image[place] += 1
        else:
            image[:, place] += 1
    return x.astype("float32"), y


def sums(draw: np.random.Generator, count: int = 256) -> Data:
    """Sequences of ten numbers, and whether they rise on the whole."""
    x = draw.normal(size=(count, 10, 2)).astype("float32")
    return x, (x[:, :, 0].sum(axis=1, keepdims=True) > 0).astype("float32")


def targets_01(data: Callable[[np.random.Generator], Data]) -> Callable[[np.random.Generator], Data]:
    """The same data with a column of 0 and 1 as targets."""

    def made(draw: np.random.Generator) -> Data:
        x, y = data(draw)
        return x, (y.reshape(-1, 1) > 0).astype("float32")

    return made


def hot(data: Callable[..., Data], classes: int) -> Callable[[np.random.Generator], Data]:
    """The same data with one-hot rows as targets."""

    def made(draw: np.random.Generator) -> Data:
        x, y = data(draw)
        return x, np.eye(classes, dtype="float32")[y]

    return made


def _scaled(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")


# Networks ----------------------------------------------------------------------------------------


def dense(*units: int, act: str = "relu", out: int = 1, last: str | None = None, **settings: Any) -> Callable[[], list]:
    """Dense layers, and an output layer that begins as usual."""
    return lambda: [*(layers.Dense(n, act, **settings) for n in units), layers.Dense(out, last)]


def conv(act: str = "relu", **settings: Any) -> Callable[[], list]:
    """A small network for images."""
    return lambda: [
        layers.Conv2D(6, 3, activation=act, **settings), layers.MaxPooling2D(2), layers.Flatten(),
        layers.Dense(2, "softmax"),
    ]  # fmt: skip


def recurrent(kind: str, **settings: Any) -> Callable[[], list]:
    """A recurrent layer and a sigmoid unit."""
    return lambda: [RECURRENT[kind](8, **settings), layers.Dense(1, "sigmoid")]


def sgd(rate: float, **settings: Any) -> Callable[[], Any]:
    return lambda: optimizers.SGD(learning_rate=rate, **settings)


def adam(rate: float = 0.003) -> Callable[[], Any]:
    return lambda: optimizers.Adam(learning_rate=rate)


# Cases -------------------------------------------------------------------------------------------

SOFTMAX3, SOFTMAX10 = {"out": 3, "last": "softmax"}, {"out": 10, "last": "softmax"}
BINARY = {"out": 1, "last": "sigmoid"}


def healthy() -> list[Case]:
    """Runs in which nothing is wrong."""
    found = [
        Case("blobs, relu, adam", "softmax", blobs, dense(16, **SOFTMAX3), adam(), SPARSE),
        Case("blobs, two relu layers, sgd", "softmax", blobs, dense(16, 16, **SOFTMAX3), sgd(0.1), SPARSE),
        Case("blobs, tanh, momentum", "softmax", blobs, dense(12, act="tanh", **SOFTMAX3), sgd(0.05, momentum=0.9), SPARSE),
        Case("close blobs, relu, adam", "softmax", lambda d: blobs(d, far=0.5), dense(8, **SOFTMAX3), adam(), SPARSE, epochs=25),
        Case("digits, relu, adam", "softmax", digits, dense(32, **SOFTMAX10), adam(), SPARSE, epochs=20),
        Case("digits, sigmoid, adam", "softmax", digits, dense(32, act="sigmoid", **SOFTMAX10), adam(0.01), SPARSE, epochs=20),
        Case("digits, two relu layers, sgd", "softmax", digits, dense(48, 24, **SOFTMAX10), sgd(0.1), SPARSE, epochs=20),
        Case("digits, rmsprop", "softmax", digits, dense(32, **SOFTMAX10), lambda: optimizers.RMSprop(0.003), SPARSE, epochs=20),
        Case("digits, mse over softmax", "softmax", hot(digits, 10), dense(32, act="sigmoid", **SOFTMAX10), sgd(1.0), "mse", epochs=60),
        Case("digits, logistic regression", "softmax", digits, dense(**SOFTMAX10), sgd(0.3), SPARSE, epochs=20),
        Case("digits, batch normalization", "softmax", digits,
             lambda: [layers.Dense(32), layers.BatchNormalization(), layers.Activation("relu"), layers.Dense(10, "softmax")],
             adam(), SPARSE, epochs=20),
        Case("digits, dropout", "softmax", digits,
             lambda: [layers.Dense(48, "relu"), layers.Dropout(0.3), layers.Dense(10, "softmax")], adam(), SPARSE, epochs=20),
        Case("digits, from logits", "softmax", digits, dense(32, out=10), adam(), SparseCategoricalCrossentropy(from_logits=True), epochs=20),
        Case("moons, tiny tanh", "tiny", moons, dense(4, act="tanh", out=2, last="softmax"), sgd(0.5), SPARSE),
        Case("moons, relu, adam", "tiny", moons, dense(16, 16, out=2, last="softmax"), adam(0.01), SPARSE),
        Case("moons, binary", "tiny", targets_01(moons), dense(8, act="tanh", **BINARY), adam(0.01), "binary_crossentropy"),
        Case("plane, linear", "regression", plane, dense(), sgd(0.02), "mse"),
        Case("plane, relu, adam", "regression", plane, dense(16), adam(0.01), "mse"),
        Case("plane, mae", "regression", plane, dense(16, act="tanh"), adam(0.01), "mae"),
        Case("plane, much noise", "regression", lambda d: plane(d, noise=1.5), dense(8, act="tanh"), sgd(0.02), "mse", epochs=20),
        Case("sine, tanh", "regression", sine, dense(16, act="tanh"), adam(0.01), "mse", epochs=60),
        Case("sine, relu", "regression", sine, dense(32), adam(0.005), "mse", epochs=60),
        Case("sine, two tanh layers, sgd", "regression", sine, dense(12, 12, act="tanh"), sgd(0.1), "mse", epochs=60),
        Case("friedman, relu", "regression", friedman, dense(32), adam(0.005), "mse", epochs=20),
        Case("friedman, elu, momentum", "regression", friedman, dense(16, act="elu"), sgd(0.02, momentum=0.9), "mse", epochs=20),
        Case("friedman, huber", "regression", friedman, dense(16), adam(0.005), "huber", epochs=20),
        Case("bars, conv", "conv", bars, conv(), adam(0.005), SPARSE, epochs=20),
        Case("bars, conv, tanh, sgd", "conv", bars, conv("tanh"), sgd(0.1), SPARSE, epochs=20),
        Case("sums, LSTM", "recurrent", sums, recurrent("LSTM"), adam(0.01), "binary_crossentropy", epochs=15),
        Case("sums, GRU", "recurrent", sums, recurrent("GRU"), adam(0.01), "binary_crossentropy", epochs=15),
        Case("sums, SimpleRNN", "recurrent", sums, recurrent("SimpleRNN"), adam(0.005), "binary_crossentropy", epochs=15),
    ]  # fmt: skip
    for rate in (0.25, 0.5, 1.0, 3.0):
        found += [
            Case(f"xor, 4 sigmoid, sgd {rate}", "plain sgd", xor, dense(4, act="sigmoid", **BINARY), sgd(rate),
                 "binary_crossentropy", epochs=int(600 / rate**0.5), batch=4, share=0),
            Case(f"blobs, 6 sigmoid, mse, sgd {rate}", "plain sgd", hot(blobs, 3),
                 dense(6, act="sigmoid", out=3, last="sigmoid"), sgd(rate), "mse", epochs=60),
            Case(f"digits, 16 sigmoid, mse, sgd {rate}", "plain sgd", hot(digits, 10),
                 dense(16, act="sigmoid", out=10, last="sigmoid"), sgd(rate), "mse", epochs=80),
        ]  # fmt: skip
    return found


FAST = frozenset({"not_finite", "runaway", "oscillating", "too_fast", "not_falling"})
SLOW = frozenset({"not_falling", "standing_still"})


def shuffled(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    return x, draw.permutation(y)


def times(factor: float) -> Callable[..., Data]:
    return lambda x, y, draw: (x * np.float32(factor), y)


def rare(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    """One class is kept whole, of the others a few samples each."""
    keep = (y.reshape(len(y), -1)[:, 0] == 0) | (draw.uniform(size=len(y)) < 0.05)
    keep[np.flatnonzero(y.reshape(len(y), -1)[:, 0] != 0)[:2]] = True
    return x[keep], y[keep]


def answered(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    return np.concatenate([x, y.reshape(len(x), -1)[:, :1].astype("float32") * 0.5], axis=1), y


def constant(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    return x, np.full_like(y, y[0])


def broken(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    x = x.copy()
    x.reshape(-1)[draw.integers(x.size)] = np.nan
    return x, y


def few(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> Data:
    return x[:60], y[:60]


def faulty() -> list[Case]:
    """Runs with one planted fault each."""
    wide = RandomNormal(stddev=3.0)
    found = [
        # the learning rate is too high
        Case("rate too high: close blobs, adam 3", "rate too high", lambda d: blobs(d, far=0.5), dense(16, **SOFTMAX3), adam(3.0), SPARSE, FAST),
        Case("rate too high: digits, sgd 30", "rate too high", digits, dense(32, **SOFTMAX10), sgd(30.0), SPARSE, FAST, epochs=20),
        Case("rate too high: digits, sigmoid, adam 5", "rate too high", digits, dense(32, act="sigmoid", **SOFTMAX10), adam(5.0), SPARSE, FAST, epochs=20),
        Case("rate too high: plane, sgd 1", "rate too high", plane, dense(16), sgd(1.0), "mse", FAST),
        Case("rate too high: sine, tanh, sgd 3", "rate too high", sine, dense(16, act="tanh"), sgd(3.0), "mse", FAST),
        Case("rate too high: bars, adam 1", "rate too high", bars, conv(), adam(1.0), SPARSE, FAST, epochs=20),
        Case("rate too high: sums, SimpleRNN, adam 1", "rate too high", sums, recurrent("SimpleRNN"), adam(1.0), "binary_crossentropy", FAST, epochs=15),
        # too low
        Case("rate too low: blobs, adam 1e-7", "rate too low", blobs, dense(16, **SOFTMAX3), adam(1e-7), SPARSE, SLOW),
        Case("rate too low: digits, sgd 1e-5", "rate too low", digits, dense(32, **SOFTMAX10), sgd(1e-5), SPARSE, SLOW, epochs=20),
        Case("rate too low: plane, sgd 1e-6", "rate too low", plane, dense(16, act="tanh"), sgd(1e-6), "mse", SLOW),
        Case("rate too low: sums, LSTM, adam 1e-6", "rate too low", sums, recurrent("LSTM"), adam(1e-6), "binary_crossentropy", SLOW, epochs=15),
        Case("rate 0: moons", "rate too low", moons, dense(8, out=2, last="softmax"), sgd(0.0), SPARSE, SLOW),
        # the gradient fades
        Case("vanishing: digits, 5 sigmoid layers", "vanishing", digits, dense(*[24] * 5, act="sigmoid", **SOFTMAX10), sgd(0.1), SPARSE, frozenset({"vanishing"}), epochs=20),
        Case("vanishing: blobs, 6 sigmoid layers", "vanishing", blobs, dense(*[12] * 6, act="sigmoid", **SOFTMAX3), sgd(0.1), SPARSE, frozenset({"vanishing"})),
        Case("vanishing: friedman, 5 sigmoid layers", "vanishing", friedman, dense(*[16] * 5, act="sigmoid"), sgd(0.1), "mse", frozenset({"vanishing"}), epochs=20),
        Case("vanishing: moons, 8 sigmoid layers, adam", "vanishing", moons, dense(*[10] * 8, act="sigmoid", out=2, last="softmax"), adam(0.001), SPARSE, frozenset({"vanishing"}), epochs=20),
        # weights begin badly
        *(Case(f"weights too large: {name}", "weights too large", data, make, how, loss, frozenset({"initialisation", "initial_loss", "saturation", "exploding"}), epochs=15)
          for name, data, make, how, loss in (
            ("digits, relu", digits, dense(32, 32, kernel_initializer=wide, **SOFTMAX10), adam(), SPARSE),
            ("digits, sigmoid", digits, dense(32, act="sigmoid", kernel_initializer=wide, **SOFTMAX10), sgd(0.1), SPARSE),
            ("friedman, tanh", friedman, dense(16, 16, act="tanh", kernel_initializer=wide), sgd(0.01), "mse"),
            ("bars, conv", bars, conv("tanh", kernel_initializer=wide), sgd(0.05), SPARSE))),
        *(Case(f"weights too small: {name}", "weights too small", data, make, how, loss, frozenset({"initialisation", "vanishing", "not_falling"}), epochs=15)
          for name, data, make, how, loss in (
            ("digits, relu", digits, dense(32, 32, kernel_initializer=RandomNormal(stddev=1e-3), **SOFTMAX10), sgd(0.1), SPARSE),
            ("friedman, tanh", friedman, dense(16, 16, act="tanh", kernel_initializer=RandomNormal(stddev=1e-3)), sgd(0.05), "mse"))),
        *(Case(f"all units alike: {name}", "all units alike", data, make, how, loss, frozenset({"initialisation", "duplicates"}), epochs=15)
          for name, data, make, how, loss in (
            ("digits, 0.1", digits, dense(32, kernel_initializer=Constant(0.1), **SOFTMAX10), adam(), SPARSE),
            ("friedman, zeros", friedman, dense(16, act="sigmoid", kernel_initializer="zeros"), sgd(0.1), "mse"),
            ("xor, ones", xor, dense(4, act="sigmoid", kernel_initializer="ones", **BINARY), sgd(1.0), "binary_crossentropy"),
            ("bars, conv", bars, conv(kernel_initializer=Constant(0.05)), adam(), SPARSE))),
        *(Case(f"dead relu: {name}", "dead relu", data, make, how, loss, frozenset({"dead", "standing_still"}), epochs=20)
          for name, data, make, how, loss in (
            ("digits, bias -6", digits, dense(32, bias_initializer=Constant(-6.0), **SOFTMAX10), sgd(0.1), SPARSE),
            ("blobs, bias -15", blobs, dense(16, 16, bias_initializer=Constant(-15.0), **SOFTMAX3), adam(0.001), SPARSE),
            ("friedman, bias -8", friedman, dense(24, bias_initializer=Constant(-8.0)), adam(0.001), "mse"),
            ("bars, conv, bias -5", bars, conv(bias_initializer=Constant(-5.0)), sgd(0.05), SPARSE))),
        # the data
        *(Case(f"inputs not scaled: {name}", "inputs not scaled", data, make, how, loss, frozenset({"inputs_scaled", "saturation"}), epochs=15, spoil=spoil)
          for name, data, make, how, loss, spoil in (
            ("digits × 255", digits, dense(32, act="sigmoid", **SOFTMAX10), sgd(0.1), SPARSE, times(255)),
            ("friedman × 100", friedman, dense(16, act="tanh"), adam(), "mse", times(100)),
            ("blobs × 0.001", blobs, dense(16, **SOFTMAX3), sgd(0.1), SPARSE, times(0.001)),
            ("bars × 255", bars, conv("tanh"), adam(), SPARSE, times(255)))),
        *(Case(f"targets shuffled: {name}", "targets shuffled", data, make, how, loss, frozenset({"not_falling", "not_generalising"}), epochs=epochs, spoil=shuffled)
          for name, data, make, how, loss, epochs in (
            ("blobs", blobs, dense(16, **SOFTMAX3), adam(0.003), SPARSE, 60),
            ("digits", digits, dense(32, **SOFTMAX10), adam(0.01), SPARSE, 40),
            ("plane, linear", plane, dense(), sgd(0.02), "mse", 40),
            ("friedman", friedman, dense(32), adam(0.01), "mse", 60))),
        *(Case(f"rare classes: {name}", "rare classes", data, make, adam(), loss, frozenset({"class_balance"}), epochs=15, spoil=rare)
          for name, data, make, loss in (
            ("blobs", blobs, dense(16, **SOFTMAX3), SPARSE),
            ("moons", targets_01(moons), dense(8, act="tanh", **BINARY), "binary_crossentropy"))),
        Case("leak: blobs", "leak", targets_01(blobs), dense(16, **BINARY), adam(), "binary_crossentropy", frozenset({"leak"}), epochs=15, spoil=answered),
        Case("leak: friedman", "leak", friedman, dense(16), adam(), "mse", frozenset({"leak"}), epochs=15, spoil=answered),
        Case("validated on the training data: digits", "leak", digits, dense(32, **SOFTMAX10), adam(), SPARSE, frozenset({"duplicates_across"}), epochs=15, leak=True),
        Case("targets all alike: friedman", "broken data", friedman, dense(16), adam(), "mse", frozenset({"targets_constant"}), epochs=5, spoil=constant),
        Case("NaN in the inputs: digits", "broken data", digits, dense(16, **SOFTMAX10), adam(), SPARSE, frozenset({"data"}), epochs=5, spoil=broken),
        Case("targets × 10,000: plane", "broken data", plane, dense(16), sgd(0.02), "mse", frozenset({"targets_scaled", "not_finite", "runaway"}), epochs=15,
             spoil=lambda x, y, draw: (x, y * 1e4)),
        # output and loss
        *(Case(f"output and loss: {name}", "output and loss", data, make, adam(), loss, frozenset({"output_fits_loss"}), epochs=15)
          for name, data, make, loss in (
            ("softmax and from_logits", digits, dense(16, **SOFTMAX10), SparseCategoricalCrossentropy(from_logits=True)),
            ("one-hot softmax and from_logits", hot(blobs, 3), dense(16, **SOFTMAX3), CategoricalCrossentropy(from_logits=True)),
            ("no activation and cross-entropy", digits, dense(16, out=10), SPARSE),
            ("relu and binary cross-entropy", targets_01(moons), dense(8, out=1, last="relu"), "binary_crossentropy"),
            ("softmax over one unit", targets_01(moons), dense(8, out=1, last="softmax"), "binary_crossentropy"),
            ("sigmoid and targets beyond 1", plane, dense(16, out=1, last="sigmoid"), "mse"),
            ("relu and negative targets", sine, dense(16, out=1, last="relu"), "mse"))),
        # too much of a network
        *(Case(f"overfitting: {name}", "overfitting", data, make, how, loss, frozenset({"overfitting"}), epochs=150, spoil=few)
          for name, data, make, how, loss in (
            ("close blobs", lambda d: blobs(d, far=0.4), dense(64, 64, **SOFTMAX3), adam(0.005), SPARSE),
            ("plane, much noise", lambda d: plane(d, noise=1.5), dense(64, 64), adam(0.005), "mse"),
            ("friedman", friedman, dense(128, 64), adam(0.01), "mse"))),
    ]  # fmt: skip
    return found
