"""A third lot of programs, with and without a mistake, written when the doctor had been mended for the first two.

At their first run all the mistakes here were named, and 4 of the 25 sound programs alarmed; two of those still do at
times: a random walk whose later half is another world, and clouds that lie on top of each other.
"""

from typing import Any

import numpy as np

from doctor_foreign_data import (
    BINARY,
    CROSS,
    SCALE,
    SPARSE,
    TOO_HIGH,
    TOO_LOW,
    blobs,
    circles,
    digits,
    fault,
    healthy,
    moons,
    shapes,
    smooth,
    stocks,
    texts,
    waves,
)
from pellucid import (
    Input,
    Model,
    Sequential,
)
from pellucid.callbacks import (
    EarlyStopping,
    ReduceLROnPlateau,
)
from pellucid.layers import (
    GRU,
    LSTM,
    Conv2D,
    Dense,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling1D,
    LayerNormalization,
    MaxPooling2D,
    MultiHeadAttention,
    SimpleRNN,
    SpatialDropout2D,
    subtract,
)
from pellucid.optimizers import (
    SGD,
    Adam,
    RMSprop,
)
from pellucid.optimizers.schedules import (
    ExponentialDecay,
)
from pellucid.utils import (
    to_categorical,
)

VANISHING = r"weaker than|[Hh]ardly anything|hears almost nothing"

# Faults -------------------------------------------------------------------------------------------


@fault("third lot", TOO_HIGH)
def circles_adam_2(draw: Any) -> None:
    x, y = circles(draw)
    model = Sequential([Input((2,)), Dense(8, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(2.0), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)


@fault("third lot", TOO_HIGH)
def lenet_sgd_5(draw: Any) -> None:
    x, y = shapes(draw, 500)
    model = Sequential(
        [
            Input((12, 12, 1)),
            Conv2D(6, 3, activation="tanh"),
            MaxPooling2D(),
            Flatten(),
            Dense(24, "tanh"),
            Dense(3, "softmax"),
        ]
    )
    model.compile(SGD(5.0), SPARSE)
    model.fit(x / 255, y, epochs=5, verbose=0)


@fault("third lot", TOO_HIGH)
def gru_rmsprop_half(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), GRU(16), Dense(1)])
    model.compile(RMSprop(0.5), "mse")
    model.fit(x, y, epochs=5, verbose=0)


@fault("third lot", TOO_HIGH)
def xor_sgd_100(draw: Any) -> None:
    x, y = (np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 0], "float32"))
    model = Sequential([Input((2,)), Dense(4, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(100.0), BINARY)
    model.fit(x, y, batch_size=4, epochs=200, verbose=0)


@fault("third lot", TOO_HIGH)
def sgd_02_regression_raw_targets(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(1)])
    model.compile(SGD(0.2), "mse")
    model.fit(x, 20 + 8 * y, epochs=8, verbose=0)


@fault("third lot", TOO_LOW)
def words_sgd_1e4(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), GlobalAveragePooling1D(), Dense(1, "sigmoid")])
    model.compile(SGD(0.0001), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=10, validation_split=0.2, verbose=0)


@fault("third lot", TOO_LOW)
def autoencoder_sgd_1e4(draw: Any) -> None:
    x, _ = digits(draw)
    x = x.reshape(-1, 64) / 255
    model = Sequential([Input((64,)), Dense(16, "relu"), Dense(64, "sigmoid")])
    model.compile(SGD(0.0001), "mse")
    model.fit(x, x, epochs=10, verbose=0)


@fault("third lot", SCALE)
def pima_raw(draw: Any) -> None:
    n = 600
    x = np.c_[
        draw.integers(0, 12, n),
        draw.normal(120, 30, n),
        draw.normal(70, 12, n),
        draw.normal(32, 7, n),
        draw.uniform(21, 70, n),
    ]
    y = (x[:, 1] > 125) * 1
    model = Sequential([Input((5,)), Dense(12, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=15, batch_size=10, verbose=0)


@fault("third lot", SCALE)
def bytes_rnn(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((8, 8)), SimpleRNN(24), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.astype("float32"), y, epochs=5, verbose=0)


@fault("third lot", "softmax|two|sigmoid")
def two_units_sigmoid_mse_labels(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(8, "relu"), Dense(2, "sigmoid")])
    model.compile("adam", CROSS)
    model.fit(x, to_categorical(y), epochs=8, verbose=0)


@fault("third lot", "softmax.*(0 to 1|gives)|no activation in the last")
def softmax_regression(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1, "softmax")])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=8, verbose=0)


