"""More programs as courses have them, written when the doctor had been mended for those of doctor_foreign.py."""

from typing import Any

import numpy as np

from doctor_foreign import (
    BINARY,
    CROSS,
    SCALE,
    SPARSE,
    TOO_HIGH,
    TOO_LOW,
    VANISHING,
    _batches,
    blobs,
    curve,
    digits,
    fault,
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
from pellucid import Input, Model, Sequential
from pellucid.initializers import Constant, RandomUniform
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
    GlobalMaxPooling1D,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Reshape,
    SimpleRNN,
    TimeDistributed,
    concatenate,
)
from pellucid.losses import BinaryCrossentropy, CategoricalCrossentropy, CosineSimilarity, Huber
from pellucid.optimizers import SGD, Adam, Nadam, RMSprop
from pellucid.regularizers import l1, l2
from pellucid.utils import to_categorical

# Faults --------------------------------------------------------------------------------------------


@fault("rate", TOO_HIGH)
def houses_sgd_1(draw: Any) -> None:
    x, y = houses(draw)
    model = Sequential([Input((4,)), Dense(16, "tanh"), Dense(1)])
    model.compile(SGD(1.0), "mse")
    model.fit(standard(x), y, epochs=10, validation_split=0.2, verbose=0)


@fault("rate", TOO_HIGH)
def digits_momentum_3(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "tanh"), Dense(10, "softmax")])
    model.compile(SGD(3.0, momentum=0.9), SPARSE, metrics=["accuracy"])
    model.fit(x.reshape(-1, 64) / 255, y, batch_size=32, epochs=8, verbose=0)


@fault("rate", TOO_HIGH)
def nadam_05_words(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 16), GlobalMaxPooling1D(), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(Nadam(0.5), BINARY)
    model.fit(x, y, epochs=6, validation_split=0.2, verbose=0)


@fault("rate", TOO_HIGH)
def autoencoder_adam_1(draw: Any) -> None:
    x, _ = digits(draw)
    x = x.reshape(-1, 64) / 255
    model = Sequential([Input((64,)), Dense(16, "relu"), Dense(64, "sigmoid")])
    model.compile(Adam(1.0), "mse")
    model.fit(x, x, epochs=10, verbose=0)


@fault("rate", TOO_HIGH)
def three_epochs_adam_half(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((8, 8, 1)), Conv2D(16, 3, activation="relu"), Flatten(), Dense(10, "softmax")])
    model.compile(Adam(0.5), SPARSE, metrics=["accuracy"])
    model.fit(x[..., None] / 255, y, epochs=3, verbose=0)


@fault("rate", TOO_LOW)
def rmsprop_1e7_regression(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(32, "relu"), Dense(1)])
    model.compile(RMSprop(1e-7), "mse")
    model.fit(x, y, epochs=10, verbose=0)


@fault("rate", TOO_LOW)
def gru_adam_1e7_two_epochs(draw: Any) -> None:
    x, y = signs(draw)
    model = Sequential([Input((15, 1)), GRU(16), Dense(1, "sigmoid")])
    model.compile(Adam(1e-7), BINARY)
    model.fit(x, y, epochs=3, verbose=0)


@fault("rate", TOO_LOW)
def rate_of_nought(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(16, "relu"), Dense(4, "softmax")])
    model.compile(SGD(0.0), SPARSE)
    model.fit(x, y, epochs=5, verbose=0)


@fault("scale", SCALE)
def conv1d_raw_signal(draw: Any) -> None:
    x, y = waves(draw, size=2000)
    model = Sequential([Input((20, 1)), Conv1D(8, 3, activation="tanh"), Flatten(), Dense(1)])
    model.compile("adam", "mae")
    model.fit(x, y / 2000, epochs=6, verbose=0)


