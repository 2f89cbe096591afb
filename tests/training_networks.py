"""Small trainings, written once for two libraries: k is ours or Keras. No randomness but the first weights.

Each function below builds a network, and says what it is compiled with and what it learns from.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

SAMPLES, HELD_BACK = 44, 12  # the last batch of 16 is a short one
_DRAW = np.random.default_rng(0)


def _normal(*shape: int) -> np.ndarray:
    return _DRAW.normal(size=(SAMPLES + HELD_BACK, *shape)).astype("float32")


def _whole(high: int, *shape: int) -> np.ndarray:
    return _DRAW.integers(0, high, size=(SAMPLES + HELD_BACK, *shape)).astype("int32")


ROWS, WIDE, IMAGES, SERIES, VOLUMES = _normal(6), _normal(4), _normal(10, 9, 3), _normal(7, 4), _normal(5, 6, 4, 2)
REAL, SCORES, SERIES_OUT = _normal(2), _DRAW.uniform(0.05, 1, size=(56, 1)).astype("float32"), _normal(7, 2)
WORDS, LABELS, YES = _whole(12, 8), _whole(3), _whole(2, 1).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
HIDDEN = SERIES.copy()  # sequences that end early, and one step missing in the middle
for _row, _end in enumerate(_DRAW.integers(2, 8, size=len(HIDDEN))):
    HIDDEN[_row, _end:] = 0
HIDDEN[::5, 1] = 0
SENTENCES = np.where(np.arange(8) < _DRAW.integers(1, 9, size=(56, 1)), np.maximum(WORDS, 1), 0).astype("int32")
WEIGHTS = _DRAW.uniform(0.2, 2, size=56).astype("float32")


class Training(NamedTuple):
    """A network, what `fit` gets (x, y and weights for all rows; the last are held back), and how it is compiled."""

    model: Any
    x: Any
    y: Any
    compiled: dict[str, Any]
    fit: Mapping[str, Any] = MappingProxyType({})
    weights: Any = None


NETWORKS: dict[str, Callable[[Any], Training]] = {}


def training(build: Callable[[Any], Training]) -> Callable[[Any], Training]:
    NETWORKS[build.__name__] = build
    return build


@training
def dense_softmax(k: Any) -> Training:
    layers = [k.layers.Dense(9, "tanh"), k.layers.Dense(7, "relu"), k.layers.Dense(3, "softmax")]
    metrics = ["accuracy", k.metrics.AUC(name="auc"), k.metrics.TopKCategoricalAccuracy(2, name="top"), "mse"]
    sgd = k.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
    model = k.Sequential([k.Input((6,)), *layers])
    return Training(model, ROWS, ONE_HOT, {"optimizer": sgd, "loss": "categorical_crossentropy", "metrics": metrics})


@training
def regression(k: Any) -> Training:
    layers = [k.layers.Dense(8, "elu"), k.layers.Dense(8, "selu"), k.layers.Dense(6, "gelu"), k.layers.Dense(2)]
    metrics = ["mae", "cosine_similarity", k.metrics.RootMeanSquaredError(name="rmse"), k.metrics.R2Score(name="r2")]
    model = k.Sequential([k.Input((6,)), *layers])
    return Training(model, ROWS, REAL, {"optimizer": k.optimizers.Adam(0.01), "loss": "mse", "metrics": metrics})


@training
def convolutions_and_pools(k: Any) -> Training:
    layers = [
        k.layers.Conv2D(6, 3, padding="same", activation="relu"),
        k.layers.MaxPooling2D(2),
        k.layers.Conv2D(8, (3, 2), strides=2, padding="same", activation="tanh"),
        k.layers.AveragePooling2D(2, 1, padding="same"),
        k.layers.Flatten(),
        k.layers.Dense(3, "softmax"),
    ]
    model = k.Sequential([k.Input((10, 9, 3)), *layers])
    compiled = {"optimizer": k.optimizers.RMSprop(0.003), "loss": "sparse_categorical_crossentropy"}
    return Training(model, IMAGES, LABELS, {**compiled, "metrics": ["accuracy"]})


@training
def batch_normalization(k: Any) -> Training:
    x = k.Input((10, 9, 3))
    y = k.layers.BatchNormalization(momentum=0.8)(k.layers.Conv2D(5, 3, use_bias=False)(x))
    y = k.layers.ReLU()(y)
    y = k.layers.GlobalAveragePooling2D()(y)
    y = k.layers.BatchNormalization(center=False)(k.layers.Dense(6, use_bias=False)(y))
    y = k.layers.Dense(3, "softmax")(k.layers.LeakyReLU()(y))
    compiled = {"optimizer": k.optimizers.Adam(0.01, amsgrad=True), "metrics": ["accuracy"]}
    return Training(k.Model(x, y), IMAGES, ONE_HOT, {**compiled, "loss": "categorical_crossentropy"})


@training
def layer_normalization_and_residuals(k: Any) -> Training:
    x = k.Input((6,))
    y = k.layers.Dense(8)(x)
    for _ in range(2):
        y = k.layers.Add()([y, k.layers.Dense(8, "silu")(k.layers.LayerNormalization()(y))])
    y = k.layers.Dense(2)(k.layers.LayerNormalization(scale=False)(y))
    optimizer = k.optimizers.AdamW(0.01, weight_decay=0.05)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta"])
    return Training(k.Model(x, y), ROWS, REAL, {"optimizer": optimizer, "loss": k.losses.Huber(0.7)})


@training
def group_normalization_and_slopes(k: Any) -> Training:
    layers = [
        k.layers.Conv1D(8, 3, dilation_rate=2, padding="same"),
        k.layers.GroupNormalization(4),
        k.layers.PReLU(shared_axes=[1]),
        k.layers.AveragePooling1D(2),
        k.layers.Conv1D(6, 2, groups=2, activation="swish"),
        k.layers.GlobalMaxPooling1D(),
        k.layers.Dense(2),
    ]
    model = k.Sequential([k.Input((7, 4)), *layers])
    return Training(model, SERIES, REAL, {"optimizer": k.optimizers.Lamb(0.01), "loss": "log_cosh"})


@training
def embedding_and_conv1d(k: Any) -> Training:
    layers = [
        k.layers.Embedding(12, 5),
        k.layers.Conv1D(6, 3, padding="causal", activation="relu"),
        k.layers.GlobalMaxPooling1D(),
        k.layers.Dense(1, "sigmoid"),
    ]
    metrics = ["accuracy", k.metrics.Precision(name="p"), k.metrics.Recall(name="r"), k.metrics.AUC(name="auc")]
    compiled = {"optimizer": k.optimizers.Adagrad(0.1), "loss": "binary_crossentropy", "metrics": metrics}
    return Training(k.Sequential([k.Input((8,), dtype="int32"), *layers]), WORDS, YES, compiled)


@training
def simple_rnn(k: Any) -> Training:
    layers = [
        k.layers.SimpleRNN(5, return_sequences=True),
        k.layers.SimpleRNN(4, activation="relu", go_backwards=True),
        k.layers.Dense(2),
    ]
    model = k.Sequential([k.Input((7, 4)), *layers])
    return Training(model, SERIES, REAL, {"optimizer": k.optimizers.Adadelta(1.0), "loss": "mae", "metrics": ["mse"]})


@training
def lstm_of_sentences(k: Any) -> Training:
    layers = [k.layers.Embedding(12, 5, mask_zero=True), k.layers.LSTM(6), k.layers.Dense(1, "sigmoid")]
    model = k.Sequential([k.Input((8,), dtype="int32"), *layers])
    compiled = {"optimizer": k.optimizers.Nadam(0.02), "loss": "binary_crossentropy", "metrics": ["accuracy"]}
    return Training(model, SENTENCES, YES, compiled)


@training
def gru_of_both_kinds(k: Any) -> Training:
    layers = [
        k.layers.Masking(),
        k.layers.GRU(5, return_sequences=True),
        k.layers.GRU(4, reset_after=False, activation="softsign"),
        k.layers.Dense(3, "softmax"),
    ]
    model = k.Sequential([k.Input((7, 4)), *layers])
    compiled = {"optimizer": k.optimizers.Adamax(0.02), "loss": "sparse_categorical_crossentropy"}
    return Training(
        model, HIDDEN, LABELS, {**compiled, "metrics": ["accuracy", k.metrics.SparseTopKCategoricalAccuracy(2)]}
    )


@training
def bidirectional(k: Any) -> Training:
    layers = [
        k.layers.Masking(),
        k.layers.Bidirectional(k.layers.LSTM(4, return_sequences=True)),
        k.layers.Bidirectional(k.layers.GRU(3), merge_mode="sum"),
        k.layers.Dense(2),
    ]
    model = k.Sequential([k.Input((7, 4)), *layers])
    adam = k.optimizers.Adam(0.01, global_clipnorm=0.5)
    return Training(model, HIDDEN, REAL, {"optimizer": adam, "loss": "mse"})


@training
def masked_sequence_to_sequence(k: Any) -> Training:
    """The loss and its metrics pass over the steps that the mask hides; each step has a weight of its own."""
    layers = [
        k.layers.Masking(),
        k.layers.LSTM(5, return_sequences=True, unit_forget_bias=False),
        k.layers.TimeDistributed(k.layers.Dense(2)),
    ]
    model = k.Sequential([k.Input((7, 4)), *layers])
    compiled = {"optimizer": k.optimizers.SGD(0.05, clipnorm=0.3), "loss": "mse", "metrics": ["mae"]}
    weights = WEIGHTS[:, None] * np.linspace(0.5, 1.5, 7, dtype="float32")
    return Training(model, HIDDEN, SERIES_OUT, {**compiled, "weighted_metrics": ["mae"]}, weights=weights)


@training
def many_inputs_and_outputs(k: Any) -> Training:
    rows, wide = k.Input((6,), name="rows"), k.Input((4,), name="wide")
    joined = k.layers.Concatenate()([k.layers.Dense(6, "relu")(rows), k.layers.Dense(5, "tanh")(wide)])
    real = k.layers.Dense(2, name="real")(joined)
    kind = k.layers.Dense(3, "softmax", name="kind")(k.layers.Multiply()([joined, k.layers.Dense(11)(wide)]))
    compiled = {
        "optimizer": k.optimizers.RMSprop(0.005, centered=True, momentum=0.5),
        "loss": {"real": "mse", "kind": "categorical_crossentropy"},
        "loss_weights": {"real": 0.3, "kind": 2.0},
        "metrics": {"real": ["mae"], "kind": ["accuracy", "categorical_crossentropy"]},
    }
    model = k.Model({"wide": wide, "rows": rows}, {"real": real, "kind": kind})
    return Training(model, {"rows": ROWS, "wide": WIDE}, {"real": REAL, "kind": ONE_HOT}, compiled)


@training
def mixed_losses(k: Any) -> Training:
    """Five outputs with five losses, weighted sample by sample."""
    x = k.Input((6,))
    y = k.layers.Dense(8, "tanh")(x)
    kinds = [(1, "linear"), (3, "linear"), (1, "softplus"), (1, "sigmoid"), (3, "softmax")]
    outputs = [k.layers.Dense(units, kind, name=f"out_{i}")(y) for i, (units, kind) in enumerate(kinds)]
    losses = [
        "hinge",
        k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        "poisson",
        k.losses.BinaryFocalCrossentropy(gamma=1.5),
        "kl_divergence",
    ]
    metrics = [
        ["hinge"],
        ["accuracy"],
        ["mean_squared_logarithmic_error"],
        [k.metrics.BinaryAccuracy(name="b", threshold=0.4)],
        ["kl_divergence"],
    ]
    compiled = {"optimizer": k.optimizers.Ftrl(0.1, l2_regularization_strength=0.01), "loss": losses}
    answers = [YES, ONE_HOT, SCORES, YES, ONE_HOT]
    return Training(k.Model(x, outputs), ROWS, answers, {**compiled, "metrics": metrics}, weights=[WEIGHTS] * 5)


@training
def shared_layers(k: Any) -> Training:
    one, other, shared = k.Input((6,)), k.Input((6,)), k.layers.Dense(5, "tanh")
    norm = k.layers.BatchNormalization()
    apart = k.layers.Subtract()([norm(shared(one)), norm(shared(other))])
    near = k.layers.Dot(1, normalize=True)([shared(one), shared(other)])
    y = k.layers.Dense(1, "sigmoid")(k.layers.Concatenate()([apart, near]))
    compiled = {"optimizer": k.optimizers.Lion(0.003), "loss": "binary_crossentropy", "metrics": ["accuracy"]}
    return Training(k.Model([one, other], y), [ROWS, ROWS[::-1].copy()], YES, compiled)


@training
def nested_models(k: Any) -> Training:
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(5, "relu"), k.layers.BatchNormalization()], name="inner")
    a = k.Input((5,))
    middle = k.Model(a, k.layers.Add()([a, k.layers.Dense(5, "tanh")(a)]), name="middle")
    x, z = k.Input((4,)), k.Input((4,))
    y = k.layers.Maximum()([middle(inner(x)), middle(k.layers.Dense(5)(z))])
    model = k.Model([x, z], k.layers.Dense(3)(y))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    adafactor = k.optimizers.Adafactor(0.02)
    compiled = {"optimizer": adafactor, "loss": loss, "metrics": ["sparse_categorical_accuracy"]}
    return Training(model, [WIDE, WIDE * WIDE], LABELS, compiled)


@training
def regularizers_and_constraints(k: Any) -> Training:
    layers = [
        k.layers.Dense(8, "relu", kernel_regularizer=k.regularizers.L1L2(0.01, 0.02), bias_regularizer="l1"),
        k.layers.Dense(8, "tanh", kernel_constraint=k.constraints.MaxNorm(0.8), activity_regularizer="l2"),
        k.layers.Dense(6, kernel_regularizer=k.regularizers.OrthogonalRegularizer(0.01, mode="columns")),
        k.layers.Dense(5, "sigmoid", kernel_constraint="unit_norm", bias_constraint="non_neg"),
        k.layers.Dense(2, kernel_constraint=k.constraints.MinMaxNorm(0.2, 0.9, rate=0.5)),
    ]
    model = k.Sequential([k.Input((6,)), *layers])
    return Training(model, ROWS, REAL, {"optimizer": k.optimizers.SGD(0.1, weight_decay=0.01), "loss": "mse"})


@training
def class_weights(k: Any) -> Training:
    model = k.Sequential([k.Input((6,)), k.layers.Dense(6, "relu"), k.layers.Dense(3, "softmax")])
    compiled = {"optimizer": k.optimizers.Adam(0.02, clipvalue=0.05), "loss": "sparse_categorical_crossentropy"}
    judged = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}
    return Training(model, ROWS, LABELS, {**compiled, **judged}, {"class_weight": {0: 0.5, 1: 2.0, 2: 1.25}})


@training
def sample_weights(k: Any) -> Training:
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), k.layers.Dense(2)])
    adam = k.optimizers.Adam(0.01, gradient_accumulation_steps=2)
    compiled = {"optimizer": adam, "loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mse", "mae"]}
    return Training(model, ROWS, REAL, compiled, weights=WEIGHTS)


@training
def schedules(k: Any) -> Training:
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), k.layers.Dense(2)])
    rate = k.optimizers.schedules.CosineDecay(0.01, 6, alpha=0.1, warmup_target=0.1, warmup_steps=3)
    return Training(model, ROWS, REAL, {"optimizer": k.optimizers.SGD(rate, momentum=0.9), "loss": "mse"})


@training
def moving_average_of_weights(k: Any) -> Training:
    """Every third step the average takes the weights' place."""
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), k.layers.Dense(2)])
    adam = k.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3)
    return Training(model, ROWS, REAL, {"optimizer": adam, "loss": "mse"})


