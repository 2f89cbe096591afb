"""Programs as courses have them, each with a mistake, written without a look at the doctor's own cases.

A function here is a program: it makes data, a network, and calls `fit`, once or several times. Beside it stands, as a
regular expression, what a good teacher would say of it: written before the program was first run, but for two of the
second lot, which were too narrow for words that were right. The doctor is on call: it sees only the trainings, as in
`pellucid doctor program.py`.
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
    batches,
    blobs,
    curve,
    digits,
    fault,
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
    Sequential,
)
from pellucid.initializers import (
    Constant,
    RandomNormal,
    RandomUniform,
)
from pellucid.layers import (
    GRU,
    LSTM,
    Activation,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalMaxPooling1D,
    MaxPooling2D,
    SimpleRNN,
)
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from pellucid.optimizers import (
    SGD,
    Adam,
    Nadam,
    RMSprop,
)
from pellucid.regularizers import (
    l1,
    l2,
)
from pellucid.utils import (
    to_categorical,
)

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


# The same mistakes with generators -----------------------------------------------------------------


@fault("generator", SCALE)
def generator_of_bytes(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "sigmoid"), Dense(10, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(batches(x.reshape(-1, 64).astype("float32"), y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)


@fault("generator", TOO_HIGH)
def generator_adam_1(draw: Any) -> None:
    x, y = digits(draw)
    model = Sequential([Input((64,)), Dense(32, "relu"), Dense(10, "softmax")])
    model.compile(Adam(1.0), SPARSE)
    model.fit(batches(x.reshape(-1, 64) / 255, y, 32, draw), steps_per_epoch=30, epochs=5, verbose=0)


# Written when the doctor had been mended for those above ----------------------------------------


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
    stream = batches(x.reshape(-1, 64) / 255, to_categorical(y), 32, draw)
    model.fit(stream, steps_per_epoch=20, epochs=4, verbose=0)
