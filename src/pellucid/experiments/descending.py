"""Rows 7 to 9 of the course: what a mistake costs, the surface that costs make, and the ways down from it."""

import numpy as np

from ..callbacks import LambdaCallback
from ..inside.blocks import Table
from ..inside.costs import ENTROPY, QUADRATIC, costs_of, unlearn
from ..inside.descent import LANDSCAPES, explore, landscape
from ..inside.loss_surface import loss_surface, random_plane
from ..inside.watch import Watch
from ..layers import Dense
from ..optimizers import SGD, Adam, RMSprop
from ..plots.costs import costs_picture
from ..plots.loss_surface import surface_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .data import images
from .outcome import Curves, Heading, Outcome, Progress, Told, silent

_COSTS = ("mean_squared_error", "mean_absolute_error", "huber", "categorical_crossentropy", "categorical_hinge",
          "kl_divergence", "poisson", "log_cosh")  # fmt: skip


def costs(*, quick: bool = False) -> Outcome:
    """Row 7: quadratic cost against cross-entropy, and the others."""
    lessons = unlearn(steps=100 if quick else 300)
    answers = {"right, sure": (0.05, 0.9, 0.05), "right, unsure": (0.3, 0.4, 0.3), "wrong, unsure": (0.4, 0.3, 0.3),
               "wrong, sure": (0.98, 0.01, 0.01)}  # fmt: skip
    y = np.tile([0.0, 1.0, 0.0], (len(answers), 1))
    found = costs_of(y, list(answers.values()), _COSTS)
    rows = tuple((name.replace("_", " "), *map(float, values)) for name, values in found.items())
    runs = {(run.cost, run.weight): run for run in lessons.runs}
    slow, fast = runs[QUADRATIC, 2.0], runs[ENTROPY, 2.0]
    told: tuple[Told, ...] = (
        "A cost function says in one number how wrong an answer is. Learning goes down its slope; so what counts is "
        "how steep it is where the answer is wrong.",
        Heading("A sigmoid neuron with input 1 has to learn to say 0"),
        lessons,
        f"At its worst, {slow.answer[0]:.3f} instead of 0, the quadratic cost pushes with {slow.push[0]:.4f} only: "
        f"its push has the factor f'(z), nearly 0 there. Cross-entropy pushes with {fast.push[0]:.3f}, "
        f"{fast.push[0] / slow.push[0]:.0f} times as hard.",
        Curves("what it says: cross-entropy blue, quadratic orange",
               {"cross-entropy": fast.answer.tolist(), "quadratic": slow.answer.tolist()}),
        Heading("The costs of four answers, the second class being right"),
        Table("Costs", ("", *answers), rows),
    )  # fmt: skip
    numbers = {
        "first push": {QUADRATIC: float(slow.push[0]), ENTROPY: float(fast.push[0])},
        "steps to 0.1": {QUADRATIC: slow.steps_to(0.1), ENTROPY: fast.steps_to(0.1)},
        "costs": {name: values.tolist() for name, values in found.items()},
    }
    return Outcome("costs", told, numbers, {"costs": lambda: costs_picture(lessons)})