@training
def moving_average_at_the_end(k: Any) -> Training:
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), k.layers.Dense(2)])
    sgd = k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8)
    return Training(model, ROWS, REAL, {"optimizer": sgd, "loss": "mse"})


@training
def frozen_layers(k: Any) -> Training:
    base = k.Sequential([k.Input((10, 9, 3)), k.layers.Conv2D(4, 3), k.layers.BatchNormalization()], name="base")
    base.trainable = False
    x = k.Input((10, 9, 3))
    y = k.layers.GlobalAveragePooling2D()(base(x))
    y = k.layers.BatchNormalization()(k.layers.Dense(5, "relu", trainable=False)(y))
    y = k.layers.Dense(3, "softmax")(y)
    compiled = {"optimizer": k.optimizers.Adam(0.02), "loss": "categorical_crossentropy", "metrics": ["accuracy"]}
    return Training(k.Model(x, y), IMAGES, ONE_HOT, compiled)


@training
def added_losses(k: Any) -> Training:
    """A layer of one's own, with a loss and a state of its own."""

    class Centred(k.layers.Layer):  # type: ignore[misc,name-defined]
        def build(self, shape: Any) -> None:
            self.shift = self.add_weight(shape=(shape[-1],), initializer="zeros", name="shift")
            self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")

        def call(self, x: Any, training: Any = None) -> Any:
            y = x - self.shift
            self.add_loss(0.3 * k.ops.mean(k.ops.square(y)))
            if training:
                self.seen.assign(0.9 * self.seen + 0.1 * k.ops.mean(x))
            return y

    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), Centred(), k.layers.Dense(2)])
    return Training(model, ROWS, REAL, {"optimizer": k.optimizers.Adam(0.02), "loss": "mse", "metrics": ["mae"]})


