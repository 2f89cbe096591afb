"""Held-out programs for the training doctor, lot B: functional models, real digits, series, tokens, several inputs.

40 programs that learn and 40 with one mistake each. A faulty program is mostly a healthy one with something done to it
(`at_rate`, `with_data`, `with_weights`, ...); its `twin` is that healthy one. The digits are MNIST where
`shared/data/mnist.npz` lies beside the checkout, and Pellucid's own digits enlarged to 28 x 28 where it does not.
The words in `fault` follow the table of checks; a tuple holds every diagnosis that would be right, the best first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Input, Model, callbacks, initializers, layers, losses, optimizers
from pellucid.datasets import digits
from pellucid.utils import PyDataset, set_random_seed, to_categorical

Array = Any
Program = tuple[Model, Any, Any, dict[str, Any]]
Build = Callable[[int], Program]


@dataclass(frozen=True)
class Case:
    """One program: `build(seed)` gives a compiled model, x, y and fit's arguments; `fault` is None where it learns."""

    name: str
    fault: str | tuple[str, ...] | None
    build: Build
    twin: Build | None = None


HEALTHY: list[Case] = []
FAULTY: list[Case] = []


def healthy(name: str, **variants: dict[str, Any]) -> Callable[[Callable[..., Program]], Callable[..., Program]]:
    """Registers a program under its name, and again for every variant's arguments."""

    def keep(program: Callable[..., Program]) -> Callable[..., Program]:
        HEALTHY.append(Case(name, None, program))
        for variant, settings in variants.items():
            HEALTHY.append(
                Case(f"{name.split(',')[0]}, {variant.replace('_', ' ')}", None, partial(program, **settings))
            )
        return program

    return keep


def faulty(name: str, fault: str | tuple[str, ...], build: Build, twin: Build) -> None:
    """Registers a spoiled program beside the one it was made from."""
    FAULTY.append(Case(name, fault, build, twin))


def seeded(seed: int) -> np.random.Generator:
    """Seeds the library and gives a generator for the data."""
    set_random_seed(7 * seed + 3)
    return np.random.default_rng(7 * seed + 3)


# What can be done to a program


def at_rate(build: Build, rate: float) -> Build:
    """The same program at another learning rate."""

    def spoiled(seed: int) -> Program:
        model, x, y, fit = build(seed)
        if model.optimizer is not None:
            model.optimizer.learning_rate = rate
        return model, x, y, fit

    return spoiled


def with_data(build: Build, change: Callable[[Any, Any, np.random.Generator], tuple[Any, Any]]) -> Build:
    """The same program on changed data."""

    def spoiled(seed: int) -> Program:
        model, x, y, fit = build(seed)
        x, y = change(x, y, np.random.default_rng(seed))
        return model, x, y, fit

    return spoiled


def with_weights(build: Build, change: Callable[[Array, np.random.Generator], Array], biases: bool = False) -> Build:
    """The same program from other starting weights: all kernels, or all biases."""

    def spoiled(seed: int) -> Program:
        model, x, y, fit = build(seed)
        rng = np.random.default_rng(seed)
        hidden = [layer for layer in model.layers if layer.get_weights()][: -1 if biases else None]
        for layer in hidden:
            layer.set_weights([change(w, rng) if (w.ndim == 1) == biases else w for w in layer.get_weights()])
        return model, x, y, fit

    return spoiled


def filled(value: float) -> Callable[[Array, np.random.Generator], Array]:
    """Weights that are all the same number."""
    return lambda w, rng: np.full_like(w, value)


def normal(deviation: float) -> Callable[[Array, np.random.Generator], Array]:
    """Normal weights of a given deviation."""
    return lambda w, rng: (rng.normal(size=w.shape) * deviation).astype(w.dtype)


def overlapping(build: Build) -> Build:
    """The same program with its validation rows trained on as well."""

    def spoiled(seed: int) -> Program:
        model, x, y, fit = build(seed)
        held_x, held_y = fit["validation_data"]
        return model, np.concatenate([held_x, x]), np.concatenate([held_y, y]), fit

    return spoiled


