"""Rows 13 to 15 of the course: networks that read digits, followed from the first weights to the answer."""

from typing import Any

import numpy as np

from ..errors import positive_int
from ..initializers import RandomNormal
from ..inside.blocks import Table
from ..inside.features import follow
from ..inside.learning_speed import learning_speed
from ..inside.samples import confusion, hardest
from ..inside.saturation import saturation as flatness
from ..layers import Dense, Flatten
from ..optimizers import SGD
from ..plots.activations import sums_picture
from ..plots.journey import journey_picture
from ..plots.learning_curves import learning_curves_picture
from ..plots.learning_speed import learning_speed_picture
from ..plots.lines import lines_picture
from ..plots.samples import confusion_picture, hardest_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .data import Images, classes_of, images, telling, trained_conv_net
from .outcome import Curves, Heading, Outcome, Pixels, Progress, Told, silent

MAPS = 6  # of a convolution that the terminal shows


def classifier(
    *, data: str = "digits", epochs: int | None = None, seed: int = 0, quick: bool = False, progress: Progress = silent
) -> Outcome:
    """Row 13: 40,480 parameters that read digits well.

    data     digits (drawn at 28×28), mnist, fashion_mnist or an .npz file
    epochs   by default 30 for the digits, 10 for larger data
    """
    found = images(data, 28)
    if epochs is None:
        epochs = 5 if quick else 30 if data == "digits" else 10
    model, log = _classifier(found, positive_int(epochs, "classifier: epochs"), seed, progress)
    shares = model.predict(found.x_test, verbose=0)
    said = shares.argmax(axis=1)
    right = float((said == found.y_test).mean())
    counts = confusion(found.y_test, said, classes_of(found))
    worst = hardest(model, found.x_test, found.y_test, 5)
    rows = tuple((layer.name, f"{layer.count_params():,}") for layer in model.layers if layer.count_params())
    mixed = counts - np.diag(np.diag(counts))
    truth, taken = np.unravel_index(int(mixed.argmax()), mixed.shape)
    told: tuple[Told, ...] = (
        "The same digits, with what was learned since: relu, adam, and cross-entropy on the labels as they are.",
        Table("Its layers", ("layer", "parameters"), rows),
        f"In all {model.count_params():,} parameters.",
        Curves("accuracy: training blue, validation orange",
               {"accuracy": log["accuracy"], "val_accuracy": log["val_accuracy"]}),
        f"After {epochs} epochs it is right on {right:.2%} of {len(said):,} test images ({found.source}), and on "
        f"{log['accuracy'][-1]:.2%} of those that it learned from.",
        f"Most often mixed up: {truth}, taken for {taken}, {mixed.max()} times." if mixed.any() else "No mistake.",
        Heading("The test images that it finds hardest"),
        Pixels([found.x_test[i] for i in worst.places],
               [f"{found.y_test[i]}, taken for {said[i]}" for i in worst.places]),
        *(() if data == "mnist" else
          ("On MNIST, 10 epochs are enough for about 96 %: pellucid show classifier --data mnist",)),
    )  # fmt: skip
    numbers = {"parameters": model.count_params(), "accuracy": right, "history": dict(log)}
    most = hardest(model, found.x_test, found.y_test, 24)
    pictures = {
        "curves": lambda: learning_curves_picture(log),
        "confusion": lambda: confusion_picture(counts),
        "hardest": lambda: hardest_picture(most, found.x_test),
    }
    return Outcome("classifier", told, numbers, pictures)