@training
def losses_of_ones_own(k: Any) -> Training:
    def distance(y_true: Any, y_pred: Any) -> Any:
        return k.ops.mean(k.ops.sqrt(1 + k.ops.square(y_true - y_pred)) - 1, axis=-1)

    class Tilted(k.losses.Loss):  # type: ignore[misc,name-defined]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            error = y_true - y_pred
            return k.ops.mean(k.ops.maximum(0.7 * error, -0.3 * error), axis=-1)

    def largest(y_true: Any, y_pred: Any) -> Any:
        return k.ops.max(k.ops.abs(y_true - y_pred), axis=-1)

    x = k.Input((6,))
    y = k.layers.Dense(6, "tanh")(x)
    model = k.Model(x, [k.layers.Dense(2, name="near")(y), k.layers.Dense(1, name="tilted")(y)])
    compiled = {"optimizer": k.optimizers.Adam(0.02), "loss": [distance, Tilted()], "metrics": [[largest], ["mae"]]}
    return Training(model, ROWS, [REAL, SCORES], {**compiled, "loss_weights": [1.0, 0.5]})


@training
def subclassed_model(k: Any) -> Training:
    class Net(k.Model):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm = k.layers.Dense(6, "relu"), k.layers.BatchNormalization()
            self.blocks = [k.layers.Dense(6, "tanh") for _ in range(2)]
            self.last = k.layers.Dense(3)

        def call(self, x: Any, training: Any = None) -> Any:
            y = self.norm(self.first(x), training=training)
            for block in self.blocks:
                y = y + block(y)
            return k.ops.softmax(self.last(y))

    model = Net()
    model(ROWS[:2].astype(k.backend.floatx()))
    compiled = {"optimizer": k.optimizers.Nadam(0.01), "loss": "sparse_categorical_crossentropy"}
    return Training(model, ROWS, LABELS, {**compiled, "metrics": ["accuracy"]})