@fault("third lot", "do(es)? not belong to|belongs to")
def y_reversed(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), Flatten(), Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x / 255, y[::-1], epochs=12, validation_split=0.2, verbose=0)


@fault("third lot", "do(es)? not belong to|belongs to|by heart")
def words_shuffled(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), Flatten(), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, draw.permutation(y), epochs=10, validation_split=0.25, verbose=0)


@fault("third lot", "same weights")
def zeros_conv(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential(
        [
            Input((12, 12, 1)),
            Conv2D(8, 3, activation="tanh", kernel_initializer="zeros"),
            Flatten(),
            Dense(3, "softmax"),
        ]
    )
    model.compile("adam", SPARSE)
    model.fit(x / 255, y, epochs=4, verbose=0)


@fault("third lot", VANISHING)
def sigmoid_conv_deep(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential(
        [
            Input((8, 8, 1)),
            *[Conv2D(8, 3, padding="same", activation="sigmoid") for _ in range(5)],
            Flatten(),
            Dense(10, "softmax"),
        ]
    )
    model.compile(SGD(0.1), SPARSE)
    model.fit(x[..., None] / 255, y, epochs=4, verbose=0)


@fault("third lot", "by heart")
def overfit_small_moons(draw: Any) -> None:
    x, y = moons(draw, 60, 0.45)
    model = Sequential([Input((2,)), Dense(200, "relu"), Dense(200, "relu"), Dense(200, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.005), BINARY)
    model.fit(x, y, batch_size=8, epochs=60, validation_split=0.4, verbose=0)


@fault("third lot", "largest class")
def rare_one_hot(draw: Any) -> None:
    y = draw.choice(3, 1500, p=[0.97, 0.015, 0.015])
    x = draw.normal(size=(1500, 6)) + y[:, None]
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(3, "softmax")])
    model.compile("adam", CROSS)
    model.fit(x, to_categorical(y), epochs=5, verbose=0)


@fault("third lot", "largest input|reach|inf|nan|not scaled|[Ss]cale")
def one_outlier(draw: Any) -> None:
    x, y = smooth(draw)
    x[13, 2] = 1000000.0
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=5, verbose=0)


@fault("third lot", "last activation|from_logits")
def functional_no_softmax(draw: Any) -> None:
    x, y = digits(draw)
    i = Input((64,))
    model = Model(i, Dense(10)(Dense(32, "relu")(i)))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x.reshape(-1, 64) / 255, y, epochs=5, verbose=0)


@fault("third lot", "[Dd]rop")
def spatial_dropout(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential(
        [Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), SpatialDropout2D(0.9), Flatten(), Dense(3, "softmax")]
    )
    model.compile("adam", SPARSE)
    model.fit(x / 255, y, epochs=5, verbose=0)


# Healthy ------------------------------------------------------------------------------------------


