"""Whose defaults a program means: those of the Keras that it was written for.

    "keras 2"     keras by itself until 2.2, and TensorFlow 1's: the gates of LSTM and GRU are hard sigmoids, Adadelta's
                  rate is 1.0, a frozen BatchNormalization still normalizes by the batch while training, and
                  numpy.random.seed settles the first weights, too
    "tf.keras"    TensorFlow 2's, and Keras until 2.15: today's defaults; hard_sigmoid still is 0.2 x + 0.5
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
from ..layers import GRU, LSTM, BatchNormalization, GRUCell, LSTMCell
from ..optimizers import Adadelta, Adagrad, Adamax, Nadam
from ..random import follow_numpy
from ..registry import custom_object_scope

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
}
"""Arguments whose defaults were others, and what they were."""

_OF_OLD = re.compile(
    r"\b(nb_epochs?|nb_filter|nb_row|nb_col|border_mode|dim_ordering|image_dim_ordering|samples_per_epoch|show_accuracy"
    r"|output_dim|inner_init|Convolution[123]D|W_regularizer|np_utils|vis_utils|visualize_util|fit_generator"
    r"|predict_classes|predict_proba|set_image_data_format)\b"
    r"|\bkeras\.layers\.(core|convolutional|pooling|recurrent|embeddings|normalization|advanced_activations|wrappers"
    r"|noise|merge)\b|\bkeras\.(wrappers|engine|legacy|objectives)\b|\blr\s*=|['\"](val_)?acc['\"]"
)
_KERAS_ALONE = re.compile(r"^\s*(from\s+keras\b|import\s+keras\b)", re.MULTILINE)
_KERAS_3 = re.compile(r"\bkeras\.(ops|random|saving)\b|from keras import [^\n]*\b(ops|random|saving)\b|KERAS_BACKEND")
_TENSORFLOW_1 = re.compile(
    r"\btf\.(Session|ConfigProto|GPUOptions|set_random_seed|placeholder|contrib|enable_eager_execution|app|train)\b"
    r"|\btensorflow\.(contrib|layers)\b"
)
_TENSORFLOW_2 = re.compile(r"\btf\.(random\.set_seed|config|data|function|GradientTape)\b|\btf\.keras\b")


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


@contextmanager
def meaning(era: str) -> Iterator[None]:
    """Within the block, what a program does not say is what that era's Keras had for it."""
    if era == "keras 3":
        yield
        return
    with custom_object_scope({"hard_sigmoid": keras_2_hard_sigmoid}):
        if era != "keras 2":
            yield
            return
        before = {place: _set_default(*place, then) for place, then in DEFAULTS_OF_KERAS_2.items()}
        BatchNormalization.batch_counts_when_frozen = True
        follow_numpy(True)
        try:
            yield
        finally:
            BatchNormalization.batch_counts_when_frozen = False
            follow_numpy(False)
            for place, default in before.items():
                _set_default(*place, default)


def _set_default(cls: Any, argument: str, value: Any) -> Any:
    """Change the default of an argument of a constructor; returns what it was."""
    function = inspect.unwrap(cls.__init__)
    names = [name for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty and
             p.kind is p.POSITIONAL_OR_KEYWORD]  # fmt: skip
    kwonly = function.__kwdefaults__ or {}
    if argument in kwonly:
        old, function.__kwdefaults__ = kwonly[argument], {**kwonly, argument: value}
        return old
    place = names.index(argument)
    defaults = function.__defaults__ or ()
    function.__defaults__ = (*defaults[:place], value, *defaults[place + 1 :])
    return defaults[place]
