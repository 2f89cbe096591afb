"""Rows 5 and 6 of the course: where weights come from, and how training moves them."""

import numpy as np

from .. import initializers
from ..inside.blocks import Table
from ..inside.initialization import signals, try_starts
from ..inside.training_process import gears_of, stops_of, train_until
from ..layers import Dense
from ..optimizers import SGD
from ..plots.initialization import signals_picture, starts_picture
from ..plots.training_process import line_fit_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .data import images
from .outcome import Curves, Heading, Outcome, Progress, Told, silent

DEEP = {
    "normal, 0.01": initializers.RandomNormal(0.0, 0.01),
    "normal, 1": initializers.RandomNormal(0.0, 1.0),
    "LeCun": "lecun_normal",
    "Glorot": "glorot_normal",
    "He": "he_normal",
    "orthogonal": "orthogonal",
}


def initialization(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 5: symmetry, dead units, and how far signals carry."""
    data = images()
    x, y = data.flat[0], data.y
    epochs = 3 if quick else 15
    starts = {"zeros": "zeros", "all 0.1": initializers.Constant(0.1), "Glorot": "glorot_uniform"}
    progress("Training from equal and from random weights")
    relu = try_starts(x, y, starts, epochs=epochs, seed=seed)
    sigmoid = try_starts(x, y, starts, activation="sigmoid", epochs=epochs, seed=seed)
    progress("Sending signals through ten layers")
    kinds = {name: DEEP[name] for name in ("normal, 0.01", "Glorot", "He")} if quick else DEEP
    deep = signals(x[:500], y[:500], kinds, epochs=2 if quick else 5, seed=seed)
    zeros, equal, _ = relu.runs
    told: tuple[Told, ...] = (
        "Before it learns, a network needs weights to begin with. Why not all the same? 8 hidden units and 10 outputs "
        f"read digits of 8×8 pixels for {epochs} epochs.",
        Heading("Symmetry, and units killed by zeros"),
        relu,
        f"All 0.1: the {equal.units} units compute the same, are corrected alike, and are one unit for ever "
        f"({equal.different} different). Zeros under relu: every sum is 0, where relu has no slope, so the gradient "
        f"is {zeros.gradient:g} and {zeros.dead} of {zeros.units} units stay silent.",
        sigmoid,
        "A sigmoid lets corrections through at 0, so its units do move; but all alike.",
        Heading("How large should random weights be?"),
        deep,
        "Too small, and the signal has vanished after ten layers; too large, and it explodes. He was made for relu: "
        "it keeps the size of the signal, forwards and back.",
    )
    numbers = {
        "different": {run.name: run.different for run in relu.runs},
        "dead": {run.name: run.dead for run in relu.runs},
        "first gradient of zeros": zeros.gradient,
        "accuracy": {run.name: run.accuracy for run in relu.runs},
        "deep": {run.name: (float(run.activation[0]), float(run.activation[-1])) for run in deep.runs},
    }
    pictures = {
        "symmetry": lambda: starts_picture(relu, (8, 8)),
        "signals": lambda: signals_picture(deep),
    }
    return Outcome("initialization", told, numbers, pictures)


def training(*, seed: int = 0, quick: bool = False) -> Outcome:
    """Row 6: forward, loss, backward, update, until it converges."""
    with keys_from(key(seed)):
        model = Sequential([Dense(1, name="neuron", input_shape=(1,))])
    model.compile(SGD(0.1), "mean_squared_error")
    draw = np.random.default_rng(seed)
    x = np.linspace(-1.5, 1.5, 8)[:, None]
    y = 2 * x + 1 + draw.normal(0, 0.15, x.shape)
    model.set_weights([np.array([[-0.5]]), np.array([0.0])])
    first = stops_of(model, x, y, batch_size=4, count=3)
    update = stops_of(model, x, y, batch_size=4, gear="batch", count=1)
    moves = stops_of(model, x, y, batch_size=4, count=14)[-2:]
    counts = gears_of(model, x, y, batch_size=4)
    process = train_until(model, x, y, batch_size=4, epochs=50 if quick else 1000)
    weight, bias = process.weights[-1]
    sides = [float(np.polyfit(x.ravel(), y.ravel(), 1)[i]) for i in (0, 1)]
    told: tuple[Told, ...] = (
        "One neuron with one input is to find the line behind 8 samples, 4 a batch. It begins with weight -0.5 and "
        "bias 0; the samples lie around 2·x + 1.",
        Heading("The first sample of the first batch: forward, loss, backward"),
        *(f"{stop.kind:<9} {stop.formula}" for stop in first),
        Heading("When the batch's four samples have been through, the parameters move"),
        *(f"{stop.kind:<9} {stop.formula}" for stop in moves),
        update[0].what,
        Heading("The gear: how many stops an epoch has"),
        Table("Gears", ("gear", "stops in an epoch"), tuple((gear, str(count)) for gear, count in counts.items())),
        Heading("And so on, until an epoch no longer makes the loss smaller"),
        process,
        Curves("loss", {"loss": np.log10(process.loss).tolist()}),
        f"The least squares line, worked out without learning: {sides[0]:.4f}·x + {sides[1]:.4f}. "
        f"The neuron found {weight:.4f}·x + {bias:.4f}.",
    )
    numbers = {
        "epochs": process.epochs,
        "converged": process.converged,
        "weight": float(weight),
        "bias": float(bias),
        "least squares": sides,
        "gears": counts,
    }
    return Outcome("training", told, numbers, {"line": lambda: line_fit_picture(process, x, y)})
