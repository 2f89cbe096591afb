"""Optimizers in small letters, as Keras 1 had them too."""

from ... import optimizers, schedules
from ...optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop

sgd, rmsprop, adagrad, adadelta, adam, adamax, nadam = SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam
adam_v2 = adam_experimental = gradient_descent_v2 = rmsprop_v2 = optimizers
learning_rate_schedule = schedules
LearningRateSchedule = schedules.LearningRateSchedule

__all__ = ["LearningRateSchedule", "adadelta", "adagrad", "adam", "adamax", "nadam", "rmsprop", "sgd"]
