"""Held-out programs for the training doctor, lot C: forty programs, each right and with one mistake.

Each program is written out whole, from its data to `compile`; the mistake is made where its author would have made
it, under `if wrong`. So every faulty case has its healthy twin in the same function. The words in a pair's `fault`
follow the table of checks; a tuple holds every diagnosis that would be right, the best first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pellucid import Input, Model, Sequential, callbacks, initializers, layers, losses, ops, optimizers, regularizers
from pellucid.utils import set_random_seed, to_categorical

Array = Any
Program = tuple[Model, Any, Any, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One program: `build(seed)` gives a compiled model, x, y and fit's arguments; `fault` is None where it learns."""

    name: str
    fault: str | tuple[str, ...] | None
    build: Callable[[int], Program]
    twin: Callable[[int], Program] | None = None


CASES: list[Case] = []


def pair(name: str, mistake: str, *fault: str) -> Callable[[Callable[..., Program]], Callable[..., Program]]:
    """Registers a program as it should be, and with its mistake."""

    def keep(program: Callable[..., Program]) -> Callable[..., Program]:
        CASES.append(Case(name, None, program))
        CASES.append(
            Case(f"{name}: {mistake}", fault if len(fault) > 1 else fault[0], partial(program, wrong=True), program)
        )
        return program

    return keep


def dice(seed: int) -> np.random.Generator:
    """Seeds the library and gives a generator for the data."""
    set_random_seed(1000 + 31 * seed)
    return np.random.default_rng(1000 + 31 * seed)


def f32(x: Array) -> Array:
    """The array in the precision that networks use."""
    return np.asarray(x, "float32")


def high(*more: str) -> tuple[str, ...]:
    """What may be said of a rate that is too high."""
    return ("rate too high", "update/weight ratio", "NaN or runaway", "oscillating", "loss not falling", *more)


LOW = ("rate too low", "update/weight ratio", "loss not falling")
OUTPUT = "output activation fits the loss"


@pair(
    "parity of four bits",
    "weights start at zero",
    "initialisation",
    "duplicate units",
    "weights that do not move",
    "loss not falling",
)
def parity(seed: int, wrong: bool = False) -> Program:
    """All sixteen patterns, many times."""
    rng = dice(seed)
    x = rng.integers(0, 2, (600, 4)) * 2 - 1
    model = Sequential()
    model.add(
        layers.Dense(16, activation="tanh", input_shape=(4,), kernel_initializer="zeros" if wrong else "glorot_normal")
    )
    model.add(layers.Dense(1, activation="sigmoid", kernel_initializer="zeros" if wrong else "glorot_normal"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.03), metrics=["accuracy"])
    return model, f32(x), f32(x.prod(1) > 0), {"epochs": 12, "batch_size": 16}


@pair("ring around a disc", "weights of 200 into sigmoids", "saturation", "initialisation")
def ring(seed: int, wrong: bool = False) -> Program:
    """A disc and the ring around it."""
    rng = dice(seed)
    y = rng.integers(0, 2, 600)
    radius, angle = rng.uniform(0, 0.8, 600) + y, rng.uniform(0, 2 * np.pi, 600)
    first = initializers.RandomNormal(stddev=200.0) if wrong else "glorot_uniform"
    model = Sequential([Input((2,)), layers.Dense(12, "sigmoid", kernel_initializer=first), layers.Dense(1, "sigmoid")])
    model.compile(optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return (
        model,
        f32(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)),
        y,
        {"epochs": 12, "batch_size": 20},
    )


