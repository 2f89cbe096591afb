"""Rows 16 and 17 of the course: forward propagation as matrices, back-propagation by the chain rule."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..inside.blocks import Table, number
from ..inside.chain_rule import chain_rule
from ..inside.explain import explain
from ..inside.trace import trace
from ..layers import Dense
from ..optimizers import SGD
from ..plots.gradient_check import gradient_check_picture
from ..plots.neuron import small_network_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .outcome import Heading, Outcome, Told

STEP = 1e-5  # of the central difference


def network(seed: int = 0) -> Sequential:
    """Two inputs, three and two sigmoid units, one sigmoid output, in float64's reach."""
    with keys_from(key(seed)):
        model = Sequential(
            [
                Dense(3, "sigmoid", name="first", input_shape=(2,)),
                Dense(2, "sigmoid", name="second"),
                Dense(1, "sigmoid", name="answer"),
            ]
        )
        model.compile(SGD(0.5), "mean_squared_error")
    draw = np.random.default_rng(seed)
    model.set_weights([draw.normal(0, 1, array.shape).round(1) for array in model.get_weights()])
    return model


def forward(*, seed: int = 0) -> Outcome:
    """Row 16: forward propagation as matrices, all numbers shown."""
    model, x = network(seed), np.array([[0.5, -1.0]])
    seen = trace(model, x, dtype=np.float64)
    layers = [explain(model, x, layer=name, dtype="float64") for name in seen.layers]
    several = np.array([[0.5, -1.0], [1.0, 1.0], [0.0, 2.0]])
    answers = model.predict(several, verbose=0)[:, 0]
    told: tuple[Told, ...] = (
        "A layer of neurons is one matrix product: row x times matrix W gives all weighted sums at once; the bias b is "
        "added, and the activation function goes over each number. Two inputs, 3 and 2 sigmoid units, one output.",
        *(part for name, layer in zip(seen.layers, layers, strict=True) for part in (Heading(name), layer)),
        Heading("Many samples at once: the rows of X"),
        Table("The same product for three samples", ("x0", "x1", "answer"),
              tuple((*map(float, row), float(a)) for row, a in zip(several, answers, strict=True))),
        "Nothing but the number of rows has changed; that is why batches are fast.",
    )  # fmt: skip
    values = [x[0], *(seen[name].a[0] for name in seen.layers)]
    numbers = {"answer": float(values[-1][0]), "a": [value.tolist() for value in values[1:]]}

    def draw() -> Any:
        kernels = [layer.get_weights()[0] for layer in model.layers]
        return small_network_picture(values, kernels, ["inputs", *seen.layers], "Forward, with all numbers")

    return Outcome("forward", told, numbers, {"network": draw})


def backprop(*, seed: int = 0) -> Outcome:
    """Row 17: the chain rule for one weight, checked for all."""
    model, x, y = network(seed), np.array([[0.5, -1.0], [1.0, 1.0]]), np.array([[1.0], [0.0]])
    found = chain_rule(model, x, y, layer="first", weight=(0, 1))
    seen = trace(model, x, y, dtype=np.float64)
    by_chain, by_step = _all_gradients(model, x, y)
    apart = float(np.abs(by_chain - by_step).max())
    before = model.get_weights()[0][0, 1]
    rate = 0.5
    told: tuple[Told, ...] = (
        "How does the loss J change when one weight of the first layer does? The weight changes a sum, the sum an "
        "activation, that one the sums of the next layer, and so on to the loss: multiply the derivatives along each "
        "path, and add the paths up.",
        found,
        f"The update: w = {number(before)} - {rate:g}·({number(found.gradient)}) = "
        f"{number(before - rate * found.gradient)}.",
        Heading("All of them at once"),
        f"Back-propagation works out all {len(by_chain)} gradients in one pass from the last layer to the first. "
        f"Each was checked by the central difference (J(w + h) - J(w - h)) / 2h with h = {STEP:g}: two passes a "
        f"weight. The farthest two lie {apart:.1e} apart.",
        Heading("The correction on its way back, the last layer first"),
        Table("‖dL/dz‖", ("layer", "‖dL/dz‖"),
              tuple((name, float(np.linalg.norm(np.asarray(seen[name].dz)))) for name in reversed(seen.layers))),
    )  # fmt: skip
    numbers = {"gradient": float(found.gradient), "central": float(found.difference), "apart": apart}

    def draw() -> Any:
        values = np.linspace(float(before) - 3, float(before) + 3, 121)
        curve = np.array([_loss(_moved(model, 0, (0, 1), value), x, y) for value in values.tolist()])
        return gradient_check_picture(
            by_chain, by_step, (values, curve, float(before), float(found.gradient)), "one weight, first[0, 1]"
        )

    return Outcome("backprop", told, numbers, {"check": draw})


def _all_gradients(model: Sequential, x: Array, y: Array) -> tuple[Array, Array]:
    """All gradients in one row, by back-propagation and by central differences, in float64."""
    seen = trace(model, x, y, dtype=np.float64)
    found, checked = [], []
    weights = [array.astype(np.float64) for array in model.get_weights()]
    owners = [(name, param) for name in seen.layers for param in seen[name].params]
    for place, (name, param) in enumerate(owners):
        found.append(np.ravel(seen.grads[name][param]))
        for index in np.ndindex(*weights[place].shape):
            at = float(weights[place][index])
            ends = [_loss(_moved(model, place, index, at + h), x, y) for h in (STEP, -STEP)]
            checked.append((ends[0] - ends[1]) / (2 * STEP))
    return np.concatenate(found), np.array(checked)


def _moved(model: Sequential, place: int, index: tuple[int, ...], value: float) -> list[Array]:
    """The model's weights in float64, one number of them set."""
    weights = [array.astype(np.float64) for array in model.get_weights()]
    weights[place][index] = value
    return weights


def _loss(weights: list[Array], x: Array, y: Array) -> float:
    """Mean squared error of sigmoid layers with these weights: written out, so that it checks the engine."""
    a = x
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        a = 1 / (1 + np.exp(-(a @ kernel + bias)))
    return float(np.mean((a - y) ** 2))
