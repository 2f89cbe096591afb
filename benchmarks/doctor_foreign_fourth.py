"""A fourth lot of programs: columns that give the answer away, targets apart from their inputs without validation data,
lone errors in the inputs, sequences reshaped where they should have been transposed; and sound programs that look much
like them.
"""

from typing import Any

import numpy as np

from doctor_foreign_data import BINARY, SCALE, SPARSE, fault, healthy
from pellucid import Input, Sequential
from pellucid.layers import GRU, LSTM, BatchNormalization, Conv1D, Dense, Flatten, SimpleRNN
from pellucid.optimizers import SGD, Adam, RMSprop

LEAK, APART = r"gives the target away|is the target itself", r"do(es)? not belong to|belongs to"
EXCHANGED = r"transpose"


def sensors(draw: Any, count: int = 400, series: int = 5, time: int = 32, noise: float = 0.05) -> Any:
    """(count, series, time) slow waves; of the second class they are faster."""
    y = draw.integers(0, 2, count)
    speed = (0.15 + 0.15 * y)[:, None, None] * draw.uniform(0.8, 1.2, (count, series, 1))
    phase = draw.uniform(0, 2 * np.pi, (count, series, 1))
    level = np.linspace(-1, 1, series)[None, :, None]
    x = np.sin(np.arange(time) * speed + phase) + level + noise * draw.normal(size=(count, series, time))
    return x.astype("float32"), y


def table(draw: Any, count: int = 800, columns: int = 8, noise: float = 1.0) -> Any:
    """Columns of which three tell, not surely, which class it is."""
    x = draw.normal(size=(count, columns))
    y = x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + noise * draw.normal(size=count) > 0
    return x.astype("float32"), y.astype("float32")


# Columns that give the answer away ------------------------------------------------------------------


@fault("fourth lot", LEAK)
def refund_column(draw: Any) -> None:
    x, y = table(draw, noise=2.0)
    refund = np.where(y, draw.normal(40, 1.5, len(y)), draw.normal(0, 1.5, len(y)))
    x[:, 6] = (refund - refund.mean()) / refund.std()
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=10, verbose=0)


@fault("fourth lot", LEAK)
def class_number_with_jitter(draw: Any) -> None:
    x, y = table(draw, columns=12)
    x[:, 11] = y - 0.5 + 0.03 * draw.normal(size=len(y))
    model = Sequential([Input((12,)), Dense(24, "tanh"), Dense(2, "softmax")])
    model.compile(RMSprop(2e-3), SPARSE)
    model.fit(x, y.astype(int), epochs=8, batch_size=16, validation_split=0.2, verbose=0)