def out_of_step(x: Any, y: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Targets in another order than the inputs."""
    return x, y[rng.permutation(len(y))]


# Digits of 28 x 28


@cache
def mnist() -> tuple[Array, Array]:
    """The first 3,000 training digits as bytes, and their labels."""
    for root in (*Path(__file__).resolve().parents, *Path.cwd().parents):
        file = root / "shared" / "data" / "mnist.npz"
        if file.exists():
            with np.load(file) as arrays:
                return arrays["x_train"][:3000], arrays["y_train"][:3000].astype("int64")
    (x, y), _ = digits.load_data(size=28)
    return x, y.astype("int64")


def some_digits(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """n digits between 0 and 1, and their labels."""
    x, y = mnist()
    chosen = rng.permutation(len(x))[:n]
    return (x[chosen] / 255).astype("float32"), y[chosen]


@healthy(
    "mnist, 64 ReLU, validation",
    until_it_stops_early={"n": 700, "epochs": 15, "patient": True},
    one_epoch={"n": 1400, "epochs": 1, "batch": 10},
    batch_of_four={"n": 500, "batch": 4, "epochs": 5},
)
def mnist_dense(
    seed: int,
    *,
    n: int = 1000,
    epochs: int = 5,
    batch: int = 32,
    units: int = 64,
    last: str | None = "softmax",
    wrong: float = 0.0,
    patient: bool = False,
) -> Program:
    """Pixels, 64 hidden units, ten classes."""
    rng = seeded(seed)
    x, y = some_digits(rng, n + 200)
    y = np.where(rng.random(len(y)) < wrong, rng.integers(0, 10, len(y)), y)
    image = Input((28, 28))
    hidden = layers.Dense(units, activation="relu")(layers.Flatten()(image))
    model = Model(image, layers.Dense(10, activation=last)(hidden))
    model.compile(optimizers.Adam(1.5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": batch, "validation_data": (x[n:], y[n:])}
    if patient:
        fit["callbacks"] = [callbacks.EarlyStopping(patience=1)]
    return model, x[:n], y[:n], fit


@healthy("mnist, 30 sigmoids, squared error, SGD 3")
def mnist_nielsen(seed: int) -> Program:
    """The classic first network of handwritten digits."""
    x, y = some_digits(seeded(seed), 1500)
    image = Input((784,))
    hidden = layers.Dense(30, activation="sigmoid")(image)
    model = Model(image, layers.Dense(10, activation="sigmoid")(hidden))
    model.compile(optimizers.SGD(3.0), "mean_squared_error", metrics=["accuracy"])
    return model, x.reshape(-1, 784), to_categorical(y, 10), {"epochs": 12, "batch_size": 10}


@healthy("mnist, two convolutions, dropout", batch_normalised={"normalised": True, "rate": 5e-3})
def mnist_conv(seed: int, *, rate: float = 3e-3, normalised: bool = False) -> Program:
    """Convolution, pool, convolution, pool, dropout."""
    x, y = some_digits(seeded(seed), 500)
    image = Input((28, 28, 1))
    h = image
    for filters in (8, 16):
        h = layers.Conv2D(filters, 3, padding="same", activation=None if normalised else "relu")(h)
        if normalised:
            h = layers.ReLU()(layers.BatchNormalization()(h))
        h = layers.MaxPooling2D()(h)
    h = layers.Dropout(0.25)(layers.Flatten()(h))
    model = Model(image, layers.Dense(10, activation="softmax")(h))
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x[..., None], y, {"epochs": 5, "batch_size": 25}


@healthy("mnist, rows into an LSTM")
def mnist_rows(seed: int) -> Program:
    """28 rows of 28 pixels, read from the top."""
    x, y = some_digits(seeded(seed), 600)
    rows = Input((28, 28))
    model = Model(rows, layers.Dense(10, activation="softmax")(layers.LSTM(32)(rows)))
    model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": 8, "batch_size": 20}


@healthy("mnist, residual blocks with layer normalisation")
def mnist_residual(seed: int) -> Program:
    """Three residual blocks of 48."""
    x, y = some_digits(seeded(seed), 1000)
    image = Input((784,))
    h = layers.Dense(48)(image)
    for _ in range(3):
        inner = layers.Dense(48, activation="gelu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, layers.Dense(48)(inner)])
    model = Model(image, layers.Dense(10)(layers.LayerNormalization()(h)))
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(2e-3, weight_decay=0.01), loss, metrics=["accuracy"])
    return model, x.reshape(-1, 784), y, {"epochs": 6, "batch_size": 32}


@healthy("mnist, noise taken out by an autoencoder")
def mnist_denoiser(seed: int) -> Program:
    """Noisy digits in, clean digits out, squared error."""
    rng = seeded(seed)
    clean = some_digits(rng, 800)[0].reshape(-1, 784)
    noisy = np.clip(clean + rng.normal(size=clean.shape) * 0.3, 0, 1).astype("float32")
    image = Input((784,))
    code = layers.Dense(48, activation="relu")(image)
    model = Model(image, layers.Dense(784, activation="sigmoid")(code))
    model.compile(optimizers.Adam(5e-3), "mse")
    return model, noisy, clean, {"epochs": 8, "batch_size": 32}


@healthy("mnist, digit and parity at once")
def mnist_two_heads(seed: int) -> Program:
    """Two outputs with two losses."""
    x, y = some_digits(seeded(seed), 900)
    image = Input((28, 28))
    trunk = layers.Dense(48, activation="elu")(layers.Flatten()(image))
    which = layers.Dense(10, activation="softmax", name="which")(trunk)
    odd = layers.Dense(1, activation="sigmoid", name="odd")(trunk)
    model = Model(image, [which, odd])
    model.compile(
        optimizers.Nadam(2e-3),
        {"which": "sparse_categorical_crossentropy", "odd": "binary_crossentropy"},
        metrics={"which": ["accuracy"], "odd": ["accuracy"]},
    )
    return model, x, [y, (y % 2).astype("float32")], {"epochs": 5, "batch_size": 30}


@healthy("mnist, bytes into a Rescaling layer")
def mnist_bytes_rescaled(seed: int) -> Program:
    """The division by 255 is a part of the model."""
    x, y = some_digits(seeded(seed), 800)
    image = Input((28, 28))
    h = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    model = Model(image, layers.Dense(10, activation="softmax")(layers.Dense(32, activation="relu")(h)))
    model.compile(optimizers.RMSprop(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, np.round(x * 255).astype("float32"), y, {"epochs": 6, "batch_size": 32}


@healthy("mnist, smoothed labels, momentum, cosine decay")
def mnist_smoothed(seed: int) -> Program:
    """Label smoothing keeps the loss well above zero."""
    x, y = some_digits(seeded(seed), 900)
    image = Input((784,))
    h = layers.LeakyReLU()(layers.Dense(40)(image))
    model = Model(image, layers.Dense(10, activation="softmax")(h))
    rate = optimizers.schedules.CosineDecay(0.05, 6 * 30)
    loss = losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"])
    return model, x.reshape(-1, 784), to_categorical(y, 10), {"epochs": 6, "batch_size": 30}


class Batches(PyDataset):
    """Digits in batches, shifted by up to two pixels."""

    def __init__(self, x: Array, y: Array, size: int, rng: np.random.Generator) -> None:
        super().__init__()
        self.x, self.y, self.size, self.rng = x, y, size, rng

    def __len__(self) -> int:
        return len(self.x) // self.size

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        part = slice(index * self.size, (index + 1) * self.size)
        return np.roll(self.x[part], self.rng.integers(-2, 3, 2), (1, 2)), self.y[part]


@healthy("mnist, a data set that shifts its pictures")
def mnist_dataset(seed: int) -> Program:
    """Augmented batches from a PyDataset."""
    rng = seeded(seed)
    x, y = some_digits(rng, 900)
    image = Input((28, 28))
    h = layers.Dense(64, activation="relu")(layers.Flatten()(image))
    model = Model(image, layers.Dense(10, activation="softmax")(h))
    model.compile(optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, Batches(x, y, 30, rng), None, {"epochs": 8}


@healthy("mnist, encoder of an autoencoder kept, new head", encoder_tuned_afterwards={"tuned": True})
def mnist_encoder(seed: int, *, tuned: bool = False, head_frozen: bool = False) -> Program:
    """An encoder trained without labels, frozen, below a new classifier; or let go afterwards at a small rate."""
    x, y = some_digits(seeded(seed), 800)
    x = x.reshape(-1, 784)
    image = Input((784,))
    encoder = Model(image, layers.Dense(40, activation="relu")(image))
    auto = Model(image, layers.Dense(784, activation="sigmoid")(encoder(image)))
    auto.compile(optimizers.Adam(3e-3), "binary_crossentropy")
    auto.fit(x, x, epochs=4, verbose=0)
    encoder.trainable = False
    head = layers.Dense(10, activation="softmax")
    model = Model(image, head(encoder(image)))
    model.compile(optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    if tuned:
        model.fit(x[:400], y[:400], epochs=3, verbose=0)
        encoder.trainable = True
        model.compile(optimizers.Adam(5e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    if head_frozen:
        head.trainable = False
        model.compile(optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": 6, "batch_size": 32}


def mnist_deep(seed: int, *, activation: str = "relu") -> Program:
    """Many narrow layers."""
    x, y = some_digits(seeded(seed), 1000)
    image = Input((784,))
    h = image
    for _ in range(7):
        h = layers.Dense(
            32, activation=activation, kernel_initializer="he_normal" if activation == "relu" else "glorot_uniform"
        )(h)
    model = Model(image, layers.Dense(10, activation="softmax")(h))
    model.compile(optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x.reshape(-1, 784), y, {"epochs": 8, "batch_size": 20}


healthy("mnist, seven ReLU layers, SGD")(mnist_deep)


# Three spirals

ADAM = partial(optimizers.Adam, 1e-2)


def spirals(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Three arms that wind around the origin."""
    arm = rng.integers(0, 3, n)
    t = rng.uniform(0.1, 1, n)
    angle = t * 3.6 + arm * 2 * np.pi / 3 + rng.normal(size=n) * 0.1
    return np.stack([t * np.cos(angle), t * np.sin(angle)], 1).astype("float32") * 1.6, arm


@healthy(
    "spirals, tanh",
    in_float64={"dtype": "float64"},
    adamax={"optimizer": partial(optimizers.Adamax, 1e-2)},
    momentum={"optimizer": partial(optimizers.SGD, 0.1, momentum=0.9)},
    rate_lowered_on_plateaus={"plateau": True},
    warm_up={"warm": True, "epochs": 15},
)
def spiral_net(
    seed: int,
    *,
    activation: str = "tanh",
    optimizer: Callable[[], Any] = ADAM,
    dtype: str = "float32",
    plateau: bool = False,
    warm: bool = False,
    epochs: int = 12,
) -> Program:
    """Two hidden layers of 24 between the arms."""
    x, y = spirals(seeded(seed), 900)
    point = Input((2,), dtype=dtype)
    h = layers.Dense(24, activation=activation, dtype=dtype)(point)
    h = layers.Dense(24, activation=activation, dtype=dtype)(h)
    model = Model(point, layers.Dense(3, activation="softmax", dtype=dtype)(h))
    model.compile(optimizer(), "categorical_crossentropy", metrics=["accuracy"])
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": 18}
    if plateau:
        fit |= {"validation_split": 0.2, "callbacks": [callbacks.ReduceLROnPlateau(patience=2, factor=0.5)]}
    if warm:
        fit["callbacks"] = [callbacks.LearningRateScheduler(lambda epoch, rate: min(1e-2, 1e-3 * 1.6**epoch))]
    return model, x.astype(dtype), to_categorical(y, 3).astype(dtype), fit


# Series


def waves(rng: np.random.Generator, n: int, length: int) -> tuple[Array, Array]:
    """Windows of a sum of two sines with noise, and the value that follows each."""
    t = np.arange(n + length)
    series = np.sin(t / 5 + rng.uniform(0, 6)) + 0.5 * np.sin(t / 13) + rng.normal(size=n + length) * 0.05
    windows = np.lib.stride_tricks.sliding_window_view(series, length)[:n]
    return windows[..., None].astype("float32"), series[length:, None].astype("float32")


@healthy(
    "series, dilated convolutions",
    gru={"kind": "gru"},
    simple_cell_with_clipping={"kind": "simple"},
    dense_on_the_window={"kind": "dense", "loss": "log_cosh"},
)
def forecast(
    seed: int,
    *,
    kind: str = "conv",
    loss: str = "mse",
    last: str | None = None,
    activation: str | None = "tanh",
    recurrent: Any = "orthogonal",
    clip: float | None = 1.0,
    length: int = 24,
) -> Program:
    """The next value of a wavy series."""
    x, y = waves(seeded(seed), 700, length)
    window = Input((length, 1))
    if kind == "conv":
        h = layers.Conv1D(12, 3, padding="causal", activation="relu")(window)
        h = layers.Conv1D(12, 3, padding="causal", dilation_rate=2, activation="relu")(h)
        h = layers.Flatten()(h)
    elif kind == "gru":
        h = layers.GRU(16)(window)
    elif kind == "simple":
        h = layers.SimpleRNN(16, activation=activation, recurrent_initializer=recurrent)(window)
    else:
        h = layers.Dense(16, activation="tanh")(layers.Flatten()(window))
    model = Model(window, layers.Dense(1, activation=last)(h))
    model.compile(optimizers.Adam(5e-3, clipnorm=clip), loss, metrics=["mae"])
    return model, x, y, {"epochs": 8, "batch_size": 20}


@healthy("marks, each step labelled by a bidirectional GRU")
def marks(seed: int, *, frozen: bool = False) -> Program:
    """Each step's label: whether this step and one of its neighbours are both high."""
    x = seeded(seed).normal(size=(400, 15, 1)).astype("float32")
    high = np.pad(x > 0, ((0, 0), (1, 1), (0, 0)))
    y = (high[:, 1:-1] & (high[:, :-2] | high[:, 2:])).astype("float32")
    steps = Input((15, 1))
    h = layers.Bidirectional(layers.GRU(8, return_sequences=True))(steps)
    model = Model(steps, layers.TimeDistributed(layers.Dense(1, activation="sigmoid"))(h))
    model.trainable = not frozen
    model.compile(optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": 10, "batch_size": 20}


# Tokens


def phrases(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """Padded token lists; the class is which of three pairs of neighbours occurs."""
    x = rng.integers(10, 60, (n, 16))
    y = rng.integers(0, 3, n)
    at = rng.integers(0, 7, n)
    pair = np.array([[3, 4], [4, 5], [5, 3]])[y]
    x[np.arange(n), at], x[np.arange(n), at + 1] = pair[:, 0], pair[:, 1]
    x[np.arange(16) >= rng.integers(9, 17, n)[:, None]] = 0
    return x, y


@healthy(
    "phrases, convolution over embeddings",
    bidirectional_lstm={"kind": "lstm"},
    self_attention={"kind": "attention", "epochs": 12},
)
def phrase_net(seed: int, *, kind: str = "conv", epochs: int = 8) -> Program:
    """Three classes of token lists."""
    x, y = phrases(seeded(seed), 850)
    tokens = Input((16,), dtype="int32")
    if kind == "conv":
        h = layers.Embedding(60, 12)(tokens)
        h = layers.GlobalMaxPooling1D()(layers.Conv1D(16, 2, activation="relu")(h))
    elif kind == "lstm":
        h = layers.Bidirectional(layers.LSTM(12))(layers.Embedding(60, 12, mask_zero=True)(tokens))
    else:
        h = layers.Embedding(60, 16)(tokens)
        h = layers.Concatenate()([h, layers.Conv1D(16, 2, padding="same", activation="relu")(h)])
        h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
        h = layers.GlobalMaxPooling1D()(h)
    model = Model(tokens, layers.Dense(3, activation="softmax")(h))
    model.compile(optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x[:700], y[:700], {"epochs": epochs, "batch_size": 25, "validation_data": (x[700:], y[700:])}


# Tables


@healthy("tags, six of them, several at once")
def tags(seed: int, *, last: str = "sigmoid") -> Program:
    """Six yes-or-no answers for each row."""
    rng = seeded(seed)
    x = rng.normal(size=(800, 12)).astype("float32")
    y = (x @ rng.normal(size=(12, 6)) + rng.normal(size=(800, 6)) * 0.5 > 0).astype("float32")
    row = Input((12,))
    model = Model(row, layers.Dense(6, activation=last)(layers.Dense(24, activation="relu")(row)))
    model.compile(optimizers.Adam(5e-3), "binary_crossentropy", metrics=["binary_accuracy"])
    return model, x, y, {"epochs": 8, "batch_size": 32}


@healthy("rents, numbers beside a district's embedding")
def rents(seed: int, *, raw: bool = False) -> Program:
    """Area, year and floor as numbers, the district as an index."""
    rng = seeded(seed)
    n = 800
    district = rng.integers(0, 12, (n, 1))
    numbers = np.stack([rng.normal(70, 20, n), rng.uniform(1900, 2020, n), rng.integers(0, 9, n)], 1)
    standard = (numbers - numbers.mean(0)) / numbers.std(0)
    y = 2 + standard @ [0.8, 0.3, 0.1] + rng.normal(size=12)[district[:, 0]] * 0.5 + rng.normal(size=n) * 0.1
    values, place = Input((3,)), Input((1,), dtype="int32")
    h = layers.Concatenate()([values, layers.Flatten()(layers.Embedding(12, 3)(place))])
    model = Model([values, place], layers.Dense(1)(layers.Dense(16, activation="relu")(h)))
    model.compile(optimizers.Adam(1e-2), "mae")
    x = (numbers if raw else standard).astype("float32")
    return model, [x, district], y[:, None].astype("float32"), {"epochs": 10, "batch_size": 25}


@healthy("films, viewers times films")
def films(seed: int) -> Program:
    """Ratings as the product of two embeddings."""
    rng = seeded(seed)
    viewer, film = rng.integers(0, 40, 1500), rng.integers(0, 30, 1500)
    y = (rng.normal(size=(40, 3))[viewer] * rng.normal(size=(30, 3))[film]).sum(1) + rng.normal(size=1500) * 0.1
    a, b = Input((1,), dtype="int32"), Input((1,), dtype="int32")
    u, v = layers.Flatten()(layers.Embedding(40, 6)(a)), layers.Flatten()(layers.Embedding(30, 6)(b))
    model = Model([a, b], layers.Dot(axes=1)([u, v]))
    model.compile(optimizers.Adam(3e-2), "mse")
    return model, [viewer[:, None], film[:, None]], y[:, None].astype("float32"), {"epochs": 12, "batch_size": 30}


@healthy("counts, exponential output, Poisson loss")
def counts(seed: int, *, last: str | None = "exponential", constant: bool = False) -> Program:
    """Events in an hour."""
    rng = seeded(seed)
    x = rng.normal(size=(700, 4)).astype("float32")
    y = rng.poisson(np.exp(0.6 * x[:, 0] - 0.4 * x[:, 1] + 0.5)).astype("float32")
    row = Input((4,))
    model = Model(row, layers.Dense(1, activation=last)(layers.Dense(8, activation="tanh")(row)))
    model.compile(optimizers.Adam(1e-2), "poisson", metrics=["mae"])
    return model, x, np.full_like(y, 2.0) if constant else y, {"epochs": 10, "batch_size": 20}


@healthy("two sides, hinge loss")
def margin(seed: int) -> Program:
    """Labels of -1 and 1 and a linear output, as a support vector machine has them."""
    rng = seeded(seed)
    x = rng.normal(size=(600, 6)).astype("float32")
    y = np.where(x[:, 0] * x[:, 1] + 0.8 * x[:, 2] > 0, 1.0, -1.0).astype("float32")
    row = Input((6,))
    model = Model(row, layers.Dense(1)(layers.Dense(20, activation="elu")(row)))
    model.compile(optimizers.Adam(1e-2), "hinge")
    return model, x, y, {"epochs": 12, "batch_size": 20}


@healthy("faults in a factory, 1 in 7, class weights", endless_generator={"share": 0.5, "stream": True})
def factory(
    seed: int,
    *,
    share: float = 0.14,
    weighted: bool = True,
    stream: bool = False,
    rows: int = 1000,
    noisy: float = 0.5,
    units: int = 12,
    epochs: int = 8,
    leak: bool = False,
) -> Program:
    """Faulty or not, from ten sensors; a fifth of the rows is held back."""
    rng = seeded(seed)
    x = rng.normal(size=(rows, 10)).astype("float32")
    score = x[:, 0] - x[:, 1] + 0.6 * x[:, 2] ** 2 + rng.normal(size=rows) * noisy
    y = (score > np.quantile(score, 1 - share)).astype("float32")
    if leak:
        x[:, 9] = 2 * y - 1
    sensors = Input((10,))
    h = layers.Dense(units, activation="relu")(sensors)
    h = layers.Dense(units, activation="relu")(h)
    model = Model(sensors, layers.Dense(1, activation="sigmoid")(h))
    model.compile(optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    cut = rows // 5
    if stream:

        def endless() -> Iterator[tuple[Array, Array]]:
            while True:
                chosen = rng.integers(0, rows, 25)
                yield x[chosen], y[chosen]

        return model, endless(), None, {"epochs": epochs, "steps_per_epoch": 40}
    fit: dict[str, Any] = {"epochs": epochs, "batch_size": 25, "validation_data": (x[:cut], y[:cut])}
    if weighted:
        fit["class_weight"] = {0: 0.5 / (1 - share), 1: 0.5 / share}
    return model, x[cut:], y[cut:], fit


# Drawn shapes


def shapes(rng: np.random.Generator, n: int) -> tuple[Array, Array, Array]:
    """Squares, discs and crosses of 16 x 16 with noise, their classes, and the pixels that belong to them."""
    kind = rng.integers(0, 3, n)
    row, column = np.mgrid[0:16, 0:16]
    r = np.abs(row - rng.integers(5, 11, (n, 1, 1)))
    c = np.abs(column - rng.integers(5, 11, (n, 1, 1)))
    size = rng.integers(3, 5, (n, 1, 1))
    square, disc, cross = (
        np.maximum(r, c) <= size,
        r**2 + c**2 <= size**2,
        ((r < 1) | (c < 1)) & (np.maximum(r, c) <= size),
    )
    mask = np.choose(kind[:, None, None], [square, disc, cross])
    x = mask * rng.uniform(0.5, 1, (n, 1, 1)) + rng.normal(size=mask.shape) * 0.1
    return x[..., None].astype("float32"), kind, mask[..., None].astype("float32")


@healthy("shapes, separable convolutions")
def shape_net(seed: int) -> Program:
    """Which shape it is."""
    x, y, _ = shapes(seeded(seed), 500)
    image = Input((16, 16, 1))
    h = layers.Conv2D(8, 3, activation="relu", padding="same")(image)
    h = layers.MaxPooling2D()(layers.SeparableConv2D(16, 3, activation="relu")(h))
    h = layers.Flatten()(layers.SeparableConv2D(16, 3, activation="relu")(h))
    model = Model(image, layers.Dense(3, activation="softmax")(h))
    model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, {"epochs": 10, "batch_size": 25}


@healthy("shapes, each pixel in or out")
def segment(seed: int) -> Program:
    """Which pixels belong to the shape."""
    x, _, mask = shapes(seeded(seed), 250)
    image = Input((16, 16, 1))
    h = layers.Conv2D(8, 3, activation="relu", padding="same")(image)
    down = layers.Conv2D(12, 3, activation="relu", padding="same")(layers.MaxPooling2D()(h))
    h = layers.Concatenate()([h, layers.UpSampling2D()(down)])
    model = Model(image, layers.Conv2D(1, 1, activation="sigmoid")(h))
    model.compile(optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model, x, mask, {"epochs": 5, "batch_size": 10}


# The mistakes

HIGH = ("rate too high", "update/weight ratio", "NaN or runaway", "oscillating", "loss not falling")
LOW = ("rate too low", "update/weight ratio", "loss not falling")
OUTPUT = "output activation fits the loss"
STILL = ("weights that do not move", "loss not falling")

deep_sigmoid = partial(mnist_deep, activation="sigmoid")
growing_cell = partial(
    forecast, kind="simple", activation="relu", recurrent=initializers.RandomNormal(stddev=1.5), clip=None
)
spiral_relu = partial(spiral_net, activation="relu")
spiral_sgd = partial(spiral_net, optimizer=partial(optimizers.SGD, 0.1, momentum=0.9))

faulty("mnist, Adam 0.4", (*HIGH, "dead ReLU"), at_rate(mnist_dense, 0.4), mnist_dense)
faulty("mnist convolutions, Adam 0.3", (*HIGH, "dead ReLU"), at_rate(mnist_conv, 0.3), mnist_conv)
faulty("spirals, momentum at rate 4", (*HIGH, "saturation"), at_rate(spiral_sgd, 4.0), spiral_sgd)
faulty(
    "series, GRU at rate 1",
    (*HIGH, "saturation"),
    at_rate(partial(forecast, kind="gru"), 1.0),
    partial(forecast, kind="gru"),
)
faulty("counts, Adam 3", (*HIGH, "saturation"), at_rate(counts, 3.0), counts)
faulty("mnist residual, AdamW 3e-7", LOW, at_rate(mnist_residual, 3e-7), mnist_residual)
faulty("spirals, momentum at 1e-6", LOW, at_rate(spiral_sgd, 1e-6), spiral_sgd)
faulty("phrases, Adam 1e-6", LOW, at_rate(phrase_net, 1e-6), phrase_net)
faulty(
    "spirals, a rate that decays by a tenth each step",
    (*LOW, "weights that do not move"),
    partial(spiral_net, optimizer=lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 1, 0.9))),
    spiral_sgd,
)
faulty(
    "mnist, ten linear outputs into the cross-entropy",
    (OUTPUT, "initial loss", "loss not falling"),
    partial(mnist_dense, last=None),
    mnist_dense,
)
faulty("tags, softmax over independent answers", OUTPUT, partial(tags, last="softmax"), tags)
faulty("counts, linear output with the Poisson loss", (OUTPUT, "NaN or runaway"), partial(counts, last=None), counts)
faulty("series, ReLU output for values of both signs", (OUTPUT, "dead ReLU"), partial(forecast, last="relu"), forecast)
faulty("series, softmax on the one output", (OUTPUT, *STILL), partial(forecast, last="softmax"), forecast)
faulty(
    "mnist as bytes, 30 sigmoids",
    ("inputs scaled", "saturation"),
    with_data(mnist_nielsen, lambda x, y, rng: (x * 255, y)),
    mnist_nielsen,
)
faulty(
    "mnist as bytes, seven layers",
    ("inputs scaled", "NaN or runaway", "initial loss"),
    with_data(mnist_deep, lambda x, y, rng: (x * 255, y)),
    mnist_deep,
)
faulty(
    "series around 4000",
    ("inputs scaled", "saturation"),
    with_data(partial(forecast, kind="gru"), lambda x, y, rng: (x * 300 + 4000, y)),
    partial(forecast, kind="gru"),
)
faulty("rents, years and areas as they are", "inputs scaled", partial(rents, raw=True), rents)
faulty(
    "series with a gap of NaN",
    "finite",
    with_data(forecast, lambda x, y, rng: (np.where(x > 1.4, np.nan, x), y)),
    forecast,
)
faulty("counts, target a constant column", "targets constant", partial(counts, constant=True), counts)
faulty("shapes numbered 1, 2, 3", "labels in range", with_data(shape_net, lambda x, y, rng: (x, y + 1)), shape_net)
faulty(
    "mnist, labels out of step", ("loss not falling", "overfitting"), with_data(mnist_dense, out_of_step), mnist_dense
)
faulty("rents, targets out of step", "loss not falling", with_data(rents, out_of_step), rents)
faulty(
    "spirals, all kernels zero",
    ("initialisation", "duplicate units", *STILL),
    with_weights(spiral_net, filled(0.0)),
    spiral_net,
)
faulty(
    "shapes, all kernels 0.1", ("initialisation", "duplicate units"), with_weights(shape_net, filled(0.1)), shape_net
)
faulty(
    "tags, kernels of deviation 20",
    ("initialisation", "initial loss", "activation scale by layer"),
    with_weights(tags, normal(20.0)),
    tags,
)
faulty(
    "mnist, seven layers of deviation 0.01",
    ("initialisation", "vanishing", "activation scale by layer", "loss not falling"),
    with_weights(mnist_deep, normal(0.01)),
    mnist_deep,
)
faulty("mnist, biases at -8", ("dead ReLU", *STILL), with_weights(mnist_dense, filled(-8.0), biases=True), mnist_dense)
faulty(
    "spirals, ReLU, biases at -2",
    ("dead ReLU", *STILL),
    with_weights(spiral_relu, filled(-2.0), biases=True),
    spiral_relu,
)
faulty(
    "spirals, tanh from kernels of deviation 12",
    ("saturation", "initialisation"),
    with_weights(spiral_net, normal(12.0)),
    spiral_net,
)
faulty("mnist, seven sigmoid layers", ("vanishing", "loss not falling"), deep_sigmoid, mnist_deep)
faulty(
    "series, ReLU cell with recurrent weights of 1.5",
    ("exploding", "NaN or runaway", "initialisation"),
    growing_cell,
    partial(forecast, kind="simple"),
)
faulty("mnist, encoder and head both frozen", STILL, partial(mnist_encoder, head_frozen=True), mnist_encoder)
faulty(
    "factory, 1 fault in 50, no weights",
    "class balance",
    partial(factory, share=0.02, weighted=False, noisy=1.0),
    factory,
)
faulty(
    "factory, 100 rows for 2 x 96 units",
    "overfitting",
    partial(factory, share=0.5, weighted=False, rows=125, units=96, noisy=1.5, epochs=15),
    partial(factory, share=0.5, weighted=False, noisy=1.5),
)
faulty(
    "factory, the verdict among the sensors",
    ("too good", "duplicates and leakage"),
    partial(factory, share=0.4, weighted=False, leak=True),
    partial(factory, share=0.4, weighted=False),
)
small_factory = partial(factory, share=0.5, weighted=False, rows=125, units=96, noisy=1.5, epochs=15)
faulty(
    "factory, the validation rows in the training rows",
    ("duplicates and leakage", "too good"),
    overlapping(small_factory),
    small_factory,
)
faulty("marks, the whole model frozen", STILL, partial(marks, frozen=True), marks)
faulty(
    "series, linear cell with a gain of 2.5",
    ("exploding", "NaN or runaway", "initialisation", "initial loss"),
    partial(forecast, kind="simple", activation=None, recurrent=initializers.Orthogonal(2.5)),
    partial(forecast, kind="simple"),
)
faulty(
    "mnist, 250 images with 3 in 10 labels wrong, 256 units",
    "overfitting",
    partial(mnist_dense, n=250, units=256, wrong=0.3, epochs=15),
    mnist_dense,
)


CASES = HEALTHY + FAULTY
