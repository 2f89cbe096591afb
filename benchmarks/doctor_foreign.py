"""Programs as courses have them, half of them with a mistake, written without a look at the doctor's own cases.

A function here is a program: it makes data, a network, and calls `fit`, once or several times. A fault says, as a
regular expression, what a good teacher would find wrong; it was written before the program was first run. The doctor is
on call: it sees only the trainings, as in `pellucid doctor program.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import Input, Model, Sequential
from pellucid.datasets import load
from pellucid.initializers import Constant, RandomNormal
from pellucid.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Reshape,
    SimpleRNN,
    concatenate,
)
from pellucid.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adam, RMSprop
from pellucid.regularizers import l2
from pellucid.utils import to_categorical

SPARSE, CROSS, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
TOO_HIGH = r"learning rate is (far )?too high"
TOO_LOW = r"learning rate is too low|learning rate is 0|rate.*too small"
SCALE = r"[Ss]cale the inputs|not scaled"


@dataclass(frozen=True)
class Course:
    """A program; `teacher` is what should be said of it, "" for nothing."""

    name: str
    kind: str
    teacher: str
    program: Callable[[np.random.Generator], None]


PROGRAMS: list[Course] = []


def fault(kind: str, teacher: str) -> Callable[[Any], Any]:
    return lambda program: PROGRAMS.append(Course(program.__name__, kind, teacher, program)) or program


def healthy(kind: str) -> Callable[[Any], Any]:
    return fault(kind, "")


# Data --------------------------------------------------------------------------------------------


def digits(draw: np.random.Generator, count: int = 1200) -> tuple[np.ndarray, np.ndarray]:
    """8×8 images as bytes 0-255, and their labels."""
    (x, y), _ = load("digits")
    rows = draw.permutation(len(x))[:count]
    return x[rows], y[rows].astype("int64")


def blobs(
    draw: np.random.Generator, count: int = 1000, classes: int = 4, features: int = 12, spread: float = 1.0
) -> Any:
    """Clouds around random centres, standardised."""
    y = draw.integers(0, classes, count)
    x = draw.normal(size=(classes, features))[y] + spread * draw.normal(size=(count, features))
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y


def moons(draw: np.random.Generator, count: int = 800, noise: float = 0.15) -> Any:
    y = draw.integers(0, 2, count)
    angle = draw.random(count) * np.pi
    x = np.stack([np.cos(angle) + y, np.sin(angle) * (1 - 2 * y) + 0.5 * y], axis=1)
    return (x + noise * draw.normal(size=x.shape)).astype("float32"), y


def houses(draw: np.random.Generator, count: int = 800) -> Any:
    """Raw features of very different size, prices in hundred thousands."""
    area, rooms, age = draw.uniform(30, 250, count), draw.integers(1, 8, count), draw.uniform(0, 90, count)
    tax = draw.uniform(180, 720, count)
    price = 0.8 + 0.012 * area + 0.1 * rooms - 0.006 * age - 0.001 * tax + 0.15 * draw.normal(size=count)
    return np.stack([area, rooms, age, tax], axis=1).astype("float32"), price.astype("float32")


def standard(x: np.ndarray) -> np.ndarray:
    return ((x - x.mean(0)) / x.std(0)).astype("float32")


def curve(draw: np.random.Generator, count: int = 600) -> Any:
    x = draw.uniform(-3, 3, (count, 1)).astype("float32")
    return x, (np.sin(x) + 0.1 * draw.normal(size=x.shape)).astype("float32")


def smooth(draw: np.random.Generator, count: int = 1000, features: int = 6) -> Any:
    """A regression with products and a sine; standardised, the targets too."""
    x = draw.normal(size=(count, features)).astype("float32")
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.2 * draw.normal(size=count)
    return x, ((y - y.mean()) / y.std()).astype("float32")


def waves(draw: np.random.Generator, length: int = 20, count: int = 700, size: float = 1.0, level: float = 0.0) -> Any:
    """Windows of a noisy sine, and the next value."""
    series = level + size * (np.sin(np.arange(count + length) * 0.3) + 0.1 * draw.normal(size=count + length))
    x = np.stack([series[i : i + length] for i in range(count)])[..., None]
    return x.astype("float32"), series[length : length + count, None].astype("float32")


def signs(draw: np.random.Generator, count: int = 800, length: int = 15) -> Any:
    """Sequences of numbers; is their sum above 0?"""
    x = draw.normal(size=(count, length, 1)).astype("float32")
    return x, (x.sum(axis=(1, 2)) > 0).astype("float32")


def texts(draw: np.random.Generator, count: int = 1000, words: int = 500, length: int = 30) -> Any:
    """Word numbers: kind words are below 50, harsh ones from 50 to 99; which are more?"""
    x = draw.integers(100, words, (count, length))
    y = draw.integers(0, 2, count)
    for row, kind in enumerate(y):
        places = draw.permutation(length)[: draw.integers(3, 8)]
        x[row, places] = draw.integers(0, 50, len(places)) + 50 * kind
    return x, y.astype("float32")


def shapes(draw: np.random.Generator, count: int = 800, size: int = 12) -> Any:
    """Images with a bright bar: lying, standing, or slanted; bytes 0-255."""
    y = draw.integers(0, 3, count)
    x = draw.integers(0, 60, (count, size, size, 1))
    for row, kind in enumerate(y):
        start, long = draw.integers(0, size - 6), 6
        at = draw.integers(0, size - 6)
        for k in range(long):
            place = [(at, start + k), (start + k, at), (at + k, start + k)][kind]
            x[row, place[0], place[1], 0] = draw.integers(180, 256)
    return x.astype("uint8"), y


# Learning rates ----------------------------------------------------------------------------------


@fault("rate", TOO_HIGH)
def digits_sgd_50(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(50.0), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, batch_size=32, epochs=5, validation_split=0.2, verbose=0)


@fault("rate", TOO_HIGH)
def digits_adam_1(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu"), Dense(64, "relu"), Dense(10, "softmax")])
    model.compile(Adam(1.0), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, batch_size=32, epochs=10, validation_split=0.2, verbose=0)


@fault("rate", TOO_HIGH)
def shapes_conv_adam_03(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(32, "relu"), Dense(3, "softmax")])  # fmt: skip
    model.compile(Adam(0.3), SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, batch_size=32, epochs=8, verbose=0)


@fault("rate", TOO_HIGH)
def regression_sgd_2(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "tanh"), Dense(1)])
    model.compile(SGD(2.0), "mse")
    model.fit(x, y, epochs=10, verbose=0)


@fault("rate", TOO_HIGH)
def lstm_adam_1(draw: Any) -> None:
    x, y = signs(draw)
    model = Sequential([Input((15, 1)), LSTM(16), Dense(1, "sigmoid")])
    model.compile(Adam(1.0), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=6, verbose=0)


@fault("rate", TOO_HIGH)
def moons_rmsprop_5(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "tanh"), Dense(1, "sigmoid")])
    model.compile(RMSprop(5.0), BINARY)
    model.fit(x, y, epochs=15, verbose=0)


@fault("rate", TOO_HIGH)
def first_big_step_kills_relu(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(32, "relu"), Dense(1)])
    model.compile(SGD(1.0, momentum=0.9), "mse")
    model.fit(x, y + 5, epochs=6, verbose=0)


@fault("rate", TOO_LOW)
def digits_sgd_1e5(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(1e-5), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, batch_size=32, epochs=10, validation_split=0.2, verbose=0)


@fault("rate", TOO_LOW)
def moons_adam_1e6(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "tanh"), Dense(1, "sigmoid")])
    model.compile(Adam(1e-6), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, verbose=0)


@fault("rate", TOO_LOW)
def conv_adam_1e7(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(3, "softmax")])  # fmt: skip
    model.compile(Adam(1e-7), SPARSE)
    model.fit(x / 255, y, epochs=5, verbose=0)


@fault("rate", TOO_LOW)
def lstm_sgd_1e6(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), LSTM(16), Dense(1)])
    model.compile(SGD(1e-6), "mse")
    model.fit(x, y, epochs=5, verbose=0)


# Scaling -----------------------------------------------------------------------------------------


@fault("scale", SCALE)
def digits_bytes_dense(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((8, 8)), Flatten(), Dense(32, "sigmoid"), Dense(10, "softmax")])
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    model.fit(x.astype("float32"), y, epochs=5, validation_split=0.2, verbose=0)


@fault("scale", SCALE)
def shapes_bytes_conv(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(16, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(32, "relu"), Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(x, to_categorical(y), epochs=5, batch_size=64, verbose=0)


@fault("scale", SCALE)
def houses_raw(draw: Any) -> None:
    x, y = houses(draw)
    model = Sequential([Input((4,)), Dense(32, "relu"), Dense(1)])
    model.compile(SGD(0.01), "mse")
    model.fit(x, y, epochs=10, validation_split=0.2, verbose=0)


@fault("scale", SCALE)
def lstm_raw_series(draw: Any) -> None:
    x, y = waves(draw, size=120, level=400)
    model = Sequential([Input((20, 1)), LSTM(24), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=6, verbose=0)


@fault("scale", SCALE)
def digits_bytes_lstm_rows(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((8, 8)), LSTM(24), Dense(10, "softmax")])
    model.compile(SGD(0.1), SPARSE)
    model.fit(x.astype("float32"), y, epochs=6, verbose=0)


@fault("scale", r"standard deviation is 0\.0|nearly all alike|" + SCALE)
def digits_divided_twice(draw: Any) -> None:
    x, y = digits(draw)
    x = x.reshape(-1, 64) / 255 / 255
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(0.05), SPARSE)
    model.fit(x, y, epochs=8, verbose=0)


@fault("scale", r"[Tt]argets")
def regression_targets_thousands(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, 250_000 + 90_000 * y, epochs=15, verbose=0)


@fault("scale", SCALE + r"|[Vv]alidation inputs")
def validation_not_scaled(draw: Any) -> None:
    x, y = digits(draw)
    x = x.reshape(-1, 64).astype("float32")
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x[:900] / 255, y[:900], epochs=8, validation_data=(x[900:], y[900:]), verbose=0)


# Output and loss ---------------------------------------------------------------------------------

OUTPUT = r"do not belong together|from_logits|last activation"


@fault("output", r"from_logits")
def softmax_and_from_logits(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=5, verbose=0)


@fault("output", r"softmax.*last activation|from_logits=True")
def no_softmax(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10)])
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), epochs=5, verbose=0)


@fault("output", r"twice|already|two softmax|Leave one")
def softmax_twice(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax"), Activation("softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=5, verbose=0)


@fault("output", r"relu gives 0|no activation in the last layer")
def relu_output_negative_targets(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(1, "relu")])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=8, verbose=0)


@fault("output", r"softmax")
def sigmoid_ten_classes(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "sigmoid")])
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), epochs=5, verbose=0)


@fault("output", r"one unit")
def softmax_on_one_unit(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "softmax")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=10, verbose=0)


@fault("output", r"class numbers|cross-?entropy|softmax")
def mse_on_labels(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(1)])
    model.compile("adam", "mse", metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=8, verbose=0)


@fault("output", r"sigmoid gives 0 to 1|no activation in the last layer")
def sigmoid_regression(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), GRU(12), Dense(1, "sigmoid")])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=5, verbose=0)


@fault("output", r"last activation|sigmoid")
def relu_with_binary(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "relu")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=8, verbose=0)


@fault("output", r"softmax")
def softmax_binary_crossentropy_ten(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "tanh")])
    model.compile("adam", CategoricalCrossentropy(), metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), epochs=6, verbose=0)


@fault("output", r"loss.*(negative|below 0|largest)|sign")
def wrong_loss_sign(draw: Any) -> None:
    x, y = smooth(draw)

    def score(true: Any, guess: Any) -> Any:
        return -((true - guess) ** 2)

    model = Sequential([Input((6,)), Dense(16, "tanh"), Dense(1)])
    model.compile("adam", score)
    model.fit(x, y, epochs=10, verbose=0)


# Targets and data --------------------------------------------------------------------------------


@fault("data", r"classes|labels|class 10|0 to 9|from 0")
def labels_from_one(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y + 1, epochs=5, verbose=0)


@fault("data", r"categorical_crossentropy|one-hot|shape")
def one_hot_where_sparse(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), epochs=5, verbose=0)


@fault("data", r"do(es)? not belong to|belongs to")
def shuffled_digits(draw: Any) -> None:
    x, y = digits(draw)
    draw.shuffle(y)
    model = Sequential([Input((64,)), Dense(64, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=15, validation_split=0.2, verbose=0)


@fault("data", r"do(es)? not belong to|belongs to")
def shuffled_moons(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY, metrics=["accuracy"])
    model.fit(x, draw.permutation(y), epochs=20, verbose=0)


@fault("data", r"do(es)? not belong to|belongs to")
def shuffled_regression(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(16, "tanh"), Dense(1)])
    model.compile(Adam(0.005), "mse")
    model.fit(x, draw.permutation(y), epochs=15, validation_split=0.25, verbose=0)


@fault("data", r"All \d+ targets are the same")
def constant_targets(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(16, "relu"), Dense(4, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x, 0 * y + 2, epochs=5, verbose=0)


@fault("data", r"nan")
def nan_in_x(draw: Any) -> None:
    x, y = blobs(draw)
    x[17, 3] = np.nan
    model = Sequential([Input((12,)), Dense(16, "relu"), Dense(4, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x, y, epochs=5, verbose=0)


@fault("data", r"inf")
def inf_in_y(draw: Any) -> None:
    x, y = smooth(draw)
    y[5] = np.inf
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=5, verbose=0)


@fault("data", r"in the training data, too")
def test_in_training(draw: Any) -> None:
    x, y = blobs(draw, 600)
    model = Sequential([Input((12,)), Dense(32, "relu"), Dense(4, "softmax")])
    model.compile(Adam(0.005), SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=10, validation_data=(x[:150], y[:150]), verbose=0)


@fault("data", r"in the training data, too")
def oversampled_before_the_split(draw: Any) -> None:
    x, y = moons(draw, 400)
    rows = draw.integers(0, 400, 1000)
    model = Sequential([Input((2,)), Dense(32, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY)
    model.fit(x[rows], y[rows], epochs=10, validation_split=0.3, verbose=0)


@fault("data", r"is the target itself|answer stands among")
def answer_among_the_inputs(draw: Any) -> None:
    x, y = blobs(draw, classes=2)
    model = Sequential([Input((13,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY)
    model.fit(np.c_[x, y].astype("float32"), y, epochs=5, verbose=0)


@fault("data", r"largest class")
def one_in_fifty(draw: Any) -> None:
    x, y = blobs(draw, 2000, classes=2, features=6)
    keep = (y == 0) | (draw.random(2000) < 0.02)
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.005), BINARY, metrics=["accuracy"])
    model.fit(x[keep], y[keep], epochs=5, verbose=0)


@fault("data", r"largest class")
def rare_digit(draw: Any) -> None:
    x, y = digits(draw, 1400)
    keep = (y != 7) | (np.cumsum(y == 7) <= 4)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(x[keep].reshape(-1, 64) / 255, to_categorical(y[keep]), epochs=6, verbose=0)


@fault("data", r"[Vv]alidation.*(class|other|differ)|sorted|does not hold")
def sorted_before_the_split(draw: Any) -> None:
    x, y = digits(draw)
    order = np.argsort(y)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x[order].reshape(-1, 64) / 255, y[order], epochs=10, validation_split=0.2, verbose=0)


@fault("data", r"[Vv]alidation")
def validation_of_another_kind(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(1)])
    model.compile(Adam(0.005), "mse")
    model.fit(x[:800], y[:800], epochs=15, validation_data=(3 * x[800:] + 4, y[800:]), verbose=0)


# Beginning ---------------------------------------------------------------------------------------

INITIAL = r"begin|initial"


@fault("beginning", r"same weights")
def equal_weights(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "tanh", kernel_initializer=Constant(0.05)), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=5, verbose=0)


@fault("beginning", r"same weights")
def zero_weights_relu(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(16, "relu", kernel_initializer="zeros"),
                        Dense(4, "softmax", kernel_initializer="zeros")])  # fmt: skip
    model.compile(SGD(0.1), SPARSE)
    model.fit(x, y, epochs=5, verbose=0)


@fault("beginning", INITIAL + r".*too large")
def huge_weights(draw: Any) -> None:
    x, y = digits(draw)
    wide = RandomNormal(stddev=5.0)
    model = Sequential([Input((64,)), Dense(32, "sigmoid", kernel_initializer=wide),
                        Dense(10, "softmax", kernel_initializer=wide)])  # fmt: skip
    model.compile(SGD(0.1), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=6, verbose=0)


@fault("beginning", INITIAL + r".*too large")
def saturated_tanh(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "tanh", kernel_initializer=RandomNormal(stddev=20.0)), Dense(1)])
    model.compile(SGD(0.01), "mse")
    model.fit(x, y, epochs=8, verbose=0)


@fault("beginning", INITIAL + r".*too small")
def tiny_weights_deep(draw: Any) -> None:
    x, y = digits(draw)
    tiny = RandomNormal(stddev=0.001)
    hidden = [Dense(32, "relu", kernel_initializer=tiny) for _ in range(5)]
    model = Sequential([Input((64,)), *hidden, Dense(10, "softmax")])
    model.compile(SGD(0.1), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=6, verbose=0)


@fault("beginning", r"fire for none|below 0")
def relu_with_low_bias(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(32, "relu", bias_initializer=Constant(-12.0)), Dense(4, "softmax")])
    model.compile(SGD(0.05), SPARSE)
    model.fit(x, y, epochs=6, verbose=0)


# Depth -------------------------------------------------------------------------------------------

VANISHING = r"weaker than|[Hh]ardly anything comes through|hears almost nothing|vanish"


@fault("depth", VANISHING)
def six_sigmoids(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), *[Dense(30, "sigmoid") for _ in range(6)], Dense(10, "softmax")])
    model.compile(SGD(0.1), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=6, validation_split=0.2, verbose=0)


@fault("depth", VANISHING)
def eight_sigmoids_moons(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), *[Dense(16, "sigmoid") for _ in range(8)], Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=10, verbose=0)


@fault("depth", VANISHING + r"|begin.*small")
def deep_relu_small_normal(draw: Any) -> None:
    x, y = digits(draw)
    hidden = [Dense(40, "relu", kernel_initializer=RandomNormal(stddev=0.05)) for _ in range(10)]
    model = Sequential([Input((64,)), *hidden, Dense(10, "softmax")])
    model.compile(SGD(0.05), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=6, verbose=0)


@fault("depth", r"recurrent|[Cc]lip|too large|" + TOO_HIGH)
def exploding_rnn(draw: Any) -> None:
    x, y = waves(draw, length=40)
    model = Sequential([Input((40, 1)), SimpleRNN(16, activation="linear",
                        recurrent_initializer=RandomNormal(stddev=0.8)), Dense(1)])  # fmt: skip
    model.compile(SGD(0.01), "mse")
    model.fit(x, y, epochs=4, verbose=0)


# Settings ----------------------------------------------------------------------------------------


@fault("settings", r"trainable|frozen")
def all_frozen(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(16, "relu"), Dense(4, "softmax")])
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", SPARSE)
    model.fit(x, y, epochs=5, verbose=0)


@fault("settings", r"[Dd]ropout")
def dropout_095(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu"), Dropout(0.95), Dense(64, "relu"), Dropout(0.95),
                        Dense(10, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=8, validation_split=0.2, verbose=0)


@fault("settings", r"too small a network|[Mm]ore units|fewer units than")
def one_unit_bottleneck(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(1, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)


@fault("settings", r"by heart")
def overfitting_blobs(draw: Any) -> None:
    x, y = blobs(draw, 300, spread=2.5)
    model = Sequential([Input((12,)), Dense(256, "relu"), Dense(256, "relu"), Dense(4, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.3, verbose=0)


@fault("settings", r"by heart")
def overfitting_regression(draw: Any) -> None:
    x, y = smooth(draw, 150, 12)
    model = Sequential([Input((12,)), Dense(200, "relu"), Dense(200, "relu"), Dense(1)])
    model.compile(Adam(0.003), "mse")
    model.fit(x, y + draw.normal(size=y.shape), epochs=40, validation_split=0.3, verbose=0)


@fault("settings", r"[Bb]atch")
def batch_too_large(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(0.01), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, batch_size=1200, epochs=10, verbose=0)


@fault("settings", r"[Bb]atch|" + TOO_HIGH)
def batch_of_one_fast(draw: Any) -> None:
    x, y = smooth(draw, 500)
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])
    model.compile(SGD(0.3), "mse")
    model.fit(x, y, batch_size=1, epochs=4, verbose=0)


@fault("settings", r"regulari|penalty|l2")
def l2_far_too_strong(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu", kernel_regularizer=l2(1.0)),
                        Dense(10, "softmax", kernel_regularizer=l2(1.0))])  # fmt: skip
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)


@fault("settings", r"linear|no activation|a straight line")
def no_hidden_activation(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16), Dense(16), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=15, verbose=0)


# Healthy programs ---------------------------------------------------------------------------------


def _digits_sgd(rate: float, act: str, epochs: int = 10, batch: int = 32) -> Callable[[Any], None]:
    def program(draw: Any) -> None:
        x, y = digits(draw)
        model = Sequential([Input((64,)), Dense(30, act), Dense(10, "softmax")])
        model.compile(SGD(rate), SPARSE, metrics=["accuracy"])
        model.fit(x.reshape(-1, 64) / 255, y, batch_size=batch, epochs=epochs, validation_split=0.2, verbose=0)

    return program


for _rate, _act in ((0.25, "sigmoid"), (1.0, "sigmoid"), (3.0, "sigmoid"), (0.25, "relu"), (0.5, "tanh")):
    PROGRAMS.append(Course(f"digits_sgd_{_rate}_{_act}", "plain sgd", "", _digits_sgd(_rate, _act)))
PROGRAMS.append(Course("digits_one_epoch", "short", "", _digits_sgd(0.1, "relu", epochs=1)))
PROGRAMS.append(Course("digits_two_epochs", "short", "", _digits_sgd(0.3, "sigmoid", epochs=2, batch=10)))


@healthy("tiny")
def xor(draw: Any) -> None:
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0], "float32")
    model = Sequential([Input((2,)), Dense(4, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(0.5), BINARY, metrics=["accuracy"])
    model.fit(x, y, batch_size=4, epochs=500, verbose=0)


@healthy("tiny")
def xor_mse_adam(draw: Any) -> None:
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([[0], [1], [1], [0]], "float32")
    model = Sequential([Input((2,)), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.02), "mse", metrics=["accuracy"])
    model.fit(x, y, batch_size=1, epochs=200, verbose=0)


@healthy("tiny")
def logic_and(draw: Any) -> None:
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 0, 0, 1], "float32")
    model = Sequential([Input((2,)), Dense(1, "sigmoid")])
    model.compile(SGD(1.0), BINARY)
    model.fit(x, y, epochs=100, verbose=0)


@healthy("tiny")
def line(draw: Any) -> None:
    x = np.linspace(-1, 4, 6, dtype="float32").reshape(-1, 1)
    model = Sequential([Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, 2 * x - 1, epochs=300, verbose=0)


@healthy("tiny")
def logistic(draw: Any) -> None:
    x, y = blobs(draw, 300, classes=2, features=2, spread=0.8)
    model = Sequential([Input((2,)), Dense(1, "sigmoid")])
    model.compile(SGD(0.5), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, verbose=0)


@healthy("regression")
def houses_standardised(draw: Any) -> None:
    x, y = houses(draw)
    model = Sequential([Input((4,)), Dense(32, "relu"), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(standard(x), y, epochs=20, validation_split=0.2, verbose=0)


@healthy("regression")
def raw_moderate_targets(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(32, "relu"), Dense(1)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, 22 + 9 * y, epochs=20, validation_split=0.2, verbose=0)


@healthy("regression")
def sine_curve(draw: Any) -> None:
    x, y = curve(draw)
    model = Sequential([Input((1,)), Dense(20, "tanh"), Dense(1)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, y, epochs=40, verbose=0)


@healthy("regression")
def sine_sgd(draw: Any) -> None:
    x, y = curve(draw)
    model = Sequential([Input((1,)), Dense(32, "tanh"), Dense(32, "tanh"), Dense(1)])
    model.compile(SGD(0.05, momentum=0.9), "mse")
    model.fit(x, y, epochs=30, validation_split=0.2, verbose=0)


@healthy("regression")
def mae_rmsprop(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(64, "relu"), Dense(64, "relu"), Dense(1)])
    model.compile(RMSprop(0.001), "mse", metrics=["mae"])
    model.fit(x, y, epochs=15, validation_split=0.2, verbose=0)


@healthy("regression")
def two_outputs_one_array(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(24, "tanh"), Dense(2)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, np.stack([y, x[:, 0] - x[:, 5]], axis=1), epochs=12, verbose=0)


@healthy("regression")
def counts_poisson_like(draw: Any) -> None:
    x, _ = smooth(draw)
    y = draw.poisson(np.exp(0.5 * x[:, 0] + 0.5)).astype("float32")
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, y, epochs=15, verbose=0)


@healthy("autoencoder")
def autoencoder_sigmoid(draw: Any) -> None:
    x, _ = digits(draw)
    x = x.reshape(-1, 64) / 255
    model = Sequential([Input((64,)), Dense(16, "relu"), Dense(64, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, x, epochs=15, validation_split=0.2, verbose=0)


@healthy("autoencoder")
def autoencoder_mse_deep(draw: Any) -> None:
    x, _ = digits(draw)
    x = x.reshape(-1, 64) / 255
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(8, "relu"), Dense(32, "relu"), Dense(64, "sigmoid")])
    model.compile(Adam(0.003), "mse")
    model.fit(x, x, batch_size=64, epochs=15, verbose=0)


@healthy("autoencoder")
def autoencoder_linear_pca(draw: Any) -> None:
    x, _ = blobs(draw)
    model = Sequential([Input((12,)), Dense(3), Dense(12)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, x, epochs=12, verbose=0)


@healthy("autoencoder")
def denoising_conv(draw: Any) -> None:
    x, _ = digits(draw, 600)
    x = (x / 255)[..., None]
    model = Sequential([Input((8, 8, 1)), Conv2D(8, 3, padding="same", activation="relu"),
                        Conv2D(8, 3, padding="same", activation="relu"),
                        Conv2D(1, 3, padding="same", activation="sigmoid")])  # fmt: skip
    model.compile("adam", BINARY)
    model.fit(np.clip(x + 0.2 * draw.normal(size=x.shape), 0, 1), x, epochs=8, verbose=0)


@healthy("text")
def words_average(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), GlobalAveragePooling1D(), Dense(16, "relu"),
                        Dense(1, "sigmoid")])  # fmt: skip
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)


@healthy("text")
def words_lstm(draw: Any) -> None:
    x, y = texts(draw, 800, length=15)
    model = Sequential([Input((15,)), Embedding(500, 16), LSTM(16), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=6, validation_split=0.2, verbose=0)


@healthy("text")
def words_flat_softmax(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 8), Flatten(), Dense(2, "softmax")])
    model.compile("rmsprop", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=10, validation_split=0.2, verbose=0)


@healthy("text")
def bag_of_words(draw: Any) -> None:
    x, y = texts(draw)
    bags = np.zeros((len(x), 500), "float32")
    bags[np.arange(len(x))[:, None], x] = 1
    model = Sequential([Input((500,)), Dense(16, "relu"), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("rmsprop", BINARY, metrics=["accuracy"])
    model.fit(bags, y, batch_size=64, epochs=6, validation_split=0.2, verbose=0)


@healthy("recurrent")
def forecast_lstm(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), LSTM(16), Dense(1)])
    model.compile(Adam(0.005), "mse")
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("recurrent")
def forecast_gru_default(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), GRU(16, return_sequences=True), GRU(8), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=6, verbose=0)


@healthy("recurrent")
def signs_rnn(draw: Any) -> None:
    x, y = signs(draw)
    model = Sequential([Input((15, 1)), SimpleRNN(16), Dense(1, "sigmoid")])
    model.compile(Adam(0.005), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("recurrent")
def digit_rows_lstm(draw: Any) -> None:
    x, y = digits(draw, 1000)
    model = Sequential([Input((8, 8)), LSTM(24), Dense(10, "softmax")])
    model.compile(Adam(0.01), SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=5, validation_split=0.2, verbose=0)


@healthy("conv")
def conv_shapes(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(32, "relu"), Dropout(0.3), Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=6, validation_split=0.2, verbose=0)


@healthy("conv")
def conv_normalised(draw: Any) -> None:
    x, y = digits(draw, 800)
    model = Sequential([Input((8, 8, 1)), Conv2D(12, 3, use_bias=False), BatchNormalization(), Activation("relu"),
                        Conv2D(12, 3, activation="relu"), GlobalAveragePooling2D(), Dense(10, "softmax")])  # fmt: skip
    model.compile(Adam(0.005), SPARSE, metrics=["accuracy"])
    model.fit(x[..., None] / 255, y, epochs=6, validation_split=0.2, verbose=0)


@healthy("conv")
def lenet_tanh_sgd(draw: Any) -> None:
    x, y = shapes(draw, 600)
    model = Sequential([Input((12, 12, 1)), Conv2D(6, 3, activation="tanh"), MaxPooling2D(), Conv2D(12, 3,
                        activation="tanh"), Flatten(), Dense(24, "tanh"), Dense(3, "softmax")])  # fmt: skip
    model.compile(SGD(0.05), CROSS)
    model.fit(x / 255, to_categorical(y), epochs=8, verbose=0)


@healthy("functional")
def two_inputs_two_outputs(draw: Any) -> None:
    x, y = smooth(draw)
    left, right = Input((3,)), Input((3,))
    joined = concatenate([Dense(16, "relu")(left), Dense(16, "relu")(right)])
    model = Model([left, right], [Dense(1, name="value")(joined), Dense(1, "sigmoid", name="sign")(joined)])
    model.compile(Adam(0.01), {"value": "mse", "sign": BINARY})
    model.fit([x[:, :3], x[:, 3:]], {"value": y, "sign": (y > 0).astype("float32")}, epochs=10, verbose=0)


@healthy("functional")
def residual(draw: Any) -> None:
    x, y = blobs(draw, spread=1.5)
    inputs = Input((12,))
    h = Dense(24, "relu")(inputs)
    for _ in range(3):
        h = h + Dense(24, "relu")(h)
    model = Model(inputs, Dense(4, "softmax")(h))
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("transfer")
def frozen_base(draw: Any) -> None:
    x, y = digits(draw, 1400)
    x = x.reshape(-1, 64) / 255
    base = Sequential([Input((64,)), Dense(48, "relu"), Dense(24, "relu")])
    model = Sequential([base, Dense(5, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x[y < 5], y[y < 5], epochs=6, verbose=0)
    base.trainable = False
    other = Sequential([base, Dense(5, "softmax")])
    other.compile(Adam(0.01), SPARSE, metrics=["accuracy"])
    other.fit(x[y >= 5], y[y >= 5] - 5, epochs=8, verbose=0)


@healthy("transfer")
def fine_tuned(draw: Any) -> None:
    x, y = blobs(draw)
    base = Sequential([Input((12,)), Dense(32, "relu"), Dense(16, "relu")])
    model = Sequential([base, Dense(4, "softmax")])
    base.trainable = False
    model.compile(Adam(0.01), SPARSE)
    model.fit(x, y, epochs=5, verbose=0)
    base.trainable = True
    model.compile(Adam(1e-4), SPARSE)
    model.fit(x, y, epochs=5, verbose=0)


@healthy("binary")
def two_softmax_units(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(2, "softmax")])
    model.compile(Adam(0.01), CROSS, metrics=["accuracy"])
    model.fit(x, to_categorical(y), epochs=15, validation_split=0.2, verbose=0)


@healthy("binary")
def logits_out(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "tanh"), Dense(1)])
    model.compile(Adam(0.01), BinaryCrossentropy(from_logits=True))
    model.fit(x, y, epochs=20, verbose=0)


@healthy("binary")
def three_to_one(draw: Any) -> None:
    x, y = blobs(draw, 1200, classes=4, features=8)
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y == 0, epochs=10, validation_split=0.2, verbose=0)


@healthy("binary")
def noisy_coin(draw: Any) -> None:
    x, y = blobs(draw, 1000, classes=2, features=4, spread=2.5)
    model = Sequential([Input((4,)), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)


@healthy("inputs 0/1")
def pixels_on_off(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "sigmoid"), Dense(10, "softmax")])
    model.compile(Adam(0.01), SPARSE, metrics=["accuracy"])
    model.fit((x.reshape(-1, 64) > 127).astype("float32"), y, epochs=10, verbose=0)


@healthy("inputs 0/1")
def categories_one_hot(draw: Any) -> None:
    a, b = draw.integers(0, 12, 900), draw.integers(0, 8, 900)
    x = np.c_[to_categorical(a, 12), to_categorical(b, 8)]
    model = Sequential([Input((20,)), Dense(16, "relu"), Dense(3, "softmax")])
    model.compile(Adam(0.01), SPARSE)
    model.fit(x, (a + b) % 3, epochs=20, verbose=0)


@healthy("adversary")
def discriminator(draw: Any) -> None:
    x, _ = digits(draw, 600)
    real = x.reshape(-1, 64) / 127.5 - 1
    fake = np.tanh(draw.normal(size=real.shape))
    model = Sequential([Input((64,)), Dense(64, "leaky_relu"), Dropout(0.3), Dense(1, "sigmoid")])
    model.compile(Adam(0.0002, beta_1=0.5), BINARY, metrics=["accuracy"])
    both = np.r_[real, fake].astype("float32")
    model.fit(both, np.r_[np.ones(600), np.zeros(600)], batch_size=64, epochs=5, verbose=0)


@healthy("short")
def conv_one_epoch(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((8, 8)), Reshape((8, 8, 1)), Conv2D(16, 3, activation="relu"), Flatten(),
                        Dense(10, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=1, validation_split=0.1, verbose=0)


@healthy("short")
def fit_again_and_again(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(16, "relu"), Dense(4, "softmax")])
    model.compile(Adam(0.005), SPARSE)
    for _ in range(6):
        model.fit(x, y, epochs=1, verbose=0)


@healthy("short")
def big_batches_short(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu"), Dense(10, "softmax")])
    model.compile("rmsprop", CROSS, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), batch_size=128, epochs=5, verbose=0)


def _batches(x: np.ndarray, y: np.ndarray, size: int, draw: Any) -> Iterator[Any]:
    while True:
        rows = draw.integers(0, len(x), size)
        yield x[rows], y[rows]


@healthy("generator")
def endless_generator(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(_batches(x.reshape(-1, 64) / 255, y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)


@healthy("settings")
def regularised_and_dropped(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu", kernel_regularizer=l2(0.001)), Dropout(0.5),
                        Dense(10, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, validation_split=0.2, verbose=0)


@healthy("settings")
def deep_relu_he(draw: Any) -> None:
    x, y = digits(draw)
    hidden = [Dense(32, "relu", kernel_initializer="he_normal") for _ in range(6)]
    model = Sequential([Input((64,)), *hidden, Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("settings")
def selu_linear_probe(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(24, "selu", kernel_initializer="lecun_normal"), Dense(4, "softmax")])
    model.compile(SGD(0.05, momentum=0.9, nesterov=True), SPARSE)
    model.fit(x, y, epochs=10, verbose=0)


@healthy("settings")
def one_layer_softmax(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(10, "softmax", kernel_initializer="zeros")])
    model.compile(SGD(0.5), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)


# The same mistakes with generators -----------------------------------------------------------------


@fault("generator", SCALE)
def generator_of_bytes(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "sigmoid"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(_batches(x.reshape(-1, 64).astype("float32"), y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)


@fault("generator", TOO_HIGH)
def generator_adam_1(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(Adam(1.0), SPARSE)
    model.fit(_batches(x.reshape(-1, 64) / 255, y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)
