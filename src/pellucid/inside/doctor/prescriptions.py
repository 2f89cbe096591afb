"""Prescriptions: the fix of a finding, tried on a fork of the training. The model itself is left as it is.

as it is    the numbers at the finding, trained on
with fix    the same numbers and the same batches, one thing changed (or fresh weights, where the fix is about those)
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import losses
from ...arrays import Array
from ...engine.step import Numbers
from ..blocks import Block, Shown
from ..fork import by_epoch, describe_model, ending, learn_and_look, rebuilt
from .finding import Finding

HAIR = 0.02  # of a loss: a difference that is none


@dataclass(frozen=True, repr=False)
class Trial(Shown):
    """Two curves, one number after each epoch; nan from where a training had to stop.

    measured   on which samples the loss was measured: "training" or "validation"
    """

    finding: Finding
    measured: str
    as_it_is: Array
    with_fix: Array

    @property
    def helps(self) -> bool:
        """Whether the fix ends lower, by more than a hair."""
        before, after = ending(self.as_it_is), ending(self.with_fix)
        return after < before and not before - after < HAIR * abs(before)

    def blocks(self) -> list[Block]:
        verdict = "It helps." if self.helps else "It does not help."
        title = f"Loss on the {self.measured} samples, epoch by epoch"
        table = by_epoch(title, ("as it is", "with the fix"), (self.as_it_is, self.with_fix))
        return [f"Tried: {self.finding.fix.words}", table, verdict]


def try_it(
    finding: Finding, model: Any, x: Any, y: Any, validation_data: Any = None, *, epochs: int = 10, batch_size: int = 32
) -> Trial:
    """Train two forks of the model on these data, as it is and with the finding's fix.

    x, y, validation_data, epochs, batch_size   as for `fit`

    For models of one input and one output. To stop early is tried for as many epochs as the training had made when it
    was advised, on validation data. Raises ValueError for a fix that only a person can make, or without these.

    >>> from pellucid import Sequential
    >>> from pellucid.layers import Dense
    >>> from pellucid.inside.doctor import Fix
    >>> model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
    >>> model.compile(loss="mean_squared_error", optimizer={"class_name": "SGD", "config": {"learning_rate": 1e-6}})
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> slow = Finding("not_falling", "warning", "Too slow.", "The rate.", Fix("Raise it.", "rate", {"factor": 1e5}))
    >>> try_it(slow, model, x, -x, epochs=2).helps
    True
    """
    kind, settings = finding.fix.kind, finding.fix.settings
    if kind not in _CHANGES:
        raise ValueError(f"try_it: {finding.check}: this is for a person to do, not for a fork. {finding.fix.words}")
    if kind == "stop":
        epochs = max(epochs, settings["epochs"])
        if validation_data is None:
            raise ValueError("try_it: where to stop shows on validation data. Give some: validation_data=(x, y).")
    numbers = model.numbers if finding.numbers is None else finding.numbers
    plain = describe_model(model)
    changed = _CHANGES[kind](copy.deepcopy(plain), settings)
    fresh = kind in ("fresh", "activation")
    scaled = _scaled(x, y, validation_data) if kind == "scale" else ((x, y), validation_data)
    loss = losses.as_loss(changed["loss"])  # one measure for both
    corrected = None if fresh else Numbers(numbers.params, numbers.state, {}, 0)
    before = learn_and_look(rebuilt(model, plain, numbers), (x, y), validation_data, loss, epochs, batch_size)[0]
    if kind == "stop":
        after = _stopped(before, settings["patience"])
    else:
        after = learn_and_look(rebuilt(model, changed, corrected), *scaled, loss, epochs, batch_size)[0]
    return Trial(finding, "training" if validation_data is None else "validation", before, after)


def _stopped(curve: Array, patience: int) -> Array:
    """The same training, stopped when no epoch of so many was better; from there on, what the best one had reached.

    >>> _stopped(np.array([3.0, 2.0, 2.5, 2.6, 1.0]), 2).tolist()
    [3.0, 2.0, 2.5, 2.6, 2.0]
    """
    best = 0
    for epoch, value in enumerate(curve):
        if value < curve[best]:
            best = epoch
        elif epoch - best >= patience:
            return np.concatenate([curve[: epoch + 1], np.full(len(curve) - epoch - 1, curve[best])])
    return np.concatenate([curve[:-1], curve[best : best + 1]])


# What each kind of fix changes ---------------------------------------------------------------------


def _rate(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    config = plain["optimizer"]["config"]
    if not isinstance(config["learning_rate"], float):
        raise ValueError("try_it: the learning rate comes from a schedule; scale that one yourself and compile again.")
    config["learning_rate"] = (config["learning_rate"] or 1e-5) * settings["factor"]
    return plain


def _optimizer(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """clipnorm, in place of other clipping."""
    plain["optimizer"]["config"].update({**dict.fromkeys(("clipvalue", "global_clipnorm")), **settings})
    return plain


def _loss(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    loss = losses.as_loss(plain["loss"])
    return {**plain, "loss": type(loss).from_config({**loss.get_config(), **settings})}


def _output(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    _with_activation(plain)[-1]["activation"] = settings["activation"]
    return plain


def _fresh(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    for layer in plain["config"]["layers"]:
        if "kernel_initializer" in layer["config"]:
            layer["config"]["kernel_initializer"] = settings["initializer"]
        if "recurrent_initializer" in layer["config"]:
            layer["config"]["recurrent_initializer"] = "orthogonal"
        if "bias_initializer" in layer["config"]:
            layer["config"]["bias_initializer"] = "zeros"
    return plain


def _activation(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    for layer in _with_activation(plain)[:-1]:
        layer["activation"] = settings["activation"]
    return _fresh(plain, {"initializer": "he_uniform"})


def _nothing(plain: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    return plain


def _with_activation(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """The configs of the layers that have an activation and no gates of their own."""
    configs = [layer["config"] for layer in plain["config"]["layers"]]
    return [config for config in configs if "activation" in config and "recurrent_initializer" not in config]


def _scaled(x: Any, y: Any, validation: Any) -> tuple[tuple[Any, Any], Any]:
    """The inputs with mean 0 and standard deviation 1, column by column."""
    x = np.asarray(x, dtype="float32")
    mean, std = x.mean(axis=0), x.std(axis=0)
    std = np.where(std > 0, std, 1)
    if validation is not None:
        validation = ((np.asarray(validation[0], dtype="float32") - mean) / std, *validation[1:])
    return ((x - mean) / std, y), validation


_CHANGES = {
    "rate": _rate, "clipnorm": _optimizer, "loss": _loss, "output": _output, "fresh": _fresh,
    "activation": _activation, "scale": _nothing, "stop": _nothing,
}  # fmt: skip
