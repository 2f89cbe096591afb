"""Whose defaults a program means: those of the Keras that it was written for.

    "keras 2"     keras by itself until 2.2, and TensorFlow 1's: the gates of LSTM and GRU are hard sigmoids, Adadelta's
                  rate is 1.0, a frozen BatchNormalization still normalizes by the batch while training,
                  numpy.random.seed settles the first weights, too, layers are counted from 1 (dense_1, dense_2), and
                  the log says acc and mean_absolute_error, and predict says nothing
    "tf.keras"    TensorFlow 2's, and Keras until 2.15: today's defaults; hard_sigmoid still is 0.2 x + 0.5, and
                  models and inputs are called model, model_1 and input_1, input_2
    "keras 3"     today's

A program says nowhere which Keras it means, but its words tell: `nb_epoch` and `lr=` are of old, `keras.ops` is new.
One that says nothing of the kind means what the Keras of today makes of it.
"""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..activations import keras_2_hard_sigmoid
from ..backend.functions import batch_dot_of_keras_2
from ..config import image_data_format, set_image_data_format
from ..layers import GRU, LSTM, BatchNormalization, GRUCell, Layer, LSTMCell
from ..layers.told import names
from ..metrics.identifiers import names_in_the_log
from ..model import Model
from ..optimizers import Adadelta, Adagrad, Adamax, Nadam
from ..random import follow_numpy
from ..registry import custom_object_scope
from ..training import predict

ERAS = ("keras 2", "tf.keras", "keras 3")

DEFAULTS_OF_KERAS_2: dict[tuple[Any, str], Any] = {
    (Adadelta, "learning_rate"): 1.0,
    (Adagrad, "learning_rate"): 0.01,
    (Adamax, "learning_rate"): 0.002,
    (Nadam, "learning_rate"): 0.002,
    (LSTM, "recurrent_activation"): "hard_sigmoid",
    (LSTMCell, "recurrent_activation"): "hard_sigmoid",
    (GRU, "recurrent_activation"): "hard_sigmoid",
    (GRUCell, "recurrent_activation"): "hard_sigmoid",
    (GRU, "reset_after"): False,
    (GRUCell, "reset_after"): False,
    (predict, "verbose"): 0,
}
"""Arguments of constructors and of `predict` whose defaults were others, and what they were."""

NAMES_OF_KERAS_2 = {
    "accuracy": "acc", "mae": "mean_absolute_error", "MAE": "mean_absolute_error", "mse": "mean_squared_error",
    "MSE": "mean_squared_error", "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error",
}  # fmt: skip
"""What the log called metrics until Keras 2.2."""

_STEMS = {"input_layer": "input", "functional": "model"}  # what automatic names said before Keras 3
_STEMS_FROM_1 = ("input",)  # and of these, the ones that TensorFlow 2 counted from 1
_LOG_OF_2_3 = re.compile(r"['\"{]val_(accuracy|mae|mse)\b|\w\[['\"](accuracy|mae|mse)['\"]\]")
"""Signs that the log says what `compile` was told, as since Keras 2.3."""

_OF_OLD = re.compile(
    r"\b(nb_epochs?|nb_filter|nb_row|nb_col|border_mode|dim_ordering|image_dim_ordering|samples_per_epoch|show_accuracy"
    r"|output_dim|inner_init|Convolution[123]D|W_regularizer|np_utils|vis_utils|visualize_util|fit_generator"
    r"|predict_classes|predict_proba|set_image_data_format)\b"
    r"|\bkeras\.layers\.(core|convolutional|pooling|recurrent|embeddings|normalization|advanced_activations|wrappers"
    r"|noise|merge)\b|\bkeras\.(wrappers|engine|legacy|objectives)\b|\blr\s*=|['\"](val_)?acc['\"]"
    r"|['\"]val_mean_(absolute|squared)_error['\"]|\bkeras\.preprocessing\.text\b|\bImageDataGenerator\b"
    r"|\bfrom (__future__|six\b|keras\.preprocessing import [^\n]*\btext)\b|\bAdadelta\(\)|['\"]adadelta['\"]"
    r"|\bK\.(sum|mean|square|sqrt|exp|log|abs|max|maximum|dot|batch_dot|shape|int_shape|variable|function|gradients"
    r"|get_value|set_value|random_normal|learning_phase|ctc_batch_cost|get_session|set_session)\b"
)
_KERAS_ALONE = re.compile(r"^\s*(from\s+keras\b|import\s+keras\b)", re.MULTILINE)
_KERAS_3 = re.compile(r"\bkeras\.(ops|random|saving)\b|from keras import [^\n]*\b(ops|random|saving)\b|KERAS_BACKEND")
_TENSORFLOW_1 = re.compile(
    r"\btf\.(Session|ConfigProto|GPUOptions|set_random_seed|placeholder|contrib|enable_eager_execution|app|train)\b"
    r"|\btensorflow\.(contrib|layers)\b"
)
_TENSORFLOW_2 = re.compile(r"\btf\.(random\.set_seed|config|data|function|GradientTape)\b|\btf\.keras\b")