def surface(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 8: the loss surface, with the training's path on it."""
    data = images()
    x, y, epochs = data.flat[0], data.y, 5 if quick else 25
    with keys_from(key(seed)):
        model = Sequential([Dense(16, "tanh", name="hidden", input_shape=(64,)), Dense(10, "softmax", name="digit")])
        model.compile(SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        watch = Watch(x[:256], y[:256], every=9)
        told_of = LambdaCallback(on_epoch_begin=lambda epoch, logs: progress(f"Training, epoch {epoch + 1}"))
        model.fit(x, y, epochs=epochs, verbose=0, callbacks=[watch, told_of])
    progress("Measuring the loss over two planes")
    assert watch.recording is not None  # fit was watched
    size = 13 if quick else 31
    along = loss_surface(model, x[:500], y[:500], paths={"sgd": watch.recording}, size=size)
    chance = loss_surface(model, x[:500], y[:500], random_plane(model, seed), size=size)
    assert along.explained is not None  # the plane was made from a path
    told: tuple[Told, ...] = (
        f"All {model.count_params():,} weights of a network are one point in a space of as many dimensions, and over "
        "each point stands a loss. What can be drawn is a slice: a plane, and the loss over it.",
        Heading("The plane in which this training moved most"),
        along,
        f"Its two axes hold {along.explained[0]:.1%} and {along.explained[1]:.1%} of all the movement: this picture "
        "shows nearly all of the way. That is what makes it honest; a plane that explains little would show little.",
        Heading("A plane of two random directions through the same end"),
        chance,
        "Laid on that plane, the training's path would be hardly longer than a dot: two random directions of "
        f"{model.count_params():,} have next to nothing to do with where training went.",
    )
    numbers = {"explained": float(along.explained.sum()), "parameters": model.count_params()}
    pictures = {"path": lambda: surface_picture(along), "random": lambda: surface_picture(chance)}
    return Outcome("surface", told, numbers, pictures)


def descent(*, seed: int = 0) -> Outcome:
    """Row 9: optimizers, rates, batch sizes and local minima."""
    beale = explore(
        "beale",
        {"SGD": SGD(0.01), "momentum": SGD(0.002, momentum=0.9), "RMSprop": RMSprop(0.03), "Adam": Adam(0.1)},
        steps=200,
    )
    rates = {f"rate {rate:g}": SGD(rate) for rate in (0.03, 0.3, 0.95, 1.02)}
    valley = explore("valley", rates, steps=40)
    batches = {"batch of 1": 1, "batch of 16": 16, "batch of 256": 256}
    noisy = explore("valley", dict.fromkeys(batches, SGD(0.2)), steps=120, noise=3.0, batch_sizes=batches, seed=seed)
    double = landscape(
        lambda x, y: x**4 - 2 * x**2 + 0.4 * x + y**2, ((-1.8, 1.8), (-1.2, 1.2)), (1.6, 1.0),
        "x⁴ - 2x² + 0.4x + y²",
    )  # fmt: skip
    caught = explore(double, {"SGD": SGD(0.02), "momentum": SGD(0.02, momentum=0.9)}, steps=150)
    ends = {path.label: float(path.loss[-1]) for path in beale.paths}
    rest = {path.label: float(np.mean(path.loss[-40:])) for path in noisy.paths}
    told: tuple[Told, ...] = (
        "Gradient descent looks which way is down and takes a step. How long a step (the learning rate), from how many "
        "samples (the batch size), and what it remembers of earlier steps (the optimizer) decide where it gets.",
        Heading(f"Optimizers on Beale's function, {LANDSCAPES['beale'].formula}, lowest at (3, 0.5)"),
        beale,
        Heading("Learning rates in a long valley: too small crawls, too large climbs out"),
        valley,
        Heading("Batch sizes: the gradient of few samples is noisy, and never comes to rest"),
        noisy,
        Table("Mean loss of the last 40 steps", ("", "loss"), tuple(rest.items())),
        Heading("Two valleys, one lower: plain descent stays in the first, momentum carries over the ridge"),
        caught,
        "The lower one lies at x = -1.05, the other at x = 0.95: "
        + "; ".join(f"{path.label} ends at x = {path.x[-1]:.2f}" for path in caught.paths) + ".",
    )  # fmt: skip
    numbers = {
        "beale": ends,
        "rates": {path.label: float(path.loss[-1]) for path in valley.paths},
        "batches": rest,
        "ends": {path.label: float(path.x[-1]) for path in caught.paths},
    }
    pictures = {
        "optimizers": lambda: surface_picture(beale),
        "rates": lambda: surface_picture(valley),
        "batches": lambda: surface_picture(noisy),
        "minima": lambda: surface_picture(caught),
    }
    return Outcome("descent", told, numbers, pictures)