@pair("checkerboard", "Adam at 0.6", *high("dead ReLU"))
def checkerboard(seed: int, wrong: bool = False) -> Program:
    """Black and white fields, three by three."""
    rng = dice(seed)
    x = rng.uniform(-1.5, 1.5, (900, 2))
    y = (np.floor(x[:, 0] + 0.5) + np.floor(x[:, 1] + 0.5)).astype(int) % 2
    model = Sequential([Input((2,)), layers.Dense(48, "relu"), layers.Dense(48, "relu"), layers.Dense(2, "softmax")])
    model.compile(optimizers.Adam(0.6 if wrong else 0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), y, {"epochs": 15, "batch_size": 18}


@pair("Friedman's function", "the targets sorted", "loss not falling")
def friedman(seed: int, wrong: bool = False) -> Program:
    """Ten columns, of which five matter."""
    rng = dice(seed)
    x = rng.uniform(-1, 1, (700, 10))
    y = np.sin(2 * x[:, 0] * x[:, 1]) + x[:, 2] ** 2 + x[:, 3] + 0.5 * x[:, 4] + rng.normal(size=700) * 0.05
    if wrong:
        y = np.sort(y)
    model = Sequential([Input((10,)), layers.Dense(32, "swish"), layers.Dense(1)])
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model, f32(x), f32(y), {"epochs": 12, "batch_size": 20}


@pair("flowers, all in one batch", "a rate of 1e-5", *LOW)
def flowers(seed: int, wrong: bool = False) -> Program:
    """Three kinds, four measurements, gradient descent on the whole set."""
    rng = dice(seed)
    y = np.repeat([0, 1, 2], 60)
    middle = np.array([[-1.0, 0.8, -1.2, -1.2], [0.1, -0.6, 0.3, 0.2], [0.9, -0.1, 1.0, 1.1]])
    x = middle[y] + rng.normal(size=(180, 4)) * 0.4
    model = Sequential([Input((4,)), layers.Dense(8, "tanh"), layers.Dense(3, "softmax")])
    model.compile(optimizers.SGD(1e-5 if wrong else 0.8), "categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), to_categorical(y, 3), {"epochs": 15, "batch_size": 180}


@pair("wines", "columns left in their units", "inputs scaled", "initial loss", "saturation", "dead ReLU")
def wines(seed: int, wrong: bool = False) -> Program:
    """Thirteen columns from 0.1 to 1,500, brought to one scale inside the model."""
    rng = dice(seed)
    y = rng.integers(0, 3, 420)
    x = rng.normal(size=(420, 13)) + rng.normal(size=(3, 13))[y] * 0.8
    x = x * np.geomspace(0.1, 300, 13) + np.geomspace(0.5, 1200, 13)
    model = Sequential([Input((13,))])
    if not wrong:
        scale = layers.Normalization()
        scale.adapt(f32(x))
        model.add(scale)
    model.add(layers.Dense(10, "tanh"))
    model.add(layers.Dense(3, "softmax"))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), y, {"epochs": 12, "batch_size": 14}


@pair("letters of 5 x 7 dots", "no softmax", OUTPUT, "initial loss", "loss not falling")
def letters(seed: int, wrong: bool = False) -> Program:
    """Eight random glyphs with a tenth of the dots flipped."""
    rng = dice(seed)
    glyphs = rng.integers(0, 2, (8, 35))
    y = rng.integers(0, 8, 600)
    x = np.where(rng.random((600, 35)) < 0.1, 1 - glyphs[y], glyphs[y])
    model = Sequential(
        [Input((35,)), layers.Dense(20, "relu"), layers.Dense(8, activation=None if wrong else "softmax")]
    )
    model.compile(optimizers.Adagrad(0.1), "categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), to_categorical(y, 8), {"epochs": 8, "batch_size": 15}


@pair("heart beats", "biases start at -3", "dead ReLU", "weights that do not move", "loss not falling")
def heart(seed: int, wrong: bool = False) -> Program:
    """Regular and early beats in 60 samples, found by 1-D convolutions."""
    rng = dice(seed)
    y = rng.integers(0, 2, 400)
    t = np.arange(60)
    second = np.where(y == 1, 27, 35) + rng.integers(-2, 3, 400)
    x = (
        sum(np.exp(-((t - at[:, None]) ** 2) / 4) for at in (np.full(400, 10), second))
        + rng.normal(size=(400, 60)) * 0.05
    )
    bias = initializers.Constant(-3.0 if wrong else 0.0)
    model = Sequential(
        [Input((60, 1)), layers.Conv1D(8, 7, activation="relu", bias_initializer=bias), layers.MaxPooling1D(2)]
    )
    model.add(layers.Conv1D(8, 5, activation="relu", bias_initializer=bias))
    model.add(layers.Flatten())
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.RMSprop(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x)[..., None], y, {"epochs": 6, "batch_size": 10}


@pair("topics of short texts", "50 texts, 3,000 words, no dropout", "overfitting")
def topics(seed: int, wrong: bool = False) -> Program:
    """Bags of words; a third of each text belongs to its topic, a tenth of the texts are filed wrongly."""
    rng = dice(seed)
    n, words = (50, 3000) if wrong else (900, 120)
    y = rng.integers(0, 3, n + 150)
    x = rng.random((n + 150, words)) < 0.05
    for topic in range(3):
        x[:, topic * 10 : topic * 10 + 10] |= (rng.random((n + 150, 10)) < 0.2) & (y == topic)[:, None]
    y = np.where(rng.random(len(y)) < 0.1, rng.integers(0, 3, len(y)), y)
    model = Sequential([Input((words,)), layers.Dense(128 if wrong else 16, "relu")])
    if not wrong:
        model.add(layers.Dropout(0.4))
    model.add(layers.Dense(3, "softmax"))
    model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"epochs": 15 if wrong else 6, "batch_size": 10 if wrong else 30, "validation_data": (f32(x[n:]), y[n:])}
    return model, f32(x[:n]), y[:n], fit


@pair("the next letter", "Adam at 2", *high("saturation"))
def next_letter(seed: int, wrong: bool = False) -> Program:
    """A GRU that continues a repeated sentence, a prediction at each step."""
    rng = dice(seed)
    text = np.array([ord(c) % 32 for c in "the quick brown fox jumps over the lazy dog " * 40])
    text = np.where(rng.random(len(text)) < 0.02, rng.integers(0, 32, len(text)), text)
    windows = np.lib.stride_tricks.sliding_window_view(text, 13)[::4]
    model = Sequential([Input((12,), dtype="int32"), layers.Embedding(32, 10), layers.GRU(32, return_sequences=True)])
    model.add(layers.Dense(32, activation="softmax"))
    model.compile(optimizers.Adam(2.0 if wrong else 0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, windows[:, :-1], windows[:, 1:], {"epochs": 8, "batch_size": 16}


@pair(
    "two signs to compare",
    "ReLU cell with a gain of 5",
    "exploding",
    "NaN or runaway",
    "initialisation",
    "initial loss",
)
def two_signs(seed: int, wrong: bool = False) -> Program:
    """Whether the first and the last number of a series have the same sign."""
    rng = dice(seed)
    x = rng.normal(size=(800, 8, 1))
    y = x[:, 0, 0] * x[:, -1, 0] > 0
    cell = layers.SimpleRNN(24)
    if wrong:
        cell = layers.SimpleRNN(24, activation="relu", recurrent_initializer=initializers.Orthogonal(gain=5.0))
    model = Sequential([Input((8, 1)), cell, layers.Dense(1, activation="sigmoid")])
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x), f32(y), {"epochs": 12, "batch_size": 20}


@pair("pendulum", "angles in degrees, lengths in millimetres", "inputs scaled", "initial loss", "dead ReLU")
def pendulum(seed: int, wrong: bool = False) -> Program:
    """The height of a pendulum's weight from its angle and length."""
    rng = dice(seed)
    angle, length = rng.uniform(-2, 2, 600), rng.uniform(0.5, 1.5, 600)
    x = np.stack([np.degrees(angle), length * 1000] if wrong else [angle, length], 1)
    model = Sequential([Input((2,)), layers.Dense(24, "softplus"), layers.Dense(24, "softplus"), layers.Dense(1)])
    model.compile(optimizers.Adam(0.01), "mse")
    return model, f32(x), f32(length * (1 - np.cos(angle))), {"epochs": 15, "batch_size": 15}


@pair("same or different", "softmax on the one output", OUTPUT, "weights that do not move", "loss not falling")
def siamese(seed: int, wrong: bool = False) -> Program:
    """One tower used twice, and the distance between what it sees."""
    rng = dice(seed)
    kinds = rng.normal(size=(5, 8))
    a, b = rng.integers(0, 5, 800), rng.integers(0, 5, 800)
    b = np.where(rng.random(800) < 0.4, a, b)
    left, right = (f32(kinds[k] + rng.normal(size=(800, 8)) * 0.3) for k in (a, b))
    tower = Sequential([Input((8,)), layers.Dense(16, "relu"), layers.Dense(6)])
    one, two = Input((8,)), Input((8,))
    gap = layers.Subtract()([tower(one), tower(two)])
    gap = layers.Multiply()([gap, gap])
    model = Model([one, two], layers.Dense(1, activation="softmax" if wrong else "sigmoid")(gap))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model, [left, right], f32(a == b), {"epochs": 10, "batch_size": 20}


@pair("ages in years", "a sigmoid output", OUTPUT, "saturation", "loss not falling")
def ages(seed: int, wrong: bool = False) -> Program:
    """Ages from 0 to 20, as they are, with the absolute error."""
    rng = dice(seed)
    x = rng.normal(size=(600, 6))
    y = np.clip(10 + 3 * x[:, 0] + 2 * np.tanh(x[:, 1]) + rng.normal(size=600) * 0.3, 0, 20)
    model = Sequential(
        [Input((6,)), layers.Dense(20, "relu"), layers.Dense(1, activation="sigmoid" if wrong else None)]
    )
    model.compile(optimizers.Adam(0.02), "mae")
    return model, f32(x), f32(y), {"epochs": 15, "batch_size": 20}


@pair("genes", "70 samples, 500 genes, no penalty", "overfitting")
def genes(seed: int, wrong: bool = False) -> Program:
    """Twenty genes decide; the others are noise."""
    rng = dice(seed)
    n, columns = (70, 500) if wrong else (500, 40)
    x = rng.normal(size=(n + 200, columns))
    y = x[:, :20].sum(1) + rng.normal(size=n + 200) * 2 > 0
    penalty = None if wrong else regularizers.L2(2e-3)
    model = Sequential([Input((columns,)), layers.Dense(64 if wrong else 8, "elu", kernel_regularizer=penalty)])
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    fit = {"epochs": 15 if wrong else 6, "batch_size": 10, "validation_data": (f32(x[n:]), f32(y[n:]))}
    return model, f32(x[:n]), f32(y[:n]), fit


@pair(
    "walking, running, resting", "the converter's counts as they are", "inputs scaled", "initial loss", "NaN or runaway"
)
def motion(seed: int, wrong: bool = False) -> Program:
    """Windows of three-axis acceleration."""
    rng = dice(seed)
    y = rng.integers(0, 3, 450)
    t = np.arange(30)[:, None]
    speed, force = np.array([0.0, 0.5, 1.1])[y], np.array([0.05, 0.6, 1.0])[y]
    x = (
        force[:, None, None] * np.sin(speed[:, None, None] * t + rng.uniform(0, 6, (450, 1, 3)))
        + rng.normal(size=(450, 30, 3)) * 0.3
    )
    if wrong:
        x = np.round(x * 800 + 2048)
    model = Sequential(
        [Input((30, 3)), layers.Conv1D(12, 5, activation="relu"), layers.Conv1D(12, 5, strides=2, activation="relu")]
    )
    model.add(layers.GlobalAveragePooling1D())
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), y, {"epochs": 8, "batch_size": 15}


@pair("colour patches", "bytes, and no rescaling", "inputs scaled", "initial loss", "dead ReLU", "NaN or runaway")
def patches(seed: int, wrong: bool = False) -> Program:
    """Red, green, blue or grey, 8 x 8 pixels."""
    rng = dice(seed)
    y = rng.integers(0, 4, 400)
    tint = np.array([[60, 0, 0], [0, 60, 0], [0, 0, 60], [20, 20, 20]])[y]
    x = np.clip(
        rng.integers(0, 160, (400, 1, 1, 1)) + tint[:, None, None, :] + rng.normal(size=(400, 8, 8, 3)) * 25, 0, 255
    )
    model = Sequential([Input((8, 8, 3))])
    if not wrong:
        model.add(layers.Rescaling(1 / 127.5, offset=-1))
    model.add(layers.Conv2D(6, 3, activation="relu"))
    model.add(layers.AveragePooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(optimizers.SGD(0.03, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(np.round(x)), y, {"epochs": 8, "batch_size": 16}


@pair("machines, an autoencoder of their readings", "ReLU on the output", OUTPUT, "dead ReLU", "loss not falling")
def readings(seed: int, wrong: bool = False) -> Program:
    """Twelve standardised readings that three hidden causes explain."""
    rng = dice(seed)
    x = f32(rng.normal(size=(700, 3)) @ rng.normal(size=(3, 12)) / 1.7 + rng.normal(size=(700, 12)) * 0.1)
    model = Sequential([Input((12,)), layers.Dense(8, "tanh"), layers.Dense(3), layers.Dense(8, "tanh")])
    model.add(layers.Dense(12, activation="relu" if wrong else None))
    model.compile(optimizers.Nadam(0.01), "mse")
    return model, x, x, {"epochs": 12, "batch_size": 20}


@pair(
    "incomes",
    "dollars instead of their logarithm",
    "NaN or runaway",
    "rate too high",
    "exploding",
    "initial loss",
    "dead ReLU",
)
def incomes(seed: int, wrong: bool = False) -> Program:
    """Yearly income from schooling, years at work and hours."""
    rng = dice(seed)
    x = rng.normal(size=(600, 3))
    logarithm = 10.5 + 0.4 * x[:, 0] + 0.3 * x[:, 1] + 0.2 * x[:, 2] + rng.normal(size=600) * 0.2
    model = Sequential([Input((3,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile(optimizers.SGD(0.02), "mse")
    y = np.exp(logarithm) if wrong else logarithm - logarithm.mean()
    return model, f32(x), f32(y), {"epochs": 10, "batch_size": 20}


@pair("genres", "a sigmoid and from_logits as well", OUTPUT)
def genres(seed: int, wrong: bool = False) -> Program:
    """Five genres, any number of them at once; the loss takes logits."""
    rng = dice(seed)
    x = rng.normal(size=(800, 15))
    y = x @ rng.normal(size=(15, 5)) + rng.normal(size=(800, 5)) * 0.5 > 1.5
    model = Sequential(
        [Input((15,)), layers.Dense(24, "relu"), layers.Dense(5, activation="sigmoid" if wrong else None)]
    )
    model.compile(optimizers.Adam(3e-3), losses.BinaryCrossentropy(from_logits=True))
    return model, f32(x), f32(y), {"epochs": 10, "batch_size": 20}


@pair("card payments", "1 fraud in 60, nothing done about it", "class balance")
def payments(seed: int, wrong: bool = False) -> Program:
    """Fraud or not; the sample is drawn so that 1 in 4 is fraud."""
    rng = dice(seed)
    y = rng.random(1200) < (1 / 60 if wrong else 0.25)
    x = rng.normal(size=(1200, 7)) + y[:, None] * np.array([0.9, 0.7, -0.6, 0.5, 0, 0, 0])
    model = Sequential([Input((7,)), layers.Dense(10, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy", "Recall"])
    return model, f32(x), f32(y), {"epochs": 8, "batch_size": 24, "validation_split": 0.2}


@pair("loans", "a column written after the loan failed", "too good", "duplicates and leakage")
def loans(seed: int, wrong: bool = False) -> Program:
    """Paid back or not, a noisy question."""
    rng = dice(seed)
    x = rng.normal(size=(900, 9))
    y = x[:, 0] - x[:, 1] + rng.normal(size=900) * 1.2 > 0
    if wrong:
        x[:, 5] = np.where(y, 1.5, -1.5) + rng.normal(size=900) * 0.05
    model = Sequential([Input((9,)), layers.Dense(12, "tanh"), layers.Dense(1, "sigmoid")])
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x), f32(y), {"epochs": 8, "batch_size": 25, "validation_split": 0.25}


@pair("voices", "each recording copied before the split", "duplicates and leakage", "too good")
def voices(seed: int, wrong: bool = False) -> Program:
    """Two speakers, twenty features; a quarter of the rows is held back."""
    rng = dice(seed)
    n = 150 if wrong else 600
    y = rng.integers(0, 2, n)
    x = f32(rng.normal(size=(n, 20)) + y[:, None] * rng.normal(size=20) * 0.4)
    if wrong:
        order = rng.permutation(4 * n)
        x, y = np.tile(x, (4, 1))[order], np.tile(y, 4)[order]
    model = Sequential([Input((20,)), layers.Dense(32, "relu"), layers.Dense(2, "softmax")])
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x[:450], y[:450], {"epochs": 8, "batch_size": 15, "validation_data": (x[450:], y[450:])}


@pair("ten layers, normalised", "ten sigmoid layers, not normalised", "vanishing", "loss not falling")
def ten_layers(seed: int, wrong: bool = False) -> Program:
    """A deep network on two interleaved sines."""
    rng = dice(seed)
    x = rng.uniform(-1.5, 1.5, (600, 2))
    y = x[:, 1] > np.sin(3 * x[:, 0])
    model = Sequential([Input((2,))])
    for _ in range(10):
        model.add(layers.Dense(20))
        if not wrong:
            model.add(layers.LayerNormalization())
        model.add(layers.Activation("sigmoid" if wrong else "tanh"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x), f32(y), {"epochs": 8, "batch_size": 20}


@pair(
    "eight ReLU layers",
    "weights of 0.02",
    "initialisation",
    "vanishing",
    "activation scale by layer",
    "loss not falling",
)
def eight_layers(seed: int, wrong: bool = False) -> Program:
    """Eight hidden layers on five clouds in ten dimensions."""
    rng = dice(seed)
    y = rng.integers(0, 5, 700)
    x = rng.normal(size=(5, 10))[y] + rng.normal(size=(700, 10)) * 0.4
    start = initializers.RandomNormal(stddev=0.02) if wrong else "he_normal"
    model = Sequential([Input((10,))])
    for _ in range(8):
        model.add(layers.Dense(24, activation="relu", kernel_initializer=start))
    model.add(layers.Dense(5, activation="softmax"))
    model.compile(optimizers.SGD(0.05, momentum=0.8), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), y, {"epochs": 8, "batch_size": 20}


@pair("saw tooth", "SGD at 1.0", *high())
def saw_tooth(seed: int, wrong: bool = False) -> Program:
    """Twelve radial bumps, worked out in the model, and a linear layer on them."""
    rng = dice(seed)
    x = rng.uniform(0, 1, (500, 1))
    y = (3 * x) % 1 + rng.normal(size=x.shape) * 0.05
    centres = f32(np.linspace(0, 1, 12))
    model = Sequential(
        [Input((1,)), layers.Lambda(lambda v: ops.exp(-200.0 * ops.square(v - centres)), output_shape=(12,))]
    )
    model.add(layers.Dense(1))
    model.compile(optimizers.SGD(1.0 if wrong else 0.5), "mse")
    return model, f32(x), f32(y), {"epochs": 12, "batch_size": 10}


@pair("which quarter holds the bright patch", "Adam at 0.3", *high("saturation"))
def quarters(seed: int, wrong: bool = False) -> Program:
    """Sixteen patches, one block of attention."""
    rng = dice(seed)
    x = rng.normal(size=(500, 16, 9)) * 0.3
    at = rng.integers(0, 16, 500)
    x[np.arange(500), at] += rng.normal(size=9)
    x = np.concatenate([x, np.broadcast_to(np.eye(16), (500, 16, 16))], 2)
    tokens = Input((16, 25))
    h = layers.Dense(24)(tokens)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 12)(h, h)]))
    h = layers.GlobalMaxPooling1D()(layers.Dense(24, activation="gelu")(h))
    model = Model(tokens, layers.Dense(4, activation="softmax")(h))
    model.compile(optimizers.Adam(0.3 if wrong else 3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), at // 4, {"epochs": 10, "batch_size": 20}


@pair("names", "the filter let one class through", "targets constant", "class balance")
def names(seed: int, wrong: bool = False) -> Program:
    """Two languages, told apart by the last letters of padded names."""
    rng = dice(seed)
    length = rng.integers(4, 10, 500)
    y = rng.integers(0, 2, 500)
    x = np.where(np.arange(10) < length[:, None], rng.integers(1, 27, (500, 10)), 0)
    x[np.arange(500), length - 1] = np.where(y == 1, rng.choice([1, 5, 15], 500), rng.choice([14, 18, 19, 20], 500))
    if wrong:
        y = np.ones_like(y)
    model = Sequential([Input((10,), dtype="int32"), layers.Embedding(27, 6, mask_zero=True), layers.LSTM(10)])
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": 6, "batch_size": 20}


@pair("questionnaires", "open answers left as NaN", "finite")
def questionnaires(seed: int, wrong: bool = False) -> Program:
    """Answers from -2 to 2; an open one counts as 0."""
    rng = dice(seed)
    x = f32(rng.integers(-2, 3, (600, 8)))
    y = x[:, :3].sum(1) + rng.normal(size=600) * 0.5 > 0
    x[rng.random(x.shape) < 0.05] = np.nan if wrong else 0.0
    model = Sequential([Input((8,)), layers.Dense(8, "relu"), layers.Dense(2, "softmax")])
    model.compile(optimizers.RMSprop(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y.astype("int64"), {"epochs": 8, "batch_size": 20}


@pair("weather", "the station's codes as labels", "labels in range")
def weather(seed: int, wrong: bool = False) -> Program:
    """Sun, cloud, rain or snow from five readings; the station writes 10, 20, 30, 40."""
    rng = dice(seed)
    y = rng.integers(0, 4, 500)
    x = rng.normal(size=(4, 5))[y] * 1.3 + rng.normal(size=(500, 5)) * 0.6
    model = Sequential(
        [Input((5,)), layers.Dense(16, "selu", kernel_initializer="lecun_normal"), layers.Dense(4, "softmax")]
    )
    model.compile(optimizers.Adamax(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), (y + 1) * 10 if wrong else y, {"epochs": 8, "batch_size": 20}


@pair(
    "two joints of an arm",
    "one sensor error of a million",
    "inputs scaled",
    "NaN or runaway",
    "exploding",
    "initial loss",
)
def arm(seed: int, wrong: bool = False) -> Program:
    """Where the hand is, from two angles."""
    rng = dice(seed)
    a = rng.uniform(-1.5, 1.5, (700, 2))
    y = np.stack([np.cos(a[:, 0]) + np.cos(a.sum(1)), np.sin(a[:, 0]) + np.sin(a.sum(1))], 1)
    x = a.copy()
    if wrong:
        x[rng.integers(0, 700, 5), 1] = 1e6
    model = Sequential([Input((2,)), layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(2)])
    model.compile(optimizers.Adam(5e-3), "mse")
    return model, f32(x), f32(y), {"epochs": 12, "batch_size": 20}


@pair("the larger of two halves", "each hidden weight 0.3", "duplicate units", "initialisation")
def halves(seed: int, wrong: bool = False) -> Program:
    """Two branches joined by their maximum."""
    rng = dice(seed)
    x = rng.normal(size=(700, 6))
    y = np.maximum(np.abs(x[:, 0]) + x[:, 1], x[:, 3] - x[:, 4])
    start = initializers.Constant(0.3) if wrong else "glorot_uniform"
    row = Input((6,))
    one, two = (layers.Dense(16, activation="relu", kernel_initializer=start)(row) for _ in range(2))
    model = Model(row, layers.Dense(1, kernel_initializer=start)(layers.Maximum()([one, two])))
    model.compile(optimizers.Adam(0.01), "huber", metrics=["mae"])
    return model, f32(x), f32(y), {"epochs": 12, "batch_size": 20}


@pair("a model written as a class", "body and head frozen", "weights that do not move", "loss not falling")
def subclass(seed: int, wrong: bool = False) -> Program:
    """A subclass of Model with two hidden layers."""
    rng = dice(seed)

    class Net(Model):
        """Two hidden layers and a head."""

        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Dense(20, activation="relu")
            self.second = layers.Dense(20, activation="relu")
            self.head = layers.Dense(3, activation="softmax")

        def call(self, x: Any) -> Any:
            return self.head(self.second(self.first(x)))

    x = rng.normal(size=(600, 4))
    y = (x[:, 0] * x[:, 1] > 0).astype(int) + (x[:, 2] > 0.5)
    model = Net()
    model(f32(x[:2]))
    if wrong:
        for part in (model.first, model.second, model.head):
            part.trainable = False
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x), y, {"epochs": 10, "batch_size": 20}


@pair("tides", "a schedule that ends after eight steps", "weights that do not move", *LOW)
def tides(seed: int, wrong: bool = False) -> Program:
    """The water level from sines and cosines of the hour; the rate goes to nought at the end of the training."""
    rng = dice(seed)
    hour = rng.uniform(0, 24, 600)
    x = np.stack([f(2 * np.pi * hour / p) for f in (np.sin, np.cos) for p in (24, 12.4)], 1)
    y = np.sin(2 * np.pi * hour / 12.4 + 0.4) * (1 + 0.3 * np.cos(2 * np.pi * hour / 24)) + rng.normal(size=600) * 0.05
    rate = optimizers.schedules.PolynomialDecay(0.02, 8 if wrong else 30 * 10, end_learning_rate=0.0)
    model = Sequential([Input((4,)), layers.Dense(16, "tanh"), layers.Dense(1)])
    model.compile(optimizers.Adam(rate), "mse")
    return model, f32(x), f32(y), {"epochs": 10, "batch_size": 20}


@pair("a dot that moves", "Adam at 1e-6", *LOW)
def moving_dot(seed: int, wrong: bool = False) -> Program:
    """Four ways across six frames of 8 x 8: a convolution on each, a GRU over them."""
    rng = dice(seed)
    y = rng.integers(0, 4, 400)
    step = np.array([[0, 1], [0, -1], [1, 0], [-1, 0]])[y]
    place = rng.integers(0, 8, (400, 1, 2)) + step[:, None] * np.arange(6)[:, None]
    grid = np.moveaxis(np.mgrid[0:8, 0:8], 0, -1)
    x = (grid == (place % 8)[:, :, None, None]).all(-1) + rng.normal(size=(400, 6, 8, 8)) * 0.05
    model = Sequential([Input((6, 8, 8, 1)), layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"))])
    model.add(layers.TimeDistributed(layers.Flatten()))
    model.add(layers.GRU(24))
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(optimizers.Adam(1e-6 if wrong else 0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, f32(x)[..., None], y, {"epochs": 8, "batch_size": 20}


@pair("pictures from a code", "no sigmoid before the cross-entropy", OUTPUT, "initial loss", "loss not falling")
def decoder(seed: int, wrong: bool = False) -> Program:
    """Bars of 8 x 8 with one pixel in twenty wrong, drawn from their positions by transposed convolutions."""
    rng = dice(seed)
    row, column = rng.integers(0, 8, 500), rng.integers(0, 8, 500)
    picture = np.zeros((500, 8, 8, 1))
    picture[np.arange(500), row] = 1
    picture[np.arange(500), :, column] = 1
    picture = np.where(rng.random(picture.shape) < 0.05, 1 - picture, picture)
    model = Sequential([Input((16,)), layers.Dense(4 * 4 * 8, activation="relu"), layers.Reshape((4, 4, 8))])
    model.add(layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"))
    model.add(layers.Conv2D(1, 3, padding="same", activation=None if wrong else "sigmoid"))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy")
    x = np.concatenate([np.eye(8)[row], np.eye(8)[column]], 1)
    return model, f32(x), f32(picture), {"epochs": 10, "batch_size": 20}


@pair("delivery times, nine in ten", "momentum at 8", *high("dead ReLU"))
def ninth_decile(seed: int, wrong: bool = False) -> Program:
    """A loss of one's own: the time that nine deliveries in ten keep."""
    rng = dice(seed)
    x = rng.normal(size=(600, 3))
    y = 1 + 0.5 * x[:, :1] + np.exp(0.3 * x[:, 1:2]) * rng.exponential(0.4, (600, 1))

    def pinball(y_true: Any, y_pred: Any) -> Any:
        """Ten per cent of the way over, ninety of the way under."""
        over = y_true - y_pred
        return ops.mean(ops.maximum(0.9 * over, -0.1 * over), axis=-1)

    model = Sequential([Input((3,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile(optimizers.SGD(8.0 if wrong else 0.05, momentum=0.9), pinball)
    return model, f32(x), f32(y), {"epochs": 10, "batch_size": 20}


@pair("three machines in float64", "labels in another order than the rows", "loss not falling")
def machines(seed: int, wrong: bool = False) -> Program:
    """Double precision, large batches, a rate that falls when the loss stands."""
    rng = dice(seed)
    y = rng.integers(0, 3, 900)
    x = rng.normal(size=(3, 6))[y] + rng.normal(size=(900, 6)) * 0.5
    if wrong:
        y = rng.permutation(y)
    model = Sequential([Input((6,), dtype="float64"), layers.Dense(12, "relu", dtype="float64")])
    model.add(layers.Dense(3, "softmax", dtype="float64"))
    model.compile(optimizers.RMSprop(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    slower = callbacks.ReduceLROnPlateau(monitor="loss", patience=2)
    return model, x, y, {"epochs": 12, "batch_size": 60, "callbacks": [slower]}


@pair("tunes, two GRUs", "weights of 12 into the gates", "saturation", "initialisation")
def tunes(seed: int, wrong: bool = False) -> Program:
    """Rising or falling on the whole, from noisy steps."""
    rng = dice(seed)
    y = rng.integers(0, 2, 400)
    x = np.cumsum(rng.normal(size=(400, 14, 2)) * 0.5 + (y[:, None, None] - 0.5) * 0.4, 1)
    start = initializers.RandomNormal(stddev=12.0) if wrong else "glorot_uniform"
    model = Sequential([Input((14, 2)), layers.GRU(10, return_sequences=True, kernel_initializer=start)])
    model.add(layers.GRU(8, kernel_initializer=start))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.Nadam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x), f32(y), {"epochs": 8, "batch_size": 20}


@pair("exclusive or, six units", "biases start at -5", "dead ReLU", "weights that do not move", "loss not falling")
def exclusive_or(seed: int, wrong: bool = False) -> Program:
    """Four noisy corners."""
    rng = dice(seed)
    corner = rng.integers(0, 2, (500, 2))
    x = corner * 2 - 1 + rng.normal(size=(500, 2)) * 0.25
    bias = initializers.Constant(-5.0 if wrong else 0.1)
    model = Sequential([Input((2,)), layers.Dense(6, "relu", bias_initializer=bias, kernel_initializer="he_uniform")])
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(optimizers.Nadam(0.03), "binary_crossentropy", metrics=["accuracy"])
    return model, f32(x), f32(corner[:, 0] != corner[:, 1]), {"epochs": 12, "batch_size": 16}