@fault("scale", SCALE)
def bytes_deep_sgd(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(64, "relu"), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(SGD(0.1), CROSS)
    model.fit(x.reshape(-1, 64), to_categorical(y), epochs=5, validation_split=0.2, verbose=0)


@fault("scale", SCALE)
def one_feature_in_thousands(draw: Any) -> None:
    x, y = blobs(draw, classes=2)
    x[:, 3] = 40_000 + 9_000 * x[:, 3]
    model = Sequential([Input((12,)), Dense(16, "tanh"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=10, validation_split=0.2, verbose=0)


@fault("scale", r"[Tt]argets")
def targets_in_thousands_tanh(draw: Any) -> None:
    x, y = houses(draw)
    model = Sequential([Input((4,)), Dense(16, "tanh"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(standard(x), 100_000 * y, epochs=10, verbose=0)


@fault("output", r"from_logits")
def sigmoid_and_from_logits(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BinaryCrossentropy(from_logits=True))
    model.fit(x, y, epochs=8, verbose=0)


@fault("output", r"softmax.*last activation|from_logits=True")
def relu_before_cross_entropy(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Flatten(), Dense(32, "relu"), Dense(3, "relu")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x / 255, y, epochs=6, verbose=0)


@fault("output", r"sigmoid.*last activation|from_logits=True")
def linear_binary(draw: Any) -> None:
    x, y = signs(draw)
    model = Sequential([Input((15, 1)), SimpleRNN(8), Dense(1)])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=6, verbose=0)


@fault("output", r"tanh gives -1|no activation in the last layer")
def tanh_output_prices(draw: Any) -> None:
    x, y = houses(draw)
    model = Sequential([Input((4,)), Dense(16, "relu"), Dense(1, "tanh")])
    model.compile("adam", "mse")
    model.fit(standard(x), y, epochs=8, verbose=0)


@fault("output", r"one unit|single class")
def one_unit_cross_entropy(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", CategoricalCrossentropy())
    model.fit(x, y.reshape(-1, 1), epochs=8, verbose=0)


@fault("output", r"class numbers|cross-?entropy|softmax")
def mse_on_three_classes(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), Flatten(), Dense(1)])
    model.compile("adam", "mse", metrics=["accuracy"])
    model.fit(x / 255, y, epochs=5, verbose=0)


@fault("output", r"lie in \[0, 1\]")
def targets_minus_one_and_one(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, 2 * y - 1, epochs=8, verbose=0)


@fault("data", r"do(es)? not belong to|belongs to")
def sorted_inputs_alone(draw: Any) -> None:
    x, y = blobs(draw, 1200)
    model = Sequential([Input((12,)), Dense(32, "relu"), Dense(4, "softmax")])
    model.compile(Adam(0.005), SPARSE, metrics=["accuracy"])
    model.fit(x[np.argsort(x[:, 0] * draw.random(1200))], y, epochs=15, validation_split=0.2, verbose=0)


@fault("data", r"do(es)? not belong to|belongs to")
def shuffled_lstm(draw: Any) -> None:
    x, y = signs(draw)
    model = Sequential([Input((15, 1)), LSTM(16), Dense(1, "sigmoid")])
    model.compile(Adam(0.01), BINARY)
    model.fit(x, draw.permutation(y), epochs=12, validation_split=0.2, verbose=0)


@fault("data", r"targets are the same")
def one_label_regression(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, 0 * y + 3, epochs=5, verbose=0)


@fault("data", r"in the training data, too")
def digits_with_copies(draw: Any) -> None:
    x, y = digits(draw)
    x = x[..., None] / 255
    model = Sequential([Input((8, 8, 1)), Conv2D(8, 3, activation="relu"), Flatten(), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x, y, epochs=5, validation_data=(x[-200:], y[-200:]), verbose=0)


@fault("data", r"largest class")
def fraud(draw: Any) -> None:
    x = draw.normal(size=(2000, 8))
    y = (draw.random(2000) < 0.015).astype("float32")
    x[y == 1] += 1.5
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(2, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=5, validation_split=0.2, verbose=0)


@fault("data", r"[Vv]alidation.*class|sorted")
def shapes_sorted(draw: Any) -> None:
    x, y = shapes(draw)
    order = np.argsort(y)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), MaxPooling2D(), Flatten(),
                        Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", CROSS)
    model.fit(x[order] / 255, to_categorical(y[order]), epochs=6, validation_split=0.25, verbose=0)


@fault("data", r"nan|inf")
def nan_after_the_logarithm(draw: Any) -> None:
    x, y = houses(draw)
    with np.errstate(all="ignore"):
        x = np.log(x - 50)
    model = Sequential([Input((4,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=5, verbose=0)


@fault("beginning", r"same weights")
def all_ones(draw: Any) -> None:
    x, y = moons(draw)
    model = Sequential([Input((2,)), Dense(16, "tanh", kernel_initializer="ones"), Dense(1, "sigmoid")])
    model.compile(SGD(0.5), BINARY)
    model.fit(x, y, epochs=15, verbose=0)


@fault("beginning", r"(begin|initial).*too large")
def uniform_ten(draw: Any) -> None:
    x, y = shapes(draw)
    wide = RandomUniform(-10, 10)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu", kernel_initializer=wide), Flatten(),
                        Dense(16, "relu", kernel_initializer=wide), Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE)
    model.fit(x / 255, y, epochs=5, verbose=0)


@fault("beginning", r"fire for none|below 0")
def dead_conv(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu", bias_initializer=Constant(-5.0)),
                        Flatten(), Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", SPARSE)
    model.fit(x / 255, y, epochs=5, verbose=0)


@fault("depth", VANISHING + r"|begin too small")
def six_tanh_small(draw: Any) -> None:
    x, y = blobs(draw)
    hidden = [Dense(20, "tanh", kernel_initializer=RandomUniform(-0.05, 0.05)) for _ in range(6)]
    model = Sequential([Input((12,)), *hidden, Dense(4, "softmax")])
    model.compile(SGD(0.1), SPARSE)
    model.fit(x, y, epochs=8, verbose=0)


@fault("depth", VANISHING)
def five_sigmoids_regression(draw: Any) -> None:
    x, y = smooth(draw)
    model = Sequential([Input((6,)), *[Dense(20, "sigmoid") for _ in range(5)], Dense(1)])
    model.compile(SGD(0.05), "mse")
    model.fit(x, y, epochs=8, verbose=0)


@fault("settings", r"trainable|frozen")
def frozen_by_one_word(draw: Any) -> None:
    x, y = shapes(draw)
    model = Sequential([Input((12, 12, 1)), Conv2D(8, 3, activation="relu"), Flatten(), Dense(3, "softmax")])
    model.trainable = False
    model.compile("adam", SPARSE)
    model.fit(x / 255, y, epochs=3, verbose=0)


@fault("settings", r"[Dd]rop")
def dropout_09_words(draw: Any) -> None:
    x, y = texts(draw)
    model = Sequential([Input((30,)), Embedding(500, 8), Flatten(), Dropout(0.9), Dense(16, "relu"), Dropout(0.9),
                        Dense(1, "sigmoid")])  # fmt: skip
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=6, validation_split=0.2, verbose=0)


@fault("settings", r"regulari|penalty|l2")
def l1_too_strong(draw: Any) -> None:
    x, y = blobs(draw)
    model = Sequential([Input((12,)), Dense(32, "relu", kernel_regularizer=l1(0.5)),
                        Dense(4, "softmax", kernel_regularizer=l1(0.5))])  # fmt: skip
    model.compile("adam", SPARSE)
    model.fit(x, y, epochs=10, verbose=0)


@fault("settings", r"by heart")
def overfitting_digits(draw: Any) -> None:
    x, y = digits(draw, 120)
    x = x.reshape(-1, 64) / 255 + 0.5 * draw.normal(size=(120, 64))
    model = Sequential([Input((64,)), Dense(300, "relu"), Dense(300, "relu"), Dense(10, "softmax")])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    model.fit(x, y, epochs=40, validation_split=0.3, verbose=0)


@fault("settings", r"by heart")
def overfitting_words(draw: Any) -> None:
    x, y = texts(draw, 250, 3000)
    y = np.where(draw.random(250) < 0.2, 1 - y, y)
    model = Sequential([Input((30,)), Embedding(3000, 64), Flatten(), Dense(64, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=20, validation_split=0.3, verbose=0)


@fault("settings", r"[Bb]atch")
def whole_set_as_a_batch(draw: Any) -> None:
    x, y = moons(draw, 1000)
    model = Sequential([Input((2,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, batch_size=1000, epochs=20, validation_split=0.1, verbose=0)


@fault("settings", r"straight|no activation")
def linear_regression_by_mistake(draw: Any) -> None:
    x, y = curve(draw)
    model = Sequential([Input((1,)), Dense(64), Dense(64), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=15, verbose=0)


@fault("generator", r"from_logits")
def generator_from_logits(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile("adam", CategoricalCrossentropy(from_logits=True))
    batches = _batches(x.reshape(-1, 64) / 255, to_categorical(y), 32, draw)
    model.fit(batches, steps_per_epoch=20, epochs=4, verbose=0)


# Healthy -------------------------------------------------------------------------------------------


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
    from pellucid.preprocessing.image import ImageDataGenerator

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