@fault("fourth lot", LEAK)
def churn_last_login(draw: Any) -> None:
    x, y = table(draw, count=1500, columns=20, noise=1.5)
    x[:, 3] = 2 * y - 1 + draw.uniform(-0.12, 0.12, len(y))
    model = Sequential([Input((20,)), Dense(32, "relu"), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile(Adam(3e-3), BINARY)
    model.fit(x, y, epochs=6, batch_size=32, validation_split=0.25, verbose=0)


# Targets apart from their inputs, and no validation data ----------------------------------------------


@fault("fourth lot", APART)
def ages_sorted(draw: Any) -> None:
    x = draw.normal(size=(600, 8))
    y = np.sort(x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.1 * draw.normal(size=600))
    model = Sequential([Input((8,)), Dense(24, "relu"), Dense(1)])
    model.compile(Adam(0.01), "mse")
    model.fit(x, y, epochs=15, batch_size=20, verbose=0)


@fault("fourth lot", APART)
def sales_of_another_table(draw: Any) -> None:
    x = draw.normal(size=(900, 6))
    y = (x @ draw.normal(size=6))[draw.permutation(900)]
    model = Sequential([Input((6,)), Dense(32, "tanh"), Dense(1)])
    model.compile(RMSprop(5e-3), "mae")
    model.fit(x, y, epochs=12, batch_size=30, verbose=0)


@fault("fourth lot", APART)
def classes_one_row_on(draw: Any) -> None:
    y = draw.integers(0, 4, 800)
    x = draw.normal(size=(4, 10))[y] + 0.5 * draw.normal(size=(800, 10))
    model = Sequential([Input((10,)), Dense(12, "relu"), Dense(4, "softmax")])
    model.compile(Adam(2e-3), SPARSE)
    model.fit(x, np.roll(y, 1), epochs=15, batch_size=25, verbose=0)


# Lone errors in the inputs ----------------------------------------------------------------------------


@fault("fourth lot", SCALE)
def missing_as_99999(draw: Any) -> None:
    x, y = table(draw, count=900)
    x[draw.integers(0, 900, 3), 4] = 99_999
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=8, verbose=0)


# Sequences reshaped where they should have been transposed --------------------------------------------


@fault("fourth lot", EXCHANGED)
def sensors_reshaped(draw: Any) -> None:
    x, y = sensors(draw)
    model = Sequential([Input((32, 5)), LSTM(12), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x.reshape(400, 32, 5), y, epochs=4, verbose=0)


@fault("fourth lot", EXCHANGED)
def many_sensors_reshaped(draw: Any) -> None:
    x, y = sensors(draw, count=300, series=9, time=25)
    model = Sequential([Input((25, 9)), BatchNormalization(), GRU(12), Dense(2, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x.reshape(300, 25, 9), y, epochs=4, verbose=0)


@fault("fourth lot", EXCHANGED)
def walks_reshaped(draw: Any) -> None:
    walk = np.cumsum(0.1 * draw.normal(size=(300, 4, 50)), axis=2) + draw.normal(size=(1, 4, 1))
    y = walk[:, 0, -1] > walk[:, 1, -1]
    model = Sequential([Input((50, 4)), Conv1D(8, 5, activation="relu"), Flatten(), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(walk.reshape(300, 50, 4), y, epochs=5, verbose=0)


# Sound -------------------------------------------------------------------------------------------------


@healthy("fourth lot")
def sensors_transposed(draw: Any) -> None:
    x, y = sensors(draw)
    model = Sequential([Input((32, 5)), LSTM(12), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x.transpose(0, 2, 1), y, epochs=6, verbose=0)


@healthy("fourth lot")
def a_jolt_half_way(draw: Any) -> None:
    x, y = sensors(draw, series=3, time=30, noise=0.02)
    x[:, :, 15:] += 2.0 * y[:, None, None]
    model = Sequential([Input((30, 3)), GRU(8), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x.transpose(0, 2, 1), y, epochs=5, verbose=0)


@healthy("fourth lot")
def a_switch_at_each_third(draw: Any) -> None:
    y = draw.integers(0, 2, 400)
    steps = np.repeat(draw.normal(size=(400, 3)) + y[:, None], 10, axis=1)  # at 10 and 20 of 30
    x = steps[:, :, None] + 0.02 * draw.normal(size=(400, 30, 3)) + np.array([0.0, 0.1, 0.2])
    model = Sequential([Input((30, 3)), SimpleRNN(8), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=5, verbose=0)


@healthy("fourth lot")
def sound_in_frames(draw: Any) -> None:
    y = draw.integers(0, 2, 400)
    pitch = np.where(y, 0.35, 0.25)[:, None] * draw.uniform(0.9, 1.1, (400, 1))
    wave = np.sin(np.arange(320) * pitch + draw.uniform(0, 6, (400, 1))) + 0.05 * draw.normal(size=(400, 320))
    model = Sequential([Input((20, 16)), GRU(12), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(wave.reshape(400, 20, 16), y, epochs=6, verbose=0)


@healthy("fourth lot")
def picture_rows_in_time(draw: Any) -> None:
    y = draw.integers(0, 2, 500)
    x = np.zeros((500, 20, 12))
    rows, columns = draw.integers(2, 14, 500), draw.integers(2, 7, 500)
    for one, (label, row, column) in enumerate(zip(y, rows, columns, strict=True)):
        x[one, row : row + 4 + label, column : column + 4 - label] = 1
    model = Sequential([Input((20, 12)), LSTM(16), Dense(1, "sigmoid")])
    model.compile(Adam(5e-3), BINARY)
    model.fit(x, y, epochs=8, verbose=0)


@healthy("fourth lot")
def spectrogram_conv1d(draw: Any) -> None:
    y = draw.integers(0, 3, 450)
    bands = np.exp(-((np.arange(24)[None, :] - 6 * y[:, None] - 5) ** 2) / 8.0)
    x = bands[:, None, :] * draw.uniform(0.5, 1.5, (450, 40, 1)) + 0.05 * draw.random((450, 40, 24))
    model = Sequential([Input((40, 24)), Conv1D(8, 5, activation="relu"), Flatten(), Dense(3, "softmax")])
    model.compile("adam", SPARSE)
    model.fit(x, y, epochs=4, verbose=0)


@healthy("fourth lot")
def three_times_ten_channels(draw: Any) -> None:
    y = draw.integers(0, 2, 400)
    level = np.repeat(np.array([-1.0, 0.0, 1.0]), 10)
    drift = np.cumsum(0.1 * draw.normal(size=(400, 10, 1)), axis=1) * (1 + y[:, None, None])
    x = level + drift + 0.02 * draw.normal(size=(400, 10, 30))
    model = Sequential([Input((10, 30)), GRU(12), Dense(1, "sigmoid")])
    model.compile(Adam(3e-3), BINARY)
    model.fit(x, y, epochs=8, verbose=0)


@healthy("fourth lot")
def clouds_far_apart(draw: Any) -> None:
    y = draw.integers(0, 2, 700)
    x = draw.uniform(-10, 10, (2, 6))[y] + draw.normal(size=(700, 6))
    x = (x - x.mean(0)) / x.std(0)
    model = Sequential([Input((6,)), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("fourth lot")
def one_telling_measure_of_four(draw: Any) -> None:
    y = draw.integers(0, 2, 500)
    x = draw.normal(size=(500, 4))
    x[:, 2] = 3.0 * (2 * y - 1) + 0.4 * draw.normal(size=500)
    model = Sequential([Input((4,)), Dense(6, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(0.1), BINARY)
    model.fit(x, y, epochs=10, verbose=0)


@healthy("fourth lot")
def a_strong_test_among_weak_ones(draw: Any) -> None:
    x, y = table(draw, columns=10)
    x[:, 5] = 2 * y - 1 + 0.35 * draw.normal(size=len(y))
    model = Sequential([Input((10,)), Dense(12, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY, metrics=["accuracy"])
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0)


@healthy("fourth lot")
def price_by_area_mostly(draw: Any) -> None:
    x = draw.normal(size=(600, 7))
    y = 2 * x[:, 1] + 0.2 * x[:, 4] + 0.1 * draw.normal(size=600)
    model = Sequential([Input((7,)), Dense(16, "relu"), Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=15, validation_split=0.2, verbose=0)


@healthy("fourth lot")
def a_slow_start(draw: Any) -> None:
    x = draw.uniform(-1, 1, (800, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype("float32")
    model = Sequential([Input((2,)), Dense(12, "tanh"), Dense(12, "tanh"), Dense(1, "sigmoid")])
    model.compile(SGD(0.1), BINARY)
    model.fit(x, y, epochs=60, batch_size=16, verbose=0)


@healthy("fourth lot")
def a_weak_signal(draw: Any) -> None:
    x = draw.normal(size=(3000, 5))
    y = 0.45 * x[:, 0] + 0.3 * x[:, 1] * x[:, 2] + draw.normal(size=3000)
    model = Sequential([Input((5,)), Dense(16, "relu"), Dense(1)])
    model.compile(Adam(2e-3), "mse")
    model.fit(x, y, epochs=10, batch_size=32, verbose=0)


@healthy("fourth lot")
def far_from_the_mean_at_first(draw: Any) -> None:
    x = draw.normal(size=(800, 4))
    y = 6 + x[:, 0] - 0.5 * x[:, 1] + 0.2 * draw.normal(size=800)
    model = Sequential([Input((4,)), Dense(16, "relu"), Dense(1)])
    model.compile(Adam(3e-3), "mse")
    model.fit(x, y, epochs=12, batch_size=20, verbose=0)


@healthy("fourth lot")
def rare_large_amounts(draw: Any) -> None:
    x, y = table(draw, count=1200)
    x[:, 7] = draw.lognormal(0, 1.0, 1200) - 1.6
    model = Sequential([Input((8,)), Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", BINARY)
    model.fit(x, y, epochs=8, verbose=0)