@training
def autoencoder(k: Any) -> Training:
    layers = [
        k.layers.ZeroPadding2D(((1, 1), (1, 2))),
        k.layers.Conv2D(4, 3, strides=2, activation="relu"),
        k.layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu"),
        k.layers.Cropping2D(((0, 0), (0, 1))),
        k.layers.UpSampling2D(2, interpolation="bilinear"),
        k.layers.AveragePooling2D(2),
        k.layers.Conv2D(3, 1, activation="sigmoid"),
    ]
    model = k.Sequential([k.Input((10, 9, 3)), *layers])
    pixels = 1 / (1 + np.exp(-IMAGES))
    return Training(model, pixels, pixels, {"optimizer": k.optimizers.Muon(0.01), "loss": "binary_crossentropy"})


@training
def separable_convolutions(k: Any) -> Training:
    layers = [
        k.layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="relu"),
        k.layers.DepthwiseConv2D(3, padding="same", activation="hard_sigmoid"),
        k.layers.GlobalMaxPooling2D(),
        k.layers.Dense(3, "softmax"),
    ]
    model = k.Sequential([k.Input((10, 9, 3)), *layers])
    adam = k.optimizers.LossScaleOptimizer(k.optimizers.Adam(0.01))
    return Training(model, IMAGES, ONE_HOT, {"optimizer": adam, "loss": "categorical_crossentropy"})