@healthy("third lot")
def circles_relu(draw: Any) -> None:
    x, y = circles(draw)
    model = Sequential([Input((2,)), Dense(8, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)


@healthy("third lot")
def stocks_lstm_tutorial(draw: Any) -> None:
    x, y = stocks(draw)
    k = 480
    model = Sequential(
        [Input((30, 1)), LSTM(20, return_sequences=True), Dropout(0.2), LSTM(20), Dropout(0.2), Dense(1)]
    )
    model.compile("adam", "mse")
    model.fit(x[:k], y[:k], epochs=5, batch_size=32, validation_data=(x[k:], y[k:]), verbose=0)


@healthy("third lot")
def airline(draw: Any) -> None:
    t = np.arange(144)
    s = 100 + 2.5 * t + (20 + 0.3 * t) * np.sin(t * np.pi / 6) + 5 * draw.normal(size=144)
    s = (s - s.min()) / (s.max() - s.min())
    x = np.stack([s[i : i + 12] for i in range(130)])[..., None]
    y = s[12:142]
    model = Sequential([Input((12, 1)), LSTM(4), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x[:90], y[:90], epochs=30, batch_size=1, validation_data=(x[90:], y[90:]), verbose=0)


@healthy("third lot")
def early_stopping(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(128, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(
        x.reshape(-1, 64) / 255, y, epochs=40, validation_split=0.2, callbacks=[EarlyStopping(patience=3)], verbose=0
    )


@healthy("third lot")
def schedule(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(ExponentialDecay(0.5, 100, 0.9)), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)


@healthy("third lot")
def plateau(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(64, "relu"), Dense(1)])
    model.compile(Adam(0.02), "mse")
    model.fit(x, y, epochs=25, validation_split=0.2, callbacks=[ReduceLROnPlateau(patience=3)], verbose=0)


@healthy("third lot")
def siamese_like(draw: Any) -> None:
    x, y = blobs(draw)
    i = draw.permutation(len(x))
    a, b = (Input((12,)), Input((12,)))
    base = Dense(16, "relu")
    h = subtract([base(a), base(b)])
    model = Model([a, b], Dense(1, "sigmoid")(Dense(16, "relu")(h)))
    model.compile(Adam(0.01), BINARY)
    model.fit([x, x[i]], (y == y[i]) * 1.0, epochs=15, verbose=0)


@healthy("third lot")
def vae_like_bce(draw: Any) -> None:
    x, _ = digits(draw)
    x = (x.reshape(-1, 64) > 100) * 1.0
    model = Sequential(
        [Input((64,)), Dense(32, "relu"), GaussianNoise(0.1), Dense(8), Dense(32, "relu"), Dense(64, "sigmoid")]
    )
    model.compile("adam", BINARY)
    model.fit(x, x, epochs=12, batch_size=64, validation_split=0.2, verbose=0)


@healthy("third lot")
def matrix_factorisation(draw: Any) -> None:
    u, v = (draw.integers(0, 60, 1500), draw.integers(0, 40, 1500))
    U, V = (draw.normal(size=(60, 3)), draw.normal(size=(40, 3)))
    r = np.clip(np.round(3 + (U[u] * V[v]).sum(1)), 1, 5)
    a, b = (Input((1,)), Input((1,)))
    model = Model([a, b], Dense(1)(Dot(1)([Flatten()(Embedding(60, 8)(a)), Flatten()(Embedding(40, 8)(b))])))
    model.compile(Adam(0.01), "mse")
    model.fit([u, v], r, epochs=15, validation_split=0.2, verbose=0)


@healthy("third lot")
def wine_quality(draw: Any) -> None:
    x, _ = smooth(draw, 900, 11)
    q = np.clip(np.round(5.6 + 0.6 * x[:, 0] + 0.4 * x[:, 1] + 0.5 * draw.normal(size=900)), 3, 9)
    model = Sequential([Input((11,)), Dense(32, "relu"), Dense(1)])
    model.compile("adam", "mae")
    model.fit(x, q, epochs=20, validation_split=0.2, verbose=0)


@healthy("third lot")
def titanic(draw: Any) -> None:
    n = 891
    x = np.c_[
        draw.integers(1, 4, n),
        draw.integers(0, 2, n),
        draw.uniform(0, 80, n) / 80,
        draw.integers(0, 5, n),
        np.log1p(draw.exponential(30, n)),
    ]
    p = 1 / (1 + np.exp(-(1.5 * x[:, 1] - 0.8 * (x[:, 0] - 2) - 1 * x[:, 2])))
    y = (draw.random(n) < p) * 1
    model = Sequential([Input((5,)), Dense(16, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, batch_size=10, validation_split=0.2, verbose=0)


@healthy("third lot")
def pima(draw: Any) -> None:
    n = 600
    x = np.c_[
        draw.integers(0, 12, n) / 12,
        draw.normal(120, 30, n) / 200,
        draw.normal(70, 12, n) / 120,
        draw.normal(32, 7, n) / 60,
        draw.uniform(21, 70, n) / 80,
    ]
    y = (draw.random(n) < 1 / (1 + np.exp(-(9 * x[:, 1] - 6 + 3 * x[:, 3])))) * 1
    model = Sequential([Input((5,)), Dense(12, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=20, batch_size=10, verbose=0)


@healthy("third lot")
def perceptron_hinge(draw: Any) -> None:
    x, y = blobs(draw, 400, classes=2, features=2, spread=0.7)
    model = Sequential([Input((2,)), Dense(1, "tanh")])
    model.compile(SGD(0.1), "hinge")
    model.fit(x, 2 * y - 1, epochs=15, verbose=0)


@healthy("third lot")
def counting_seq2seq(draw: Any) -> None:
    x = draw.integers(0, 10, (800, 6))
    model = Sequential([Input((6,)), Embedding(10, 12), GRU(32, return_sequences=True), Dense(10, "softmax")])
    model.compile(Adam(0.01), SPARSE)
    model.fit(x, np.cumsum(x, 1) % 10, epochs=8, verbose=0)


@healthy("third lot")
def attention(draw: Any) -> None:
    x, y = texts(draw, 700, length=12)
    i = Input((12,))
    e = Embedding(500, 16)(i)
    a = MultiHeadAttention(2, 8)(e, e)
    h = GlobalAveragePooling1D()(LayerNormalization()(a + e))
    model = Model(i, Dense(1, "sigmoid")(h))
    model.compile(Adam(0.005), BINARY)
    model.fit(x, y, epochs=6, validation_split=0.2, verbose=0)


@healthy("third lot")
def segmentation(draw: Any) -> None:
    x, _ = shapes(draw, 400)
    x = x / 255
    y = (x > 0.6) * 1.0
    model = Sequential(
        [Input((12, 12, 1)), Conv2D(8, 3, padding="same", activation="relu"), Conv2D(1, 1, activation="sigmoid")]
    )
    model.compile(Adam(0.01), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=8, verbose=0)


@healthy("third lot")
def digits_16(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(np.round(x.reshape(-1, 64) / 255 * 16) / 16, y, epochs=10, validation_split=0.2, verbose=0)


@healthy("third lot")
def wide_sgd_small_rate(draw: Any) -> None:
    x, y = digits(draw, 1400)
    model = Sequential([Input((64,)), Dense(256, "relu"), Dense(128, "relu"), Dense(10, "softmax")])
    model.compile(SGD(0.01, momentum=0.9), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=5, validation_split=0.2, verbose=0)


@healthy("third lot")
def sigmoid_two_hidden(draw: Any) -> None:
    x, y = digits(draw, 1400)
    model = Sequential([Input((64,)), Dense(30, "sigmoid"), Dense(30, "sigmoid"), Dense(10, "softmax")])
    model.compile(Adam(0.01), SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, batch_size=10, verbose=0)


@healthy("third lot")
def quadratic(draw: Any) -> None:
    x = np.linspace(-2, 2, 100).reshape(-1, 1).astype("float32")
    model = Sequential([Input((1,)), Dense(10, "relu"), Dense(1)])
    model.compile(Adam(0.02), "mse")
    model.fit(x, x**2, epochs=60, verbose=0)


@healthy("third lot")
def step_function_sgd(draw: Any) -> None:
    x = draw.uniform(-1, 1, (300, 1)).astype("float32")
    model = Sequential([Input((1,)), Dense(6, "sigmoid"), Dense(1)])
    model.compile(SGD(0.3), "mse")
    model.fit(x, (x > 0) * 1.0, epochs=60, verbose=0)


@healthy("third lot")
def batch_size_one(draw: Any) -> None:
    x, y = moons(draw, 300)
    model = Sequential([Input((2,)), Dense(8, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(0.1), BINARY)
    model.fit(x, y, batch_size=1, epochs=8, verbose=0)


@healthy("third lot")
def noise_regression(draw: Any) -> None:
    x = draw.uniform(0, 10, (200, 1))
    y = 0.5 * x[:, 0] + 3 + 2 * draw.normal(size=200)
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(Adam(0.1), "mse")
    model.fit((x - 5) / 3, y, epochs=30, verbose=0)


@healthy("third lot")
def raw_xy_small(draw: Any) -> None:
    x = draw.uniform(0, 10, (400, 1)).astype("float32")
    model = Sequential([Input((1,)), Dense(32, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, 3 * x + 2 + draw.normal(size=x.shape), epochs=20, verbose=0)


@healthy("third lot")
def learned_on(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)
    model.fit(x.reshape(-1, 64) / 255, y, epochs=10, verbose=0)