_PICTURES = re.compile(r"\b(Conv(olution)?2D|MaxPooling2D|ZeroPadding2D)\b")
_ORDER_SAID = re.compile(r"dim_ordering|data_format|channels_(first|last)|TimeDistributed|ConvLSTM")
_CHANNELS_FIRST = re.compile(
    r"shape\s*=\s*\(\s*([13]|\w*channels?\w*|\w*chns?)\s*,\s*(?![13]\b)\w+\s*,\s*(?![13]\b|\w*channels?\b)\w+\s*,?\s*\)"
    r"|\breshape\(\s*\(?\s*[\w.()\[\]-]+\s*,\s*[13]\s*,\s*(?![13]\b)\w+\s*,\s*(?![13]\b)\w+\s*\)"
)
"""Signs of Theano's order of the axes: input_shape=(3, 224, 224), X.reshape(n, 1, 28, 28)."""


def era_of(source: str) -> str:
    """The era that a program's words tell of.

    >>> era_of("from keras.models import Sequential\\nmodel.fit(x, y, nb_epoch=3)")
    'keras 2'
    >>> era_of("import tensorflow as tf\\nmodel = tf.keras.Sequential()"), era_of("import keras\\nkeras.ops.exp(x)")
    ('tf.keras', 'keras 3')
    """
    if _KERAS_3.search(source):
        return "keras 3"
    if not _KERAS_ALONE.search(source):
        return "keras 2" if _TENSORFLOW_1.search(source) else "tf.keras"
    if _OF_OLD.search(source) or _TENSORFLOW_1.search(source):
        return "keras 2"
    return "tf.keras" if _TENSORFLOW_2.search(source) else "keras 3"


def channels_come_first(source: str) -> bool:
    """Whether a program that says nothing of the order means Theano's, which Keras had until 2016.

    >>> channels_come_first("model.add(Convolution2D(32, 3, 3, input_shape=(1, 28, 28)))")
    True
    >>> channels_come_first("model.add(Convolution2D(32, 3, 3, input_shape=(28, 28, 1)))")
    False
    """
    says_none = _PICTURES.search(source) and not _ORDER_SAID.search(source)
    return bool(says_none and _CHANNELS_FIRST.search(source))


@contextmanager
def meaning(era: str, source: str = "") -> Iterator[None]:
    """Within the block, what a program does not say is what that era's Keras had for it."""
    if era == "keras 3":
        yield
        return
    names.follow(_STEMS, None if era == "keras 2" else _STEMS_FROM_1)
    try:
        with custom_object_scope({"hard_sigmoid": keras_2_hard_sigmoid}):
            if era != "keras 2":
                yield
                return
            with _keras_2(source):
                yield
    finally:
        names.follow()


@contextmanager
def _keras_2(source: str) -> Iterator[None]:
    before = {place: _set_default(*place, then) for place, then in DEFAULTS_OF_KERAS_2.items()}
    BatchNormalization.batch_counts_when_frozen = True
    Model.lends_layers = True
    Layer.once_called = {"W": "kernel", "U": "recurrent_kernel", "b": "bias"}
    follow_numpy(True)
    batch_dot_of_keras_2(True)
    order = image_data_format()
    if channels_come_first(source):
        set_image_data_format("channels_first")
    if not _LOG_OF_2_3.search(source):
        names_in_the_log.update(NAMES_OF_KERAS_2)
    try:
        yield
    finally:
        names_in_the_log.clear()
        BatchNormalization.batch_counts_when_frozen = False
        Model.lends_layers = False
        Layer.once_called = {}
        follow_numpy(False)
        batch_dot_of_keras_2(False)
        set_image_data_format(order)
        for place, default in reversed(before.items()):  # classes may share a constructor: the first change goes last
            _set_default(*place, default)


def _set_default(owner: Any, argument: str, value: Any) -> Any:
    """Change the default of an argument of a constructor or a function; returns what it was."""
    function = inspect.unwrap(owner.__init__ if isinstance(owner, type) else owner)  # type: ignore[misc]  # of that class
    known = [name for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty and
             p.kind is p.POSITIONAL_OR_KEYWORD]  # fmt: skip
    kwonly = function.__kwdefaults__ or {}
    if argument in kwonly:
        old, function.__kwdefaults__ = kwonly[argument], {**kwonly, argument: value}
        return old
    place = known.index(argument)
    defaults = function.__defaults__ or ()
    function.__defaults__ = (*defaults[:place], value, *defaults[place + 1 :])
    return defaults[place]