@training
def volumes(k: Any) -> Training:
    layers = [
        k.layers.Conv3D(4, 2, activation="relu"),
        k.layers.MaxPooling3D(2, padding="same"),
        k.layers.Conv3DTranspose(3, 2),
        k.layers.GlobalAveragePooling3D(),
        k.layers.Dense(2),
    ]
    model = k.Sequential([k.Input((5, 6, 4, 2)), *layers])
    return Training(model, VOLUMES, REAL, {"optimizer": k.optimizers.SGD(0.05), "loss": "mse", "metrics": ["mape"]})


@training
def attention(k: Any) -> Training:
    x = k.Input((8,), dtype="int32")
    y = k.layers.Embedding(12, 6, mask_zero=True)(x)
    y = k.layers.LayerNormalization()(k.layers.Add()([y, k.layers.MultiHeadAttention(2, 3)(y, y)]))
    y = k.layers.GlobalAveragePooling1D()(k.layers.Dense(6, "gelu")(y))
    model = k.Model(x, k.layers.Dense(1, "sigmoid")(y))
    compiled = {"optimizer": k.optimizers.AdamW(0.02), "loss": "binary_crossentropy"}
    return Training(model, SENTENCES, YES, {**compiled, "metrics": ["binary_accuracy"]})


@training
def schedule_free(k: Any) -> Training:
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, "tanh"), k.layers.Dense(2)])
    optimizer = k.optimizers.ScheduleFreeAdamW(0.02, warmup_steps=4)
    return Training(model, ROWS, REAL, {"optimizer": optimizer, "loss": "mse"})


