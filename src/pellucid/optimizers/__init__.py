"""Optimizers: how parameters move down the gradient. Keras's names, defaults and numbers.

optimizer = Adam(learning_rate=0.01)
moments = optimizer.init(params)
params, moments = optimizer.update(params, grads, moments, step, optimizer.rate_at(step))
"""

from . import schedules
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, Adamax, AdamW, Nadam
from .ftrl import Ftrl
from .keras_order import moments_from_keras_order, weights_in_keras_order
from .lamb import Lamb
from .lion import Lion
from .loss_scale import LossScaleOptimizer
from .muon import Muon
from .optimizer import Optimizer
from .registry import deserialize, get, serialize
from .rmsprop import RMSprop
from .schedule_free_adamw import ScheduleFreeAdamW
from .sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "moments_from_keras_order",
    "schedules",
    "serialize",
    "weights_in_keras_order",
]
