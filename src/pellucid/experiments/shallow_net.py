"""Row 12 of the course: the shallow net, its log, and how far logs lie apart that differ in their seed alone."""

from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from ..errors import positive_int
from ..inside.blocks import Table
from ..layers import Dense
from ..optimizers import SGD
from ..plots.bands import Band, bands_picture
from ..plots.learning_curves import learning_curves_picture
from ..random import key, keys_from
from ..sequential import Sequential
from ..utils import to_categorical
from .data import Images, classes_of, images, telling
from .outcome import Curves, Heading, Outcome, Progress, Told, silent

Log = dict[str, list[float]]

COURSE = {"loss": {1: 0.0921, 7: 0.0887}, "val_accuracy": {1: 0.0996, 7: 0.1933}}  # the course's log on MNIST, by epoch
SEEDS = 32  # 0 to 31: the least and the greatest of them after each epoch on MNIST, validated with 3,000 test images
OVER_SEEDS = {
    "loss": ((0.0907, 0.0975), (0.0899, 0.0946), (0.0894, 0.0929), (0.089, 0.0918), (0.0886, 0.0911), (0.0883, 0.0907),
             (0.088, 0.0903)),
    "val_accuracy": ((0.077, 0.1543), (0.0867, 0.186), (0.1093, 0.205), (0.1233, 0.232), (0.141, 0.2547),
                     (0.146, 0.2847), (0.1513, 0.324)),
}  # fmt: skip
_LOGGED = ("loss", "accuracy", "val_loss", "val_accuracy")
_MNIST = 0.1307  # the mean of its 60,000 images, from 0 to 1


