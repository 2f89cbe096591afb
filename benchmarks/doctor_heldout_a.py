"""Held-out programs for the training doctor, lot A: short Sequential scripts as a first course writes them.

40 programs that learn and 40 with one mistake each. Every mistake is one changed argument of a program
whose defaults learn, so the healthy twin of a faulty case is the same function with its defaults, or the one named.
The words in `fault` follow the table of checks; a tuple holds every diagnosis that would be right, the best first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid import Input, Model, Sequential, initializers, layers, losses, optimizers, regularizers
from pellucid.datasets import digits
from pellucid.utils import set_random_seed, to_categorical

Array = Any
Program = tuple[Model, Array, Array, dict[str, Any]]
Maker = Callable[[float], Any]


@dataclass(frozen=True)
class Case:
    """One program: `build(seed)` gives a compiled model, x, y and fit's arguments; `fault` is None where it learns.

    `twin` is a faulty program without its mistake; None: the program with its defaults.
    """

    name: str
    fault: str | tuple[str, ...] | None
    build: Callable[[int], Program]
    twin: Callable[[int], Program] | None = None


def start(seed: int) -> np.random.Generator:
    """Seeds the library's own randomness and gives a generator for the data."""
    set_random_seed(seed + 100)
    return np.random.default_rng(seed + 100)


def momentum(rate: float) -> optimizers.SGD:
    """Gradient descent with momentum 0.9."""
    return optimizers.SGD(rate, momentum=0.9)


def nesterov(rate: float) -> optimizers.SGD:
    """Gradient descent with Nesterov's momentum."""
    return optimizers.SGD(rate, momentum=0.9, nesterov=True)


def blobs(rng: np.random.Generator, n: int, classes: int, dims: int, spread: float = 0.5) -> tuple[Array, Array]:
    """Gaussian clouds around random centres of size one."""
    centres = rng.normal(size=(classes, dims)) * 1.2
    y = rng.integers(0, classes, n)
    return (centres[y] + rng.normal(size=(n, dims)) * spread).astype("float32"), y