@training
def stateful_layers(k: Any) -> Training:
    x = k.Input(batch_shape=(4, 7, 4))
    y = k.layers.LSTM(4, stateful=True, return_sequences=True)(x)
    model = k.Model(x, k.layers.Dense(2)(k.layers.GRU(3, stateful=True)(y)))
    compiled = {"optimizer": k.optimizers.Adam(0.02), "loss": "mse"}
    return Training(model, SERIES, REAL, compiled, {"batch_size": 4, "validation_batch_size": 4})


@training
def convolutional_lstm(k: Any) -> Training:
    layers = [
        k.layers.Reshape((5, 6, 4, 2)),
        k.layers.ConvLSTM2D(3, (3, 2), padding="same"),
        k.layers.Flatten(),
        k.layers.Dense(2, kernel_regularizer=k.regularizers.L1L2(0.01, 0.01)),
    ]
    model = k.Sequential([k.Input((5, 6, 4, 2)), *layers])
    return Training(model, VOLUMES, REAL, {"optimizer": k.optimizers.Adam(0.01), "loss": "mse"})


@training
def callbacks_that_steer(k: Any) -> Training:
    """The rate is set by epoch, then lowered on a plateau; the best weights come back at the end."""
    callbacks = [
        k.callbacks.LearningRateScheduler(lambda epoch, rate: 0.8 if epoch == 1 else rate * 0.9),
        k.callbacks.ReduceLROnPlateau("loss", factor=0.3, patience=1, min_delta=0.5),
        k.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
    ]
    model = k.Sequential([k.Input((6,)), k.layers.Dense(9, "tanh"), k.layers.Dense(2)])
    compiled = {"optimizer": k.optimizers.SGD(0.2, momentum=0.5), "loss": "mse"}
    return Training(model, ROWS, REAL, compiled, {"callbacks": callbacks, "epochs": 8})


@training
def short_epochs(k: Any) -> Training:
    """Epochs that end before the data, from a later first epoch, with validation every other time."""
    model = k.Sequential([k.Input((6,)), k.layers.Dense(9, "tanh"), k.layers.Dense(2)])
    compiled = {"optimizer": k.optimizers.Adam(0.02), "loss": "mse", "metrics": ["mae"]}
    fit = {
        "batch_size": 4,
        "initial_epoch": 2,
        "epochs": 6,
        "steps_per_epoch": 2,
        "validation_freq": 2,
        "validation_steps": 1,
    }
    return Training(model, ROWS, REAL, compiled, fit)