def shallow(
    *,
    data: str = "digits",
    epochs: int | None = None,
    seeds: int = 1,
    seed: int = 0,
    quick: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Row 12: the shallow net that hardly learns, and its log.

    data     digits (drawn at 28×28), mnist, fashion_mnist or an .npz file
    epochs   by default 200 for the digits, 7 for larger data
    seeds    how many trainings, from `seed` on: how far apart do their logs lie?
    """
    found = images(data, 28)
    if epochs is None:
        epochs = 20 if quick else 200 if data == "digits" else 7
    epochs, seeds = positive_int(epochs, "shallow: epochs"), positive_int(seeds, "shallow: seeds")
    logs = []
    for place in range(seeds):
        which = f"Training {place + 1} of {seeds}: " if seeds > 1 else ""
        model, log, steps = _trained(found, epochs, seed + place, _begun_with(which, progress))
        logs.append(log)
    log = logs[0]
    shown = [e for e in (1, 2, 3, 4, 5, 6, 7, 10, 20, 50, 100, 150, 200) if e <= epochs]
    shown = [*shown, *([epochs] if epochs not in shown else [])]
    rows = tuple((str(e), *(float(log[name][e - 1]) for name in _LOGGED)) for e in shown)
    sizes = tuple((layer.name, f"{layer.units}", f"{layer.count_params():,}") for layer in model.layers)
    comparable = _is_mnist(found) and steps == 469 and epochs >= 7
    told: tuple[Told, ...] = (
        f"The first network of every course: images as rows of {found.flat[0].shape[1]} pixels, 64 sigmoid neurons, "
        f"{classes_of(found)} outputs with softmax, the quadratic cost, and descent at a rate of 0.01.",
        Table("Its layers", ("layer", "units", "parameters"), sizes),
        f"In all {model.count_params():,} parameters. {len(found.x):,} images, {steps} steps an epoch "
        f"({found.source}).",
        Table("The log", ("epoch", *_LOGGED), rows),
        Curves("val_accuracy over the epochs", {"val_accuracy": log["val_accuracy"]}),
        *((Heading("Chance in the first weights and in the order of the images"), _spread(logs, seed, shown))
          if seeds > 1 else ()),
        _beside_the_course(log) if comparable else _where_the_course_is(steps),
        "Why so slow? The quadratic cost pushes softmax little where it is sure, the rate is small, and sigmoid passes "
        "on a quarter at most. The next experiment changes all three.",
    )  # fmt: skip
    numbers = {
        "parameters": [layer.count_params() for layer in model.layers],
        "steps": steps,
        "history": dict(log),
        "by seed": {seed + place: dict(one) for place, one in enumerate(logs)},
    }
    pictures = {"curves": lambda: learning_curves_picture(log)}
    if comparable or seeds > 1:
        pictures["seeds"] = lambda: _picture(logs, seed, comparable)
    return Outcome("shallow", told, numbers, pictures)


def _begun_with(words: str, progress: Progress) -> Progress:
    return lambda more: progress(words + more)


def _trained(found: Images, epochs: int, seed: int, progress: Progress) -> tuple[Sequential, Log, int]:
    """The network, its log, and the steps of an epoch."""
    x, x_test = found.flat
    y, y_test = (to_categorical(labels, classes_of(found)) for labels in (found.y, found.y_test))
    with keys_from(key(seed)):
        hidden = Dense(64, "sigmoid", name="dense", input_shape=(x.shape[1],))
        model = Sequential([hidden, Dense(y.shape[1], "softmax", name="dense_1")])
        model.compile(SGD(0.01), "mean_squared_error", metrics=["accuracy"])
        fitted = model.fit(
            x, y, batch_size=128, epochs=epochs, verbose=0, validation_data=(x_test, y_test),
            callbacks=[telling(progress, epochs)],
        )  # fmt: skip
    return model, dict(fitted.history), fitted.params["steps"]


def _is_mnist(found: Images) -> bool:
    return found.x.shape == (60_000, 28, 28) and abs(float(found.x.mean(dtype=np.float64)) - _MNIST) < 1e-3


def _spread(logs: Sequence[Log], seed: int, shown: Sequence[int]) -> Table:
    """The least, the middle and the greatest of several trainings."""
    parts = {name: np.array([log[name] for log in logs]) for name in COURSE}
    rows = tuple(
        (str(e), *(float(of(part[:, e - 1])) for part in parts.values() for of in (np.min, np.median, np.max)))
        for e in shown
    )
    heads = tuple(f"{which} {name}" for name in parts for which in ("least", "middle", "greatest"))
    return Table(f"{len(logs)} trainings, seeds {seed} to {seed + len(logs) - 1}", ("epoch", *heads), rows)


def _beside_the_course(log: Log) -> str:
    """The course's log beside this one, and how far chance alone carries such a log."""
    loss, right = (
        " and ".join(
            f"between {least:.4f} and {greatest:.4f} (the course: {COURSE[name][e]:.4f}, here {log[name][e - 1]:.4f})"
            for e, (least, greatest) in ((e, OVER_SEEDS[name][e - 1]) for e in (1, 7))
        )
        for name in COURSE
    )
    return (
        f"Beside the course's log, after the first epoch and the seventh: over {SEEDS} seeds, validated with "
        f"3,000 test images, the loss lies {loss}; "
        f"val_accuracy {right}. Where a training stands in these ranges is chance: no two logs agree, and the course's "
        "is one of them."
    )


def _where_the_course_is(steps: int) -> str:
    loss, right = COURSE.values()
    return (
        f"The course's log is of MNIST, with 469 steps an epoch: loss {loss[1]} → {loss[7]} and val_accuracy "
        f"{right[1]} → {right[7]} over its first 7 epochs. That many steps are {7 * 469 / steps:.0f} epochs here. For "
        "the same: pellucid show shallow --data mnist --epochs 7"
    )


def _picture(logs: Sequence[Log], seed: int, comparable: bool) -> object:
    """This log in the range of others: those trained now, or the 32 of which the ranges are kept."""
    several = len(logs) > 1
    bands = {}
    for name, course in COURSE.items():
        ranges: Array = (
            np.array([(min(e), max(e)) for e in zip(*(log[name] for log in logs), strict=True)])
            if several
            else np.array(OVER_SEEDS[name])
        )
        words = f"{len(logs)} seeds" if several else f"{SEEDS} seeds"
        lines = {f"seed {seed}": logs[0][name][: len(ranges)]}
        bands[name] = Band(ranges, words, lines, {"the course": course} if comparable else {})
    return bands_picture(bands, "The shallow net: how much of a log is chance")