def journey(*, digit: int = 3, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 14: one digit followed through every layer.

    digit   which test image is followed, counted from 0
    """
    data = images(size=16)
    x, x_test = data.channels
    if not 0 <= digit < len(x_test):
        raise ValueError(f"journey: there are {len(x_test)} test images, counted from 0; got {digit}.")
    epochs = 2 if quick else 8
    model = trained_conv_net(x, data.y, epochs, seed, progress)
    way = follow(model, x_test, data.y_test, sample=digit)
    maps = [stage for stage in way.stages if stage.value.ndim == 3]
    told: tuple[Told, ...] = (
        f"Test image {digit} goes through a network that has learned for {epochs} epochs: two convolutions look for "
        "parts, pooling keeps the strongest of four, and the last layer weighs what was found.",
        Pixels([data.x_test[digit]], [f"a {data.y_test[digit]}"]),
        *(
            part
            for stage in maps
            for part in (
                f"{stage.layer}: {MAPS} of {stage.value.shape[2]} maps of {'×'.join(map(str, stage.value.shape[:2]))}",
                Pixels([stage.value[..., i] for i in range(MAPS)], [f"map {i}" for i in range(MAPS)]),
            )
        ),
        way,
    )  # fmt: skip
    numbers = {"answer": way.answer, "label": way.label, "shares": way.stages[-1].value.tolist()}
    return Outcome("journey", told, numbers, {"journey": lambda: journey_picture(way)})


def saturation(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 15: flat units, and layers that learn slowly."""
    data = images()
    x, y = data.flat[0], data.y
    kinds: dict[str, tuple[str, Any]] = {
        "sigmoid, weights too large": ("sigmoid", RandomNormal(0.0, 4.0)),
        "sigmoid, Glorot": ("sigmoid", "glorot_uniform"),
        "relu, He": ("relu", "he_normal"),
    }
    epochs = 2 if quick else 10
    before, speeds, log = {}, {}, {}
    for name, (function, initializer) in kinds.items():
        progress(name)
        with keys_from(key(seed)):
            model = _deep(function, initializer)
            before[name], speeds[name] = flatness(model, x), learning_speed(model, x[:500], y[:500])
            log[name] = model.fit(x, y, epochs=epochs, verbose=0, validation_data=(data.flat[1], data.y_test)).history
    large, glorot, good = kinds
    told: tuple[Told, ...] = (
        "A unit is saturated where its activation function is flat: its answer hardly depends on its sum, and hardly "
        "any correction gets through. Corrections pass through every layer on their way back, so the first layers "
        "get what all others leave over.",
        *(part for name in kinds for part in (Heading(name), before[name], speeds[name])),
        Heading(f"What comes of it after {epochs} epochs"),
        Table(
            "Training", ("", "loss", "val_accuracy"),
            tuple((name, float(one["loss"][-1]), f"{one['val_accuracy'][-1]:.1%}") for name, one in log.items()),
        ),
        "The last layer's gradient over the first's: "
        + ", ".join(f"{one.lost[-1]:.3g} ({name})" for name, one in speeds.items())
        + ". Glorot's start avoids the flat ends, but a sigmoid's slope is 0.25 at best, and four of them in a row "
        "leave the first layer next to nothing.",
    )  # fmt: skip
    numbers = {
        "lost": {name: float(one.lost[-1]) for name, one in speeds.items()},
        "flat": {name: float(np.mean([layer.flat for layer in one.layers[:-1]])) for name, one in before.items()},
        "val_accuracy": {name: one["val_accuracy"][-1] for name, one in log.items()},
    }
    pictures = {
        "sums": lambda: sums_picture(before[large]),
        "speed": lambda: learning_speed_picture(speeds[glorot]),
        "speed-relu": lambda: learning_speed_picture(speeds[good]),
        "curves": lambda: lines_picture(
            {
                "Training loss": {name: one["loss"] for name, one in log.items()},
                "Test accuracy": {name: one["val_accuracy"] for name, one in log.items()},
            },
            "Four hidden layers learn from different starts",
        ),
    }
    return Outcome("saturation", told, numbers, pictures)


def _deep(function: str, start: Any) -> Sequential:
    """Four hidden layers of 24 units."""
    model = Sequential()
    for i in range(4):
        shape: dict[str, Any] = {"input_shape": (64,)} if i == 0 else {}
        model.add(Dense(24, function, kernel_initializer=start, name=f"hidden_{i + 1}", **shape))
    model.add(Dense(10, "softmax", name="digit"))
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _classifier(found: Images, epochs: int, seed: int, progress: Progress) -> tuple[Sequential, dict[str, list[float]]]:
    with keys_from(key(seed)):
        model = Sequential(
            [
                Flatten(input_shape=found.x.shape[1:], name="flatten"),
                Dense(50, "relu", name="dense"),
                Dense(20, "relu", name="dense_1"),
                Dense(classes_of(found), "softmax", name="dense_2"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        log = model.fit(
            found.x, found.y, epochs=epochs, verbose=0, validation_data=(found.x_test, found.y_test),
            callbacks=[telling(progress, epochs)],
        ).history  # fmt: skip
    return model, log
