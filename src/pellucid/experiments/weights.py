"""Rows 5 and 6 of the course: where weights come from, and how training moves them."""

import numpy as np

from .. import initializers
from ..arrays import Array
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

_SOURCES = (
    ("zeros, ones, a constant", "all the same", "biases"),
    ("random", "normal or uniform, of a spread to choose", ""),
    ("LeCun", "variance 1 / inputs", "selu"),
    ("Glorot", "variance 2 / (inputs + units)", "tanh, sigmoid, softmax"),
    ("He", "variance 2 / inputs", "relu"),
    ("orthogonal", "directions at right angles", "recurrent layers"),
    ("pretrained", "what another training found", "little data of one's own"),
)
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
    equal_weights = initializers.Constant(0.1)
    starts = {"zeros": "zeros", "all 0.1": equal_weights, "Glorot": "glorot_uniform"}
    progress("Training from equal and from random weights")
    sigmoid = try_starts(x, y, starts, activation="sigmoid", epochs=epochs, seed=seed)
    more = {
        "all 0.1, random biases": (equal_weights, initializers.RandomUniform(-0.5, 0.5)),
        "Glorot, biases 0.1": ("glorot_uniform", equal_weights),
        "pretrained on 0 to 4": _learned_before(x, y, epochs, seed),
    }
    relu = try_starts(x, y, starts | more, epochs=epochs, seed=seed)
    progress("Sending signals through ten layers")
    kinds = {name: DEEP[name] for name in ("normal, 0.01", "Glorot", "He")} if quick else DEEP
    deep = signals(x[:500], y[:500], kinds, epochs=2 if quick else 5, seed=seed)
    zeros, equal, random, biased, lifted, pretrained = relu.runs
    told: tuple[Told, ...] = (
        "Before it learns, a network needs weights to begin with. Why not all the same? 8 hidden units and 10 outputs "
        f"read digits of 8×8 pixels for {epochs} epochs.",
        Table("Where weights come from", ("name", "numbers", "made for"), _SOURCES),
        Heading("Symmetry, and units killed by zeros"),
        relu,
        f"All 0.1: the {equal.units} units compute the same, are corrected alike, and are one unit for ever "
        f"({equal.different} different). Zeros under relu: every sum is 0, where relu has no slope, so the gradient "
        f"is {zeros.gradient:g} and {zeros.dead} of {zeros.units} units stay silent.",
        "Biases usually begin at 0, since random weights make units differ well enough. Random biases can do it "
        f"alone: with all weights 0.1 they lead to {biased.different} different units, since each relu then bends "
        f"elsewhere, though only {biased.accuracy:.0%} are right. Some begin them at 0.1 to keep relu units awake: "
        f"{lifted.dead} of {lifted.units} are dead in the end, and {random.dead} without that. The forget gate of "
        "an LSTM begins with bias 1, so that it remembers.",
        f"Pretrained weights come from another task, here the digits 0 to 4. With {len(x):,} images of its own the "
        f"network hardly needs them ({pretrained.accuracy:.1%} right; from Glorot's {random.accuracy:.1%}); with few "
        "it does: pellucid show transfer.",
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
        "loss": {run.name: float(run.loss[-1]) for run in relu.runs},
        "deep": {run.name: (float(run.activation[0]), float(run.activation[-1])) for run in deep.runs},
    }
    pictures = {
        "symmetry": lambda: starts_picture(relu, (8, 8)),
        "signals": lambda: signals_picture(deep),
    }
    return Outcome("initialization", told, numbers, pictures)


def _learned_before(x: Array, y: Array, epochs: int, seed: int) -> list[Array]:
    """The weights of the same network when it has learned the first five classes."""
    few = y < 5
    with keys_from(key(seed + 1)):
        model = Sequential([Dense(8, "relu", input_shape=x.shape[1:]), Dense(10, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x[few], y[few], epochs=epochs, verbose=0)
    return list(model.get_weights())


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
        Curves("loss, as powers of ten", {"loss": np.log10(process.loss).tolist()}),
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
