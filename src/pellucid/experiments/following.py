"""Rows 10 and 11 of the course: one hidden layer follows any function, and what networks of several sizes learn."""

import numpy as np

from ..arrays import Array
from ..inside.approximation import approximate, six_neurons
from ..inside.blocks import Table
from ..inside.capacity import capacity as try_sizes
from ..plots.approximation import approximation_picture, line_picture
from ..plots.capacity import capacity_picture
from ..random import key, keys_from
from .data import images
from .outcome import Curves, Heading, Outcome, Progress, Told, silent

SIZES = (4, 8, 16, 32, 64)
SAMPLES, WRONG = 300, 45


def wave(x: Array) -> Array:
    """sin(3x) + x² / 2, a function to be followed."""
    return np.sin(3 * x) + x**2 / 2


def approximation(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 10: six relu neurons follow a cubic; more follow anything."""
    z = six_neurons()
    places = np.array([-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
    cubic = places**3 + places**2 - places - 1
    said = z.neurons(places)
    rows = tuple(
        (f"{x:g}", *map(float, said[i].round(10)), float(z(x).round(10)), float(cubic[i])) for i, x in enumerate(places)
    )
    placed = [approximate(wave, (-2, 2), n) for n in SIZES]
    sizes = SIZES[:3] if quick else SIZES
    learned = []
    for n in sizes:
        progress(f"Training {n} neurons")
        with keys_from(key(seed)):
            learned.append(approximate(wave, (-2, 2), n, how="train", epochs=200 if quick else 600))
    errors = {
        "bends placed evenly": {n: one.largest_error for n, one in zip(SIZES, placed, strict=True)},
        "trained by Adam": {n: one.largest_error for n, one in zip(sizes, learned, strict=True)},
    }
    table = tuple(
        (str(n), errors["bends placed evenly"][n], errors["trained by Adam"].get(n, "not trained")) for n in SIZES
    )
    x = np.linspace(-2, 1.5, 701)
    told: tuple[Told, ...] = (
        "A relu neuron draws a line with one bend. Six of them, placed by hand, follow a cubic: "
        "Z(x) = -n1 - n2 - n3 + n4 + n5 + n6, to follow x³ + x² - x - 1.",
        z,
        Table("Z(x), number by number", ("x", *(f"n{i + 1}" for i in range(6)), "Z(x)", "cubic"), rows),
        Heading("Any continuous function: sin(3x) + x²/2 on [-2, 2]"),
        Table("Largest error", ("neurons", "bends placed evenly", "trained by Adam"), table),
        Curves("the function (blue) and 8 trained neurons (orange)",
               {"function": placed[0].target[::20].tolist(), "8 neurons": learned[1].found[::20].tolist()}),
        "Twice the neurons, a quarter of the error: where a function is smooth, its bend between two knots shrinks "
        "with the square of their distance. Training places the bends where they are needed, if it finds the way.",
    )  # fmt: skip
    numbers = {"Z": {f"{x:g}": float(z(x)) for x in places}, "errors": errors}
    pictures = {
        "six": lambda: line_picture(z, x, x**3 + x**2 - x - 1, "x³ + x² - x - 1"),
        "errors": lambda: approximation_picture([learned[0], learned[1], learned[-1]], errors),
    }
    return Outcome("approximation", told, numbers, pictures)


def capacity(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 11: too small to learn, large enough to learn by heart."""
    data = images()
    x, y = data.flat[0][:SAMPLES], data.y[:SAMPLES].copy()
    draw = np.random.default_rng(seed)
    wrong = draw.choice(SAMPLES, WRONG, replace=False)
    y[wrong] = (y[wrong] + draw.integers(1, 10, WRONG)) % 10
    widths, depths = ((1, 8, 64), (1, 2)) if quick else ((1, 2, 4, 8, 16, 64, 256), (1, 2, 3))
    found = try_sizes(
        x, y, (data.flat[1], data.y_test), widths, depths, width=64, epochs=40 if quick else 60, batch_size=16,
        seed=seed, progress=lambda done, of, wide, deep: progress(f"Network {done + 1} of {of}: {deep} × {wide} units"),
    )  # fmt: skip
    runs = found.by_width
    best, largest = min(runs, key=lambda run: run.val_loss[-1]), runs[-1]
    told: tuple[Told, ...] = (
        f"{SAMPLES} digits to learn from, {WRONG} of them with a wrong label; {len(data.y_test)} others, rightly "
        "labelled, to validate with. The rule can be learned, the wrong labels only by heart.",
        found,
        f"{runs[0].width} unit is too few even for its own samples: underfitting. Best on others is a width of "
        f"{best.width} ({best.val_loss[-1]:.3f}). {largest.width} units get their own samples ever better "
        f"({largest.loss[-1]:.3f}) and others worse ({largest.val_loss[-1]:.3f}): overfitting. They were best after "
        f"{largest.best_epoch} epochs ({largest.val_loss.min():.3f}); stopping there is a cure.",
        Curves(f"{largest.width} units: training loss blue, validation orange",
               {"training": largest.loss.tolist(), "validation": largest.val_loss.tolist()}),
    )  # fmt: skip
    numbers = {
        "by width": {run.width: (float(run.loss[-1]), float(run.val_loss[-1])) for run in runs},
        "by depth": {run.depth: (float(run.loss[-1]), float(run.val_loss[-1])) for run in found.by_depth},
        "complete": found.complete,
    }
    return Outcome("capacity", told, numbers, {"capacity": lambda: capacity_picture(found)})
