"""Programs as courses have them in which nothing is wrong: the doctor should say nothing of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from doctor_foreign_data import (
    BINARY,
    CROSS,
    PROGRAMS,
    SPARSE,
    Course,
    batches,
    blobs,
    curve,
    digits,
    healthy,
    houses,
    moons,
    shapes,
    signs,
    smooth,
    standard,
    texts,
    waves,
)
from pellucid import (
    Input,
    Model,
    Sequential,
)
from pellucid.layers import (
    GRU,
    LSTM,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Reshape,
    SimpleRNN,
    TimeDistributed,
    concatenate,
)
from pellucid.losses import (
    BinaryCrossentropy,
    CosineSimilarity,
    Huber,
)
from pellucid.optimizers import (
    SGD,
    Adam,
    RMSprop,
)
from pellucid.preprocessing.image import (
    ImageDataGenerator,
)
from pellucid.regularizers import (
    l2,
)
from pellucid.utils import (
    to_categorical,
)

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


@healthy("generator")
def endless_generator(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(batches(x.reshape(-1, 64) / 255, y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)


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


# Written when the doctor had been mended for those above ----------------------------------------


@healthy("plain sgd")
def moons_sgd_1(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(12, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(1.0), BINARY, metrics=["accuracy"])
    model.fit(x, y, batch_size=10, epochs=20, verbose=0)


@healthy("plain sgd")
def nielsen(draw: Any) -> None:
    x, y = digits(draw, 1400)
    model = Sequential([Input((64,)), Dense(30, "sigmoid"), Dense(10, "sigmoid")])
    model.compile(SGD(3.0), "mse", metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, to_categorical(y), batch_size=10, epochs=15, validation_split=0.2, verbose=0)


@healthy("plain sgd")
def default_sgd_relu(draw: Any) -> None:
    x, y = digits(draw, 1400)
    model = Sequential([Input((8, 8)), Flatten(), Dense(128, "relu"), Dense(10, "softmax")])
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=10, validation_split=0.2, verbose=0)


@healthy("plain sgd")
def full_batch_gradient_descent(draw: Any) -> None:
    x, y = blobs(draw, 400)
    model = Sequential([Input((12,)), Dense(8, "tanh"), Dense(4, "softmax")])
    model.compile(SGD(0.5), SPARSE)
    model.fit(x, y, batch_size=400, epochs=150, verbose=0)


@healthy("tiny")
def logic_or_mse(draw: Any) -> None:
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"), np.array([0, 1, 1, 1], "float32")
    model = Sequential([Input((2,)), Dense(1, "sigmoid")])
    model.compile(SGD(2.0), "mse")
    model.fit(x, y, batch_size=1, epochs=100, verbose=0)


@healthy("tiny")
def celsius(draw: Any) -> None:
    c = np.array([-40, -10, 0, 8, 15, 22, 38], "float32")
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(Adam(0.1), "mse")
    model.fit(c / 40, (1.8 * c + 32) / 40, epochs=200, verbose=0)


@healthy("tiny")
def exact_line(draw: Any) -> None:
    x = draw.uniform(-1, 1, (200, 1)).astype("float32")
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(SGD(0.1), "mse")
    model.fit(x, 3 * x + 2, epochs=20, validation_split=0.2, verbose=0)


@healthy("tiny")
def iris_like(draw: Any) -> None:
    y = np.repeat([0, 1, 2], 50)
    x = np.round(np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])[y]
                 + draw.normal(size=(150, 4)) * [0.4, 0.35, 0.4, 0.2], 1)  # fmt: skip
    order = draw.permutation(150)
    model = Sequential([Input((4,)), Dense(10, "relu"), Dense(3, "softmax")])
    model.compile(Adam(0.01), SPARSE, metrics=["accuracy"])
    model.fit(x[order], y[order], batch_size=5, epochs=30, validation_split=0.2, verbose=0)


@healthy("regression")
def diabetes_targets(draw: Any) -> None:
    x, y = smooth(draw, 440, 10)
    model = Sequential([Input((10,)), Dense(32, "relu"), Dense(1)])
    model.compile(Adam(0.01), "mae")
    model.fit(x, 150 + 60 * y, epochs=30, verbose=0)


@healthy("regression")
def huber(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "elu"), Dense(32, "elu"), Dense(1)])
    model.compile("adam", Huber())
    model.fit(x, y, epochs=12, validation_split=0.2, verbose=0)


@healthy("regression")
def direction(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "tanh"), Dense(3)])
    model.compile(Adam(0.005), CosineSimilarity())
    model.fit(x, np.stack([y, x[:, 0], x[:, 1] - x[:, 2]], axis=1), epochs=12, verbose=0)


@healthy("regression")
def forty_epochs_bostonian(draw: Any) -> None:
    x, y = houses(draw, 400)
    model = Sequential([Input((4,)), Dense(64, "relu"), Dense(64, "relu"), Dense(1)])
    model.compile("rmsprop", "mse", metrics=["mae"])
    model.fit(standard(x), 10 * y, batch_size=16, epochs=40, validation_split=0.25, verbose=0)


@healthy("autoencoder")
def autoencoder_conv(draw: Any) -> None:
    x, _ = digits(draw, 600)
    model = Sequential([Input((8, 8, 1)), Conv2D(8, 3, strides=2, padding="same", activation="relu"),
                        Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
                        Conv2D(1, 3, padding="same", activation="sigmoid")])  # fmt: skip
    model.compile("adam", BINARY)
    model.fit(x[..., None] / 255, x[..., None] / 255, epochs=8, validation_split=0.1, verbose=0)


@healthy("autoencoder")
def two_numbers_for_a_picture(draw: Any) -> None:
    x, _ = digits(draw)
    x = x.reshape(-1, 64) / 255
    model = Sequential([Input((64,)), Dense(32, "tanh"), Dense(2), Dense(32, "tanh"), Dense(64, "sigmoid")])
    model.compile(Adam(0.005), "mse")
    model.fit(x, x, epochs=15, verbose=0)


@healthy("text")
def words_conv(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), Conv1D(16, 3, activation="relu"), GlobalMaxPooling1D(),
                        Dense(1, "sigmoid")])  # fmt: skip
    model.compile(Adam(0.005), BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("text")
def next_letter(draw: Any) -> None:
    letters = draw.choice(30, 3000, p=np.array([1 / (i + 2) for i in range(30)]) / sum(1 / (i + 2) for i in range(30)))
    letters[1::2] = (letters[::2][: len(letters[1::2])] * 3 + 1) % 30
    x = np.stack([letters[i : i + 6] for i in range(1, 2900, 2)])
    model = Sequential([Input((6,)), Embedding(30, 8), LSTM(32), Dense(30, "softmax")])
    model.compile(Adam(0.01), SPARSE)
    model.fit(x[:-1], letters[7 : 7 + 2 * (len(x) - 1) : 2], epochs=8, verbose=0)


@healthy("text")
def bidirectional_words(draw: Any) -> None:
    x, y = texts(draw, 600, length=12)
    model = Sequential([Input((12,)), Embedding(500, 8, mask_zero=True), Bidirectional(LSTM(8)), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY)
    model.fit(x, y, epochs=6, validation_split=0.2, verbose=0)


@healthy("recurrent")
def every_step(draw: Any) -> None:
    x, _ = signs(draw, 500)
    y = (np.cumsum(x, axis=1) > 0).astype("float32")
    model = Sequential([Input((15, 1)), GRU(12, return_sequences=True), TimeDistributed(Dense(1, "sigmoid"))])
    model.compile(Adam(0.01), BINARY)
    model.fit(x, y, epochs=8, verbose=0)


@healthy("recurrent")
def forecast_two_layers(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20, 1)), LSTM(16, return_sequences=True), Dropout(0.2), LSTM(16), Dense(8), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, batch_size=16, epochs=5, validation_split=0.2, verbose=0)


@healthy("recurrent")
def windows_into_dense(draw: Any) -> None:
    x, y = waves(draw)
    model = Sequential([Input((20,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x[..., 0], y, epochs=12, validation_split=0.2, verbose=0)


@healthy("conv")
def two_convolutions_pooled(draw: Any) -> None:
    x, y = shapes(draw, 900)
    model = Sequential([Input((12, 12, 1)), Conv2D(16, 3, activation="relu"), MaxPooling2D(), Conv2D(32, 3,
                        activation="relu"), Flatten(), Dropout(0.5), Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(x / 255, to_categorical(y), batch_size=64, epochs=5, validation_split=0.1, verbose=0)


@healthy("conv")
def average_sigmoid_lenet(draw: Any) -> None:
    x, y = digits(draw, 1000)
    model = Sequential([Input((8, 8, 1)), Conv2D(8, 3, activation="tanh"), AveragePooling2D(), Flatten(),
                        Dense(32, "tanh"), Dense(10, "softmax")])  # fmt: skip
    model.compile(SGD(0.1, momentum=0.9), SPARSE)
    model.fit(x[..., None] / 127.5 - 1, y, epochs=8, verbose=0)


@healthy("functional")
def skip_and_concatenate(draw: Any) -> None:
    x, y = smooth(draw)
    inputs = Input((6,))
    deep = Dense(16, "relu")(Dense(16, "relu")(inputs))
    model = Model(inputs, Dense(1)(concatenate([inputs, deep])))
    model.compile(Adam(0.005), "mse")
    model.fit(x, y, epochs=12, validation_split=0.2, verbose=0)


@healthy("functional")
def classes_and_value(draw: Any) -> None:
    x, y = blobs(draw)
    inputs = Input((12,))
    h = LayerNormalization()(Dense(24, "gelu")(inputs))
    model = Model(inputs, [Dense(4, "softmax", name="kind")(h), Dense(1, name="size")(h)])
    model.compile("adam", [SPARSE, "mse"], loss_weights=[1.0, 0.5])
    model.fit(x, [y, x[:, :3].sum(axis=1)], epochs=10, verbose=0)


@healthy("transfer")
def head_then_all(draw: Any) -> None:
    x, y = shapes(draw, 600)
    base = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten()])
    base.trainable = False
    model = Sequential([base, Dense(16, "relu"), Dense(3, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=4, validation_split=0.2, verbose=0)
    base.trainable = True
    model.compile(Adam(1e-4), SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=3, validation_split=0.2, verbose=0)


@healthy("binary")
def heart_disease(draw: Any) -> None:
    x, y = blobs(draw, 300, classes=2, features=13, spread=2.0)
    model = Sequential([Input((13,)), Dense(16, "relu"), Dropout(0.5), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)


@healthy("binary")
def many_labels_at_once(draw: Any) -> None:
    x, _ = smooth(draw)
    y = np.stack([x[:, 0] > 0, x[:, 1] > 1.5, x[:, 2] * x[:, 3] > 0], axis=1).astype("float32")
    model = Sequential([Input((6,)), Dense(24, "relu"), Dense(3, "sigmoid")])
    model.compile(Adam(0.005), BINARY)
    model.fit(x, y, epochs=12, verbose=0)


@healthy("inputs 0/1")
def truth_table(draw: Any) -> None:
    x = draw.integers(0, 2, (500, 8)).astype("float32")
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY)
    model.fit(x, (x[:, :3].sum(axis=1) > 1) * 1.0, epochs=15, validation_split=0.2, verbose=0)


@healthy("adversary")
def discriminator_conv(draw: Any) -> None:
    x, _ = digits(draw, 500)
    real = x[..., None] / 127.5 - 1
    both = np.r_[real, draw.uniform(-1, 1, real.shape)]
    model = Sequential([Input((8, 8, 1)), Conv2D(16, 3, strides=2), LeakyReLU(), Dropout(0.4), Flatten(),
                        Dense(1, "sigmoid")])  # fmt: skip
    model.compile(Adam(0.0002, beta_1=0.5), BINARY)
    model.fit(both, np.r_[np.full(500, 0.9), np.zeros(500)], epochs=3, verbose=0)


@healthy("short")
def one_epoch_of_words(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), Flatten(), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=1, validation_split=0.2, verbose=0)


@healthy("short")
def five_epochs_by_hand(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), BatchNormalization(), Dense(10), Activation("softmax")])
    model.compile(Adam(0.01), SPARSE)
    for epoch in range(5):
        model.fit(x.reshape(-1, 64) / 255, y, initial_epoch=epoch, epochs=epoch + 1, verbose=0)


@healthy("generator")
def augmented_pictures(draw: Any) -> None:
    x, y = shapes(draw, 500)
    generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True, width_shift_range=0.1)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", CROSS, metrics=["accuracy"])
    model.fit(generator.flow(x, to_categorical(y), batch_size=32), epochs=4, verbose=0)


@healthy("settings")
def weights_for_rare_classes(draw: Any) -> None:
    x, y = blobs(draw, 1500, classes=2, features=6)
    keep = (y == 0) | (draw.random(1500) < 0.3)
    model = Sequential([Input((6,)), Dense(16, "relu", kernel_regularizer=l2(0.01)), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x[keep], y[keep], class_weight={0: 1.0, 1: 3.0}, epochs=8, verbose=0)


@healthy("settings")
def pictures_reshaped(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Reshape((8, 8, 1)), Conv2D(8, 3, activation="relu"), Flatten(),
                        Dense(10, "softmax")])  # fmt: skip
    model.compile("nadam", SPARSE)
    model.fit(standard(x.reshape(-1, 64) + draw.random((len(x), 64))), y, epochs=5, verbose=0)