def half_moons(rng: np.random.Generator, n: int, noise: float = 0.12) -> tuple[Array, Array]:
    """Two interlocking half circles, about centred."""
    y = rng.integers(0, 2, n)
    angle = rng.uniform(0, np.pi, n)
    x = np.where(y == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    z = np.where(y == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return (np.stack([x, z], 1) + rng.normal(size=(n, 2)) * noise).astype("float32"), y


# Handwritten digits of 8 x 8


def digits_net(
    seed: int,
    *,
    hidden: tuple[int, ...] = (48,),
    activation: str = "relu",
    optimizer: Maker = optimizers.Adam,
    rate: Any = 2e-3,
    divisor: float = 255.0,
    kernel: Any = "glorot_uniform",
    bias: Any = "zeros",
    last: str = "softmax",
    loss: Any = "sparse_categorical_crossentropy",
    one_hot: bool = False,
    rows: int = 1200,
    epochs: int = 8,
    batch_size: int = 32,
    dropout: float = 0.0,
    normalised: bool = False,
    noise: float = 0.0,
    shuffled: bool = False,
    validation: float = 0.0,
    dtype: str = "float32",
    frozen: bool = False,
) -> Program:
    """A dense classifier of digits."""
    rng = start(seed)
    (x, y), _ = digits.load_data()
    order = rng.permutation(len(x))[:rows]
    x, y = (x[order].reshape(-1, 64) / divisor).astype(dtype), y[order].astype("int64")
    wrong = rng.random(len(y)) < noise
    y = np.where(wrong, rng.integers(0, 10, len(y)), y)
    if shuffled:
        y = rng.permutation(y)
    model = Sequential([Input((64,))])
    for units in hidden:
        model.add(layers.Dense(units, kernel_initializer=kernel, bias_initializer=bias, dtype=dtype))
        if normalised:
            model.add(layers.BatchNormalization(dtype=dtype))
        model.add(layers.Activation(activation, dtype=dtype))
        if dropout:
            model.add(layers.Dropout(dropout, dtype=dtype))
    model.add(layers.Dense(10, activation=last, dtype=dtype))
    if frozen:
        model.trainable = False
    model.compile(optimizer(rate), loss, metrics=["accuracy"])
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size}
    if validation:
        fit["validation_split"] = validation
    return model, x, to_categorical(y, 10) if one_hot else y, fit


def digits_conv(
    seed: int,
    *,
    rate: float = 2e-3,
    kernel: Any = "he_uniform",
    bias: Any = "zeros",
    divisor: float = 255.0,
    epochs: int = 6,
) -> Program:
    """Two small convolutions over digits."""
    rng = start(seed)
    (x, y), _ = digits.load_data()
    order = rng.permutation(len(x))[:1000]
    model = Sequential(
        [
            Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu", kernel_initializer=kernel, bias_initializer=bias),
            layers.Conv2D(16, 3, activation="relu", kernel_initializer=kernel, bias_initializer=bias),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, (x[order][..., None] / divisor).astype("float32"), y[order], {"epochs": epochs, "batch_size": 32}


def digits_autoencoder(
    seed: int, *, rate: float = 3e-3, code: int = 12, last: str = "sigmoid", epochs: int = 12
) -> Program:
    """Digits through a narrow middle and back."""
    rng = start(seed)
    (x, _), _ = digits.load_data()
    x = (x[rng.permutation(len(x))[:1000]].reshape(-1, 64) / 255).astype("float32")
    model = Sequential([Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(code, activation="relu")])
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(64, activation=last))
    model.compile(optimizers.Adam(rate), "binary_crossentropy")
    return model, x, x, {"epochs": epochs, "batch_size": 32}


def digits_transfer(
    seed: int, *, rate: float = 1e-2, tuned: bool = False, all_frozen: bool = False, epochs: int = 12
) -> Program:
    """A network that has learned the digits 0 to 4, its hidden layers kept, and a new head for 5 to 9."""
    rng = start(seed)
    (x, y), _ = digits.load_data()
    x = (x.reshape(-1, 64) / 255).astype("float32")[rng.permutation(len(x))]
    y = y[np.random.default_rng(seed + 100).permutation(len(y))].astype("int64")
    low = y < 5
    base = Sequential([Input((64,)), layers.Dense(40, activation="relu"), layers.Dense(24, activation="relu")])
    first = Sequential([base, layers.Dense(5, activation="softmax")])
    first.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
    first.fit(x[low], y[low], epochs=6, verbose=0)
    base.trainable = tuned
    head = layers.Dense(5, activation="softmax")
    model = Sequential([base, head])
    if tuned:
        model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
        model.fit(x[~low], y[~low] - 5, epochs=3, verbose=0)
    head.trainable = not all_frozen
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x[~low], y[~low] - 5, {"epochs": epochs, "batch_size": 32}


# Clouds of points


def blob_net(
    seed: int,
    *,
    hidden: int = 4,
    activation: str = "relu",
    optimizer: Maker = optimizers.SGD,
    rate: float = 0.1,
    kernel: Any = "glorot_uniform",
    offset: float = 0.0,
    constant_target: bool = False,
    hole: bool = False,
    past_end: bool = False,
    last: str = "softmax",
    loss: Any = "sparse_categorical_crossentropy",
    epochs: int = 12,
    batch_size: int = 16,
) -> Program:
    """Three clouds in the plane and a handful of hidden units."""
    rng = start(seed)
    centres = np.array([[1.5, 0.0], [-0.8, 1.3], [-0.8, -1.3]])
    y = rng.integers(0, 3, 450)
    x = (centres[y] + rng.normal(size=(450, 2)) * 0.5 + offset).astype("float32")
    if constant_target:
        y = np.ones_like(y)
    if hole:
        x[37, 1] = np.nan
    if past_end:
        y = y + 1
    model = Sequential([Input((2,)), layers.Dense(hidden, activation=activation, kernel_initializer=kernel)])
    model.add(layers.Dense(3, activation=last, kernel_initializer=kernel))
    model.compile(optimizer(rate), loss, metrics=["accuracy"])
    return model, x, y, {"epochs": epochs, "batch_size": batch_size}


def logistic(
    seed: int,
    *,
    rate: float = 0.5,
    last: str | None = "sigmoid",
    loss: str = "binary_crossentropy",
    rare: float = 0.5,
    spread: float = 1.0,
    units: int = 1,
    weights: bool = False,
    epochs: int = 10,
) -> Program:
    """One neuron between two clouds; `rare` is the share of the second class."""
    rng = start(seed)
    y = (rng.random(900) < rare).astype("float32")
    x = (rng.normal(size=(900, 5)) * spread + y[:, None] * np.array([1.2, -1.0, 0.6, 0.0, 0.3])).astype("float32")
    model = Sequential([Input((5,)), layers.Dense(units, activation=last)])
    model.compile(optimizers.SGD(rate), loss, metrics=["accuracy"])
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": 32}
    if weights:
        fit["class_weight"] = {0: 0.5 / (1 - rare), 1: 0.5 / rare}
    return model, x, y, fit


def moons_net(
    seed: int,
    *,
    hidden: tuple[int, ...] = (16, 16),
    activation: str = "relu",
    optimizer: Maker = optimizers.Adam,
    rate: float = 1e-2,
    kernel: Any = "glorot_uniform",
    last: str | None = "sigmoid",
    outputs: int = 1,
    loss: Any = "binary_crossentropy",
    weighted: bool = False,
    rows: int = 600,
    noise: float = 0.12,
    flipped: float = 0.0,
    held: bool = False,
    epochs: int = 15,
    batch_size: int = 32,
) -> Program:
    """Two half moons."""
    rng = start(seed)
    x, y = half_moons(rng, rows, noise)
    y = np.where(rng.random(rows) < flipped, 1 - y, y)
    model = Sequential([Input((2,))])
    for units in hidden:
        model.add(layers.Dense(units, activation=activation, kernel_initializer=kernel))
    model.add(layers.Dense(outputs, activation=last))
    model.compile(optimizer(rate), loss, metrics=["accuracy"])
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size}
    if weighted:
        fit["sample_weight"] = rng.uniform(0.5, 1.5, rows).astype("float32")
    if held:
        fit["validation_data"] = half_moons(rng, 300, noise)
    return model, x, y, fit


# Curves and tables


def sine(
    seed: int,
    *,
    hidden: int = 32,
    activation: str = "tanh",
    optimizer: Maker = optimizers.Adam,
    rate: float = 1e-2,
    last: str | None = None,
    times: float = 1.0,
    plus: float = 0.0,
    loss: str = "mse",
    shuffled: bool = False,
    epochs: int = 15,
) -> Program:
    """A noisy sine, and a network that draws it."""
    rng = start(seed)
    x = rng.uniform(-1, 1, (500, 1)).astype("float32")
    y = ((np.sin(4 * x) + rng.normal(size=x.shape) * 0.05) * times + plus).astype("float32")
    if shuffled:
        y = rng.permutation(y)
    model = Sequential(
        [Input((1,)), layers.Dense(hidden, activation=activation), layers.Dense(hidden, activation=activation)]
    )
    model.add(layers.Dense(1, activation=last))
    model.compile(optimizer(rate), loss, metrics=["mae"])
    return model, x, y, {"epochs": epochs, "batch_size": 16}


def line(seed: int, *, rate: float = 0.05, stretch: float = 1.0, loss: str = "mse", epochs: int = 10) -> Program:
    """A straight line through eight columns: linear regression."""
    rng = start(seed)
    x = rng.normal(size=(400, 8)).astype("float32")
    y = x @ rng.normal(size=8) + 2.0 + rng.normal(size=400) * 0.1
    model = Sequential([Input((8,)), layers.Dense(1)])
    model.compile(optimizers.SGD(rate), loss, metrics=["mae"])
    return model, x * stretch, y.astype("float32"), {"epochs": epochs, "batch_size": 20}


def houses(
    seed: int,
    *,
    scaled: bool = True,
    inside: bool = False,
    outliers: bool = False,
    optimizer: Maker = optimizers.RMSprop,
    rate: float = 5e-3,
    penalty: float = 0.0,
    dead_bias: float = 0.0,
    loss: str = "huber",
    epochs: int = 15,
) -> Program:
    """Prices from age, area, rooms, distance and income, columns of very different size."""
    rng = start(seed)
    n = 700
    age, area, rooms = rng.uniform(0, 90, n), rng.normal(95, 30, n), rng.integers(1, 7, n)
    distance, income = rng.exponential(8000, n), rng.normal(42000, 9000, n)
    y = 1.0 + area / 60 + rooms / 5 - age / 120 - distance / 20000 + income / 40000 + rng.normal(size=n) * 0.1
    x = np.stack([age, area, rooms, distance, income], 1)
    raw = x.copy()
    if scaled and not inside:
        x = (x - x.mean(0)) / x.std(0)
    if outliers:
        x[rng.integers(0, n, 12), rng.integers(0, 5, 12)] = 9999.0
    model = Sequential([Input((5,))])
    if inside:
        columns = layers.Normalization()
        columns.adapt(raw)
        model.add(columns)
    model.add(
        layers.Dense(
            24,
            activation="relu",
            kernel_regularizer=regularizers.L2(penalty) if penalty else None,
            bias_initializer=initializers.Constant(dead_bias),
        )
    )
    model.add(layers.Dense(1))
    model.compile(optimizer(rate), loss, metrics=["mae"])
    return model, x.astype("float32"), y.astype("float32"), {"epochs": epochs, "batch_size": 32}


def patients(
    seed: int,
    *,
    rows: int = 900,
    columns: int = 8,
    hidden: tuple[int, ...] = (12,),
    rate: float = 1e-2,
    leak: bool = False,
    rare: bool = False,
    repeated: bool = False,
    epochs: int = 8,
) -> Program:
    """Ill or well from standardised blood values, with a fifth of the rows held back."""
    rng = start(seed)
    x = rng.normal(size=(rows, columns))
    score = x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] * x[:, 3] + rng.normal(size=rows) * 0.7 - (2.9 if rare else 0.0)
    y = (score > 0).astype("int64")
    if leak:
        x[:, -1] = y * 2.0 - 1.0 + rng.normal(size=rows) * 0.01
    x = x.astype("float32")
    cut = rows // 5
    held = (x[:cut], y[:cut])
    x, y = x[cut:], y[cut:]
    if repeated:
        x, y = np.concatenate([x, held[0], held[0]]), np.concatenate([y, held[1], held[1]])
    model = Sequential([Input((columns,))])
    for units in hidden:
        model.add(layers.Dense(units, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": epochs, "batch_size": 32, "validation_data": held}


# Pictures, words, sequences


def stripes(
    seed: int,
    *,
    filters: int = 6,
    rate: float = 5e-3,
    normalised: bool = False,
    pool: str = "max",
    brightness: float = 1.0,
    kernel: Any = "glorot_uniform",
    last: str = "softmax",
    epochs: int = 6,
) -> Program:
    """Upright, lying and slanted stripes of 12 x 12."""
    rng = start(seed)
    n = 480
    y = rng.integers(0, 3, n)
    row, column = np.mgrid[0:12, 0:12]
    way = np.stack([column, row, row + column])[y]
    x = np.sin(way * rng.uniform(1.2, 1.8, (n, 1, 1)) + rng.uniform(0, 6, (n, 1, 1))) * 0.5 + 0.5
    x = (np.clip(x + rng.normal(size=x.shape) * 0.15, 0, 1) * brightness).astype("float32")[..., None]
    model = Sequential([Input((12, 12, 1)), layers.Conv2D(filters, 3, kernel_initializer=kernel)])
    if normalised:
        model.add(layers.BatchNormalization())
    model.add(layers.Activation("relu"))
    model.add(layers.MaxPooling2D() if pool == "max" else layers.GlobalAveragePooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(3, activation=last))
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": epochs, "batch_size": 24}


def reviews(
    seed: int, *, cell: str = "mean", rate: float = 1e-2, shuffled: bool = False, still: bool = False, epochs: int = 6
) -> Program:
    """Good or bad from padded lists of word numbers."""
    rng = start(seed)
    n, words = 600, 14
    y = rng.integers(0, 2, n)
    x = rng.integers(40, 200, (n, words))
    mood = rng.integers(1, 20, (n, words)) + 20 * y[:, None]
    x = np.where(rng.random((n, words)) < 0.35, mood, x)
    x[np.arange(words) >= rng.integers(7, words + 1, n)[:, None]] = 0
    if shuffled:
        y = rng.permutation(y)
    model = Sequential([Input((words,), dtype="int32"), layers.Embedding(200, 8, mask_zero=cell != "mean")])
    if cell == "mean":
        model.add(layers.GlobalAveragePooling1D())
    else:
        model.add(layers.LSTM(12) if cell == "lstm" else layers.GRU(12))
    model.add(layers.Dense(1, activation="sigmoid"))
    if still:
        model.trainable = False
    model.compile(optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": epochs, "batch_size": 32}


def running_sum(
    seed: int,
    *,
    cell: str = "simple",
    rate: float = 5e-3,
    recurrent: Any = "orthogonal",
    activation: str = "tanh",
    steps: int = 12,
    optimizer: Maker = optimizers.Adam,
    epochs: int = 10,
) -> Program:
    """Whether a short series of numbers adds up to more than nothing."""
    rng = start(seed)
    x = rng.normal(size=(500, steps, 1)).astype("float32")
    y = (x.sum((1, 2)) > 0).astype("float32")
    model = Sequential([Input((steps, 1))])
    if cell == "simple":
        model.add(layers.SimpleRNN(10, activation=activation, recurrent_initializer=recurrent))
    else:
        model.add(layers.GRU(10))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer(rate), "binary_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": epochs, "batch_size": 25}


LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)

HEALTHY = [
    Case(
        "digits, softmax regression, SGD 0.5", None, partial(digits_net, hidden=(), optimizer=optimizers.SGD, rate=0.5)
    ),
    Case("digits, 48 ReLU, Adam", None, partial(digits_net)),
    Case(
        "digits, sigmoid units, squared error, SGD 3, batches of 10",
        None,
        partial(
            digits_net,
            hidden=(30,),
            activation="sigmoid",
            optimizer=optimizers.SGD,
            rate=3.0,
            last="sigmoid",
            loss="mse",
            one_hot=True,
            batch_size=10,
            epochs=12,
        ),
    ),
    Case("digits, tanh, momentum", None, partial(digits_net, activation="tanh", optimizer=momentum, rate=0.05)),
    Case(
        "digits, four ReLU layers, RMSprop",
        None,
        partial(digits_net, hidden=(48, 48, 32, 32), kernel="he_normal", optimizer=optimizers.RMSprop, rate=1e-3),
    ),
    Case("digits, Adagrad", None, partial(digits_net, optimizer=optimizers.Adagrad, rate=0.05)),
    Case("digits, Nadam", None, partial(digits_net, optimizer=optimizers.Nadam, rate=2e-3)),
    Case("digits, Nesterov", None, partial(digits_net, optimizer=nesterov, rate=0.03)),
    Case(
        "digits, dropout and validation",
        None,
        partial(digits_net, hidden=(96,), dropout=0.3, validation=0.2, epochs=10),
    ),
    Case("digits, batch normalisation, Adam 0.01", None, partial(digits_net, normalised=True, rate=1e-2)),
    Case("digits, the whole set as one batch", None, partial(digits_net, batch_size=1200, rate=0.03, epochs=15)),
    Case(
        "digits, one image at a time",
        None,
        partial(digits_net, rows=500, batch_size=1, optimizer=optimizers.SGD, rate=0.02, epochs=4),
    ),
    Case("digits, one epoch only", None, partial(digits_net, epochs=1, batch_size=8, rate=3e-3)),
    Case("digits in float64", None, partial(digits_net, dtype="float64")),
    Case("digits, SELU, LeCun", None, partial(digits_net, hidden=(48, 48), activation="selu", kernel="lecun_normal")),
    Case("digits, solved and going on", None, partial(digits_net, hidden=(64,), rows=500, rate=1e-2, epochs=15)),
    Case("digits, a fifth of the labels wrong", None, partial(digits_net, hidden=(16,), noise=0.2, epochs=10)),
    Case(
        "digits, rate that decays",
        None,
        partial(digits_net, rate=optimizers.schedules.ExponentialDecay(8e-3, 100, 0.7), epochs=10),
    ),
    Case("digits, Adam 3e-4, slow and steady", None, partial(digits_net, rate=3e-4, epochs=15)),
    Case("digits, logits and from_logits", None, partial(digits_net, last="linear", loss=LOGITS)),
    Case("digits, two convolutions", None, partial(digits_conv)),
    Case("digits, autoencoder", None, partial(digits_autoencoder)),
    Case("digits, frozen base, new head", None, partial(digits_transfer)),
    Case("digits, fine-tuning at a small rate", None, partial(digits_transfer, tuned=True, rate=2e-4, epochs=8)),
    Case("blobs, four ReLU", None, partial(blob_net)),
    Case("blobs, two tanh units", None, partial(blob_net, hidden=2, activation="tanh", rate=0.2)),
    Case("blobs, sigmoid, SGD 1", None, partial(blob_net, hidden=6, activation="sigmoid", rate=1.0)),
    Case("logistic regression", None, partial(logistic)),
    Case("logistic regression, 1 in 5, class weights", None, partial(logistic, rare=0.2, weights=True)),
    Case("moons, Adam", None, partial(moons_net)),
    Case("moons, sample weights", None, partial(moons_net, weighted=True, hidden=(12,), activation="tanh", rate=2e-2)),
    Case("moons, validation, a small gap", None, partial(moons_net, held=True, noise=0.2, rows=400)),
    Case("sine, tanh", None, partial(sine)),
    Case(
        "temperatures of 15 to 25 degrees",
        None,
        partial(sine, times=5.0, plus=20.0, optimizer=optimizers.RMSprop, activation="relu"),
    ),
    Case("a straight line, SGD", None, partial(line)),
    Case("houses, standardised, Huber, a little L2", None, partial(houses, penalty=1e-4)),
    Case("houses, raw columns into Normalization", None, partial(houses, inside=True)),
    Case("stripes, convolution", None, partial(stripes)),
    Case("reviews, LSTM behind a mask", None, partial(reviews, cell="lstm")),
    Case("running sum, SimpleRNN", None, partial(running_sum)),
]

BIG = initializers.RandomNormal(stddev=6.0)
HIGH = ("rate too high", "update/weight ratio", "NaN or runaway", "oscillating", "loss not falling")
LOW = ("rate too low", "update/weight ratio", "loss not falling")

FAULTY = [
    Case("digits, Adam 0.5", (*HIGH, "dead ReLU"), partial(digits_net, rate=0.5)),
    Case("sine, SGD 3", (*HIGH, "saturation"), partial(sine, optimizer=optimizers.SGD, rate=3.0)),
    Case("a straight line, SGD 0.9", HIGH, partial(line, rate=0.9)),
    Case("moons, momentum at rate 5", (*HIGH, "dead ReLU"), partial(moons_net, optimizer=momentum, rate=5.0)),
    Case("running sum, Adam 0.8", (*HIGH, "saturation"), partial(running_sum, rate=0.8)),
    Case("digits, SGD 1e-4", LOW, partial(digits_net, optimizer=optimizers.SGD, rate=1e-4)),
    Case("stripes, Adam 1e-6", LOW, partial(stripes, rate=1e-6)),
    Case("houses, RMSprop 1e-6", LOW, partial(houses, rate=1e-6)),
    Case(
        "moons, softmax on one unit",
        ("output activation fits the loss", "loss not falling", "weights that do not move"),
        partial(moons_net, last="softmax"),
    ),
    Case(
        "digits, no softmax before the cross-entropy",
        ("output activation fits the loss", "loss not falling", "initial loss"),
        partial(digits_net, last="linear"),
    ),
    Case(
        "logistic regression without the sigmoid",
        ("output activation fits the loss", "initial loss", "loss not falling"),
        partial(logistic, last=None),
    ),
    Case(
        "digits, softmax and from_logits as well",
        "output activation fits the loss",
        partial(digits_net, optimizer=optimizers.SGD, rate=0.1, loss=LOGITS),
        partial(digits_net, optimizer=optimizers.SGD, rate=0.1),
    ),
    Case(
        "stripes, ReLU as the last activation",
        ("output activation fits the loss", "NaN or runaway", "dead ReLU"),
        partial(stripes, last="relu"),
    ),
    Case(
        "temperatures through a sigmoid output",
        ("output activation fits the loss", "saturation", "loss not falling"),
        partial(sine, last="sigmoid", times=5.0, plus=20.0, optimizer=optimizers.RMSprop, activation="relu"),
        partial(sine, times=5.0, plus=20.0, optimizer=optimizers.RMSprop, activation="relu"),
    ),
    Case(
        "sine through a ReLU output",
        ("output activation fits the loss", "dead ReLU", "loss not falling"),
        partial(sine, last="relu"),
    ),
    Case(
        "digits as bytes, sigmoid units",
        ("inputs scaled", "saturation"),
        partial(digits_net, divisor=1.0, activation="sigmoid", rate=5e-3),
        partial(digits_net, activation="sigmoid", rate=5e-3),
    ),
    Case("houses, raw columns", ("inputs scaled", "dead ReLU", "initial loss"), partial(houses, scaled=False)),
    Case("houses, 9999 for a missing value", "inputs scaled", partial(houses, outliers=True)),
    Case(
        "line, columns in the thousands",
        ("inputs scaled", "NaN or runaway", "rate too high"),
        partial(line, stretch=3000.0),
    ),
    Case("blobs around 60", ("inputs scaled", "dead ReLU", "loss not falling"), partial(blob_net, offset=60.0)),
    Case("blobs with one NaN", "finite", partial(blob_net, hole=True)),
    Case("blobs, labels from 1 to 3", "labels in range", partial(blob_net, past_end=True)),
    Case("blobs, the wrong column as target", "targets constant", partial(blob_net, constant_target=True)),
    Case("sine, targets shuffled", "loss not falling", partial(sine, shuffled=True)),
    Case(
        "reviews, labels shuffled, rate kept small",
        ("loss not falling", "overfitting"),
        partial(reviews, shuffled=True, rate=1e-3),
    ),
    Case(
        "digits, all weights zero",
        ("initialisation", "duplicate units", "weights that do not move", "loss not falling"),
        partial(digits_net, hidden=(48, 48), kernel="zeros"),
    ),
    Case(
        "blobs, all weights 0.5",
        ("initialisation", "duplicate units"),
        partial(blob_net, hidden=8, kernel=initializers.Constant(0.5)),
        partial(blob_net, hidden=8),
    ),
    Case(
        "digits, sigmoids with weights of 6",
        ("initialisation", "saturation"),
        partial(digits_net, activation="sigmoid", rate=5e-3, kernel=BIG),
        partial(digits_net, activation="sigmoid", rate=5e-3),
    ),
    Case(
        "digits, convolutions with weights of 6",
        ("initialisation", "activation scale by layer", "initial loss"),
        partial(digits_conv, kernel=BIG),
    ),
    Case(
        "digits, four layers with weights of 1e-4",
        ("initialisation", "vanishing", "activation scale by layer", "loss not falling"),
        partial(digits_net, hidden=(48, 48, 32, 32), kernel=initializers.RandomNormal(stddev=1e-4)),
        partial(digits_net, hidden=(48, 48, 32, 32), kernel="he_normal"),
    ),
    Case(
        "digits, biases at -4",
        ("dead ReLU", "weights that do not move", "loss not falling"),
        partial(digits_net, bias=initializers.Constant(-4.0)),
    ),
    Case("houses, biases at -8", ("dead ReLU", "weights that do not move"), partial(houses, dead_bias=-8.0)),
    Case(
        "digits, six sigmoid layers, SGD",
        ("vanishing", "loss not falling"),
        partial(digits_net, hidden=(32,) * 6, activation="sigmoid", optimizer=optimizers.SGD, rate=0.1),
        partial(digits_net, hidden=(32,) * 6, kernel="he_normal", optimizer=optimizers.SGD, rate=0.1),
    ),
    Case(
        "running sum, ReLU cell, recurrent weights of 2.5",
        ("exploding", "NaN or runaway", "initialisation", "dead ReLU"),
        partial(running_sum, activation="relu", recurrent=initializers.RandomNormal(stddev=2.5), steps=30),
        partial(running_sum, activation="relu", steps=30),
    ),
    Case(
        "reviews, the whole model frozen",
        ("weights that do not move", "loss not falling"),
        partial(reviews, still=True),
    ),
    Case(
        "digits, the new head frozen too",
        ("weights that do not move", "loss not falling"),
        partial(digits_transfer, all_frozen=True),
    ),
    Case("patients, 1 in 30 ill, nothing done about it", "class balance", partial(patients, rare=True)),
    Case(
        "patients, 120 rows and 2 x 128 units",
        "overfitting",
        partial(patients, rows=150, columns=30, hidden=(128, 128), rate=5e-3, epochs=15),
    ),
    Case(
        "patients, the diagnosis among the columns",
        ("too good", "duplicates and leakage"),
        partial(patients, leak=True),
    ),
    Case(
        "patients, held rows trained on as well",
        ("duplicates and leakage", "too good"),
        partial(patients, repeated=True),
    ),
]

CASES = HEALTHY + FAULTY
