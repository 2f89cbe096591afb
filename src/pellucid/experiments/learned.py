"""Rows 22 and 23 of the course: features, engineered against learned, and a network's knowledge put to another use."""

import numpy as np

from ..errors import DataError
from ..inside.probing import FeatureComparison, compare_features
from ..inside.representation import representation, representation_over
from ..inside.transfer import transfer as go_on
from ..inside.watch import Watch
from ..layers import Dense
from ..plots.lines import lines_picture
from ..plots.representation import features_picture, representation_history_picture, representation_picture
from ..random import key, keys_from
from ..sequential import Sequential
from .data import images, trained_conv_net
from .outcome import Curves, Heading, Outcome, Pixels, Progress, Told, silent


def features(*, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 22: features made by hand against learned ones.

    t-SNE is drawn where scikit-learn is installed.
    """
    data = images()
    x, x_test = data.flat
    epochs = 4 if quick else 25
    with keys_from(key(seed)):
        model = Sequential(
            [
                Dense(32, "relu", name="hidden_1", input_shape=(64,)),
                Dense(16, "relu", name="hidden_2"),
                Dense(10, "softmax", name="digit"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        before = representation(model, x_test, data.y_test)
        watch = Watch(x_test[:200], data.y_test[:200], every=15)
        progress("Training")
        model.fit(x, data.y, epochs=epochs, verbose=0, callbacks=[watch])
    progress("Probing layer by layer")
    after = representation(model, x_test, data.y_test)
    found = compare_features(model, x, data.y, x_test, data.y_test, (8, 8))
    assert watch.recording is not None  # fit was watched
    history = representation_over(watch.recording, "hidden_2")
    pictures = {
        "pca": lambda: representation_picture(after, "trained"),
        "untrained": lambda: representation_picture(before, "untrained"),
        "epochs": lambda: representation_history_picture(history),
        "features": lambda: features_picture(found),
    }
    try:
        progress("t-SNE")
        some = slice(0, 60 if quick else 200)
        neighbours = representation(model, x_test[some], data.y_test[some], ["inputs", "hidden_2"], "tsne", seed)
        pictures["tsne"] = lambda: representation_picture(neighbours)
        note = "The picture tsne keeps neighbours together; distances between its groups mean nothing."
    except ImportError as error:
        note = f"No t-SNE: {error}"
    told: tuple[Told, ...] = (
        "Before networks learned features, people made them: oriented gradients count which way edges run in each part "
        "of an image. Both are judged by the same linear classifier.",
        found,
        _judged(found),
        Heading("Where each layer puts the test digits, untrained"),
        before,
        Heading("And trained"),
        after,
        note,
    )
    shares = {row.name: row.test for row in found.rows}
    return Outcome("features", told, {"test accuracy": shares, "model": found.model}, pictures)


def _judged(found: FeatureComparison) -> str:
    """Which features came out best."""
    best = max(found.rows, key=lambda row: row.test)
    if best.kind == "engineered":
        return (
            "On a thousand small images the features made by hand win: what they know about edges, the network has to "
            "find out from the data. With more data it does, and finds what nobody thought of."
        )
    return f"Best here: {best.name}, {best.kind}."


def transfer(*, data: str = "digits", seed: int = 0, quick: bool = False, progress: Progress = silent) -> Outcome:
    """Row 23: from 0-4 to 5-9 with three examples of each.

    data   digits (drawn at 16×16), mnist or an .npz file with the classes 0 to 9
    """
    found_images = images(data, 16)
    x, x_test = found_images.channels
    y, y_test = found_images.y, found_images.y_test
    if sorted(set(y.tolist())) != list(range(10)) or not {*range(10)} <= set(y_test.tolist()):
        raise DataError(f"{data}: transfer needs images of the classes 0 to 9, to learn from and to be tested with.")
    low, low_test, high_test = y < 5, y_test < 5, y_test >= 5
    few = np.sort(np.concatenate([np.flatnonzero(y == digit)[:3] for digit in range(5, 10)]))
    epochs = 2 if quick else 15 if data == "digits" else 3
    model = trained_conv_net(x[low], y[low], epochs, seed, progress)
    found = go_on(
        model,
        (x_test[low_test], y_test[low_test]),
        (x[few], y[few] - 5),
        (x_test[high_test], y_test[high_test] - 5),
        epochs=3 if quick else 20, seed=seed, progress=progress,
    )  # fmt: skip
    runs = {run.name: run for run in found.runs}
    frozen, scratch = (float(runs[name].accuracy[-1]) for name in ("frozen, new head", "from scratch"))
    told: tuple[Told, ...] = (
        "A network learns the digits 0 to 4. Then it is to read 5 to 9, of which there are three examples each. Its "
        "convolutions know strokes and curves already; only the last layer has to be new.",
        Pixels(list(x[few][:6, ..., 0]), list(map(str, y[few][:6]))),
        found,
        Curves("right on new digits: fine-tuned blue, from scratch orange",
               {"fine-tuned": runs["fine-tuned"].accuracy.tolist(),
                "from scratch": runs["from scratch"].accuracy.tolist()}),
        "Frozen, its convolutions have never seen a 5 to 9, and it is right on "
        f"{frozen:.1%}; from scratch, on {scratch:.1%}.",
        "What was learned about strokes on five digits is worth more than beginning anew."
        if frozen > scratch
        else "On images as small as these, to begin anew costs so little that it does not lose; the more there is to "
        "see, the more a good start is worth: pellucid show transfer --data mnist",
        "Freezing is `layer.trainable = False` before compile; the head is replaced by `model.pop()` and "
        "`model.add(Dense(5, 'softmax'))`.",
    )  # fmt: skip
    numbers = {
        "first task": found.first,
        "accuracy": {name: float(run.accuracy[-1]) for name, run in runs.items()},
        "after 3 epochs": {name: float(run.accuracy[3]) for name, run in runs.items()},
    }
    curves = {"Test accuracy on 5 to 9": {name: run.accuracy.tolist() for name, run in runs.items()}}
    words = "From 0-4 to 5-9 with three examples of each"
    return Outcome("transfer", told, numbers, {"curves": lambda: lines_picture(curves, words, first=0)})
